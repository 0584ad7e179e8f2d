"""Every expectation that follows from a promise has been seen to fail, for every table that there is."""

from __future__ import annotations

import re

import pytest
from damage_bench import caught, workbench

from quality.contract import Table
from quality.expectations import derived
from transform import warehouse
from transform.tables import TABLES

BY_NAME = {str(table): table for table in TABLES}
DERIVED = {str(expectation): expectation for expectation in derived(TABLES)}
DAY_BEFORE = "snapshot_at - INTERVAL 1 DAY"
A_REPOSITORY = "(SELECT min(repo_id) FROM core.repositories)"


@pytest.fixture(scope="module")
def bench(first_night):
    with workbench(first_night.data / "warehouse.duckdb") as db:
        yield db


def column_that_promises(table: Table) -> tuple[str, str]:
    """A column whose promise can be broken, and what breaks it."""
    for column in table.columns:
        if column.one_of:
            return column.name, "'nothing that is known'"
        if not column.nullable:
            return column.name, "NULL"
        if column.at_least is not None:
            return column.name, str(column.at_least - 1)
    raise AssertionError(f"{table} promises nothing")


def lie(name: str, table: Table) -> str:
    """What breaks the expectation of that name in the table."""
    if name == "has rows":
        return f"DELETE FROM {table.sql_name}"
    if name == "key is unique":
        return f"INSERT INTO {table.sql_name} SELECT * FROM {table.sql_name} LIMIT 1"
    changes = {
        "columns keep their promise": "{} = {}".format(*column_that_promises(table)),
        "rows carry the definition of their table": "definition = 'ANY-01/1'",
        "rows are of the snapshot of their repository": f"repo_id = {A_REPOSITORY}, snapshot_at = {DAY_BEFORE}",
    }
    word = name.partition(" ")[0]
    if " exists in " in name:
        changes[name] = f"{word} = 'nobody and nowhere'"
    if " counts what it rests on in " in name:
        changes[name] = f"{word} = {word} + 1"
    return f"UPDATE {table.sql_name} SET {changes[name]}"


def with_a_row(db, table: Table) -> None:
    """Where a good night has none, one that says nothing, about a repository that there is."""
    if db.sql(f"SELECT 1 FROM {table.sql_name} LIMIT 1").fetchall():
        return
    (repo_id, snapshot_at) = db.sql("SELECT repo_id, snapshot_at FROM core.repositories LIMIT 1").fetchall()[0]
    facts = {"repo_id": repo_id, "snapshot_at": snapshot_at, "definition": table.definition}
    told = {name: value for name, value in facts.items() if name in table.column_names}
    texts = {column.name: "x" for column in table.columns if column.references and column.name not in told}
    warehouse.insert(db, table, table.rows({**texts, **told}))


@pytest.mark.parametrize("name", DERIVED)
def test_what_a_promise_expects_is_seen_to_fail(bench, name):
    expectation = DERIVED[name]
    table = BY_NAME[expectation.table]
    with_a_row(bench, table)

    assert set(caught(bench, [lie(expectation.name, table)], [expectation])) == {expectation.name}


def test_every_table_has_a_suite_and_says_why_it_may_be_empty():
    suites = {table: [one for one in DERIVED.values() if one.table == table] for table in BY_NAME}
    silent = {
        str(table) for table in TABLES if table.may_be_empty and not re.search(r"\w+ \w+.*\.$", table.may_be_empty)
    }
    needing = {one.table for one in DERIVED.values() if one.name == "has rows"}

    assert [table for table, suite in suites.items() if not suite] == []
    assert silent == set()
    assert needing == {str(table) for table in TABLES if not table.may_be_empty}
