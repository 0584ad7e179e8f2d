"""retention.cohorts: three measures of retention that are never mixed."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from metric_stories import PARAMETERS, WORKED_EXAMPLE, acts, built, history, only, spells_of, watched

from transform.retention import cohorts


def cohorts_of(*stories, snapshot=365):
    given, repos = history(*stories), watched(snapshot=snapshot)
    rows = built(cohorts, spells_of(given, repos).lazy(), acts(*given), repos)
    return only(rows, repo_id="r", family="code")


@pytest.mark.parametrize(("day", "retained", "eligible"), [(30, 3, 6), (90, 1, 4), (180, 1, 3)])
def test_bounded_retention_of_the_worked_example(day, retained, eligible):
    rows = only(cohorts_of(*WORKED_EXAMPLE), measure="bounded", day=day)

    assert rows.select(pl.col("n_retained", "n_eligible").sum()).rows() == [(retained, eligible)]


@pytest.mark.parametrize(("back", "retained"), [(29, 0), (30, 1), (59, 1), (60, 0)])
def test_bounded_retention_after_30_days_looks_at_days_30_to_59(back, retained):
    assert only(cohorts_of(f"ada 0 {back}"), measure="bounded", day=30)["n_retained"].to_list() == [retained]


@pytest.mark.parametrize(("back", "retained"), [(29, 0), (30, 1), (300, 1)])
def test_unbounded_retention_asks_for_any_later_act(back, retained):
    assert only(cohorts_of(f"ada 0 {back}"), measure="unbounded", day=30)["n_retained"].to_list() == [retained]


def test_a_quarter_of_which_nobody_came_back_shows_zero_and_does_not_vanish():
    row = only(cohorts_of("ada 0", "bob 1"), measure="bounded", day=30)

    assert row.select("n_retained", "retained_share").rows() == [(0, 0.0)]


@pytest.mark.parametrize(("snapshot", "eligible", "mature"), [(62, 2, True), (61, 1, False), (59, 0, False)])
def test_a_cohort_whose_youngest_cannot_be_judged_is_immature_not_lower(snapshot, eligible, mature):
    row = only(cohorts_of("ada 0 30", "bob 2 32", snapshot=snapshot), measure="bounded", day=30)

    assert row.select("n_newcomers", "n_eligible", "is_mature").rows() == [(2, eligible, mature)]
    assert row["retained_share"].to_list() == [1.0 if mature else None]


def test_other_horizons_stand_beside_the_main_one_for_what_knows_a_horizon():
    given, repos = history("ada 0 100 200", "bob 1"), watched(snapshot=365)
    parameters = replace(PARAMETERS, sensitivity_days=(90, 180))
    rows = built(cohorts, spells_of(given, repos, parameters).lazy(), acts(*given), repos, parameters=parameters)
    rows = only(rows, repo_id="r", family="code", day=30)

    assert sorted(rows.select("measure", "horizon_days", "retained_share").rows()) == [
        ("bounded", 90, 0.0),
        ("km", 90, 0.0),
        ("km", 180, 0.5),
        ("unbounded", 90, 0.5),
        ("unbounded", 180, 0.5),
    ]


def test_the_survival_measure_is_the_first_gap_curve_at_the_day():
    quarter = ("ada 0 30 60", "bob 10", "cyd 20 80 150 200 280 340", "dan 1 51")
    rows = only(cohorts_of(*quarter), measure="km")

    assert dict(rows.select("day", "retained_share").rows()) == {30: 0.75, 90: 0.25, 180: 0.25, 365: None}
    assert dict(rows.select("day", "is_mature").rows()) == {30: True, 90: True, 180: True, 365: False}


def test_survival_counts_nobody_as_retained():
    assert only(cohorts_of("ada 0 40"), measure="km")["n_retained"].is_null().all()


def test_the_wilson_interval_of_3_of_6():
    row = only(cohorts_of("a 0 30", "b 1 31", "c 2 32", "d 3", "e 4", "f 5"), measure="bounded", day=30)

    assert row["retained_share"].to_list() == [0.5]
    assert row["retained_lower_share"].to_list() == pytest.approx([0.1876], abs=5e-5)
    assert row["retained_upper_share"].to_list() == pytest.approx([0.8124], abs=5e-5)


def test_every_cohort_has_every_measure_on_every_day():
    rows = cohorts_of(*WORKED_EXAMPLE)
    per_cohort = len(cohorts.MEASURES) * len(PARAMETERS.retention_days)

    assert rows.group_by("cohort_quarter").len()["len"].to_list() == [per_cohort] * rows["cohort_quarter"].n_unique()
