"""`docs/tables.md`, made from the promises: what an analyst may expect of every table and column."""

from __future__ import annotations

from collections.abc import Iterable

from quality.contract import Column, Table

HEADER = """# Tables

Made from the tables' own promises by `python -m flows.dictionary`; a test fails when it is stale.
Instants are UTC. `person_id` and `repo_id` mean the same everywhere. Unknown is NULL, never 0.
"""


def render(tables: Iterable[Table]) -> str:
    """The whole page, in the order of the schemas an analyst meets."""
    return "\n".join([HEADER, *(_table(table) for table in tables)])


def _table(table: Table) -> str:
    facts = [
        f"{table.grain[:1].upper()}{table.grain[1:]}.",
        f"Key: {', '.join(f'`{name}`' for name in table.key)}.",
        f"Definition {table.definition}: {table.formula}." if table.definition else "",
        f"Source: {table.source}." if table.source else "",
        table.caveats,
        f"Rests on {'; '.join(f'`{one.table}`: {one.doc}' for one in table.evidence)}." if table.evidence else "",
        f"May be empty: {table.may_be_empty}" if table.may_be_empty else "",
    ]
    head = ["| column | type | unit | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {table}", "", "\n".join(filter(None, facts)), "", *head, *map(_row, table.columns), ""])


def _row(column: Column) -> str:
    limits = [f"one of {', '.join(column.one_of)}" if column.one_of else ""]
    limits += [f"references {column.references}" if column.references else "", "may be NULL" if column.nullable else ""]
    meaning = " ".join([column.doc, *(f"({limit})" for limit in limits if limit)])
    return f"| `{column.name}` | {column.sql_type} | {column.unit or ''} | {meaning.replace('|', chr(92) + '|')} |"
