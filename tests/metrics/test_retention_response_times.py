"""retention.response_times: who still waits is counted, neither as answered nor as if they had not asked."""

from __future__ import annotations

import pytest
from metric_stories import on_day, only
from response_stories import FIVE_ISSUES, Community, change, comment, hour, issue, review

from transform.retention import response_times

OF_NEWCOMERS = {"repo_id": "r", "author_group": "newcomer", "opened_year": "all"}


def times(*told, **more):
    return Community(*told, **more).table(response_times)


def waiting(*told, responder="any_human", kind="issue", **more):
    """The row about newcomers of all years."""
    rows = only(times(*told, **more), **OF_NEWCOMERS, responder=responder, artefact_kind=kind)
    return rows.row(0, named=True)


def answered(*after_hours, snapshot=20):
    """Issues of newcomers answered after so many hours (none: not at all)."""
    told = [issue(number, f"p{number}") for number in range(len(after_hours))]
    for number, after in enumerate(after_hours):
        if after is not None:
            told.append(comment(f"issue:{number}", "eve", hour(after)))
    return waiting(*told, snapshot=snapshot)


def test_half_and_nine_in_ten_of_the_worked_example():
    row = waiting(*FIVE_ISSUES, snapshot=hour(100))

    assert (row["p50_hours"], row["p90_hours"]) == (30, None)
    assert (row["n_opened"], row["n_answered"], row["n_unanswered"]) == (5, 3, 2)


def test_within_a_day_the_worked_example_has_two_of_four():
    row = waiting(*FIVE_ISSUES, snapshot=hour(100))

    assert (row["n_eligible_24h"], row["answered_24h_share"]) == (4, 0.5)
    assert (row["n_eligible_48h"], row["answered_48h_share"]) == (4, 0.75)
    assert (row["n_eligible_7d"], row["answered_7d_share"]) == (0, None)


def test_the_bounds_of_a_share_are_wilsons():
    row = answered(*[1] * 12, *[None] * 8)

    assert row["answered_24h_share"] == 0.6
    assert (row["answered_24h_lower_share"], row["answered_24h_upper_share"]) == pytest.approx((0.387, 0.781), abs=5e-4)


@pytest.mark.parametrize(("after", "share"), [(24, 1.0), (24.001, 0.0)])
def test_within_24_hours_includes_the_last_instant(after, share):
    assert answered(after)["answered_24h_share"] == share


@pytest.mark.parametrize(("snapshot", "eligible"), [(23.9, 0), (24, 1)])
def test_a_quick_answer_counts_only_once_a_slow_one_could_have_been_seen_missing(snapshot, eligible):
    assert answered(1, snapshot=hour(snapshot))["n_eligible_24h"] == eligible


def test_nine_in_ten_are_reached_by_the_ninth_of_ten():
    assert answered(*range(1, 11))["p90_hours"] == 9


def test_a_question_nobody_ever_answered_has_no_time_at_all():
    row = answered(None, None)

    assert (row["p50_hours"], row["answered_24h_share"], row["n_unanswered"]) == (None, 0.0, 2)


def test_newcomers_and_regulars_years_and_kinds_have_rows_of_their_own():
    rows = times(issue(1, "ada"), issue(2, "ada", 95), issue(3, "bob", 370), change(4, "cyd"), snapshot=400)
    told = only(rows, repo_id="r", responder="any_human").drop_nulls("n_opened")

    assert told.select("artefact_kind", "author_group", "opened_year", "n_opened").rows() == [
        ("change", "newcomer", "2020", 1),
        ("change", "newcomer", "all", 1),
        ("issue", "newcomer", "2020", 1),
        ("issue", "newcomer", "2021", 1),
        ("issue", "newcomer", "all", 2),
        ("issue", "regular", "2020", 1),
        ("issue", "regular", "all", 1),
    ]


def test_humans_insiders_and_bots_are_timed_apart():
    told = [
        issue(1, "ada", 2),
        comment("issue:1", "robot", 2 + hour(1)),
        comment("issue:1", "bob", 2 + hour(5)),
        comment("issue:1", "rae", 2 + hour(9)),
        change(2, "bob"),
        review("change:2", "rae", 1),
    ]

    assert [waiting(*told, responder=who)["p50_hours"] for who in ("bot", "any_human", "insider")] == [1, 5, 9]


def test_nothing_is_said_about_insiders_while_none_is_known():
    assert set(times(issue(1, "ada"), comment("issue:1", "eve", 1))["responder"]) == {"any_human", "bot"}


def test_in_all_repositories_observation_ends_with_the_earliest_snapshot():
    told = [issue(1, "ada"), comment("issue:1", "eve", 60), issue(1, "bob", 55, repo="q")]
    world = Community(*told, repos=("r", "q"))
    repos = world["repositories"].collect()
    repos[1, "snapshot_at"] = on_day(50)
    row = response_times.build(world["first_responses"], repos.lazy(), parameters=world.parameters).collect()
    row = only(row, repo_id="all", responder="any_human", author_group="newcomer", opened_year="all")

    assert row.select("n_opened", "n_answered", "snapshot_at").rows() == [(1, 0, on_day(50))]


@pytest.mark.parametrize(("n", "is_shown"), [(9, False), (10, True)])
def test_fewer_than_ten_waits_are_not_to_be_shown(n, is_shown):
    assert answered(*range(n))["is_reportable"] == is_shown


def test_no_questions_no_rows():
    assert times().height == 0
