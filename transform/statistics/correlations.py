"""Correlations of ranks and straight lines, as expressions over groups."""

from __future__ import annotations

import polars as pl

from transform.statistics.exact import exact_mean, exact_sum
from transform.statistics.intervals import Z_95

RANK_VARIANCE = 1.06
"""Variance of Fisher's z of a rank correlation, times n - 3 (Fieller, Hartley and Pearson 1957)."""


def spearman(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Rank correlation with mean ranks for ties; null where either has no spread."""
    a, b = one.rank("average"), other.rank("average")
    a, b = a - a.mean(), b - b.mean()
    spread = (a**2).sum() * (b**2).sum()
    return pl.when(spread > 1e-9).then(((a * b).sum() / spread.sqrt()).clip(-1, 1))


def fisher(rho: pl.Expr, n: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """95 % bounds of a rank correlation of n pairs; null below four."""
    reach = Z_95 * (RANK_VARIANCE / (n - 3)).sqrt()
    z = rho.clip(-1 + 1e-12, 1 - 1e-12).arctanh()
    known = pl.when(n > 3)
    return known.then((z - reach).tanh()), known.then((z + reach).tanh())


def trend(x: pl.Expr, y: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Slope of the least squares line, and its standard error; null below three points or without spread."""
    dx, dy = x - exact_mean(x), y - exact_mean(y)
    spread = exact_sum(dx**2)
    slope = pl.when(spread > 0).then(exact_sum(dx * dy) / spread)
    left = exact_sum((dy - slope * dx) ** 2)
    known = pl.when((x.len() >= 3) & (spread > 0))
    return known.then(slope), known.then((left / (x.len() - 2) / spread).sqrt())
