"""How far the report can be trusted: coverage, definitions, runs and verdicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from transform.report import readings
from transform.report.explained import Explanation, explanation
from transform.report.readings import Row, frame, rows

PERSONAL_COLUMNS = ("login", "title", "contribution_id", "interaction_id")
PERSONAL_ENDINGS = ("person_id", "account_id", "alias_id", "email_key", "target_id")
SAMPLES_SHOWN = 10
UNREADABLE_SAMPLE = "(not readable as JSON; see ops.quality_results)"


@dataclass(frozen=True)
class Source:
    """A repository as the page shows it: its name and page, and how much of it is here."""

    name: str
    url: str | None
    is_complete: bool
    snapshot_at: datetime
    lowest_held_share: float | None
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Stamp:
    """What stands under every answer: which definition, how many persons, until when, and from how much of the data."""

    definition: str
    formula: str
    n_persons: int | None
    snapshot_at: datetime
    sources: list[Source]
    explanation: Explanation | None = None

    @property
    def incomplete(self) -> list[Source]:
        return [source for source in self.sources if not source.is_complete]

    @property
    def lowest_held_share(self) -> float | None:
        return min((s.lowest_held_share for s in self.sources if s.lowest_held_share is not None), default=None)


def sources(db: duckdb.DuckDBPyConnection) -> dict[str, Source]:
    """Every repository by its id."""
    return {
        row["repo_id"]: Source(
            name=row["full_name"],
            url=row["url"],
            is_complete=row["is_complete"],
            snapshot_at=row["snapshot_at"],
            lowest_held_share=row["lowest_held_share"],
            reasons=row["reasons"] or [],
        )
        for row in rows(db, readings.REPOSITORIES)
    }


def stamp(
    db: duckdb.DuckDBPyConnection,
    shown: pl.DataFrame,
    n_persons: int | None,
    held: Iterable[Source],
    about: Mapping[str, object] | None = None,
) -> Stamp:
    """The stamp of rows that all carry one definition; `about` are the values that tell them from others of the table."""
    definition = shown["definition"].item(0)
    known = {row["definition"]: row for row in rows(db, readings.DEFINITIONS)}.get(definition)
    return Stamp(
        definition,
        known["formula"] if known else "(not in ops.definitions)",
        n_persons,
        shown["snapshot_at"].max(),  # type: ignore[arg-type]
        list(held),
        explanation(db, known["table_name"], about) if known and about is not None else None,
    )


def coverage(db: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    listed = rows(db, readings.COVERAGE)
    return {
        "incomplete": [row for row in listed if not row["is_complete"]],
        "complete": [row for row in listed if row["is_complete"]],
        "gaps": rows(db, readings.GAPS),
        "quarantine": rows(db, readings.QUARANTINE),
    }


def validation(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The last audit: what did not pass, with rows; how much passed, per table; and the runs that published nothing."""
    verdicts = frame(db, readings.VERDICTS)
    failed_first = (pl.col("outcome") != "failed", "severity", "table_name", "expectation")
    open_ones = verdicts.filter(pl.col("outcome") != "passed").sort(*failed_first)
    passed = verdicts.filter(pl.col("outcome") == "passed")
    troubles = [{**row, "samples": read_samples(row["sample_json"])} for row in open_ones.to_dicts()]
    personal = readings.personal_values(db, sorted({text for row in troubles for text in texts(row["samples"])}))
    for row in troubles:
        row["samples"] = [hidden(sample, personal) for sample in row["samples"][:SAMPLES_SHOWN]]
    return {
        "is_empty": verdicts.is_empty(),
        "judged_at": verdicts["judged_at"].max(),
        "troubles": troubles,
        "passed": sorted(Counter(passed["table_name"].to_list()).items()),
        "n_passed": passed.height,
        "unpublished": [run for run in rows(db, readings.RUNS) if run["outcome"] != "published"],
    }


def read_samples(sample_json: str) -> list[object]:
    """The sample rows; a sample that is not a list is one row, and one that cannot be read is said to be so."""
    if not sample_json.strip():
        return []
    try:
        sample = json.loads(sample_json)
    except json.JSONDecodeError:
        return [UNREADABLE_SAMPLE]
    return sample if isinstance(sample, list) else [sample]


def texts(value: object) -> Iterator[str]:
    """Every text inside a JSON value, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def hidden(sample: object, personal: set[str]) -> str:
    """A sample row as JSON in which nobody can be recognised."""
    return json.dumps(_hide(sample, personal), ensure_ascii=False, default=str)


def _hide(value: object, personal: set[str]) -> object:
    if isinstance(value, dict):
        return {key: "(hidden)" if is_personal(key) else _hide(inner, personal) for key, inner in value.items()}
    if isinstance(value, list):
        return [_hide(inner, personal) for inner in value]
    return "(hidden)" if isinstance(value, str) and value in personal else value


def is_personal(column: str) -> bool:
    return column in PERSONAL_COLUMNS or column.endswith(PERSONAL_ENDINGS)
