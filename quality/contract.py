"""The promise of a table: its columns, types, units, keys and grain.

A promise is declared once, beside the function that keeps it, and read by machines: the DDL with keys and comments,
the writer's check, the derived expectations, `docs/tables.md` and the test helpers.

Errors:

    Exception
    └── BrokenPromise   rows that do not fit the table they were built for
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

import polars as pl

INSTANT = pl.Datetime("us", "UTC")
"""A moment; its column's name ends in `_at`."""

_SQL_TYPES: dict[Any, str] = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Int32: "INTEGER",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP WITH TIME ZONE",
}
_LIST_OF_TEXT = pl.List(pl.String)


class BrokenPromise(Exception):
    """Rows do not fit the promise of their table: a column is missing, of another type, or empty where it may not be."""


@dataclass(frozen=True)
class Column:
    """One column. A name has the same type and unit in every table that uses it.

    `at_least` and `at_most` include their bounds. `references` names a column as "schema.table.column".
    """

    name: str
    dtype: Any
    doc: str
    unit: str | None = None
    nullable: bool = False
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()
    references: str | None = None

    def __post_init__(self) -> None:
        if self.dtype != _LIST_OF_TEXT and self.dtype.base_type() not in _SQL_TYPES:
            known = ", ".join(str(kind) for kind in _SQL_TYPES)
            raise ValueError(f"Column {self.name}: {self.dtype} has no SQL type here. Use one of {known}.")
        if self.name.endswith("_at") and self.dtype != INSTANT:
            raise ValueError(f"Column {self.name}: a name in _at is an instant, so its type is INSTANT.")
        if not self.doc:
            raise ValueError(f"Column {self.name} has no doc. Say what it means.")

    @property
    def sql_type(self) -> str:
        return "VARCHAR[]" if self.dtype == _LIST_OF_TEXT else _SQL_TYPES[self.dtype.base_type()]

    def sql(self) -> str:
        """The column's line in CREATE TABLE."""
        return f"{quoted(self.name)} {self.sql_type}{'' if self.nullable else ' NOT NULL'}"

    @property
    def comment(self) -> str:
        return f"{self.doc} Unit: {self.unit}." if self.unit else self.doc


EVERY = {"repo_id": "all", "family": "any", "cohort": "all"}
"""What a row says in such a column when it is about every value there is."""


@dataclass(frozen=True)
class Evidence:
    """Which rows of another table a row rests on.

    `same` columns are equal here and there; so are `scope` columns, unless the row says there that it is about every
    value (EVERY). What that cannot say is `when`: SQL over `here` (the row), `there` (the other) and `repository` (the
    row of core.repositories that the other belongs to); `doc` says all of it in words. `counted_in` names the column
    here that holds how many rows there are, or how many values of the column `counts` there; the suites hold the row
    to it.
    """

    table: str
    doc: str
    same: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    when: str = ""
    counted_in: str = ""
    counts: str = ""

    @property
    def used(self) -> list[str]:
        """The columns here that it depends on."""
        said = re.findall(r"\bhere\.(\w+)", self.when)
        return list(dict.fromkeys([*self.same, *self.scope, *said, *filter(None, [self.counted_in])]))

    @property
    def ways(self) -> list[str]:
        """SQL conditions of which exactly one holds for a row here and a row there that it rests on.

        One for every way in which a row can be about all: so each is a join by equal values, which is fast.
        """
        found = []
        for about_all in product((False, True), repeat=len(self.scope)):
            said = [f"here.{quoted(name)} = there.{quoted(name)}" for name in self.same]
            for name, is_all in zip(self.scope, about_all, strict=True):
                said.append(f"here.{quoted(name)} = {literal(EVERY[name]) if is_all else f'there.{quoted(name)}'}")
            found.append(" AND ".join([*said, *([f"({self.when})"] if self.when else [])]) or "true")
        return found


