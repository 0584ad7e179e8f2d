"""What is kept of every run, refused ones included: its row, its verdicts, whom it held back; one small file each."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from flows import clock, program
from flows.job import HeldBack, Job, Settled
from quality.contract import Table
from quality.verdicts import Verdict
from transform.ops import held_back, quality_results, runs

FILES = {"run": runs.TABLE, "verdicts": quality_results.TABLE, "held_back": held_back.TABLE}
BEFORE = {"attempt": 0, "scope": "all", "observed": "", "program": ""}
"""What runs of earlier versions did not note."""

Attempts = Sequence[Sequence[Verdict]]


def keep(job: Job, settled: Sequence[Settled], outcome: str, attempts: Attempts, held: Sequence[HeldBack]) -> None:
    folder = job.directory.ops / job.run_id
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "verdicts": _verdict_rows(job, attempts),
        "held_back": [{"run_id": job.run_id, **one.row} for one in held],
        "run": [_run_row(job, settled, outcome, attempts, held)],
    }
    for name, rows in told.items():
        table = FILES[name]
        table.checked(pl.DataFrame(rows, schema=table.polars_schema)).write_parquet(folder / f"{name}.parquet")


def all_of(job: Job) -> list[tuple[Table, pl.DataFrame]]:
    """The rows of every run there was."""
    return [(table, _read(job, name, table)) for name, table in FILES.items()]


def _read(job: Job, name: str, table: Table) -> pl.DataFrame:
    nights = [pl.read_parquet(path) for path in sorted(job.directory.ops.glob(f"*/{name}.parquet"))]
    whole = [
        night.with_columns(pl.lit(value).cast(table.polars_schema[column]).alias(column) for column, value in missing)
        for night in nights
        for missing in [[(c, v) for c, v in BEFORE.items() if c in table.column_names and c not in night.columns]]
    ]
    return pl.concat([night.select(table.column_names) for night in whole]) if whole else table.empty()


def _verdict_rows(job: Job, attempts: Attempts) -> list[dict[str, object]]:
    judged_at = clock.now()
    return [
        {
            "run_id": job.run_id,
            "attempt": attempt,
            "table_name": verdict.expectation.table,
            "expectation": verdict.expectation.name,
            "doc": verdict.expectation.doc,
            "severity": verdict.expectation.severity,
            "outcome": verdict.outcome,
            "scope": finding.scope,
            "observed": verdict.observed,
            "sample_json": finding.sample,
            "n_unexpected": finding.n_unexpected,
            "judged_at": judged_at,
        }
        for attempt, verdicts in enumerate(attempts)
        for verdict in verdicts
        for finding in verdict.findings
    ]


def _run_row(
    job: Job, settled: Sequence[Settled], outcome: str, attempts: Attempts, held: Sequence[HeldBack]
) -> dict[str, object]:
    problems = [f"{one.ref}: {problem}" for one in settled for problem in one.problems]
    partial = {one.ref for one in settled if one.problems} | {one.ref for one in held}
    return {
        "run_id": job.run_id,
        "command": job.command,
        "outcome": outcome,
        "program": program.fingerprint(),
        "problems": "\n".join([*problems, *(one.words for one in held)]),
        "n_repositories": len(settled),
        "n_partial": len(partial),
        "n_requests": sum(one.n_requests for one in settled),
        "n_failed_expectations": sum(verdict.outcome != "passed" for verdict in (attempts[-1] if attempts else ())),
        "as_of_at": job.as_of,
        "started_at": job.started_at,
        "finished_at": clock.now(),
    }
