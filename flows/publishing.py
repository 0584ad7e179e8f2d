"""Write, audit, publish: a draft is built, judged, and swapped in whole; or it is kept out, with the reasons."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from extract import raw
from flows import correcting, history, identities, last_good, log, program
from flows.data_directory import DataDirectory
from flows.errors import DONE, FAILED, PARTIAL, REFUSED
from flows.job import HeldBack, Job, Judged, Outcome, Settled
from quality.contract import BrokenPromise
from quality.expectations import derived
from quality.suites import RELATIONS
from quality.verdicts import Verdict
from transform import corrections, nights, warehouse
from transform.ops import changes
from transform.ops import corrections as corrections_table
from transform.tables import TABLES

UNAUDITED = ("ops.runs", "ops.quality_results", "ops.held_back")
"""Written after the audit, for they tell of it; the writer's check holds them to their promise, and `check` judges them."""


def places(directory: DataDirectory) -> list[str]:
    """Where the data directory holds anything of a repository."""
    known = dict.fromkeys(known["partition"] for known in directory.repositories.values())  # renamed: two references
    return [place for place in known if any((directory.raw / place).glob("*/repositories.parquet"))]


def folders(job: Job, held: Sequence[HeldBack]) -> dict[str, Path]:
    """What to build from, by place: raw, but the last good night of who is held back, if there was one."""
    directory = job.directory
    found: dict[str, Path | None] = {place: directory.raw / place for place in places(directory)}
    for one in held:
        found[one.place] = last_good.of(directory, one.place) if one.is_shown_as_last_good else None
    return {place: folder for place, folder in found.items() if folder is not None}


def partitions_of(directory: DataDirectory) -> list[Path]:
    """The raw partitions that there are, as the last extraction left them."""
    return [directory.raw / place for place in places(directory)]


def nothing(job: Job, settled: Sequence[Settled]) -> Outcome:
    """The outcome of a run that has nothing to build from."""
    history.keep(job, settled, "failed", (), ())
    words = "No repository could be extracted, so there is nothing to build."
    return Outcome(job.run_id, False, tuple(settled), (words,), (), 0, FAILED)


def build(job: Job, held: Sequence[HeldBack]) -> Path:
    """The draft. Raises BrokenPromise where what is built does not fit."""
    built_from = list(folders(job, held).values())
    keyed = identities.prepare(job.directory, built_from, job.parameters.known_until)
    log.current.event("build.started", repositories=len(built_from))
    draft, left_out = job.directory.draft, {one.repo_id for one in held if not one.is_shown_as_last_good}
    wanted = correcting.known(job.corrections, job.directory, left_out)
    frames, applied = corrections.corrected(marked(raw.scan([*built_from, keyed]), held), wanted)
    warehouse.build(draft, frames, job.parameters, _report)
    warehouse.record(draft, [(corrections_table.TABLE, applied)])
    if job.directory.warehouse.exists():
        warehouse.carry_quarantine(draft, job.directory.warehouse, job.started_at)
        changed = nights.compared(
            job.directory.warehouse,
            draft,
            sorted(left_out),
            program=program.fingerprint(),
            accepted=job.accepted_because,
        )
        warehouse.record(draft, [(changes.TABLE, changed)])
    return draft


def marked(frames: dict[str, pl.LazyFrame], held: Sequence[HeldBack]) -> dict[str, pl.LazyFrame]:
    """The streams of who is held back are not complete, and say why."""
    reasons = {one.repo_id: f"held back at its last good night: {one.reason}" for one in held}
    reason = pl.col("repo_id").replace_strict(reasons, default=None, return_dtype=pl.String)
    streams = frames["raw.streams"].with_columns(
        reason=pl.coalesce(reason, "reason"), is_complete=pl.col("is_complete") & reason.is_null()
    )
    return {**frames, "raw.streams": streams}


def unbuildable(job: Job, held: Sequence[HeldBack]) -> dict[str, str]:
    """The repositories that cannot be built alone either, and what was said; by id."""
    ids = {known["partition"]: known["repo_id"] for known in job.directory.repositories.values()}
    guilty = {}
    for place, folder in folders(job, held).items():
        try:
            warehouse.build(job.directory.draft, marked(raw.scan([folder]), held), job.parameters, lambda *_: None)
        except BrokenPromise as error:
            guilty[ids[place]] = str(error)
    return guilty


def _report(table: str, rows: int) -> None:
    log.current.event("table.built", table=table, rows=rows)


def audit(path: Path, unaudited: Sequence[str] = UNAUDITED) -> list[Verdict]:
    from quality.audits import audit  # it brings Great Expectations with it, which takes seconds

    tables = [table for table in TABLES if str(table) not in unaudited]
    verdicts = audit(path, [*derived(tables), *RELATIONS])
    log.current.event("audit.ended", expectations=len(verdicts), failed=sum(v.outcome != "passed" for v in verdicts))
    return verdicts


def publish(job: Job, judged: Judged, settled: Sequence[Settled]) -> Outcome:
    """The verdicts and the run's row are durable before the swap; a refused draft leaves the warehouse as it was."""
    refusals = [verdict for verdict in judged.verdicts if verdict.forbids_publishing]
    outcome = Outcome(
        run_id=job.run_id,
        published=not refusals,
        settled=tuple(settled),
        failures=tuple(map(_words, refusals)),
        warnings=tuple(_words(v) for v in judged.verdicts if v.outcome == "failed" and not v.forbids_publishing),
        n_expectations=len(judged.verdicts),
        exit_code=_exit_code(refusals, settled, judged.held),
        held=judged.held,
    )
    history.keep(job, settled, "published" if outcome.published else "refused", judged.attempts, judged.held)
    if outcome.published:
        warehouse.record(judged.draft, history.all_of(job))
        _swap_in(job, judged.draft)
        for place in set(places(job.directory)) - {one.place for one in judged.held}:
            last_good.keep(job.directory, place)
    return outcome


def _exit_code(refusals: Sequence[Verdict], settled: Sequence[Settled], held: Sequence[HeldBack]) -> int:
    if refusals:
        return REFUSED
    if settled and all(one.failed for one in settled):
        return FAILED
    return PARTIAL if held or any(one.problems for one in settled) else DONE


def _swap_in(job: Job, draft: Path) -> None:
    """One rename: whoever reads yesterday's file keeps it, whoever opens next gets tonight's."""
    directory = job.directory
    directory.nights.mkdir(exist_ok=True)
    os.link(draft, directory.nights / f"warehouse-{job.run_id}.duckdb")
    draft.replace(directory.warehouse)
    for old in sorted(directory.nights.glob("warehouse-*.duckdb"))[: -job.nights_kept]:
        old.unlink()


def _words(verdict: Verdict) -> str:
    if verdict.outcome == "could_not_run":
        return f"{verdict.expectation}: could not run: {verdict.sample}"
    return f"{verdict.expectation}: {verdict.n_unexpected} row(s), such as {verdict.sample}"
