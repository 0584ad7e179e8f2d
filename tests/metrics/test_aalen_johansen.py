"""The cumulative incidence under competing events, against hand-made values and what must hold."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.aalen_johansen import aalen_johansen, incidence_at
from transform.statistics.kaplan_meier import ends, kaplan_meier

EXAMPLE = ([5, 10, 10, 20, 30, 40], [1, 2, 1, 0, 2, 1])


def spells(times, causes):
    return pl.LazyFrame({"days": times, "cause": causes}, schema={"days": pl.Int32, "cause": pl.Int32}).with_columns(
        repo_id=pl.lit("r")
    )


def curve(times, causes):
    return aalen_johansen(spells(times, causes), by=["repo_id"], duration="days", cause="cause").collect()


def at(day, times, causes):
    rows = incidence_at(curve(times, causes).lazy(), day, by=["repo_id"]).collect()
    return rows.row(0, named=True)


def test_the_worked_example():
    rows = curve(*EXAMPLE)

    assert dict(rows.filter(pl.col("n_events") > 0).select("time", "incidence_share").rows()) == pytest.approx(
        {5: 0.1667, 10: 0.3333, 40: 0.5833}, abs=5e-5
    )
    assert rows["competing_share"].to_list()[-1] == pytest.approx(0.4167, abs=5e-5)


def test_taking_the_competing_event_for_a_censoring_says_too_much():
    times, causes = EXAMPLE
    naive = spells(times, causes).with_columns(is_exit=pl.col("cause") == 1, zero=pl.lit(0, pl.Int32))
    rows = naive.pipe(ends, by=["repo_id"], entry="zero", duration="days").pipe(kaplan_meier, by=["repo_id"])

    assert 1 - rows.collect()["survival_share"].min() == pytest.approx(1)
    assert curve(*EXAMPLE)["incidence_share"].max() == pytest.approx(0.5833, abs=5e-5)


LIVES = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0, 1, 2])), min_size=1, max_size=40)


@given(LIVES, st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_and_of_ties_changes_nothing(lives, random):
    mixed = random.sample(lives, len(lives))

    assert curve(*zip(*lives, strict=True)).equals(curve(*zip(*mixed, strict=True)))


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_who_came_who_left_and_who_did_neither_are_all(lives):
    rows = curve(*zip(*lives, strict=True))

    whole = rows["incidence_share"] + rows["competing_share"] + rows["free_share"]
    assert whole.to_list() == pytest.approx([1.0] * rows.height)
    assert (rows["incidence_share"].diff().drop_nulls() >= 0).all()


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_with_nothing_competing_it_is_one_less_the_survival_with_greenwoods_error(lives):
    times, causes = zip(*lives, strict=True)
    alone = [min(cause, 1) for cause in causes]
    survival = spells(times, alone).with_columns(is_exit=pl.col("cause") == 1, zero=pl.lit(0, pl.Int32))
    rows = survival.pipe(ends, by=["repo_id"], entry="zero", duration="days").pipe(kaplan_meier, by=["repo_id"])
    last = rows.collect().sort("day").row(-1, named=True)
    row = at(max(times), times, alone)

    assert row["incidence_share"] == pytest.approx(1 - last["survival_share"])
    if last["standard_error"] is not None:
        assert row["standard_error"] == pytest.approx(last["standard_error"], abs=1e-9)


@given(LIVES)
@settings(max_examples=60, deadline=None)
def test_with_nobody_censored_the_error_is_that_of_a_share(lives):
    times, causes = [time for time, _ in lives], [max(cause, 1) for _, cause in lives]
    share, n = causes.count(1) / len(causes), len(causes)
    row = at(30, times, causes)

    assert row["incidence_share"] == pytest.approx(share)
    assert row["standard_error"] == pytest.approx((share * (1 - share) / n) ** 0.5, abs=1e-7)


def test_bounds_lie_around_the_share():
    row = at(30, *EXAMPLE)

    assert 0 < row["incidence_lower_share"] < row["incidence_share"] < row["incidence_upper_share"] < 1
    assert (row["n_events"], row["n_competing"]) == (2, 2)


@pytest.mark.parametrize(("day", "is_known"), [(40, True), (41, False)])
def test_beyond_the_last_who_was_censored_nothing_is_known(day, is_known):
    assert (at(day, [5, 40], [1, 0])["incidence_share"] is not None) == is_known


def test_where_everybody_came_or_left_nothing_is_open():
    assert at(365, [5, 40], [1, 2])["incidence_share"] == 0.5


def test_before_anything_has_happened_the_share_is_zero():
    row = at(365, [400], [0])

    assert (row["incidence_share"], row["competing_share"], row["n_events"]) == (0, 0, 0)
    assert (row["incidence_lower_share"], row["incidence_upper_share"]) == (None, None)


@pytest.mark.parametrize("n", range(2, 30))
def test_all_who_come_one_by_one_are_not_more_than_all(n):
    row = at(100, list(range(n)), [1] * n)

    assert row["incidence_share"] <= 1
    assert row["incidence_share"] == pytest.approx(1)
