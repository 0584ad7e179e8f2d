"""retention.newcomers: who arrived, and what their first month looked like."""

from __future__ import annotations

from datetime import date

import pytest
from metric_stories import act, acts, built, history, only, spells_of, watched

from transform.retention import newcomers

COUNTS = ("n_contributions_first_month", "n_active_days_first_month")


def newcomers_of(given, repos=None):
    repos = watched() if repos is None else repos
    return built(newcomers, spells_of(given, repos).lazy(), acts(*given), repos)


def test_the_first_month_ends_before_day_30():
    row = only(newcomers_of(history("ada 10 10.5 39 40")), repo_id="r", family="code")

    assert row.select(COUNTS).rows() == [(3, 2)]


def test_acts_of_another_family_count_only_in_any():
    rows = only(newcomers_of([act("ada", 0), act("ada", 0.2, "comment"), act("ada", 1, "comment")]), repo_id="r")

    assert rows.select("family", *COUNTS).rows() == [("any", 3, 2), ("code", 1, 1), ("talk", 2, 2)]


@pytest.mark.parametrize(("first", "counts"), [(335, (1, 1)), (336, (None, None))])
def test_a_first_month_that_is_not_over_has_no_counts(first, counts):
    row = only(newcomers_of(history(f"ada {first}")), repo_id="r", family="code")

    assert row.select(COUNTS).rows() == [counts]
    assert row["has_first_month"].to_list() == [counts[0] is not None]


def test_the_month_of_the_snapshot_is_marked_as_unfinished():
    rows = only(newcomers_of(history("ada 40", "bob 62"), watched(snapshot=70)), repo_id="r", family="code")

    assert rows.select("first_month", "cohort_quarter", "is_window_complete").rows() == [
        (date(2020, 2, 1), date(2020, 1, 1), True),
        (date(2020, 3, 1), date(2020, 1, 1), False),
    ]


def test_an_old_hand_is_no_newcomer_when_only_a_later_window_is_looked_at():
    rows = newcomers_of(history("old 5 200", "new 200"), watched(newcomers_from=100))

    assert set(rows["person_id"]) == {"new"}


def test_two_persons_are_two_newcomers_and_one_person_in_two_repositories_is_one_in_all():
    story = history("ada 0", "bob 0") + history("ada 9", repo_id="q")
    rows = only(newcomers_of(story, watched("r", "q")), family="any")

    assert rows.select("repo_id", "person_id").rows() == [
        ("all", "ada"),
        ("all", "bob"),
        ("q", "ada"),
        ("r", "ada"),
        ("r", "bob"),
    ]
