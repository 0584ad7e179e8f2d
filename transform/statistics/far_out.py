"""When is a pause long for this person? Tukey's far-out threshold in sliding windows (Calefato et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

WINDOW_DAYS = 90
STEP_DAYS = 7
FEWEST_PAUSES = 4
"""Fewer pauses inside a window have no quartiles to speak of."""
SMALLEST_SPREAD = 1.0
"""An interquartile range of up to a day would call every weekend a break."""


def far_out(lengths: pl.Expr) -> pl.Expr:
    """Third quartile plus three interquartile ranges; null for too few pauses, or such as are all alike."""
    upper, lower = lengths.quantile(0.75, "linear"), lengths.quantile(0.25, "linear")
    has_spread = (lengths.len() >= FEWEST_PAUSES) & (upper - lower > SMALLEST_SPREAD)
    return pl.when(has_spread).then(upper + 3 * (upper - lower))


def with_thresholds(pauses: pl.LazyFrame, *, by: Sequence[str]) -> pl.LazyFrame:
    """Adds `threshold_days` to pauses: `start_day`, `pause_days` and the group's columns.

    Windows begin with the first pause and end before the last one does. So a pause that is not over yet, whose length is
    not known, sets no threshold. In force for a pause is the last threshold of a window that began no later. Where there is none
    yet, pauses of a whole window and more are judged by the mean of the group's later thresholds. Null: who never had a
    threshold cannot be judged.
    """
    pauses = pauses.sort("start_day").cache()
    windows = thresholds(pauses, by=by).sort("start_day").cache()
    means = windows.group_by(by).agg(mean_days=pl.col("threshold_days").mean())
    late = pl.when(pl.col("pause_days") >= WINDOW_DAYS).then("mean_days")
    return (
        pauses.join_asof(windows, on="start_day", by=list(by), check_sortedness=False)
        .join(means, on=by, how="left")
        .with_columns(threshold_days=pl.coalesce("threshold_days", late))
        .drop("mean_days")
    )


def thresholds(pauses: pl.LazyFrame, *, by: Sequence[str]) -> pl.LazyFrame:
    """The windows of every group that have a threshold, with their `start_day`."""
    start, length = pl.col("start_day"), pl.col("pause_days")
    first = pl.col("first_day")
    since = (start - first).dt.total_days()
    lives = pauses.group_by(by).agg(
        first_day=start.min(), life_days=((start + pl.duration(days=length)).max() - start.min()).dt.total_days()
    )
    last_window = (pl.col("life_days") - WINDOW_DAYS - 1) // STEP_DAYS
    earliest = (pl.max_horizontal(since + length - WINDOW_DAYS, 0) + STEP_DAYS - 1) // STEP_DAYS
    latest = pl.min_horizontal(since // STEP_DAYS, last_window)
    return (
        pauses.filter(length <= WINDOW_DAYS)
        .join(lives, on=by)
        .select(*by, "first_day", "pause_days", earliest=earliest, latest=latest)
        .filter(pl.col("earliest") <= pl.col("latest"))
        .with_columns(window=pl.int_ranges("earliest", pl.col("latest") + 1))
        .explode("window")
        .group_by(*by, "window")
        .agg(first.first(), threshold_days=far_out(length))
        .drop_nulls("threshold_days")
        .select(*by, "threshold_days", start_day=first + pl.duration(days=pl.col("window") * STEP_DAYS))
    )
