"""Intervals for shares: Wilson for a counted share, log-log for a survival share. Bounds are 95 %."""

from __future__ import annotations

import polars as pl

Z_95 = 1.959963984540054
"""Normal quantile at 0.975."""


def wilson(successes: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper bound of successes / trials (Wilson 1927); null where there were no trials."""
    share = successes / trials
    scale = 1 + Z_95**2 / trials
    centre = (share + Z_95**2 / (2 * trials)) / scale
    reach = Z_95 / scale * (share * (1 - share) / trials + Z_95**2 / (4 * trials**2)).sqrt()
    known = pl.when(trials > 0)
    return known.then((centre - reach).clip(0, 1)), known.then((centre + reach).clip(0, 1))


def log_log(survival: pl.Expr, greenwood_sum: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper bound of a survival share on the complementary log-log scale (R's conf.type "log-log").

    `greenwood_sum` is the sum of d / (n (n - d)). Null where the survival is 0 or 1: the scale has no such point.
    """
    reach = Z_95 * greenwood_sum.sqrt() / survival.log().abs()
    inside = pl.when(survival.is_between(0, 1, closed="none"))
    return inside.then(survival ** reach.exp()), inside.then(survival ** (-reach).exp())
