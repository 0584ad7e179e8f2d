"""Hands the outside world to `extract`, and notes what came of each repository."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from extract import raw
from extract.errors import ExtractError, NeedsAPerson
from extract.forges import FORGES
from extract.source import Extracted, Forecast, Source, Surroundings, Window
from flows import budget, clock, environment, log
from flows.data_directory import DataDirectory
from flows.job import Job, Settled

_CLAIMS: dict[tuple[str, str], str] = {}
"""Who writes to a partition in a run: a renamed repository may be named twice."""


def extract(source: Source, job: Job) -> Extracted:
    around = surroundings(source, job, job.as_of)
    if job.window is None:
        return FORGES[source.kind].extract(source, around)
    backfill = FORGES[source.kind].backfill
    if backfill is None:
        raise _comes_whole(source)
    return backfill(source, job.window, around)


def forecast(source: Source, window: Window, job: Job) -> Forecast:
    """What a backfill of the window will cost."""
    forecast = FORGES[source.kind].forecast
    if forecast is None:
        raise _comes_whole(source)
    return forecast(source, window, surroundings(source, job, job.as_of))


def _comes_whole(source: Source) -> NeedsAPerson:
    return NeedsAPerson(f"{source.ref} cannot be backfilled: its history comes whole with `forbenefit run`.")


def surroundings(source: Source, job: Job, until: datetime) -> Surroundings:
    directory = job.directory

    def report(stream: str, seen: int, total: int | None) -> None:
        log.current.progress(f"{source.ref} {stream}", seen, total)

    def met(repo_id: str, partition: Path) -> None:
        place = str(partition.relative_to(directory.raw))
        holder = _CLAIMS.setdefault((job.run_id, place), source.ref)
        if holder != source.ref:
            raise NeedsAPerson(f"{source.ref} is {holder} under another name. Name the repository once.")
        mark_taken(source.ref, repo_id, directory)
        facts = {"repo_id": repo_id, "kind": source.kind, "partition": place, "until": until.isoformat()}
        directory.remember(source.ref, facts)

    return Surroundings(
        archive=directory.archive,
        raw=directory.raw,
        secret=directory.secret(),
        environment=environment.variables(),
        until=until,
        now=clock.now,
        report=report,
        note=lambda what: log.current.event("repository.noted", repository=source.ref, note=what),
        sleep=clock.wait,
        pools=budget.pools(job),
        places={ref: known["partition"] for ref, known in directory.repositories.items()},
        met=met,
        rereads=job.rereads,
        all_branches=job.all_branches,
        identities=directory.identities,
        line_minutes=job.line_minutes,
    )


def mark_taken(ref: str, repo_id: str, directory: DataDirectory) -> None:
    """Where a name belongs to another repository now, the one that had it stays, under a reference of its own, marked."""
    known = directory.repositories
    before = known.get(ref)
    if before is None or before["repo_id"] == repo_id:
        return
    directory.remember(f"{ref}#{before['repo_id']}", {**before, "taken_by": repo_id})
    mark_left(directory, before["partition"], before["repo_id"], ref)


def mark_left(directory: DataDirectory, place: str, repo_id: str, ref: str) -> None:
    """Marks what is held of a repository that lost its name, unless it is crawled on under a new one."""
    names = [one for one, known in directory.repositories.items() if known["partition"] == place and one != ref]
    if any("#" not in name for name in names):
        return
    reason = f"{ref.partition('#')[0]} is another repository now. If this one has a new name, name that to follow it."
    log.current.event("repository.name_taken", repository=ref, repo_id=repo_id)
    for path in (directory.raw / place).glob("*/streams.parquet"):
        raw.mark_incomplete(path.parent, repo_id, reason)


def settled(source: Source, extracted: Extracted) -> Settled:
    log.current.event("repository.extracted", repository=source.ref, requests=extracted.requests)
    for problem in extracted.problems:
        log.current.event("repository.incomplete", repository=source.ref, reason=problem)
    return Settled(source.ref, extracted.requests, extracted.problems)


def failed(source: Source, error: ExtractError, job: Job) -> Settled:
    """What earlier nights brought stays in the warehouse, marked with the reason why it is not of tonight."""
    log.current.event("repository.failed", repository=source.ref, reason=str(error))
    for folder in _folders(source, job):
        raw.mark_incomplete(folder, job.directory.repositories[source.ref]["repo_id"], str(error))
    return Settled(source.ref, problems=(str(error),), failed=True)


def _folders(source: Source, job: Job) -> list[Path]:
    known = job.directory.repositories.get(source.ref)
    if known is None:
        return []
    return [path.parent for path in (job.directory.raw / known["partition"]).glob("*/streams.parquet")]
