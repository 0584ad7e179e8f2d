"""What is expected of every table, derived from its promise: SQL whose rows are the ones that break it.

An empty table passes every check of nulls and ranges, and an all-null column passes `between`; so each table is also
expected to have rows, unless its promise says why it may have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

import polars as pl

from quality.contract import Column, Evidence, Table, literal, quoted, with_repository

_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True)
class Expectation:
    """One expectation. `sql` returns the rows that break it; none is good.

    `severity` is "critical" (does not publish) or "warning" (publishes, and is shown). `numbers` is SQL of one column
    and cheap: where its numbers are all different, no row can break the expectation, and `sql` need not be asked.
    """

    name: str
    table: str
    doc: str
    sql: str
    severity: str = "critical"
    numbers: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.name}"


def is_broken(db: Any, expectation: Expectation) -> bool:
    """Whether any row breaks the expectation, asked of a connection of DuckDB."""
    if expectation.numbers and _are_all_different(db, expectation.numbers):
        return False
    return bool(db.sql(f"SELECT * FROM ({expectation.sql}) LIMIT 1").fetchall())


def _are_all_different(db: Any, numbers: str) -> bool:
    """Counted by polars, which needs a third of the time that DuckDB does; one at a time, for they lie in memory."""
    with _ONE_AT_A_TIME:
        found: pl.Series = db.sql(numbers).pl().to_series()
        return found.n_unique() == found.len()


def derived(tables: Iterable[Table]) -> Iterator[Expectation]:
    """What is expected of every table by its own promise."""
    known = {str(table): table for table in tables}
    for table in known.values():
        yield from of_rows(table)
        for column in table.columns:
            if column.references:
                yield reference_exists(table, column)
        for evidence in table.evidence:
            if evidence.counted_in:
                yield evidence_is_counted(table, evidence, known[evidence.table])


def of_rows(table: Table) -> Iterator[Expectation]:
    """It has rows, its columns keep their promise, its key is unique."""
    if not table.may_be_empty:
        yield has_rows(table)
    checks = [check for column in table.columns for check in broken_when(column)]
    if checks:
        yield columns_hold(table, checks)
    if table.definition and "definition" in table.column_names:
        yield is_stamped(table)
    if {"repo_id", "snapshot_at"} <= set(table.column_names) and str(table) != "core.repositories":
        yield is_of_the_night(table)
    if table.is_large:  # the others carry a primary key
        yield key_is_unique(table)


def is_stamped(table: Table) -> Expectation:
    sql = (
        f"SELECT {_named(table)}, definition FROM {table.sql_name} WHERE definition != {literal(str(table.definition))}"
    )
    return Expectation("rows carry the definition of their table", str(table), f"It is {table.definition}.", sql)


def is_of_the_night(table: Table) -> Expectation:
    """Rows about one repository; those about all have the earliest snapshot of those that count."""
    sql = (
        f"SELECT DISTINCT here.repo_id, here.snapshot_at, there.snapshot_at AS of_repository FROM {table.sql_name} AS here "
        "JOIN core.repositories AS there USING (repo_id) WHERE here.snapshot_at != there.snapshot_at"
    )
    return Expectation(
        "rows are of the snapshot of their repository", str(table), "They say until when they look.", sql
    )


def has_rows(table: Table) -> Expectation:
    sql = f"SELECT 'no rows' AS problem WHERE NOT EXISTS (SELECT 1 FROM {table.sql_name})"
    return Expectation("has rows", str(table), "The table is not empty.", sql)


def broken_when(column: Column) -> Iterator[tuple[str, str]]:
    """Pairs of a problem in words and the SQL condition under which it exists. To DuckDB NaN is the greatest number of all."""
    name, is_float = quoted(column.name), column.sql_type == "DOUBLE"
    if not column.nullable:
        yield f"{column.name} is null", f"{name} IS NULL"
    if column.one_of:
        values = ", ".join(literal(value) for value in column.one_of)
        yield f"{column.name} is none of the known values", f"{name} NOT IN ({values})"
    if column.at_least is not None:
        yield f"{column.name} is below {column.at_least}", f"{name} < {column.at_least}"
    if column.at_most is not None:
        finite = f" AND {name} < 'inf'::DOUBLE" if is_float else ""
        yield f"{column.name} is above {column.at_most}", f"{name} > {column.at_most}{finite}"
    if is_float:
        yield f"{column.name} is not a number", f"{name} >= 'inf'::DOUBLE"
        if column.at_least is None:
            yield f"{column.name} is minus infinity", f"{name} = '-inf'::DOUBLE"


def columns_hold(table: Table, checks: list[tuple[str, str]]) -> Expectation:
    """Each condition is asked for itself: DuckDB answers those about bounds and nulls from what it notes of every block."""
    named = f"{_named(table)} FROM {table.sql_name}"
    sql = " UNION ALL ".join(
        f"SELECT {literal(problem)} AS problem, {named} WHERE {condition}" for problem, condition in checks
    )
    return Expectation("columns keep their promise", str(table), "Nulls, ranges and known values as promised.", sql)


def key_is_unique(table: Table) -> Expectation:
    """Keys are only looked at where two have the same hash."""
    whose = ", any_value(repo_id) AS repo_id" if _is_apart(table) else ""
    key = _key(table)
    hashes = f"SELECT hash({key}) AS hashed FROM {table.sql_name}"
    sql = (
        f"SELECT {key}{whose}, count(*) AS copies FROM {table.sql_name} WHERE hash({key}) IN ("
        f"{hashes} GROUP BY hashed HAVING count(*) > 1) GROUP BY {key} HAVING count(*) > 1"
    )
    return Expectation("key is unique", str(table), f"One row per {', '.join(table.key)}.", sql, numbers=hashes)


def reference_exists(table: Table, column: Column) -> Expectation:
    """Every value is looked up once, however many rows have it, and by its hash, which is a number."""
    schema, name, target = str(column.references).split(".")
    there, here = f"{quoted(schema)}.{quoted(name)}", quoted(column.name)
    whose = ", repo_id" if "repo_id" in table.column_names and column.name != "repo_id" else ""
    told = f"SELECT DISTINCT hash({here}) AS told FROM {table.sql_name} WHERE {here} IS NOT NULL"
    sql = (
        f"SELECT DISTINCT {here}{whose} FROM {table.sql_name} WHERE {here} IS NOT NULL AND hash({here}) IN (SELECT told FROM ("
        f"{told}) ANTI JOIN (SELECT hash({quoted(target)}) AS told FROM {there}) USING (told))"
    )
    doc = f"Every {column.name} is in {schema}.{name}."
    return Expectation(f"{column.name} exists in {schema}.{name}", str(table), doc, sql)


SUMS_COUNTED = 1000
"""So many of the sums of a table are counted again, drawn by a hash: always the same ones, and all where there are fewer."""
FEWER_SUMS, LARGE = 100, 1_000_000
"""Fewer where more rows than these would have to be gone through."""


def evidence_is_counted(table: Table, evidence: Evidence, there: Table) -> Expectation:
    """The row says how many rows elsewhere it rests on, and so many there are."""
    used, told = ", ".join(f"here.{quoted(name)}" for name in evidence.used), quoted(evidence.counted_in)
    each = ", ".join(f"any_value(here.{quoted(name)}) AS {quoted(name)}" for name in evidence.used)
    rows = f"FROM {table.sql_name} AS here WHERE here.{told} IS NOT NULL"
    is_told_once = set(table.key) <= set(evidence.used)
    drawn = f"SELECT {used} {rows}" if is_told_once else f"SELECT {each} {rows} GROUP BY hash({used})"
    here = (
        f"({drawn} ORDER BY hash({used}) LIMIT "
        f"(SELECT CASE WHEN count(*) > {LARGE} THEN {FEWER_SUMS} ELSE {SUMS_COUNTED} END FROM {there.sql_name}))"
    )
    what = f"there.{quoted(evidence.counts)}" if evidence.counts else "there.rowid"
    found = " UNION ALL ".join(
        f"SELECT {used}, {what} AS found FROM sums AS here, {there.sql_name} AS there {with_repository(there)} WHERE {way}"
        for way in evidence.ways
    )
    how_many = "count(DISTINCT found)" if evidence.counts else "count(found)"  # a row is found in one way only
    same = " AND ".join(f"here.{quoted(name)} IS NOT DISTINCT FROM counted.{quoted(name)}" for name in evidence.used)
    sql = (
        f"WITH sums AS MATERIALIZED {here} SELECT here.*, coalesce(n, 0) AS found FROM sums AS here LEFT JOIN ("
        f"SELECT * EXCLUDE (found), {how_many} AS n FROM ({found}) GROUP BY ALL) AS counted ON {same} "
        f"WHERE here.{told} != coalesce(n, 0)"
    )
    doc = f"{evidence.counted_in} is the number of {evidence.doc}."
    return Expectation(f"{evidence.counted_in} counts what it rests on in {there}", str(table), doc, sql)


def _is_apart(table: Table) -> bool:
    """Whether the repository of a row is told, but not by its key."""
    return "repo_id" in table.column_names and "repo_id" not in table.key


def _named(table: Table) -> str:
    return _key(table) + (", repo_id" if _is_apart(table) else "")


def _key(table: Table) -> str:
    return ", ".join(quoted(name) for name in table.key)
