"""What a drawn figure rests on: the command that shows its events, and how many they are. Nobody is named."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

import duckdb

from transform.explanation import evidence, proof
from transform.explanation.filters import written
from transform.report.cells import FEWEST_PERSONS


@dataclass(frozen=True)
class Counted:
    """One level below a figure: rows of a table; `n_persons` is None where they are not of persons, or are few."""

    table: str
    n_rows: int
    n_persons: int | None
    is_few: bool


@dataclass(frozen=True)
class Explanation:
    """How to ask for the events behind a figure, and what one will find."""

    anchor: str
    table: str
    command: str
    levels: list[Counted]
    n_passed: int
    n_not_passed: int


def explanation(db: duckdb.DuckDBPyConnection, table_name: str, about: Mapping[str, object]) -> Explanation | None:
    """The explanation of the rows that have these values; None of none, or of a table that tells no evidence."""
    table = evidence.named(table_name)
    if not table.evidence:
        return None
    where = written(about)
    try:
        levels = evidence.levels(db, table, where, 1)
    except evidence.NothingFound:
        return None
    judged = proof.verdicts(db, levels)
    return Explanation(
        anchor="evidence-" + re.sub(r"[^a-z0-9]+", "-", f"{table} {where}".lower()).strip("-"),
        table=table_name,
        command=command(table_name, where),
        levels=[counted(level) for level in levels],
        n_passed=judged["n_passed"],
        n_not_passed=len(judged["not_passed"]),
    )


def counted(level: evidence.Level) -> Counted:
    few = level.n_persons is not None and 0 < level.n_persons < FEWEST_PERSONS
    return Counted(str(level.table), level.n_rows, None if few else level.n_persons, few)


def command(table_name: str, where: str) -> str:
    """As one types it into a shell."""
    if not where:
        return f"forbenefit explain {table_name}"
    has_traps = re.search(r'["$`\\!]', where)
    return f"forbenefit explain {table_name} --where " + (shlex.quote(where) if has_traps else f'"{where}"')


def explanations(told: object) -> Iterator[Explanation]:
    """Every explanation anywhere in what the page shows, in order."""
    if isinstance(told, Explanation):
        yield told
    elif isinstance(told, dict):
        for value in told.values():
            yield from explanations(value)
    elif isinstance(told, list):
        for value in told:
            yield from explanations(value)
    elif is_dataclass(told):
        for field in fields(told):
            yield from explanations(getattr(told, field.name))
