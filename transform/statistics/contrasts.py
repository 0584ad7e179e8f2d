"""How much more often something happens in one group than in another, crude or within strata.

Differences of shares with Newcombe's bounds (1998, his method 10) or, over strata, Mantel-Haenszel's with the variance of
Sato, Greenland and Robins (1989), which holds for few large strata and for many small ones; odds ratios by Mantel and Haenszel (1959) with the variance of Robins, Breslow and Greenland
(1986), which for a single stratum is the usual one of the logarithm (Woolf 1955). Bounds are 95 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transform.statistics.exact import exact_sum
from transform.statistics.intervals import Z_95, wilson

TINY = 1e-9
"""What a variance of nought may come out as."""
COUNTS = ("n_compared", "n_compared_back", "n_reference", "n_reference_back")


def contrasts(
    people: pl.LazyFrame,
    *,
    by: Sequence[str],
    group: str,
    is_reference: pl.Expr,
    is_back: str,
    strata: Sequence[str] = (),
) -> pl.LazyFrame:
    """One row per `by` and group other than the reference; `is_back` is what happened to a person, or did not.

    Counts are over the strata where both groups are, `n_strata` of them; whoever has nobody to be compared with
    compares nothing. A ratio is null where a sum of cells is zero: no number says how large it is.
    """
    cells = people.group_by(*by, *strata, group).agg(
        n=pl.len().cast(pl.Int64), back=pl.col(is_back).sum().cast(pl.Int64)
    )
    cells = cells.cache()
    compared = cells.filter(~is_reference).rename({"n": "n_compared", "back": "n_compared_back"})
    others = cells.filter(is_reference).rename({"n": "n_reference", "back": "n_reference_back"})
    here = [*by, *strata]
    pairs = compared.join(others.drop(group), on=here, nulls_equal=True).sort(*here, group)
    summed = pairs.group_by(*by, group, maintain_order=True).agg(
        pl.col(COUNTS).sum(), n_strata=pl.len().cast(pl.Int64), **sums()
    )
    found = compared.select(*by, group).unique().join(summed, on=[*by, group], how="left")
    bounds = newcombe() if not strata else within_strata()
    return found.with_columns(pl.col(*COUNTS, "n_strata").fill_null(0)).select(
        *by, group, *COUNTS, "n_strata", **bounds, **odds_ratio()
    )


def sums() -> dict[str, pl.Expr]:
    """Sums over strata that the estimators are made of, from the cells a, b (compared) and c, d (reference)."""
    n1, n0 = pl.col("n_compared"), pl.col("n_reference")
    a, c = pl.col("n_compared_back"), pl.col("n_reference_back")
    b, d, n = n1 - a, n0 - c, n1 + n0
    agree, differ, with_, against = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    part1, part0 = n1 / n, n0 / n
    return {
        "weight": exact_sum(n1 * n0 / n),
        "gap": exact_sum((a * n0 - c * n1) / n),
        "tilt": exact_sum(c * part1**2 - a * part0**2 + part1 * part0 * (n0 - n1) / 2),
        "discord": exact_sum((a * d + b * c) / n / 2),
        "r": exact_sum(with_),
        "s": exact_sum(against),
        "pr": exact_sum(agree * with_),
        "ps_qr": exact_sum(agree * against + differ * with_),
        "qs": exact_sum(differ * against),
    }


def newcombe() -> dict[str, pl.Expr]:
    """The difference of two shares; its bounds are put together from Wilson's for each."""
    n1, n0 = pl.col("n_compared"), pl.col("n_reference")
    back1, back0 = pl.col("n_compared_back"), pl.col("n_reference_back")
    (lower1, upper1), (lower0, upper0) = wilson(back1, n1), wilson(back0, n0)
    share1, share0 = back1 / n1, back0 / n0
    known = pl.when((n1 > 0) & (n0 > 0))
    down = ((share1 - lower1) ** 2 + (upper0 - share0) ** 2).sqrt()
    up = ((upper1 - share1) ** 2 + (share0 - lower0) ** 2).sqrt()
    return {
        "difference": known.then(share1 - share0),
        "difference_lower": known.then((share1 - share0 - down).clip(-1, 1)),
        "difference_upper": known.then((share1 - share0 + up).clip(-1, 1)),
    }


def within_strata() -> dict[str, pl.Expr]:
    """The difference within strata; without bounds where no cell varies, for then there is no error to be seen."""
    difference = pl.col("gap") / pl.col("weight")
    variance = (difference * pl.col("tilt") + pl.col("discord")).clip(lower_bound=0)
    reach = Z_95 * variance.sqrt() / pl.col("weight")
    known, varied = pl.when(pl.col("weight") > 0), pl.when(variance > TINY)
    return {
        "difference": known.then(difference),
        "difference_lower": varied.then((difference - reach).clip(-1, 1)),
        "difference_upper": varied.then((difference + reach).clip(-1, 1)),
    }


def odds_ratio() -> dict[str, pl.Expr]:
    r, s = pl.col("r"), pl.col("s")
    variance = pl.col("pr") / (2 * r**2) + pl.col("ps_qr") / (2 * r * s) + pl.col("qs") / (2 * s**2)
    reach = (Z_95 * variance.sqrt()).exp()
    known = pl.when((r > 0) & (s > 0))
    return {
        "odds_ratio": known.then(r / s),
        "odds_ratio_lower": known.then(r / s / reach),
        "odds_ratio_upper": known.then(r / s * reach),
    }
