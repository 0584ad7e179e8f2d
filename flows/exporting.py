"""`forbenefit export`: every table as parquet with its dictionary; with --pseudonymous nobody can be named by it.

Pseudonyms are HMAC-SHA256 under a key of the export's own kept in the data directory, so that exports of one folder fit
each other and those of two folders do not. Text that people wrote, pages and logins are left out, and so are the tables
that are about how persons were told apart.
"""

from __future__ import annotations

import hashlib
import hmac
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from flows.data_directory import DataDirectory
from flows.errors import BadConfiguration
from quality.contract import Column, Table

PERSONAL_TABLES = frozenset({"core.aliases", "core.identity_links", "core.people_queue"})
"""How persons were told apart: keyed hashes of addresses, and what their names have in common."""
DROPPED = frozenset(
    {"login", "url", "title", "label", "milestone", "page", "evidence", "actor_class_reason", "team", "name"}
)
"""Text that people wrote or that leads to them; `contribution_id` and the like hold no person."""


def export(data: Path, out: Path, *, pseudonymous: bool) -> dict[str, Any]:
    """Writes the parquet files and the dictionary; what was written."""
    directory = DataDirectory(data)
    warehouse = directory.published()
    if out.exists() and any(out.iterdir()):
        raise BadConfiguration(
            f"{out} is not empty. Give a new folder, so that nothing of an earlier export stays in it."
        )
    out.mkdir(parents=True, exist_ok=True)
    key = directory.secret_of("export") if pseudonymous else None
    import duckdb

    from quality.dictionary import render
    from transform.tables import TABLES

    tables = [table for table in TABLES if key is None or str(table) not in PERSONAL_TABLES]
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        counts = {str(table): _written(db.table(str(table)).pl(), table, out, key) for table in tables}
    (out / "tables.md").write_text(render(tuple(tables)))
    return {"out": str(out), "pseudonymous": pseudonymous, "tables": counts}


def _written(rows: pl.DataFrame, table: Table, out: Path, key: bytes | None) -> int:
    if key is not None:
        rows = pseudonymised(rows, table, key)
    rows.write_parquet(out / f"{table.schema}.{table.name}.parquet")
    return rows.height


def pseudonymised(rows: pl.DataFrame, table: Table, key: bytes) -> pl.DataFrame:
    """Persons under stable keys, ids that hold a person too; text and pages left out."""
    people = [column.name for column in table.columns if is_person(column)]
    kept = rows.drop([name for name in rows.columns if name in DROPPED])
    for name in people:
        if name in kept.columns:
            kept = kept.with_columns(_keyed(kept[name], key))
    holding = [name for name in ("contribution_id", "interaction_id") if name in kept.columns]
    return kept.with_columns(*(_keyed(kept[name], key) for name in holding))


def is_person(column: Column) -> bool:
    """Whether a column holds persons or their aliases."""
    is_named = column.name == "person_id" or column.name.endswith("_person_id")
    return is_named or column.references in ("core.people.person_id", "core.aliases.alias_id")


def _keyed(values: pl.Series, key: bytes) -> pl.Series:
    """A stable key for each distinct value; null stays null."""
    distinct = values.drop_nulls().unique()
    keys = [hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32] for value in distinct]
    return values.replace_strict(
        distinct, pl.Series(keys, dtype=pl.String), return_dtype=pl.String, default=None
    ).alias(values.name)


def in_words(answer: dict[str, Any]) -> str:
    how = "pseudonymous: logins, pages and text are left out" if answer["pseudonymous"] else "with logins and pages"
    rows = sum(answer["tables"].values())
    return f"{len(answer['tables'])} tables, {rows:,} rows in {answer['out']} ({how}); tables.md describes them."
