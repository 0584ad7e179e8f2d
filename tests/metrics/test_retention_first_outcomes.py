"""retention.first_outcomes and outcome_effects: what became of the first change, and who came back."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from metric_stories import PARAMETERS, on_day, only
from response_stories import Community, change, comment, commit, issue, review

from transform.retention import first_outcomes, outcome_effects

LONG = 400.0


def outcomes(*told, snapshot=LONG, **more):
    return Community(*told, snapshot=snapshot, **more).table(first_outcomes)


def outcome(*told, **more):
    return only(outcomes(*told, **more), person_id="ada").row(0, named=True)


@pytest.mark.parametrize(
    ("ends", "became"),
    [
        ({"merged": 89.9}, "merged"),
        ({"merged": 90}, "abandoned"),
        ({"closed": 89.9}, "closed"),
        ({"closed": 5, "closed_by": "eve"}, "closed_by_other"),
        ({"closed": 5, "closed_by": "ada"}, "closed_by_author"),
        ({"closed": 90}, "abandoned"),
        ({"closed": 5, "merged": 6}, "merged"),
        ({}, "abandoned"),
    ],
)
def test_the_outcome_is_what_the_first_90_days_brought(ends, became):
    assert outcome(change(1, "ada", **ends))["outcome"] == became


@pytest.mark.parametrize(
    ("more", "became"),
    [
        ([comment("change:1", "ada", 89)], "open"),
        ([comment("change:1", "ada", 90)], "abandoned"),
        ([comment("change:1", "eve", 9)], "abandoned"),
        ([issue(2, "ada", 9)], "abandoned"),
        ([commit("ada", 9, 1, landed=False)], "open"),
        ([commit("ada", 0, 1, landed=False)], "abandoned"),
        ([commit("eve", 9, 1, landed=False)], "abandoned"),
    ],
)
def test_a_change_its_author_no_longer_tends_is_abandoned(more, became):
    assert outcome(change(1, "ada"), *more)["outcome"] == became


@pytest.mark.parametrize(("snapshot", "became", "over"), [(89.9, None, False), (90, "abandoned", True)])
def test_what_is_open_is_undecided_until_90_days_are_over(snapshot, became, over):
    row = outcome(change(1, "ada"), snapshot=snapshot)

    assert (row["outcome"], row["has_outcome_window"]) == (became, over)


def test_a_merge_is_known_at_once_and_marked_as_seen_too_early_to_compare():
    row = outcome(change(1, "ada", merged=3), snapshot=10)

    assert (row["outcome"], row["outcome_at"], row["has_outcome_window"]) == ("merged", on_day(3), False)


def test_only_the_first_change_counts_and_only_that_of_newcomers():
    rows = outcomes(change(2, "ada", 1, merged=2), change(1, "ada", 1), change(3, "ada", 0.5), issue(9, "bob"))

    assert rows.select("person_id", "artefact_id").rows() == [("ada", "change:3")]


def test_of_two_changes_at_one_instant_the_lower_number_is_the_first():
    assert outcome(change(10, "ada", 1), change(9, "ada", 1))["artefact_id"] == "change:9"


def test_who_merged_their_own_is_told():
    assert outcome(change(1, "ada", merged=1, merged_by="ada"))["is_self_merged"] is True
    assert outcome(change(1, "ada", merged=1, merged_by="eve"))["is_self_merged"] is False
    assert outcome(change(1, "ada", merged=1))["is_self_merged"] is None


@pytest.mark.parametrize(
    ("lines", "band"), [(0, "S"), (10, "S"), (11, "M"), (50, "M"), (51, "L"), (250, "L"), (251, "XL"), (None, None)]
)
def test_bands_of_size_include_their_upper_bound(lines, band):
    assert outcome(change(1, "ada", lines=lines))["size_band"] == band


@pytest.mark.parametrize(
    ("act", "back"),
    [
        (issue(2, "ada", 1), True),
        (issue(2, "ada", 0.9), False),
        (comment("change:1", "ada", 9), False),
        (commit("ada", 9, 1), False),
        (issue(2, "ada", 179.9), True),
        (issue(2, "ada", 180), False),
    ],
)
def test_back_is_who_acts_on_something_else_on_a_later_day_within_180(act, back):
    assert outcome(change(1, "ada"), act)["has_returned"] == back


@pytest.mark.parametrize(("day", "back"), [(89.9, False), (90, True), (269.9, True), (270, False)])
def test_after_the_outcome_the_days_count_from_its_end(day, back):
    assert outcome(change(1, "ada"), issue(2, "ada", day))["has_returned_after_outcome"] == back


@pytest.mark.parametrize(("snapshot", "back", "later"), [(179, None, None), (180, False, None), (270, False, False)])
def test_whether_somebody_came_back_is_unknown_until_the_days_are_over(snapshot, back, later):
    row = outcome(change(1, "ada"), snapshot=snapshot)

    assert (row["has_returned"], row["has_returned_after_outcome"]) == (back, later)


def crowd(n, back, first, **ends):
    """Newcomers whose first change ends so; the first `back` of them come back on day 100."""
    told = []
    for number in range(first, first + n):
        told.append(change(number, f"p{number}", **ends))
        told += [issue(number + 5000, f"p{number}", 100)] if number < first + back else []
    return told


def effects(*told, snapshot=LONG, **more):
    return Community(*told, snapshot=snapshot, **more)


def effect_of(world, **values):
    world["first_outcomes"] = world.table(first_outcomes).lazy()
    rows = world.table(outcome_effects)
    return only(rows, **{"repo_id": "r", "clock": "from_opening", "adjustment": "crude", **values}).row(0, named=True)


TURNED_DOWN = [*crowd(20, 12, 1, closed=5), *crowd(50, 45, 101, merged=5)]


def test_twelve_of_twenty_turned_down_came_back_and_forty_five_of_fifty_merged():
    row = effect_of(effects(*TURNED_DOWN), outcome="closed")

    assert (row["n_compared_back"], row["n_compared"], row["n_reference_back"], row["n_reference"]) == (12, 20, 45, 50)
    assert row["difference"] == pytest.approx(-0.3)
    assert (row["difference_lower"], row["difference_upper"]) == pytest.approx((-0.521, -0.086), abs=5e-4)
    assert (row["odds_ratio"], row["odds_ratio_lower"], row["odds_ratio_upper"]) == pytest.approx(
        (0.1667, 0.0461, 0.6031), abs=5e-5
    )


def test_whoever_was_not_merged_is_also_one_group():
    row = effect_of(effects(*TURNED_DOWN, *crowd(4, 0, 301)), outcome="not_merged")

    assert (row["n_compared"], row["n_compared_back"]) == (24, 12)


def test_within_sizes_a_difference_that_only_size_makes_vanishes():
    told = [
        *[*crowd(20, 18, 1, closed=5, lines=5), *crowd(40, 36, 101, merged=5, lines=5)],
        *[*crowd(40, 8, 201, closed=5, lines=500), *crowd(10, 2, 301, merged=5, lines=500)],
    ]
    crude = effect_of(effects(*told), outcome="closed")
    adjusted = effect_of(effects(*told), outcome="closed", adjustment="size_year")

    assert crude["difference"] == pytest.approx(26 / 60 - 38 / 50)
    assert adjusted["difference"] == pytest.approx(0, abs=1e-12)
    assert (adjusted["odds_ratio"], adjusted["n_strata"]) == (pytest.approx(1), 2)


def test_whoever_cannot_be_judged_yet_is_in_no_comparison():
    row = effect_of(effects(*TURNED_DOWN, change(900, "late", 250, closed=251)), outcome="closed")

    assert row["n_compared"] == 20


def test_who_merges_their_own_was_accepted_by_nobody():
    row = effect_of(effects(*TURNED_DOWN, change(900, "own", 1, merged=2, merged_by="own")), outcome="closed")

    assert row["n_reference"] == 50


def test_comparisons_of_few_are_not_to_be_shown():
    assert effect_of(effects(*TURNED_DOWN), outcome="closed")["is_reportable"]
    assert not effect_of(effects(*crowd(9, 1, 1, closed=5), *crowd(50, 45, 101, merged=5)), outcome="closed")[
        "is_reportable"
    ]


def test_in_all_repositories_the_strata_keep_them_apart():
    told = [*crowd(3, 1, 1, closed=5), *crowd(3, 2, 101, merged=5), change(1, "zed", repo="q", closed=3)]
    world = effects(*told, change(2, "yen", repo="q", merged=3), repos=("r", "q"))

    assert effect_of(world, repo_id="all", outcome="closed", adjustment="size_year")["n_strata"] == 2


def test_without_changes_there_is_nothing_to_compare():
    world = effects(issue(1, "ada"), review("change:1", "eve", 3))
    world["first_outcomes"] = world.table(first_outcomes).lazy()

    assert world["first_outcomes"].select(pl.len()).collect().item() == 0
    assert world.table(outcome_effects).height == 0


def test_nobody_new_means_no_rows():
    world = effects(*TURNED_DOWN, parameters=replace(PARAMETERS, newcomer_days=90))
    world["newcomers"] = world["newcomers"].filter(pl.lit(value=False))

    assert world.table(first_outcomes).height == 0
