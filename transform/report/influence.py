"""The answer to: on how few persons do the work and the attention rest?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import polars as pl
from markupsafe import Markup

from transform.report import charts, readings
from transform.report.cells import FEWEST_PERSONS
from transform.report.readings import REPOSITORIES_SHOWN, Row, frame
from transform.report.trust import Source, Stamp, stamp


@dataclass(frozen=True)
class Year:
    """A calendar year, whether it is over, and the row of each quantity."""

    start: date
    is_over: bool
    rows: dict[str, Row]


@dataclass(frozen=True)
class Concentration:
    """The two pictures of a repository and the numbers below them, the last year first."""

    source: Source
    persons_picture: Markup
    gini_picture: Markup
    lines: list[Year]
    has_pagerank: bool
    n_hidden_years: int
    stamp: Stamp


def concentrations(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any]:
    """The repositories with most persons in any year; a year of a repository with few persons is left out."""
    found = frame(db, readings.CONCENTRATION)
    enough = found.filter(pl.col("n_persons") >= FEWEST_PERSONS)
    busiest = enough.group_by("repo_id").agg(pl.col("n_persons").max()).sort(-pl.col("n_persons"), "repo_id")
    ordered = [repo_id for repo_id in busiest["repo_id"] if repo_id in sources]
    shown = ordered[:REPOSITORIES_SHOWN]
    return {
        "each": [concentration(db, sources[repo_id], found.filter(pl.col("repo_id") == repo_id)) for repo_id in shown],
        "quantities": charts.QUANTITY_NAMES,
        "n_left_out": len(ordered) - len(shown),
        "n_without": len(sources) - len(ordered),
    }


def concentration(db: duckdb.DuckDBPyConnection, source: Source, found: pl.DataFrame) -> Concentration:
    years = found.filter(pl.col("n_persons") >= FEWEST_PERSONS)
    listed = lines(years)
    last_year, first_year = listed[0], listed[-1]
    span = f"{first_year.start.year} to {last_year.start.year}"
    return Concentration(
        source=source,
        persons_picture=charts.concentration_lines(
            years, "effective_persons", f"Effective number of persons in {source.name}, {span}; numbers in the table."
        ),
        gini_picture=charts.concentration_lines(
            years, "gini_share", f"Gini coefficient in {source.name}, {span}; numbers in the table."
        ),
        lines=listed,
        has_pagerank="pagerank" in set(found["quantity"]),
        n_hidden_years=found["window_start"].n_unique() - years["window_start"].n_unique(),
        stamp=stamp(
            db,
            found,
            max(row["n_persons"] for row in last_year.rows.values()),
            [source],
            {"repo_id": found["repo_id"].item(0)},
        ),
    )


def lines(years: pl.DataFrame) -> list[Year]:
    """The years, the last one first."""
    by_year = years.sort("window_start", descending=True).partition_by("window_start", maintain_order=True)
    return [
        Year(
            start=year["window_start"].item(0),
            is_over=year["is_window_complete"].item(0),
            rows={row["quantity"]: row for row in year.to_dicts()},
        )
        for year in by_year
    ]
