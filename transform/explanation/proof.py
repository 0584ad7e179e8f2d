"""What stands behind an explanation besides its rows: definition and parameters, coverage, and the suites' verdicts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import duckdb

from quality.contract import EVERY, Table, quoted
from transform.explanation.evidence import Level, Row

DEFINITION = "SELECT definition, formula, source, caveats, parameters_json FROM ops.definitions WHERE table_name = ?"
PARAMETERS = "SELECT parameters_json FROM ops.definitions LIMIT 1"
COVERAGE = """
    SELECT r.full_name, r.url, r.snapshot_at, c.stream, c.source_total, c.held, c.held_share, c.is_complete,
        c.complete_until_at, c.reason, c.n_quarantined
    FROM ops.coverage AS c JOIN core.repositories AS r USING (repo_id)
    WHERE list_contains(?, repo_id) ORDER BY r.full_name, c.stream
"""
VERDICTS = """
    SELECT run_id, table_name, expectation, doc, severity, outcome, n_unexpected
    FROM ops.quality_results AS q WHERE run_id = (SELECT max(run_id) FROM ops.runs WHERE outcome = 'published')
        AND attempt = (SELECT max(attempt) FROM ops.quality_results AS o WHERE o.run_id = q.run_id) AND list_contains(?, table_name)
    ORDER BY table_name, expectation
"""
RUN = "SELECT run_id, command, as_of_at, finished_at FROM ops.runs WHERE outcome = 'published' ORDER BY run_id DESC LIMIT 1"


def definition(db: duckdb.DuckDBPyConnection, table: Table) -> dict[str, Any]:
    """What the table says is computed, with the values its parameters had in this build."""
    found = _rows(db, DEFINITION, [str(table)])
    kept = _rows(db, PARAMETERS, [])
    settings = json.loads(kept[0]["parameters_json"]) if kept else {}
    told = found[0] if found else {"definition": None, "formula": table.formula, "source": table.source}
    return {
        "table": str(table),
        "grain": table.grain,
        "definition": told["definition"],
        "formula": told["formula"],
        "source": told["source"],
        "caveats": table.caveats,
        "parameters": {name: resolved(value, settings) for name, value in table.parameters.items()},
        "rests_on": [f"{one.table}: {one.doc}" for one in table.evidence],
    }


def resolved(value: object, settings: dict[str, Any]) -> object:
    """A parameter's value: of "parameters.horizon_days" the one in the build, of all else itself."""
    if not isinstance(value, str) or not value.startswith("parameters."):
        return value
    names = [word.removeprefix("parameters.") for word in value.split() if word.startswith("parameters.")]
    values = [settings.get(name, "(not in this build)") for name in names]
    return values[0] if len(values) == 1 else dict(zip(names, values, strict=True))


def coverage(db: duckdb.DuckDBPyConnection, levels: Sequence[Level]) -> list[Row]:
    """The streams of every repository that any row of the explanation is of; all of them where a row is about all."""
    found: set[str] = set()
    for level in levels:
        if "repo_id" in level.table.column_names:
            chosen = f"temp.{quoted(f'chosen {level.table}')}"
            query = f"SELECT DISTINCT repo_id FROM {level.table.sql_name} WHERE rowid IN (FROM {chosen})"
            found |= {repo_id for (repo_id,) in db.sql(query).fetchall()}
    if EVERY["repo_id"] in found:
        found |= {repo_id for (repo_id,) in db.sql("SELECT repo_id FROM core.repositories").fetchall()}
    return _rows(db, COVERAGE, [sorted(found)])


def verdicts(db: duckdb.DuckDBPyConnection, levels: Sequence[Level]) -> dict[str, Any]:
    """What the suites of the tables in the explanation said before this warehouse was published."""
    judged = _rows(db, VERDICTS, [[str(level.table) for level in levels]])
    passed = [row for row in judged if row["outcome"] == "passed"]
    return {
        "n_passed": len(passed),
        "passed": [{key: row[key] for key in ("table_name", "expectation", "doc")} for row in passed],
        "not_passed": [row for row in judged if row["outcome"] != "passed"],
    }


def run(db: duckdb.DuckDBPyConnection) -> Row | None:
    return next(iter(_rows(db, RUN, [])), None)


def _rows(db: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> list[Row]:
    found: list[Row] = db.sql(query, params=values).pl().to_dicts()
    return found
