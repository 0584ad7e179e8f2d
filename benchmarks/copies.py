"""A warehouse of many times as many repositories: each of them copied, with the same people in all copies.

Building ten million contributions takes much longer than judging them, and much more memory. Copies of a million have as
many rows in every table but those about people and about all repositories together; what these count in the repositories
is so many times as much.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from quality.contract import Column, Table
from transform.tables import TABLES
from transform.warehouse import STORAGE, create

MADE_OF_THE_REPOSITORY = ("contribution_id", "interaction_id", "ghost_id")
COUNTED_IN_EACH = {
    "retention.contributor_types": "n_acts",
    "retention.determinants": "n_persons",
    "retention.response_times": "n_opened",
}
"""Of all repositories together, and found in the rows of each."""


def copied(one: Path, many: Path, copies: int) -> None:
    """Writes the warehouse `many` from `one`."""
    many.unlink(missing_ok=True)
    with closing(duckdb.connect(str(many), config={**STORAGE, "memory_limit": "1500MB"})) as db:
        db.execute("SET preserve_insertion_order = false")
        db.execute(f"ATTACH '{one}' AS one (READ_ONLY)")
        create(db, TABLES)
        for table in TABLES:
            for number in range(copies if "repo_id" in table.column_names else 1):
                db.execute(f"INSERT INTO {table.sql_name} {rows(table, number)}")
        for name, counted in COUNTED_IN_EACH.items():
            db.execute(f"UPDATE {name} SET {counted} = {counted} * {copies} WHERE repo_id = 'all'")


def rows(table: Table, number: int) -> str:
    """SQL for one copy; the first one, number 0, is as it was, and alone has the rows about all repositories."""
    shown = ", ".join(as_copied(column, number) for column in table.columns)
    return f"SELECT {shown} FROM one.{table.sql_name}" + (" WHERE repo_id != 'all'" if number else "")


def as_copied(column: Column, number: int) -> str:
    if number and column.name == "repo_id":
        return f"repo_id || '.{number}' AS repo_id"
    if number and column.name in MADE_OF_THE_REPOSITORY:
        return f"replace({column.name}, repo_id || '/', repo_id || '.{number}/') AS {column.name}"
    return f'"{column.name}"'
