"""The survival estimator against published values, against SQL, and against a truth we made ourselves."""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.intervals import wilson
from transform.statistics.kaplan_meier import ends, kaplan_meier, reached, readings

SQL_OF_KAPLAN_MEIER = """
with g as (select t, sum(e) d, count(*) c from spell_t group by t),
     r as (select t, d, sum(c) over (order by t desc) n from g)
select t, n, d, product(1.0 - d/n) over (order by t) as S from r order by t
"""
GLIOMA_RIT = ([25, 28, 50, 51, 53, 54, 57, 57, 58, 61, 69], [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
GLIOMA_CONTROL = ([9, 19, 32, 34, 45, 53], [1, 1, 1, 1, 0, 0])  # the two censored only need to be later than 34


def curve(durations, exits, entries=None, group=None):
    spells = pl.DataFrame(
        {
            "duration_days": pl.Series(durations, dtype=pl.Int32),
            "is_exit": pl.Series(exits).cast(pl.Boolean),
            "entry_days": pl.Series([0] * len(durations) if entries is None else entries, dtype=pl.Int32),
            "group_id": np.zeros(len(durations), dtype=int) if group is None else group,
        }
    ).lazy()
    return spells.pipe(ends, by=["group_id"]).pipe(kaplan_meier, by=["group_id"]).collect()


def shares(rows, column="survival_share"):
    return dict(rows.filter(pl.col("n_exits") > 0).select("day", column).rows())


def test_the_radioimmunotherapy_group_of_g3():
    assert shares(curve(*GLIOMA_RIT)) == pytest.approx({25: 0.909, 53: 0.779}, abs=5e-4)


def test_the_control_group_of_g3_with_its_log_log_bounds():
    rows = curve(*GLIOMA_CONTROL)

    assert shares(rows) == pytest.approx({9: 0.833, 19: 0.667, 32: 0.5, 34: 0.333}, abs=5e-4)
    lower, upper = shares(rows, "survival_lower_share"), shares(rows, "survival_upper_share")
    assert lower == pytest.approx({9: 0.2731, 19: 0.1946, 32: 0.1109, 34: 0.0461}, abs=5e-5)
    assert upper == pytest.approx({9: 0.975, 19: 0.904, 32: 0.804, 34: 0.676}, abs=5e-4)


def test_who_enters_late_is_at_risk_only_after_entering():
    rows = curve([2, 10, 5, 4, 3], [1] * 5, entries=[1, 2, 4, 0, 0])

    assert shares(rows) == pytest.approx({2: 2 / 3, 3: 4 / 9, 4: 2 / 9, 5: 1 / 9, 10: 0})


def test_who_leaves_on_day_0_counts_so_the_curve_may_begin_below_1():
    assert shares(curve([0, 0, 5, 9], [1, 0, 1, 0])) == pytest.approx({0: 0.75, 5: 0.375})


def test_of_an_exit_and_a_censoring_on_one_day_the_exit_comes_first():
    assert curve([5, 5], [1, 0]).select("day", "n_at_risk", "n_censored", "survival_share").rows() == [
        (0, 2, 0, 1.0),
        (5, 2, 1, 0.5),
    ]


def test_bounds_and_error_are_empty_where_the_scale_has_no_point():
    bounds = (
        curve([3, 7], [1, 1]).select("day", "survival_lower_share", "survival_upper_share", "standard_error").rows()
    )

    assert bounds[0] == (0, None, None, 0.0)
    assert bounds[-1] == (7, None, None, None)


@st.composite
def lives(draw):
    size = draw(st.integers(1, 40))
    numbers = st.lists(st.integers(0, 30), min_size=size, max_size=size)
    return draw(numbers), draw(st.lists(st.booleans(), min_size=size, max_size=size))


@given(lives())
@settings(max_examples=25, deadline=None)
def test_the_sql_of_the_definition_gives_the_same_curve(drawn):
    durations, exits = drawn
    spell_t = pl.DataFrame({"t": durations, "e": [int(one) for one in exits]})
    with duckdb.connect() as connection:
        connection.register("spell_t", spell_t)
        by_sql = [(t, n, d, pytest.approx(s)) for t, n, d, s in connection.execute(SQL_OF_KAPLAN_MEIER).fetchall()]

    ours = curve(durations, exits).select("day", "n_at_risk", "n_exits", "survival_share").rows()

    assert [row for row in ours if row[0] in durations] == by_sql


@given(lives())
@settings(max_examples=60, deadline=None)
def test_survival_never_rises_and_lies_between_its_bounds(drawn):
    rows = curve(*drawn)
    bounded = rows.drop_nulls(["survival_lower_share"])

    assert (rows["survival_share"].diff().drop_nulls() <= 0).all()
    assert (bounded["survival_lower_share"] <= bounded["survival_share"]).all()
    assert (bounded["survival_share"] <= bounded["survival_upper_share"]).all()


@pytest.fixture(scope="module")
def simulated():
    """200 communities of 300 who come evenly over two years and leave at a constant rate; seen for two years."""
    random, runs, size, rate = np.random.default_rng(20200101), 200, 300, 1 / 250
    stays, seen_for = random.exponential(1 / rate, runs * size), random.uniform(0, 730, runs * size)
    days, runs_of = np.floor(np.minimum(stays, seen_for)).astype(int), np.repeat(np.arange(runs), size)
    return {"days": days, "is_exit": stays <= seen_for, "run": runs_of, "truth": np.exp(-rate * 181)}


def distance_in_errors(estimates, truth):
    return abs(estimates.mean() - truth) / (estimates.std(ddof=1) / np.sqrt(len(estimates)))


def test_the_estimate_at_day_180_hits_the_truth_over_200_runs(simulated):
    rows = curve(simulated["days"], simulated["is_exit"], group=simulated["run"])
    at_180 = rows.filter(pl.col("day") <= 180).group_by("group_id").agg(pl.col("survival_share").min())

    assert distance_in_errors(at_180["survival_share"].to_numpy(), simulated["truth"]) < 3


def test_the_bounds_at_day_180_hold_the_truth_in_at_least_93_of_100_runs(simulated):
    """They are 95 % bounds; of 200 runs the share that holds the truth has itself an error of 1.5 %."""
    rows = curve(simulated["days"], simulated["is_exit"], group=simulated["run"])
    at_180 = readings(rows.lazy(), (180,), by=["group_id"]).collect()
    holds = pl.lit(simulated["truth"]).is_between("survival_lower_share", "survival_upper_share")

    assert at_180.height == 200
    assert at_180.select(holds.mean()).item() >= 0.93


def test_the_bounds_of_a_naive_share_miss_the_truth_in_most_runs(simulated):
    naive = pl.DataFrame({"stayed": (simulated["days"] > 180).reshape(200, 300).sum(axis=1), "n": [300] * 200})
    lower, upper = wilson(pl.col("stayed"), pl.col("n"))

    assert naive.select(pl.lit(simulated["truth"]).is_between(lower, upper).mean()).item() < 0.1


def test_a_curve_is_read_as_far_as_somebody_was_followed():
    rows = curve([0, 10, 20], [1, 1, 0])
    read = readings(rows.lazy(), (0, 9, 10, 20, 21), by=["group_id"]).collect().sort("day")

    assert read.select("day", "n_at_risk").rows() == [(0, 3), (9, 2), (10, 2), (20, 1), (21, 0)]
    assert read["survival_share"].drop_nulls().to_list() == pytest.approx([2 / 3, 2 / 3, 1 / 3, 1 / 3])
    assert read["survival_share"].to_list()[-1] is None


def test_once_everybody_has_left_the_curve_is_0_for_ever():
    read = readings(curve([0, 10], [1, 1]).lazy(), (10, 5000), by=["group_id"]).collect().sort("day")

    assert read.select("day", "n_at_risk", "survival_share").rows() == [(10, 1, 0.0), (5000, 0, 0.0)]


def test_taking_the_end_of_observation_for_leaving_misses_the_truth(simulated):
    naive = (simulated["days"] > 180).reshape(200, 300).mean(axis=1)

    assert distance_in_errors(naive, simulated["truth"]) > 3


def test_the_unit_is_the_callers_hours_do_as_well_as_days():
    spells = pl.LazyFrame({"entered": [0.0] * 5, "waited": [1.0, 5, 30, 100, 2], "is_exit": [True] * 3 + [False] * 2})
    rows = spells.pipe(ends, by=["is_exit"], entry="entered", duration="waited")
    rows = rows.with_columns(group_id=1).pipe(kaplan_meier, by=["group_id"], time="hour")

    assert dict(rows.filter(pl.col("n_exits") > 0).select("hour", "survival_share").collect().rows()) == pytest.approx(
        {1: 0.8, 5: 0.5333, 30: 0.2667}, abs=5e-5
    )
    half = rows.pipe(reached, by=["group_id"], time="hour", half=0.5, tenth=0.1).select("half", "tenth")
    assert half.collect().rows() == [(30, None)]
