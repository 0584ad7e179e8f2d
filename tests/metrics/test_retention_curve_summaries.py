"""retention.curve_summaries: the worked example of RET-08, and where a number is not given."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from metric_stories import PARAMETERS, WORKED_EXAMPLE, built, history, only, spells_of, watched

from transform.retention import curve_summaries, curves

ALL_SHOWN = replace(PARAMETERS, fewest_at_risk=1)


def summaries_of(stories, rule="first_gap", parameters=ALL_SHOWN, **repos):
    drawn = built(curves, spells_of(history(*stories), watched(**repos)).lazy(), parameters=parameters)
    rows = built(curve_summaries, drawn.lazy(), parameters=parameters)
    return only(rows, repo_id="r", family="code", cohort="all", end_rule=rule)


def on(rows, day, *columns):
    return only(rows, day=day).select(columns).row(0)


def test_half_of_the_worked_example_stay_60_days_and_at_a_constant_rate_it_would_be_101_66():
    rows = summaries_of(WORKED_EXAMPLE)

    assert on(rows, 90, "half_life_days", "person_days") == (60, 440)
    assert on(rows, 90, "exponential_half_life_days") == pytest.approx((101.66,), abs=5e-3)


def test_the_mean_stay_within_90_days_of_the_worked_example_is_58():
    rows = summaries_of(WORKED_EXAMPLE)

    assert on(rows, 90, "restricted_mean_days", "survival_share") == pytest.approx((58, 0.4))
    assert on(rows, 180, "restricted_mean_days") == pytest.approx((58 + 90 * 0.4,))


def test_the_worked_example_read_at_every_day():
    rows = summaries_of(WORKED_EXAMPLE)

    assert rows.select("day", "n_at_risk", "n_left", pl.col("survival_share").round(9)).rows() == [
        (30, 4, 1, 0.8),
        (90, 1, 3, 0.4),
        (180, 1, 3, 0.4),
        (365, 0, 3, None),
    ]
    assert set(rows.select("n_newcomers", "n_excluded").rows()) == {(6, 1)}


def test_a_curve_that_stays_above_one_half_has_no_half_life():
    assert on(summaries_of(WORKED_EXAMPLE, "terminal"), 90, "half_life_days") == (None,)


def test_a_curve_that_comes_to_exactly_one_half_has_its_half_life_there():
    assert on(summaries_of(["a 0", "b 0 7", "c 0 80 160 240 320", "d 0 80 160 240 320"]), 30, "half_life_days") == (7,)


@pytest.mark.parametrize(("fewest", "share", "half_life"), [(3, 0.8, 60), (4, 0.8, None), (5, None, None)])
def test_nothing_is_said_where_too_few_are_at_risk(fewest, share, half_life):
    rows = summaries_of(WORKED_EXAMPLE, parameters=replace(PARAMETERS, fewest_at_risk=fewest))

    assert on(rows, 30, "n_at_risk", "survival_share") == (4, share)
    assert on(rows, 30, "half_life_days") == (half_life,)
    assert on(rows, 90, "survival_share", "survival_lower_share", "restricted_mean_days") == (None, None, None)


@pytest.mark.parametrize(("fewest", "is_given"), [(5, True), (6, False)])
def test_the_exponential_half_life_rests_on_enough_persons(fewest, is_given):
    rows = summaries_of(WORKED_EXAMPLE, parameters=replace(PARAMETERS, fewest_at_risk=fewest))

    assert (on(rows, 30, "exponential_half_life_days") != (None,)) == is_given


def test_without_an_exit_or_without_a_day_there_is_no_rate():
    assert on(summaries_of(["ada 0 80 160 240 320"]), 30, "exponential_half_life_days") == (None,)
    assert on(summaries_of(["ada 0", "bob 1"]), 30, "exponential_half_life_days") == (None,)


def test_where_everybody_has_left_the_curve_is_known_but_nobody_is_at_risk():
    rows = summaries_of(["ada 0 40", "bob 0 40"], parameters=replace(PARAMETERS, fewest_at_risk=0))

    assert on(rows, 90, "survival_share", "restricted_mean_days") == (0, 40)


def test_a_cohort_that_nobody_can_judge_has_rows_without_numbers():
    rows = summaries_of(["ada 300"])

    assert on(rows, 30, "n_newcomers", "n_excluded", "survival_share", "half_life_days") == (1, 1, None, None)
