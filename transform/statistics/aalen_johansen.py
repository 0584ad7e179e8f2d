"""The Aalen-Johansen estimator: how many have come to an event by a time, where another event may forestall it.

One less the Kaplan-Meier estimate, with the competing event taken for a censoring, says too much: it lets those who are
gone arrive. Events at one time are counted together, so their order cannot matter. Aalen and Johansen 1978; the variance
is that of the delta method (Marubini and Valsecchi 1995).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transform.statistics.intervals import log_log

CENSORED, EVENT, COMPETING = 0, 1, 2


def aalen_johansen(spells: pl.LazyFrame, *, by: Sequence[str], duration: str, cause: str) -> pl.LazyFrame:
    """One row per group and distinct duration, sorted; `cause` is CENSORED, EVENT or COMPETING.

    Gives `time`, `n_at_risk`, `n_events`, `n_competing`, `n_censored`, `free_share` (who has come to neither),
    `incidence_share` (to the event) and `competing_share`. At one time events come before censorings.
    """
    why = pl.col(cause)
    counted = (
        spells.group_by(*by, time=pl.col(duration))
        .agg(
            n_ends=pl.len().cast(pl.Int64),
            n_events=(why == EVENT).sum().cast(pl.Int64),
            n_competing=(why == COMPETING).sum().cast(pl.Int64),
        )
        .sort(*by, "time")
        .with_columns(n_at_risk=pl.col("n_ends").cum_sum(reverse=True).over(by))
    )
    risk, gone = pl.col("n_at_risk"), pl.col("n_events") + pl.col("n_competing")
    return (
        counted.with_columns(free_share=(1 - gone / risk).cum_prod().over(by))
        .with_columns(free_before=pl.col("free_share").shift(1, fill_value=1.0).over(by))
        .with_columns(
            incidence_share=summed(pl.col("free_before") * pl.col("n_events") / risk, by),
            competing_share=summed(pl.col("free_before") * pl.col("n_competing") / risk, by),
            n_censored=pl.col("n_ends") - gone,
        )
        .drop("n_ends")
    )


def summed(steps: pl.Expr, by: Sequence[str]) -> pl.Expr:
    """The steps up to each time; nine ninths, added one by one, come out a hair above one."""
    return steps.cum_sum().over(by).clip(upper_bound=1.0)


def incidence_at(curves: pl.LazyFrame, time: float, *, by: Sequence[str]) -> pl.LazyFrame:
    """Per group the shares at that time with 95 % bounds (log-log) and the counts up to it.

    Shares are null where the last one still observed was censored before that time.
    """
    is_in = pl.col("time") <= time
    so_far = curves.with_columns(final_share=pl.col("incidence_share").filter(is_in).max().over(by))
    lower, upper = log_log(pl.col("incidence_share"), pl.col("variance") / pl.col("incidence_share") ** 2)
    judged = pl.when((pl.col("followed_until") >= time) | (pl.col("free_share") <= 0))
    return (
        so_far.group_by(by, maintain_order=True)
        .agg(
            pl.col("n_events", "n_competing").filter(is_in).sum(),
            pl.col("incidence_share", "competing_share").filter(is_in).max().fill_null(0.0),
            pl.col("free_share").filter(is_in).min().fill_null(1.0),
            followed_until=pl.col("time").max(),
            variance=variance_terms().filter(is_in).sum().clip(0),
        )
        .with_columns(
            incidence_share=judged.then("incidence_share"),
            incidence_lower_share=judged.then(lower),
            incidence_upper_share=judged.then(upper),
            competing_share=judged.then("competing_share"),
            standard_error=judged.then(pl.col("variance").sqrt()),
        )
    )


def variance_terms() -> pl.Expr:
    """What each row adds to the variance of `final_share`."""
    risk, events = pl.col("n_at_risk"), pl.col("n_events")
    gone = events + pl.col("n_competing")
    ahead = pl.col("final_share") - pl.col("incidence_share")
    # where all who are at risk go at once nothing lies ahead
    earlier = pl.when(gone < risk).then(ahead**2 * gone / (risk * (risk - gone))).otherwise(0.0)
    here = pl.col("free_before") ** 2 * (risk - events) * events / risk.cast(pl.Float64) ** 3
    both = ahead * pl.col("free_before") * events / risk.cast(pl.Float64) ** 2
    return earlier + here - 2 * both
