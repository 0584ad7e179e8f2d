"""retention.curves: the worked example of RET-03, told through spells."""

from __future__ import annotations

import pytest
from metric_stories import WORKED_EXAMPLE, built, history, only, spells_of, watched

from transform.retention import curves

CODE_OF_ALL_YEARS = {"repo_id": "r", "family": "code", "cohort": "all"}


def curve_of(stories, rule="first_gap", **repos):
    rows = built(curves, spells_of(history(*stories), watched(**repos)).lazy())
    return only(rows, **CODE_OF_ALL_YEARS, end_rule=rule)


def test_the_first_gap_curve_of_the_worked_example():
    rows = curve_of(WORKED_EXAMPLE)

    assert rows.select("day", "n_at_risk", "n_exits", "n_censored").rows() == [
        (0, 5, 1, 0),
        (50, 4, 1, 0),
        (60, 3, 1, 0),
        (75, 2, 0, 1),
        (255, 1, 0, 1),
    ]
    assert rows["survival_share"].to_list() == pytest.approx([0.8, 0.6, 0.4, 0.4, 0.4])
    assert only(rows, day=60)["standard_error"].to_list() == pytest.approx([0.2191], abs=5e-5)


def test_the_terminal_curve_of_the_worked_example():
    rows = curve_of(WORKED_EXAMPLE, "terminal")

    assert rows["day"].to_list() == [0, 50, 75, 255, 275]
    assert rows["survival_share"].to_list() == pytest.approx([0.8, 0.6, 0.6, 0.6, 0.6])


def test_who_came_too_late_to_be_judged_is_counted_apart():
    assert set(curve_of(WORKED_EXAMPLE).select("n_newcomers", "n_excluded").rows()) == {(6, 1)}


def test_a_cohort_that_nobody_can_judge_has_a_row_and_no_share():
    rows = curve_of(["ada 300", "bob 310"])

    assert rows.select("day", "n_at_risk", "survival_share", "n_newcomers", "n_excluded").rows() == [(0, 0, None, 2, 2)]


def test_old_hands_are_in_no_curve():
    assert set(curve_of(["old 5 60", "new 40"], newcomers_from=30)["n_newcomers"]) == {1}


def test_years_of_arrival_are_cohorts_of_their_own():
    rows = built(curves, spells_of(history("ada 0", "bob 400", "eve 401"), watched(snapshot=900)).lazy())
    rows = only(rows, repo_id="r", family="code", end_rule="first_gap", day=0)

    assert rows.select("cohort", "n_newcomers").rows() == [("2020", 1), ("2021", 2), ("all", 3)]


def test_a_curve_is_not_shown_where_fewer_than_ten_are_at_risk():
    rows = curve_of([f"p{number} 0" for number in range(9)] + ["stays 0 50"])

    assert rows.select("day", "n_at_risk", "is_reportable").rows() == [(0, 10, True), (50, 1, False)]
