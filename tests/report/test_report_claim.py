"""The report on the founding claim: an answer in words that says no more than its interval."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_worlds import claim, page_of, repository
from test_report_page import section, words

from transform.report.claim import change_in_words, group_in_words, in_words


@pytest.mark.parametrize(
    ("rho", "lower", "upper", "expected"),
    [
        (0.7, 0.5, 0.9, "In 2023 influence followed contribution closely."),
        (0.69, 0.5, 0.9, "In 2023 influence followed contribution in part."),
        (0.39, 0.1, 0.69, "In 2023 influence followed contribution hardly."),
        (0.39, 0.0, 0.69, "In 2023 it cannot be told whether influence follows contribution."),
        (
            0.65,
            0.02,
            0.91,
            "In 2023 influence followed contribution in part, but with so few persons anything from hardly to closely may be true.",
        ),
    ],
)
def test_the_answer_says_how_closely_unless_chance_could_say_the_same(rho, lower, upper, expected):
    bounds = {"rank_correlation_lower": lower, "rank_correlation_upper": upper}
    assert in_words(claim("r", 2023, rank_correlation=rho, **bounds)) == expected


def test_groups_without_a_bar_are_named(tmp_path):
    page = told(tmp_path, claim("f:1", 2023), claim("f:1", 2023, "volunteers", n=12))

    assert "No bar in 2023, being too few or everybody: newcomers, of unknown affiliation, without code." in page


@pytest.mark.parametrize(
    ("slope", "error", "expected"),
    [
        (-0.2, 0.05, "Over the years it follows less and less."),
        (0.2, 0.05, "Over the years it follows more and more."),
        (0.2, 0.2, "Over the years no change can be told from chance."),
        (None, None, "There are too few years to see a change."),
    ],
)
def test_a_change_is_told_from_chance(slope, error, expected):
    assert change_in_words(claim("r", 2023, correlation_trend=slope, correlation_trend_error=error)) == expected


def test_a_group_is_named_where_its_bar_does_not_cross_the_line():
    less = {"name": "without code", "residual_lower": -0.4, "residual_upper": -0.1}
    more = {"name": "newcomers", "residual_lower": 0.1, "residual_upper": 0.4}

    assert group_in_words(less) == "Those without code are heard less than what they do."
    assert group_in_words(more) == "Newcomers are heard beyond what they do."
    assert group_in_words({**less, "residual_upper": 0.1}) is None


def told(tmp_path: Path, *rows: dict[str, object]) -> str:
    return words(
        section(
            page_of(
                tmp_path, {"core.repositories": [repository("f:1", "one")], "influence.founding_claim": list(rows)}
            ),
            "claim",
        )
    )


def test_the_last_whole_year_answers(tmp_path):
    page = told(tmp_path, claim("f:1", 2022), claim("f:1", 2023), claim("f:1", 2024))

    assert "In 2023 influence followed contribution closely." in page
    assert "2024" not in page.replace("2024-", "")


def test_without_enough_persons_the_page_says_so(tmp_path):
    few = dict.fromkeys(("rank_correlation", "rank_correlation_lower", "rank_correlation_upper", "residual_mean"))

    assert "In no repository do enough persons take part" in told(tmp_path, claim("f:1", 2023, n=4, **few))


def test_volunteers_who_are_heard_less_are_seen(tmp_path):
    low = {"residual_mean": -0.3, "residual_lower": -0.4, "residual_upper": -0.2}
    page = told(tmp_path, claim("f:1", 2023), claim("f:1", 2023, "volunteers", n=12, **low))

    assert "Volunteers are heard less than what they do." in page
