"""Ways in which a draft can be wrong, each as it might come about, and the expectation that has to say so.

Each damages a good night in one way, is judged against that night as the one before, and is undone. What the suites do
not find is a defect of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from quality.expectations import Expectation, derived, is_broken
from quality.suites import RELATIONS
from transform import nights, warehouse
from transform.ops import changes
from transform.tables import TABLES

UNAUDITED = ("ops.runs", "ops.quality_results", "ops.held_back")
SUITES = (*derived([table for table in TABLES if str(table) not in UNAUDITED]), *RELATIONS)
STABLE = "what changed since the last night is explained"
HELD = "core holds what the archive holds"
RECORDED = "acts are by whom and when the records say"
PROMISE = "columns keep their promise"
ALMANAC = "(SELECT repo_id FROM core.repositories WHERE full_name = 'commons/almanac')"
OF_REPOSITORIES = [
    str(table)
    for table in TABLES
    if "repo_id" in table.column_names and str(table) not in (*UNAUDITED, "core.repositories")
]
BUSY = "(SELECT person_id FROM retention.newcomers WHERE family = 'any' AND repo_id != 'all' ORDER BY ALL LIMIT 1)"
REVIEWS_BEYOND = "(SELECT repo_id, review_id FROM core.reviews QUALIFY row_number() OVER (PARTITION BY repo_id ORDER BY submitted_at) > 100)"


def everywhere(statement: str, *tables: str) -> list[str]:
    return [statement.format(table) for table in tables]


@dataclass(frozen=True)
class Damage:
    """What goes wrong, as SQL, and the expectation that must find it."""

    statements: list[str]
    found_by: str


@contextmanager
def workbench(good: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of a good night to damage, in memory, with the night itself as the one before.

    The copy has no keys: they would refuse some damages before the suites see them.
    """
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"ATTACH '{good}' AS before (READ_ONLY)")
        db.execute("ATTACH ':memory:' AS after")
        db.execute("USE after")
        for schema in dict.fromkeys(table.schema for table in TABLES):
            db.execute(f"CREATE SCHEMA {schema}")
        for table in TABLES:
            db.execute(f"CREATE TABLE after.{table.sql_name} AS FROM before.{table.sql_name}")
        yield db


def caught(
    db: duckdb.DuckDBPyConnection, statements: Sequence[str], suites: Sequence[Expectation] = SUITES
) -> dict[str, Expectation]:
    """The expectations that a damage breaks, by name; the damage is undone."""
    db.execute("BEGIN")
    try:
        for statement in statements:
            db.execute(statement)
        if any(one.table == "ops.changes" for one in suites):
            compare(db)
        return {one.name: one for one in suites if is_broken(db, one)}
    finally:
        db.execute("ROLLBACK")


def compare(db: duckdb.DuckDBPyConnection) -> None:
    """ops.changes anew, against the undamaged night, unless the damage is to that table."""
    if db.sql("SELECT 1 FROM ops.changes LIMIT 1").fetchall():
        return
    rows = pl.DataFrame(nights.changed(db), schema=changes.TABLE.polars_schema)
    warehouse.insert(db, changes.TABLE, rows)


def named(name: str) -> list[Expectation]:
    """The expectations of that name; those derived from promises are of many tables."""
    return [one for one in SUITES if one.name == name]
