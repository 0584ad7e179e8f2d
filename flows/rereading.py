"""Raw from the archive alone: what a changed reader needs, and what a lost raw folder is made anew from."""

from __future__ import annotations

from datetime import datetime

from extract import raw
from extract.errors import ExtractError
from extract.forges import FORGES
from extract.source import Source
from flows import extraction, log
from flows.job import Job, Settled


def reread(job: Job) -> list[Settled]:
    """Every repository that the data directory has met, read again without a network."""
    return [_reread(ref, known, job) for ref, known in job.directory.repositories.items()]


def _reread(ref: str, known: dict[str, str], job: Job) -> Settled:
    forge, _, name = ref.partition(":")
    place = known["partition"]
    until = datetime.fromisoformat(known["until"])
    try:
        source = Source(forge, known["kind"], name)
        FORGES[known["kind"]].reread(source, extraction.surroundings(source, job, until), place)
    except ExtractError as error:
        log.current.event("repository.failed", repository=ref, reason=str(error))
        raw.mark_incomplete(job.directory.raw / place / "git", known["repo_id"], str(error))
        return Settled(ref, problems=(str(error),))
    if "taken_by" in known:
        extraction.mark_left(job.directory, place, known["repo_id"], ref)
    log.current.event("repository.reread", repository=ref)
    return Settled(ref)
