"""Reads the file of corrections, and says what is wrong with it before a night begins."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from extract import raw
from flows.data_directory import DataDirectory
from flows.errors import BadConfiguration
from quality.contract import Table
from transform.corrections import Correction

TABLES = {table.name: table for table in raw.TABLES}


class Entry(BaseModel):
    """One [[corrections]] of the file. A text in `empty` names a column that is to say nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    repository: str
    table: str
    where: dict[str, Any]
    expect: dict[str, Any]
    put: dict[str, Any] = {}
    drop: bool = False
    reason: str
    source: str


def read(path: Path | None) -> tuple[Entry, ...]:
    """The corrections of the file, held against the raw tables. Raises BadConfiguration."""
    if path is None:
        return ()
    try:
        given = tomllib.loads(path.read_text())
        entries = tuple(Entry(**one) for one in given.get("corrections", []))
    except (OSError, tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise BadConfiguration(f"{path} cannot be read as corrections: {error} See docs/operations.md.") from error
    names = [entry.name for entry in entries]
    for entry in entries:
        wrong = _wrong(entry) or ("this name stands twice." if names.count(entry.name) > 1 else "")
        if wrong:
            raise BadConfiguration(f"{path}, correction {entry.name!r}: {wrong} Mend the file and run again.")
    return entries


def known(entries: tuple[Entry, ...], directory: DataDirectory, left_out: set[str]) -> list[Correction]:
    """The corrections as they are applied; those of repositories that are left out of the night have nothing to do."""
    ids = {ref: facts["repo_id"] for ref, facts in directory.repositories.items()}
    return [
        Correction(
            name=entry.name,
            repo_id=ids.get(entry.repository, entry.repository),
            table=entry.table,
            where=_typed(entry.where, TABLES[entry.table]),
            expect=_typed(entry.expect, TABLES[entry.table]),
            put=_typed(entry.put, TABLES[entry.table]),
            is_drop=entry.drop,
            reason=entry.reason,
            source=entry.source,
        )
        for entry in entries
        if ids.get(entry.repository) not in left_out
    ]


def _wrong(entry: Entry) -> str:
    if entry.table not in TABLES:
        return f"there is no raw table {entry.table!r}; there are {', '.join(TABLES)}."
    table = TABLES[entry.table]
    unknown = sorted({*entry.where, *entry.expect, *entry.put} - set(table.column_names))
    if unknown:
        return f"raw.{table.name} has no column {', '.join(unknown)}; it has {', '.join(table.column_names)}."
    if entry.drop == bool(entry.put):
        return "give either put, with what should stand there, or drop = true."
    if not entry.where or not entry.expect or not entry.reason.strip() or not entry.source.strip():
        return "where, expect, reason and source must each say something."
    if {*table.key, "repo_id"} & entry.put.keys():
        return f"the key of raw.{table.name} cannot be corrected; drop the row instead."
    return next(
        filter(
            None,
            (
                _unfit(name, value, table)
                for said in (entry.where, entry.expect, entry.put)
                for name, value in said.items()
            ),
        ),
        "",
    )


def _unfit(name: str, said: Any, table: Table) -> str:
    """Why the column cannot hold what is said; empty if it can."""
    column = table.column(name)
    try:
        value = _value(said, is_instant=name.endswith("_at"))
        pl.Series([value], dtype=column.dtype, strict=True)
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        return f"{name} is {column.sql_type}, which {said!r} is not."
    if value is None and not column.nullable:
        return f"{name} cannot be empty."
    if column.one_of and value is not None and value not in column.one_of:
        return f"{name} is one of {', '.join(column.one_of)}, not {value!r}."
    return ""


def _typed(values: dict[str, Any], table: Table) -> dict[str, Any]:
    return {name: _value(value, is_instant=table.column(name).name.endswith("_at")) for name, value in values.items()}


def _value(value: Any, *, is_instant: bool) -> Any:
    """TOML has no null: an empty table {} stands for it. Instants may be written as texts, and are UTC without a zone."""
    if value == {}:
        return None
    if not is_instant:
        return value
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if type(instant) is date:
        instant = datetime.combine(instant, datetime.min.time())
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
