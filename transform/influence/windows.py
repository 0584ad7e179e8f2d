"""The windows that influence is measured in: calendar years and quarters, and windows that slide back from the snapshot."""

from __future__ import annotations

import polars as pl

from transform.columns import WINDOW_KINDS
from transform.parameters import Parameters

WINDOW = ("repo_id", "window_kind", "window_start")
KIND = pl.Enum(WINDOW_KINDS)
CALENDAR = {"year": "1y", "quarter": "1q"}


def in_windows(
    rows: pl.LazyFrame, at: str, parameters: Parameters, kinds: tuple[str, ...] = WINDOW_KINDS
) -> pl.LazyFrame:
    """Every row once for each window that it falls into; needs the instant `at` and `snapshot_at`."""
    calendar = [
        rows.with_columns(window_kind=pl.lit(kind, KIND), window_start=pl.col(at).dt.truncate(CALENDAR[kind]).dt.date())
        for kind in kinds
        if kind in CALENDAR
    ]
    most = parameters.rolling_windows
    sliding = [rows.pipe(_sliding, at, parameters, most)] if "rolling" in kinds else []
    return pl.concat([*calendar, *sliding])


def _sliding(rows: pl.LazyFrame, at: str, parameters: Parameters, most: int | None) -> pl.LazyFrame:
    """Window k is the days [end - length - k slide, end - k slide), `end` being the day of the snapshot; `most` of them."""
    length, slide = parameters.rolling_days, parameters.slide_days
    end = pl.col("snapshot_at").dt.date()
    age = (end - pl.col(at).dt.date()).dt.total_days()
    first = ((age - length + slide - 1) // slide).clip(0)
    last = ((age + slide - 1) // slide - 1).clip(upper_bound=None if most is None else most - 1)
    start = end - pl.duration(days=length) - pl.duration(days=pl.col("window_number") * slide)
    return (
        rows.filter(age > 0)
        .filter(first <= last)
        .with_columns(window_number=pl.int_ranges(first, last + 1))
        .explode("window_number")
        .with_columns(window_kind=pl.lit("rolling", KIND), window_start=start)
        .drop("window_number")
    )


def in_window(at: str, kind: str = "here.window_kind") -> str:
    """SQL: whether the instant `at` is in the window of the row `here`; for the evidence of tables."""
    day = f"make_timestamp(epoch_us({at}))::DATE"
    ends = {"year": "to_years(1)", "quarter": "to_months(3)"}
    lengths = " ".join(f"WHEN '{name}' THEN {length}" for name, length in ends.items())
    length = f"CASE {kind} {lengths} ELSE to_days({Parameters.rolling_days}) END"
    return f"{day} >= here.window_start AND {day} < here.window_start + {length}"


def window_end(parameters: Parameters) -> pl.Expr:
    start = pl.col("window_start")
    kind = pl.col("window_kind").cast(pl.String)
    return (
        pl.when(kind == "year")
        .then(start.dt.offset_by("1y"))
        .when(kind == "quarter")
        .then(start.dt.offset_by("1q"))
        .otherwise(start.dt.offset_by(f"{parameters.rolling_days}d"))
    )


def with_windows(rows: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Adds `snapshot_at` and whether the window was observed from its start to its end.

    A calendar window in which the repository began has begun with it, and is whole.
    """
    known = repositories.select("repo_id", "snapshot_at", observed_from="observed_from_at")
    slides = pl.col("window_kind").cast(pl.String) == "rolling"
    is_begun = ~slides | (pl.col("window_start") >= pl.col("observed_from").dt.date())
    is_over = window_end(parameters) <= pl.col("snapshot_at").dt.date()
    return rows.join(known, on="repo_id").with_columns(is_window_complete=is_begun & is_over).drop("observed_from")


def before_snapshot(rows: pl.LazyFrame, repositories: pl.LazyFrame, at: str) -> pl.LazyFrame:
    """The rows before the snapshot of their repository, with `snapshot_at`."""
    return rows.join(repositories.select("repo_id", "snapshot_at"), on="repo_id").filter(
        pl.col(at) < pl.col("snapshot_at")
    )
