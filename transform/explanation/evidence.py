"""From rows of a table down to the acts they rest on, along what the promises say of evidence.

Errors:

    Exception
    ├── UnknownTable   there is no such table, or it cannot be explained
    └── NothingFound   no row of the table matches the filter
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import duckdb

from quality.contract import Evidence, Table, quoted, with_repository
from transform.explanation.filters import Filter, parse
from transform.tables import TABLES

Row = dict[str, Any]
VALUES_NAMED = 12
PAGE = """
    SELECT coalesce(contributions.url, CASE WHEN kind = 'commit' THEN
        r.url || '/commit/' || split_part(contribution_id[length(r.repo_id) + length('/commit/') + 1:], '/', 1) END)
    FROM core.repositories AS r WHERE r.repo_id = contributions.repo_id
"""
"""Where an act can be looked at: its own page, or that of the commit; null where a repository has no pages."""


class UnknownTable(Exception):
    """There is no such table: the message names those that there are."""


class NothingFound(Exception):
    """No row matches: the message names values that there are."""


@dataclass(frozen=True)
class Level:
    """Rows of one table that belong to the explanation; `rows` are the first of `n_rows`."""

    table: Table
    n_rows: int
    n_persons: int | None
    rows: list[Row]


def named(name: str, tables: Sequence[Table] = TABLES) -> Table:
    """The table of that name. Raises UnknownTable."""
    known = {str(table): table for table in tables}
    if name in known:
        return known[name]
    short = [full for full in known if full.partition(".")[2] == name]
    close = short or get_close_matches(name, known, n=3)
    guess = f" Did you mean {' or '.join(close)}?" if close else ""
    raise UnknownTable(f"There is no table {name!r}.{guess} All of them are in docs/tables.md.")


def levels(db: duckdb.DuckDBPyConnection, table: Table, where: str | None, shown: int) -> list[Level]:
    """The rows of the table that match, then what they rest on, level by level, down to acts and records.

    `shown` rows of each level are read; 0 reads all. Raises BadFilter and NothingFound.
    """
    asked = parse(where, table)
    forget(db)
    select(db, table, asked)
    found = []
    for one in reversed(TABLES[: TABLES.index(table) + 1]):
        if _is_selected(db, one):
            found.append(_level(db, one, shown))
            for evidence in one.evidence:
                follow(db, one, evidence)
    if not found[0].n_rows:
        raise NothingFound(f"No row of {table} matches.{_there_is(db, table, asked)}")
    return found


def forget(db: duckdb.DuckDBPyConnection) -> None:
    """What an earlier explanation noted."""
    for one in TABLES:
        db.execute(f"DROP TABLE IF EXISTS {_chosen(one)}")


def select(db: duckdb.DuckDBPyConnection, table: Table, asked: Filter) -> None:
    """Notes the rows that match; nothing typed becomes SQL (see filters)."""
    db.execute(f"CREATE OR REPLACE TEMP TABLE {_chosen(table)} AS SELECT 0::BIGINT AS id WHERE false")
    db.execute(
        f"INSERT INTO {_chosen(table)} SELECT rowid FROM {table.sql_name} AS here WHERE {asked.sql}",
        asked.values,
    )


def follow(db: duckdb.DuckDBPyConnection, table: Table, evidence: Evidence) -> None:
    """Notes the rows that the noted rows rest on, beside those that are noted already."""
    there = named(evidence.table)
    db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_chosen(there)} AS SELECT 0::BIGINT AS id WHERE false")
    rows = f"(SELECT * FROM {table.sql_name} WHERE rowid IN (FROM {_chosen(table)}))"
    found = f"SELECT there.rowid AS id FROM {there.sql_name} AS there {with_repository(there)} WHERE {_rests(rows, evidence)}"
    db.execute(f"INSERT INTO {_chosen(there)} {found} EXCEPT FROM {_chosen(there)}")


def _rests(rows: str, evidence: Evidence) -> str:
    """Whether one of the rows rests on the row there."""
    return " OR ".join(f"EXISTS (SELECT 1 FROM {rows} AS here WHERE {way})" for way in evidence.ways)


def _chosen(table: Table) -> str:
    return f"temp.{quoted(f'chosen {table}')}"


def _is_selected(db: duckdb.DuckDBPyConnection, table: Table) -> bool:
    made = db.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = ?", [f"chosen {table}"])
    return bool(made.fetchall()[0][0])


def _level(db: duckdb.DuckDBPyConnection, table: Table, shown: int) -> Level:
    rows = f"FROM {table.sql_name} WHERE rowid IN (FROM {_chosen(table)})"
    persons = "count(DISTINCT person_id)" if "person_id" in table.column_names else "NULL"
    n_rows, n_persons = db.sql(f"SELECT count(*), {persons} {rows}").fetchall()[0]
    order = ", ".join(quoted(name) for name in _order(table))
    page = f", ({PAGE}) AS page" if str(table) == "core.contributions" else ""
    listed = db.sql(f"SELECT *{page} {rows} ORDER BY {order} {f'LIMIT {int(shown)}' if shown else ''}")
    return Level(table, n_rows, n_persons, listed.pl().to_dicts())


def _order(table: Table) -> list[str]:
    """Acts as they happened, all else by key."""
    times = [name for name in ("contributed_at", "interacted_at") if name in table.column_names]
    return [*times, *table.key]


def _there_is(db: duckdb.DuckDBPyConnection, table: Table, asked: Filter) -> str:
    """The values that the columns asked for do have."""
    return "".join(_values(db, table, name, sql) for name, sql in asked.columns.items())


def _values(db: duckdb.DuckDBPyConnection, table: Table, name: str, sql: str) -> str:
    query = f"SELECT DISTINCT {sql} AS value FROM {table.sql_name} AS here ORDER BY 1 LIMIT {VALUES_NAMED + 1}"
    values = [str(value) for (value,) in db.sql(query).fetchall()]
    more = ", ..." if len(values) > VALUES_NAMED else ""
    return f" {name} is {', '.join(values[:VALUES_NAMED]) or 'nowhere'}{more}."
