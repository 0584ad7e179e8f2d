"""The validation page: every expectation and what it saw, as one HTML file that loads nothing, beside the report."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import duckdb

from transform.ops.changes import CAUSES
from transform.report import readings, trust
from transform.report.readings import Row, rows

LAST_RUN = "SELECT * FROM ops.runs WHERE outcome = 'published' ORDER BY run_id DESC LIMIT 1"
HELD = "SELECT * FROM ops.held_back WHERE run_id = ? ORDER BY repository"
CHANGES = """
    SELECT c.*, coalesce(full_name, repo_id) AS full_name FROM ops.changes AS c LEFT JOIN core.repositories USING (repo_id)
    ORDER BY cause = 'unexplained' DESC, full_name, subject, change, cause
"""
CORRECTIONS = "SELECT * FROM ops.corrections ORDER BY is_applied, correction"
VERDICTS = """
    SELECT q.*, coalesce(full_name, scope) AS full_name FROM ops.quality_results AS q
    LEFT JOIN core.repositories AS r ON r.repo_id = q.scope
    WHERE run_id = ? AND attempt = (SELECT max(attempt) FROM ops.quality_results AS o WHERE o.run_id = q.run_id)
    ORDER BY table_name, outcome = 'passed', expectation, scope
"""


def contents(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Everything the page shows."""
    run = next(iter(rows(db, LAST_RUN)), None)
    run_id = run["run_id"] if run else ""
    verdicts = with_samples(db, rows(db, VERDICTS, run_id))
    outcomes = {(one["table_name"], one["expectation"]): one["outcome"] for one in verdicts}
    suites = groupby(verdicts, key=lambda one: one["table_name"])
    return {
        "run": run,
        "held": rows(db, HELD, run_id),
        "changes": rows(db, CHANGES),
        "causes": CAUSES,
        "corrections": rows(db, CORRECTIONS),
        "suites": [(table_name, list(of)) for table_name, of in suites],
        "n_expectations": len(outcomes),
        "n_passed": sum(outcome == "passed" for outcome in outcomes.values()),
        "n_failed": sum(outcome == "failed" for outcome in outcomes.values()),
        "n_broken": sum(outcome == "could_not_run" for outcome in outcomes.values()),
    }


def with_samples(db: duckdb.DuckDBPyConnection, verdicts: list[Row]) -> list[Row]:
    """Adds the sample rows as text in which nobody can be recognised."""
    samples = [trust.read_samples(one["sample_json"]) for one in verdicts]
    texts = {text for sample in samples for text in trust.texts(sample)}
    personal = readings.personal_values(db, sorted(texts))
    shown = [[trust.hidden(row, personal) for row in sample[: trust.SAMPLES_SHOWN]] for sample in samples]
    return [{**one, "samples": sample} for one, sample in zip(verdicts, shown, strict=True)]
