"""The answers to: do newcomers stay?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl
from markupsafe import Markup

from transform.columns import ALL_REPOSITORIES
from transform.report import cells, charts, readings, survival
from transform.report.readings import frame
from transform.report.survival import Point
from transform.report.trust import Source, Stamp, stamp

QUARTERS_SHOWN = 24
SUMMARY_DAY = 365
ANY_FAMILY = {"family": "any", "end_rule": "first_gap"}


@dataclass(frozen=True)
class Curve:
    """One drawn curve with the numbers that stand below it. Without a source it is about all repositories together."""

    source: Source | None
    picture: Markup
    points: list[Point]
    n_persons: int
    n_excluded: int
    stamp: Stamp


def curves(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any]:
    """Curves of all together and of each repository; and what other horizons would have said."""
    horizon = readings.main_horizon(db)
    found, shown, n_left_out = readings.curves(db, horizon)
    by_scope = {scope: rows for (scope, horizon_days), rows in split(found) if horizon_days == horizon}
    whole = by_scope.get(ALL_REPOSITORIES)
    small = [scope for scope in shown if len(sources) > 1]
    return {
        "horizon": horizon,
        "days": survival.DAYS_READ,
        "all": curve(db, None, whole, sources) if whole is not None and whole["is_reportable"].any() else None,
        "each": [curve(db, scope, by_scope[scope], sources) for scope in small],
        "n_left_out": n_left_out,
        "n_without": len(sources) - len(shown) - n_left_out,
        "sensitivity": sensitivity(found, [ALL_REPOSITORIES, *small], sources),
    }


def split(found: pl.DataFrame) -> list[tuple[tuple[str, int], pl.DataFrame]]:
    """Each scope's and horizon's curve, in order of days."""
    keyed = found.partition_by("repo_id", "horizon_days", as_dict=True)
    return [((str(scope), int(horizon)), rows.sort("day")) for (scope, horizon), rows in keyed.items()]


def curve(db: duckdb.DuckDBPyConnection, scope: str | None, rows: pl.DataFrame, sources: dict[str, Source]) -> Curve:
    source = sources[scope] if scope else None
    points = survival.points(rows)
    horizon = rows["horizon_days"].item(0)
    told = ", ".join(f"{point.share:.0%} at day {point.day}" for point in points if point.share is not None)
    name = source.name if source else "all repositories together"
    words = f"Retention curve of {name}: {told or 'no day can be shown'}."
    size = (500, 280) if source is None else (270, 150)
    n_persons = rows["n_newcomers"].item(0) - rows["n_excluded"].item(0)
    return Curve(
        source=source,
        picture=charts.retention_curve(survival.drawn(rows), words, width=size[0], height=size[1]),
        points=points,
        n_persons=n_persons,
        n_excluded=rows["n_excluded"].item(0),
        stamp=stamp(
            db,
            rows,
            n_persons,
            [source] if source else sources.values(),
            {**ANY_FAMILY, "repo_id": scope or ALL_REPOSITORIES, "cohort": "all", "horizon_days": horizon},
        ),
    )


def sensitivity(found: pl.DataFrame, scopes: list[str], sources: dict[str, Source]) -> dict[str, Any]:
    """Per scope and horizon the share that stays a year, or the last share that may be shown before."""
    horizons = sorted(found["horizon_days"].unique())
    read = {key: survival.last_point(rows, SUMMARY_DAY) for key, rows in split(found)}
    names = {ALL_REPOSITORIES: "all repositories", **{scope: source.name for scope, source in sources.items()}}
    lines = [(names[scope], [read.get((scope, horizon)) for horizon in horizons]) for scope in scopes]
    return {"day": SUMMARY_DAY, "horizons": horizons, "lines": lines}


def heat_map(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any] | None:
    """Quarters of arrival by days, all repositories together; None without cohorts."""
    cohorts = frame(db, readings.COHORTS, ALL_REPOSITORIES, readings.main_horizon(db))
    if cohorts.is_empty():
        return None
    n_persons = sum(cohorts.unique("cohort_quarter")["n_newcomers"].to_list())
    judged = cells.with_states(cohorts)
    quarters = judged["cohort_quarter"].unique().sort(descending=True)[:QUARTERS_SHOWN].to_list()
    shown = judged.filter(pl.col("cohort_quarter").is_in(quarters))
    labels = [quarter_label(row["cohort_quarter"], row["n_newcomers"], row["state"]) for row in shown.to_dicts()]
    shown = shown.with_columns(row=pl.Series(labels, dtype=pl.String))
    words = f"Share of newcomers still there by quarter and day, {len(quarters)} quarters; numbers in the table."
    by_quarter = shown.sort("cohort_quarter", "day", descending=[True, False]).partition_by("row", maintain_order=True)
    return {
        "picture": charts.cohort_heat_map(shown, words),
        "days": sorted(shown["day"].unique()),
        "lines": [rows.to_dicts() for rows in by_quarter],
        "labels": cells.HIDDEN_LABELS,
        "n_left_out": judged["cohort_quarter"].n_unique() - len(quarters),
        "stamp": stamp(
            db, cohorts, n_persons, sources.values(), {"repo_id": ALL_REPOSITORIES, "family": "any", "measure": "km"}
        ),
    }


def quarter_label(first_day: Any, n_newcomers: int | None, state: str) -> str:
    """Such as '2024 Q1, 37 newcomers'."""
    shown = cells.HIDDEN_LABELS[state] if n_newcomers is None else f"{n_newcomers:,}"
    return f"{cells.period_label('quarter', first_day)} (n: {shown})"


def arrivals(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any] | None:
    """Newcomers per period and door, all repositories together; None if no whole period has enough of them."""
    arrived = frame(db, readings.ARRIVALS, ALL_REPOSITORIES)
    if arrived.is_empty():
        return None
    found = cells.arrivals(arrived, arrived["snapshot_at"].max().date())  # type: ignore[union-attr]
    if found.bars.is_empty():
        return None
    labels = [cells.period_label(found.period, first_day) for first_day in found.bars["period"]]
    bars = found.bars.with_columns(label=pl.Series(labels, dtype=pl.String))
    n_persons = sum(bars["n_persons"].to_list())
    words = f"{n_persons:,} newcomers per {found.period} and door, {min(bars['label'])} to {max(bars['label'])}."
    table = bars.pivot("door", index="label", values="n_persons").sort("label", descending=True)
    return {
        "period": found.period,
        "picture": charts.arrival_bars(bars, words),
        "doors": [door for door in charts.DOOR_COLOURS if door in table.columns],
        "lines": table.to_dicts(),
        "n_hidden_periods": found.n_hidden_periods,
        "stamp": stamp(db, arrived, n_persons, sources.values(), {"repo_id": ALL_REPOSITORIES, "family": "any"}),
    }
