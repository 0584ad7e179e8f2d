"""Sums that do not depend on the order of what is added."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.exact import exact_deviation, exact_mean, exact_sum

FRACTIONS = st.lists(st.floats(-50, 50), min_size=2, max_size=60)


def told(values):
    value = pl.col("value")
    frame = pl.LazyFrame({"group": [1] * len(values), "value": values}, schema={"group": pl.Int64, "value": pl.Float64})
    made = frame.group_by("group").agg(sum=exact_sum(value), mean=exact_mean(value), deviation=exact_deviation(value))
    return made.collect().row(0)[1:]


@given(FRACTIONS, st.randoms())
@settings(max_examples=60, deadline=None)
def test_sums_are_equal_to_the_last_bit_in_any_order(values, random):
    assert told(values) == told(random.sample(values, len(values)))


@given(FRACTIONS)
@settings(max_examples=60, deadline=None)
def test_they_are_what_plain_sums_are(values):
    plain = pl.Series(values, dtype=pl.Float64)

    assert told(values)[:2] == pytest.approx((plain.sum(), plain.mean()), abs=1e-8)
    assert told(values)[2] == pytest.approx(plain.std(), abs=1e-3)


def test_what_is_unknown_is_left_out_and_nothing_has_no_mean():
    assert told([0.25, None, 0.75]) == (1, 0.5, pytest.approx(0.5**0.5 / 2))
    assert told([None, None]) == (0, None, None)


@given(st.integers(2, 60))
@settings(max_examples=30, deadline=None)
def test_a_mean_of_nought_is_nought(n):
    """Ranks of n persons as shares of n, less the same ranks the other way round."""
    shares = [(rank + 0.5) / n for rank in range(n)]

    assert told([one - other for one, other in zip(shares, reversed(shares), strict=True)])[1] == 0


def test_what_the_steps_cannot_hold_is_refused():
    with pytest.raises(pl.exceptions.InvalidOperationError):
        told([1e12, 1])
