"""How unevenly a quantity is spread over those who have any of it. Zeros are left out by the caller."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def gini(amount: pl.Expr) -> pl.Expr:
    """Gini of positive amounts: 2 sum(i x_(i)) / (n sum(x)) - (n + 1) / n, ascending; 0 for one person."""
    rank = pl.int_range(1, pl.len() + 1)
    weighted = (amount.sort() * rank).sum()
    return (2 * weighted / (pl.len() * amount.sum()) - (pl.len() + 1) / pl.len()).clip(0, 1)


def gini_corrected(amount: pl.Expr) -> pl.Expr:
    """Gini times n / (n - 1), so that one person with everything is near 1; null for fewer than two persons."""
    return pl.when(pl.len() > 1).then((gini(amount) * pl.len() / (pl.len() - 1)).clip(0, 1))


def herfindahl(amount: pl.Expr) -> pl.Expr:
    """Sum of the squared shares (HHI): 1 / n when all have the same, 1 when one has everything."""
    # counts and their squares add up exactly, in any order; shares do not
    return ((amount**2).sum() / amount.sum() ** 2).clip(0, 1)


def top_tenth_share(amount: pl.Expr) -> pl.Expr:
    """Share of the tenth with the most; a tenth of n persons is rounded up, so it is never nobody."""
    tenth = (pl.len() + 9) // 10
    return (amount.sort(descending=True).head(tenth).sum() / amount.sum()).clip(0, 1)


def top_one_share(amount: pl.Expr) -> pl.Expr:
    """Share of the one with the most."""
    return amount.max() / amount.sum()


def in_core(amount: pl.Expr, *, by: Sequence[str], parts: int, of: int) -> pl.Expr:
    """Whether a row is among the fewest of its group that hold at least `parts` / `of` of the amount.

    For rows sorted by falling amount. Whole numbers are compared, so that no share is missed by its last digit.
    """
    before = amount.cum_sum().over(by) - amount
    return before * of < amount.sum().over(by) * parts
