"""The warehouse: one DuckDB file, built as a draft that nobody reads before it is published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from types import ModuleType

import duckdb
import polars as pl

from quality.contract import BrokenPromise, Table
from transform import knowable
from transform.once import kept_in
from transform.ops import definitions, quarantine
from transform.parameters import Parameters
from transform.tables import BUILT, TABLES

STORAGE: dict[str, str | bool | int | float | list[str]] = {"storage_compatibility_version": "v1.5.0"}
"""DuckDB 2 writes files that 1.x cannot open, which is what most analysts' programs carry; 1.5 is the last of those."""
WHILE_BUILDING: dict[str, str | bool | int | float | list[str]] = {**STORAGE, "memory_limit": "384MB"}
"""Polars computes in the same process; what DuckDB has written it need not keep (its own choice is 80 % of the machine)."""


def build(
    path: Path, raw: Mapping[str, pl.LazyFrame], parameters: Parameters, report: Callable[[str, int], None]
) -> None:
    """Builds every table from raw into a new file, each checked against its promise.

    Raises BrokenPromise if a table does not fit its promise, its key included; the file is then of no use.
    """
    path.unlink(missing_ok=True)
    frames = knowable.knowable(raw, parameters.known_until)
    connected = closing(duckdb.connect(str(path), config=WHILE_BUILDING))
    with told_of_the_disk(), kept_in(path.parent), connected as db, ThreadPoolExecutor(max_workers=1) as writer:
        create(db, TABLES)
        defined = definitions.TABLE.checked(definitions.rows(TABLES, parameters).collect())
        written = writer.submit(insert, db, definitions.TABLE, defined)
        for number, module in enumerate(BUILT):
            given = [frames[name] for name in module.TABLE.inputs]
            rows = module.TABLE.checked(module.build(*given, parameters=parameters).collect())
            frames[str(module.TABLE)] = rows.lazy()
            frames = still_needed(frames, BUILT[number + 1 :])
            written.result()  # one table is written while the next is computed, never two
            written = writer.submit(insert, db, module.TABLE, rows)
            report(str(module.TABLE), rows.height)
            del rows
        written.result()


@contextmanager
def told_of_the_disk() -> Iterator[None]:
    """What the disk refuses is said as Python says it."""
    try:
        yield
    except duckdb.Error as error:
        if "No space left on device" in str(error):
            raise OSError(ENOSPC, "No space left on device") from error
        raise


def still_needed(frames: Mapping[str, pl.LazyFrame], modules: Iterable[ModuleType]) -> dict[str, pl.LazyFrame]:
    """The frames that tables yet to be built are made of; the others give their memory back."""
    needed = {name for module in modules for name in module.TABLE.inputs}
    return {name: frame for name, frame in frames.items() if name in needed}


def record(path: Path, history: Iterable[tuple[Table, pl.DataFrame]]) -> None:
    """Adds what is known only after the audit to a draft that has passed it."""
    with told_of_the_disk(), closing(duckdb.connect(str(path))) as db:
        for table, rows in history:
            insert(db, table, table.checked(rows))


def carry_quarantine(path: Path, before: Path, at: datetime) -> None:
    """Gives a draft's quarantine the memory of the night before."""
    with closing(duckdb.connect(str(before), read_only=True)) as db:
        db.execute("SET TimeZone = 'UTC'")
        found = quarantine.remembered(db.sql("SELECT * FROM ops.quarantine").pl())
    with closing(duckdb.connect(str(path))) as db:
        db.execute("SET TimeZone = 'UTC'")
        here = {repo_id for (repo_id,) in db.sql("SELECT repo_id FROM core.repositories").fetchall()}
        now = db.sql("SELECT * FROM ops.quarantine").pl()
        rows = quarantine.carried(now, found.filter(pl.col("repo_id").is_in(here)), at)
        db.execute("TRUNCATE ops.quarantine")
        insert(db, quarantine.TABLE, quarantine.TABLE.checked(rows))


def create(db: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """The empty tables with their keys and comments."""
    for schema in dict.fromkeys(table.schema for table in TABLES):
        db.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    for table in tables:
        for statement in table.ddl():
            db.execute(statement)


def insert(db: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    # DuckDB reads polars' own kind of text as it is; left to itself it asks for another, which costs a copy
    db.register("incoming", rows.to_arrow(compat_level=pl.CompatLevel.newest()))
    try:
        db.execute(f"INSERT INTO {table.sql_name} SELECT * FROM incoming")
    except duckdb.ConstraintException as error:
        raise BrokenPromise(f"{table}: {error}") from error
    finally:
        db.unregister("incoming")