@dataclass(frozen=True)
class Table:
    """One table: its grain, key, columns, where it comes from and how far it may be trusted.

    `definition` is an id and version as in "RET-03/1". `inputs` are the tables handed to `build`, in order.
    `is_large` tables carry no SQL primary key (it makes loading 2.5 times slower); their uniqueness is audited.
    `may_be_empty` says why no rows at all can be true; otherwise an empty table fails its audit.
    `evidence` says which rows of which tables a row rests on; a record of the forge or of git rests on nothing else.
    """

    schema: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    inputs: tuple[str, ...] = ()
    definition: str | None = None
    formula: str = ""
    source: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    caveats: str = ""
    is_large: bool = False
    may_be_empty: str = ""
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"{self}: declared twice: {', '.join(doubled)}.")
        unknown = [name for name in self.key if name not in names]
        if unknown or not self.key:
            raise ValueError(f"{self}: the key {self.key} must name columns of the table; unknown: {unknown}.")
        loose = [name for name in self.key if self.column(name).nullable]
        if loose:
            raise ValueError(f"{self}: a key column cannot be nullable: {', '.join(loose)}.")
        told = {name for one in self.evidence for name in one.used}
        if told - set(names):
            raise ValueError(f"{self}: its evidence names columns it has not: {', '.join(sorted(told - set(names)))}.")

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def polars_schema(self) -> dict[str, Any]:
        return {column.name: column.dtype for column in self.columns}

    @property
    def sql_name(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def empty(self) -> pl.DataFrame:
        """No rows, all columns."""
        return pl.DataFrame(schema=self.polars_schema)

    def ddl(self) -> Iterator[str]:
        """The statements that make the empty table, with its key and comments."""
        lines = [column.sql() for column in self.columns]
        if not self.is_large:
            lines.append(f"PRIMARY KEY ({', '.join(map(quoted, self.key))})")
        yield f"CREATE TABLE {self.sql_name} (\n  " + ",\n  ".join(lines) + "\n)"
        yield f"COMMENT ON TABLE {self.sql_name} IS {literal(self.comment)}"
        for column in self.columns:
            yield f"COMMENT ON COLUMN {self.sql_name}.{quoted(column.name)} IS {literal(column.comment)}"

    @property
    def comment(self) -> str:
        grain = self.grain[:1].upper() + self.grain[1:]
        parts = [f"{grain}.", f"Definition {self.definition}." if self.definition else "", self.caveats]
        return " ".join(part for part in parts if part)

    def checked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows in the promised column order, or BrokenPromise: names, types and nulls (the cheap checks)."""
        missing = [name for name in self.column_names if name not in rows.columns]
        extra = [name for name in rows.columns if name not in self.column_names]
        if missing or extra:
            raise BrokenPromise(f"{self}: missing columns {missing}, columns nobody promised {extra}.")
        rows = rows.select(self.column_names)
        wrong = [
            f"{column.name} is {rows.schema[column.name]}, promised {column.dtype}"
            for column in self.columns
            if rows.schema[column.name] != column.dtype
        ]
        wrong += [
            f"{column.name} is null in {rows[column.name].null_count()} rows"
            for column in self.columns
            if not column.nullable and rows[column.name].null_count()
        ]
        if wrong:
            raise BrokenPromise(f"{self}: " + "; ".join(wrong) + ".")
        return rows

    def rows(self, *given: Mapping[str, object]) -> pl.DataFrame:
        """Valid rows where only what matters is named; the rest is filled with plain values (for tests)."""
        filled = [{column.name: row.get(column.name, plain(column)) for column in self.columns} for row in given]
        unknown = sorted({name for row in given for name in row} - set(self.column_names))
        if unknown:
            raise ValueError(f"{self} has no column {', '.join(unknown)}.")
        return pl.DataFrame(filled, schema=self.polars_schema)


def plain(column: Column) -> object:
    """A value that keeps the column's promise and says nothing else."""
    if column.nullable:
        return None
    if column.one_of:
        return column.one_of[0]
    plain_values: dict[Any, object] = {
        pl.String: column.name,
        pl.Boolean: False,
        pl.Datetime: datetime(2020, 1, 1, tzinfo=UTC),
        pl.Date: datetime(2020, 1, 1, tzinfo=UTC).date(),
    }
    if column.dtype == _LIST_OF_TEXT:
        return []
    return plain_values.get(column.dtype.base_type(), column.at_least or 0)


def with_repository(table: Table) -> str:
    """SQL that puts the row of core.repositories beside each row of the table, where it is about one."""
    if "repo_id" not in table.column_names:
        return ""
    return "LEFT JOIN core.repositories AS repository ON repository.repo_id = there.repo_id"


def quoted(identifier: str) -> str:
    """An SQL identifier that cannot end early."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string that cannot end early."""
    return "'" + text.replace("'", "''") + "'"
