"""retention.second_contributions: the worked example of RET-07, and what is no return."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from metric_stories import PARAMETERS, WORKED_EXAMPLE, act, acts, built, history, only, spells_of, watched

from transform.retention import second_contributions

MARKS = replace(PARAMETERS, retention_days=(30, 50, 60, 90, 365), fewest_at_risk=1)


def apart(*stories, **more):
    """Commits that stand alone, each an artefact of its own."""
    return [{**one, "artefact_id": f"commit:{one['contribution_id']}"} for one in history(*stories, **more)]


def returns_of(given, repos=None, parameters=MARKS):
    repos = watched() if repos is None else repos
    return built(second_contributions, spells_of(given, repos).lazy(), acts(*given), repos, parameters=parameters)


def of_code(given, repos=None, parameters=MARKS, cohort="all"):
    return only(returns_of(given, repos, parameters), repo_id="r", family="code", cohort=cohort)


def test_the_worked_example():
    rows = of_code(apart(*WORKED_EXAMPLE))

    assert dict(rows.select("day", pl.col("returned_share").round(4)).rows()) == {
        30: 0.1667,
        50: 0.5,
        60: 0.6667,
        90: 0.6667,
        365: None,
    }
    assert rows.select("day", "n_at_risk", "n_returned", "n_eligible").rows() == [
        (30, 6, 1, 6),
        (50, 5, 3, 6),
        (60, 3, 4, 6),
        (90, 1, 4, 5),
        (365, 0, 4, 1),
    ]
    assert set(rows["median_days"]) == {50}


def test_who_was_not_seen_to_return_is_censored_at_the_snapshot_and_not_counted_as_gone():
    rows = of_code(apart("ada 0 40", "bob 300"))  # bob was seen for 65 days only

    assert only(rows, day=60)["returned_share"].to_list() == [0.5]
    assert only(rows, day=90).select("n_eligible", "n_at_risk", "is_mature").rows() == [(1, 0, False)]


@pytest.mark.parametrize(("back", "returned"), [(0.9, 0), (1.0, 1)])
def test_a_return_is_on_a_later_utc_day(back, returned):
    assert only(of_code(apart(f"ada 0.5 {back}")), day=30)["n_returned"].to_list() == [returned]


def test_going_on_with_what_was_touched_on_the_first_day_is_no_return():
    pushes = [act("ada", day, artefact_id="change:1") for day in (0, 1, 9)]

    assert set(of_code(pushes)["n_returned"]) == {0}


def test_of_two_changes_opened_on_the_first_day_neither_is_a_return():
    twice = [
        act("ada", 0, "change_open", artefact_id="change:1"),
        act("ada", 0.1, "change_open", artefact_id="change:2"),
    ]

    assert set(of_code([*twice, act("ada", 5, artefact_id="change:2")])["n_returned"]) == {0}
    assert set(of_code([*twice, act("ada", 5, artefact_id="change:3")])["n_returned"]) == {1}


def test_a_comment_on_ones_own_issue_is_no_return_in_any_family():
    talk = [act("ada", 0, "issue_open", artefact_id="issue:1"), act("ada", 4, "comment", artefact_id="issue:1")]

    assert set(only(returns_of(talk), repo_id="r")["n_returned"]) == {0}


def test_a_comment_on_ones_own_change_is_a_first_word_in_talk_and_no_return_in_any_family():
    given = [act("ada", 0, "change_open", artefact_id="change:1"), act("ada", 4, "comment", artefact_id="change:1")]

    assert set(only(returns_of(given), repo_id="r")["n_returned"]) == {0}


def test_the_first_code_of_somebody_who_only_talked_is_a_return_in_any_and_a_beginning_in_code():
    rows = only(
        returns_of([act("ada", 0, "issue_open", artefact_id="issue:1"), act("ada", 7, artefact_id="change:2")]),
        repo_id="r",
        cohort="all",
        day=30,
    )

    assert rows.select("family", "n_returned").rows() == [("any", 1), ("code", 0), ("talk", 0)]


def test_the_same_number_in_another_repository_is_another_artefact():
    story = [act("ada", 0, artefact_id="change:1"), act("ada", 3, artefact_id="change:1", repo_id="q")]
    rows = only(returns_of(story, watched("r", "q")), family="any", cohort="all", day=30)

    assert rows.select("repo_id", "n_newcomers", "n_returned").rows() == [("all", 1, 1), ("q", 1, 0), ("r", 1, 0)]


def test_what_comes_after_the_earliest_snapshot_is_no_return_in_all():
    story = [
        act("ada", 0, artefact_id="change:1", repo_id="late"),
        act("ada", 90, artefact_id="change:2", repo_id="late"),
    ]
    story += [act("bob", 0, repo_id="early")]
    repos = pl.concat([watched("early", snapshot=50), watched("late")])
    rows = only(returns_of(story, repos), family="code", cohort="all", day=90)

    assert rows.select("repo_id", "n_returned").rows() == [("all", 0), ("early", 0), ("late", 1)]


def test_old_hands_and_bots_are_not_waited_for():
    story = apart("old 5 60", "new 40 50") + apart("robot 1 2 3", actor_class="bot")

    assert set(of_code(story, watched(newcomers_from=30))["n_newcomers"]) == {1}


def test_years_of_arrival_are_cohorts_of_their_own():
    rows = returns_of(apart("ada 0 9", "bob 400", "eve 401 409"), watched(snapshot=900))
    rows = only(rows, repo_id="r", family="code", day=30)

    assert rows.select("cohort", "n_newcomers", "returned_share").rows() == [
        ("2020", 1, 1.0),
        ("2021", 2, 0.5),
        ("all", 3, pytest.approx(2 / 3)),
    ]


@pytest.mark.parametrize(("persons", "reportable"), [(9, False), (10, True)])
def test_a_share_is_not_shown_where_fewer_than_ten_are_at_risk(persons, reportable):
    rows = of_code(apart(*(f"p{number} 0" for number in range(persons))), parameters=PARAMETERS)

    assert set(only(rows, day=90)["is_reportable"]) == {reportable}


def test_nobody_gives_no_row():
    assert returns_of([], watched(snapshot=1)).is_empty()
