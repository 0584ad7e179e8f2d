"""retention.funnel: who goes on, when leaving may come first."""

from __future__ import annotations

import pytest
from metric_stories import on_day, only
from response_stories import Community, change, comment, review

from transform.retention import funnel


def said(who, *days):
    return [comment("issue:99", who, day) for day in days]


THEIRS = [change(90, "old", 0, merged=0.5, merged_by="older")]
"""Somebody else's change, to be reviewed and merged by others."""


def steps(*told, snapshot=365, **more):
    return Community(*told, snapshot=snapshot, **more).table(funnel)


def step(*told, of="talk", reading="ever", repo="r", **more):
    rows = only(steps(*told, **more), repo_id=repo, reading=reading, from_stage=of)
    return rows.row(0, named=True)


WORKED_EXAMPLE = [
    *[*said("a", 0), change(1, "a", 5)],
    *[*said("b", 0, 10)],
    *[*said("c", 0), change(3, "c", 10)],
    *[*said("d", 255, 300)],
    *[*said("e", 0, 30)],
    *[*said("f", 0), change(6, "f", 40)],
]
"""After 5, 10 and 40 days a, c and f propose a change; after 10 and 30 b and e leave; d is seen for 20 days."""


def test_the_worked_example_of_leaving_as_a_competing_event():
    row = step(*WORKED_EXAMPLE)

    assert (row["n_entered"], row["n_converted"], row["n_left"]) == (6, 3, 2)
    assert (row["converted_share"], row["left_share"]) == pytest.approx((0.5833, 0.4167), abs=5e-5)
    assert row["converted_lower_share"] < row["converted_share"] < row["converted_upper_share"]


@pytest.mark.parametrize(("day", "converted"), [(365, 1), (366, 0)])
def test_the_next_stage_has_to_be_reached_within_a_year(day, converted):
    told = [*said("ada", *range(0, 900, 60)), change(1, "ada", day)]

    assert step(*told, snapshot=1000)["n_converted"] == converted


def test_who_returns_after_having_left_converts_no_more():
    row = step(*said("ada", 0), change(1, "ada", 95))

    assert (row["n_converted"], row["n_left"]) == (0, 1)


def test_a_change_merged_in_the_silence_of_its_author_counts():
    row = step(change(1, "ada", 0, merged=30, merged_by="eve"), of="change")

    assert (row["n_converted"], row["converted_share"]) == (1, 1.0)


@pytest.mark.parametrize(("day", "converted"), [(89, 1), (90, 0)])
def test_a_change_merged_after_its_author_is_gone_does_not(day, converted):
    assert step(change(1, "ada", 0, merged=day, merged_by="eve"), of="change")["n_converted"] == converted


def test_reviews_and_merges_count_for_the_work_of_others_only():
    own = [change(1, "ada", 1, merged=2, merged_by="ada"), review("change:1", "ada", 1.5)]
    row = step(*own, *THEIRS, of="merged_change")
    others = step(*own, *THEIRS, review("change:90", "ada", 3), of="merged_change")

    assert (row["n_reached"], row["n_converted"]) == (0, 0)
    assert others["n_converted"] == 1


def test_pressing_merge_on_anothers_change_is_the_last_stage():
    row = step(*THEIRS, review("change:90", "older", 0.2), of="review")

    assert (row["n_entered"], row["n_converted"], row["to_stage"]) == (1, 1, "merge")


def test_in_any_order_whoever_was_there_before_converts_at_once_and_has_skipped():
    row = step(change(1, "ada", 0), *said("ada", 20))

    assert (row["n_converted"], row["n_reached"], row["n_skipped"], row["skipped_share"]) == (1, 1, 1, 1.0)


def test_in_sequence_the_next_stage_has_to_come_after():
    told = [change(1, "ada", 0), *said("ada", 20)]
    row = step(*told, reading="sequential")
    again = step(*told, change(2, "ada", 30), reading="sequential")

    assert (row["n_converted"], row["n_reached"], row["skipped_share"]) == (0, None, None)
    assert again["n_converted"] == 1


def test_who_reached_a_stage_without_the_one_before_has_skipped_it():
    row = step(change(1, "ada", 0), change(2, "bob", 0), *said("bob", 0))

    assert (row["n_entered"], row["n_skipped"], row["n_reached"]) == (1, 1, 2)


def test_where_nobody_was_followed_for_a_year_the_share_is_unknown():
    row = step(*said("ada", 200, 280, 350))

    assert (row["n_entered"], row["converted_share"], row["left_share"]) == (1, None, None)


def test_a_stage_nobody_entered_has_a_row_without_a_share():
    row = step(*said("ada", 0), of="review")

    assert (row["n_entered"], row["converted_share"], row["is_reportable"]) == (0, None, False)


def test_who_came_too_late_to_be_seen_leaving_is_not_in_it():
    assert step(*said("ada", 0), *said("bob", 276))["n_newcomers"] == 1


def test_in_all_repositories_a_stage_may_be_reached_in_another():
    told = [*said("ada", 0), change(1, "ada", 9, repo="q")]

    assert step(*told, repos=("r", "q"))["n_converted"] == 0
    assert step(*told, repos=("r", "q"), repo="all")["n_converted"] == 1


@pytest.mark.parametrize(("n", "is_shown"), [(9, False), (10, True)])
def test_a_step_of_few_is_not_to_be_shown(n, is_shown):
    told = [one for number in range(n) for one in said(f"p{number}", 0)]

    assert step(*told)["is_reportable"] == is_shown


def test_nobody_came_no_funnel():
    assert steps().height == 0
    assert steps(*said("robot", 1)).height == 0


def test_the_snapshot_hides_what_comes_later():
    world = [*said("ada", 0), change(1, "ada", 9, merged=500, merged_by="eve")]

    assert only(steps(*world), repo_id="r", reading="ever", from_stage="change")["n_reached"].to_list() == [0]
    assert only(steps(*world), snapshot_at=on_day(365)).height == 16
