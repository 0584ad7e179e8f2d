"""Reading a survival curve at a day. It has a row for each day on which a spell ends; between, it is flat."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transform.report.cells import FEWEST_PERSONS

DAYS_READ = (0, 30, 90, 180, 365)
DAYS_DRAWN = 3 * 365
"""Three years show the shape; what is left later rests on few persons."""


@dataclass(frozen=True)
class Point:
    """A curve at a day. Without a share if too few were at risk; without a count if those at risk are few."""

    day: int
    n_at_risk: int | None
    share: float | None
    lower: float | None
    upper: float | None


def point(curve: pl.DataFrame, day: int) -> Point:
    """The curve at a day; it may be shown if the next end of a spell, then or later, is one among enough persons."""
    following = curve.filter(pl.col("day") >= day).head(1)
    before = curve.filter(pl.col("day") <= day).tail(1)
    n_at_risk = following["n_at_risk"].item() if following.height else 0
    shown_count = None if 0 < n_at_risk < FEWEST_PERSONS else n_at_risk
    if not following.height or not following["is_reportable"].item():
        return Point(day, shown_count, None, None, None)
    if not before.height:
        return Point(day, shown_count, 1.0, None, None)
    row = before.row(0, named=True)
    return Point(day, shown_count, row["survival_share"], row["survival_lower_share"], row["survival_upper_share"])


def points(curve: pl.DataFrame) -> list[Point]:
    return [point(curve, day) for day in DAYS_READ]


def last_point(curve: pl.DataFrame, day: int) -> Point | None:
    """The curve at the day, or at the last day before it that may be shown; None if there is none."""
    at_day = point(curve, day)
    if at_day.share is not None:
        return at_day
    shown = curve.filter(pl.col("is_reportable"), pl.col("day") <= day)
    return point(curve, shown["day"].item(-1)) if shown.height else None


def drawn(curve: pl.DataFrame) -> pl.DataFrame:
    """The rows to draw: where a reportable curve of the first three years steps, from everybody on the first day."""
    shown = curve.filter(pl.col("is_reportable"), pl.col("day") <= DAYS_DRAWN).select(
        "day", "survival_share", "survival_lower_share", "survival_upper_share"
    )
    steps = pl.col("survival_share") != pl.col("survival_share").shift()
    is_end = pl.int_range(pl.len()) == pl.len() - 1
    shown = shown.filter(steps.fill_null(value=True) | is_end)
    if shown.is_empty() or shown["day"].min() == 0:
        return shown
    everybody = pl.DataFrame({"day": [0], "survival_share": [1.0]}, schema_overrides={"day": shown.schema["day"]})
    return pl.concat([everybody, shown], how="diagonal")
