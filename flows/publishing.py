"""Write, audit, publish: a draft is built, judged, and swapped in whole; or it is kept out, with the reasons."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from extract import raw
from flows import clock, identities, log
from flows.data_directory import DataDirectory
from flows.errors import DONE, FAILED, PARTIAL, REFUSED
from flows.job import Job, Outcome, Settled
from quality.expectations import derived
from quality.relations import RELATIONS
from quality.runner import Verdict
from transform import warehouse
from transform.ops import quality_results, runs
from transform.tables import TABLES

UNAUDITED = ("ops.runs", "ops.quality_results")
"""Written after the audit, for they tell of it; the writer's check holds them to their promise."""


def partitions(job: Job) -> list[Path]:
    """The raw partition of every repository that the data directory holds anything of."""
    return partitions_of(job.directory)


def partitions_of(directory: DataDirectory) -> list[Path]:
    places = dict.fromkeys(known["partition"] for known in directory.repositories.values())  # renamed: two references
    return [directory.raw / place for place in places if any((directory.raw / place).glob("*/repositories.parquet"))]


def nothing(job: Job, settled: Sequence[Settled]) -> Outcome:
    """The outcome of a run that has nothing to build from."""
    _keep(job, settled, "failed", ())
    words = "No repository could be extracted, so there is nothing to build."
    return Outcome(job.run_id, False, tuple(settled), (words,), (), 0, FAILED)


def build(job: Job) -> Path:
    places = partitions(job)
    keyed = identities.prepare(job.directory, places)
    log.current.event("build.started", repositories=len(places))
    warehouse.build(job.directory.draft, raw.scan([*places, keyed]), job.parameters, _report)
    return job.directory.draft


def _report(table: str, rows: int) -> None:
    log.current.event("table.built", table=table, rows=rows)


def audit(draft: Path) -> list[Verdict]:
    from quality.runner import audit  # Great Expectations takes seconds to import

    tables = [table for table in TABLES if str(table) not in UNAUDITED]
    verdicts = audit(draft, [*derived(tables), *RELATIONS])
    log.current.event("audit.ended", expectations=len(verdicts), failed=sum(v.outcome != "passed" for v in verdicts))
    return verdicts


def publish(job: Job, draft: Path, verdicts: Sequence[Verdict], settled: Sequence[Settled]) -> Outcome:
    """The verdicts and the run's row are durable before the swap; a refused draft leaves the warehouse as it was."""
    refusals = [verdict for verdict in verdicts if verdict.forbids_publishing]
    outcome = Outcome(
        run_id=job.run_id,
        published=not refusals,
        settled=tuple(settled),
        failures=tuple(map(_words, refusals)),
        warnings=tuple(_words(v) for v in verdicts if v.outcome == "failed" and not v.forbids_publishing),
        n_expectations=len(verdicts),
        exit_code=_exit_code(refusals, settled),
    )
    _keep(job, settled, "published" if outcome.published else "refused", verdicts)
    if outcome.published:
        warehouse.record(draft, _history(job.directory.ops, "run"), _history(job.directory.ops, "verdicts"))
        _swap_in(job, draft)
    return outcome


def _exit_code(refusals: Sequence[Verdict], settled: Sequence[Settled]) -> int:
    if refusals:
        return REFUSED
    if settled and all(one.failed for one in settled):
        return FAILED
    return PARTIAL if any(one.problems for one in settled) else DONE


def _swap_in(job: Job, draft: Path) -> None:
    """One rename: whoever reads yesterday's file keeps it, whoever opens next gets tonight's."""
    directory = job.directory
    directory.nights.mkdir(exist_ok=True)
    os.link(draft, directory.nights / f"warehouse-{job.run_id}.duckdb")
    draft.replace(directory.warehouse)
    for old in sorted(directory.nights.glob("warehouse-*.duckdb"))[: -job.nights_kept]:
        old.unlink()


def _keep(job: Job, settled: Sequence[Settled], outcome: str, verdicts: Sequence[Verdict]) -> None:
    folder = job.directory.ops / job.run_id
    folder.mkdir(parents=True, exist_ok=True)
    _verdict_rows(job, verdicts).write_parquet(folder / "verdicts.parquet")
    _run_row(job, settled, outcome, verdicts).write_parquet(folder / "run.parquet")


def _verdict_rows(job: Job, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    judged_at = clock.now()
    rows = [
        {
            "run_id": job.run_id,
            "table_name": verdict.expectation.table,
            "expectation": verdict.expectation.name,
            "doc": verdict.expectation.doc,
            "severity": verdict.expectation.severity,
            "outcome": verdict.outcome,
            "sample_json": verdict.sample,
            "n_unexpected": verdict.n_unexpected,
            "judged_at": judged_at,
        }
        for verdict in verdicts
    ]
    return quality_results.TABLE.checked(pl.DataFrame(rows, schema=quality_results.TABLE.polars_schema))


def _run_row(job: Job, settled: Sequence[Settled], outcome: str, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    row = {
        "run_id": job.run_id,
        "command": job.command,
        "outcome": outcome,
        "problems": "\n".join(f"{one.ref}: {problem}" for one in settled for problem in one.problems),
        "n_repositories": len(settled),
        "n_partial": sum(bool(one.problems) for one in settled),
        "n_requests": sum(one.n_requests for one in settled),
        "n_failed_expectations": sum(verdict.outcome != "passed" for verdict in verdicts),
        "as_of_at": job.as_of,
        "started_at": job.started_at,
        "finished_at": clock.now(),
    }
    return runs.TABLE.checked(pl.DataFrame([row], schema=runs.TABLE.polars_schema))


def _history(ops: Path, what: str) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted(ops.glob(f"*/{what}.parquet"))])


def _words(verdict: Verdict) -> str:
    if verdict.outcome == "could_not_run":
        return f"{verdict.expectation}: could not run: {verdict.sample}"
    return f"{verdict.expectation}: {verdict.n_unexpected} row(s), such as {verdict.sample}"
