"""When is a pause long for this person? Tukey's far-out threshold in sliding windows (Calefato et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from transform.statistics.runs import starts_of_runs

Numbers = npt.NDArray[np.integer[Any]]

WINDOW_DAYS = 90
STEP_DAYS = 7
FEWEST_PAUSES = 4
"""Fewer pauses inside a window have no quartiles to speak of."""
SMALLEST_SPREAD = 1.0
"""An interquartile range of up to a day would call every weekend a break."""


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
    lives = lives.with_row_index("life").cache()
    last_window = (pl.col("life_days") - WINDOW_DAYS - 1) // STEP_DAYS
    earliest = (pl.max_horizontal(since + length - WINDOW_DAYS, 0) + STEP_DAYS - 1) // STEP_DAYS
    latest = pl.min_horizontal(since // STEP_DAYS, last_window)
    inside = (
        pauses.filter(length <= WINDOW_DAYS)
        .join(lives, on=by)
        .select("life", "pause_days", earliest=earliest, latest=latest)
        .filter(pl.col("earliest") <= pl.col("latest"))
        .with_columns(window=pl.int_ranges("earliest", pl.col("latest") + 1))
        .explode("window")
        .select(pl.col("life", "window", "pause_days").cast(pl.Int64))
    )
    found = inside.map_batches(
        far_out, schema={"life": pl.get_index_type(), "window": pl.Int64, "threshold_days": pl.Float64}
    )
    return lives.join(found, on="life").select(
        *by, "threshold_days", start_day=first + pl.duration(days=pl.col("window") * STEP_DAYS)
    )


LENGTHS = 2**7
"""More than the longest pause that lies in a window."""
WINDOWS = 2**24


def far_out(inside: pl.DataFrame) -> pl.DataFrame:
    """Third quartile plus three interquartile ranges of the pauses of every `life` and `window`.

    Without a row are windows with too few pauses, or such as are all alike. One sort of one number orders the pauses of
    all windows, which is ten times faster than a quantile for each.
    """
    keyed = (pl.col("life") * WINDOWS + pl.col("window")) * LENGTHS + pl.col("pause_days")
    line = inside.select(keyed).to_series().sort().to_numpy()
    window, lengths = line // LENGTHS, line % LENGTHS
    starts = starts_of_runs(window)
    which, sizes = window[starts], np.diff(np.append(starts, len(window)))
    upper, lower = (quartile(lengths, starts, sizes, share) for share in (0.75, 0.25))
    has_spread = (sizes >= FEWEST_PAUSES) & (upper - lower > SMALLEST_SPREAD)
    told = pl.DataFrame({"key": which, "threshold_days": upper + 3 * (upper - lower)}).filter(pl.Series(has_spread))
    return told.select(
        life=(pl.col("key") // WINDOWS).cast(pl.get_index_type()),
        window=pl.col("key") % WINDOWS,
        threshold_days=pl.col("threshold_days").cast(pl.Float64),
    )


def quartile(lengths: Numbers, starts: Numbers, sizes: Numbers, share: float) -> npt.NDArray[np.float64]:
    """Of sorted runs of numbers, interpolated between neighbours as most software does by default."""
    place = (sizes - 1) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, sizes - 1)
    low, high = lengths[starts + below].astype(np.float64), lengths[starts + above].astype(np.float64)
    between: npt.NDArray[np.float64] = low + (high - low) * (place - below)
    return between
