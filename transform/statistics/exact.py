"""Sums of fractions that are the same in whatever order they are added, so that a table made again is equal to the last bit.

Sorting the terms first does not do: an optimiser may leave out what a sum does not need, and threads share the work as they
come. So fractions are rounded to whole steps, and whole numbers add up exactly.
"""

from __future__ import annotations

import polars as pl

STEPS = 2.0**36
"""Of one: a term is off by less than 1e-11, and sums to 134 million stay within 64 bits."""
DECIMALS = 10


def exact_sum(values: pl.Expr) -> pl.Expr:
    """Nulls are left out. Raises where a term or the sum is beyond what the steps can hold."""
    return (values * STEPS).round().cast(pl.Int64).sum() / STEPS


def exact_mean(values: pl.Expr) -> pl.Expr:
    """Null where there are no values; to DECIMALS, so that a mean of nought is nought."""
    return pl.when(values.count() > 0).then((exact_sum(values) / values.count()).round(DECIMALS))


def exact_deviation(values: pl.Expr) -> pl.Expr:
    """Standard deviation of a sample, of values near to one in size; null below two values."""
    n = values.count()
    squares = exact_sum(values**2) - n * exact_mean(values) ** 2
    return pl.when(n > 1).then((squares.clip(lower_bound=0) / (n - 1)).sqrt())
