"""A draft that all may see: built and audited; a repository that breaks a promise is held back, and the rest tried again.

A repository whose rows break a critical expectation is first replaced by what it held at its last good night, marked as
such; if that breaks a promise too, or there was no such night, it is left out. What nobody's rows explain, and a check
that could not run, stop the whole night.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from flows import last_good, log, publishing
from flows.job import HeldBack, Job, Judged
from quality.contract import BrokenPromise
from quality.expectations import Expectation
from quality.verdicts import WHOLE, Finding, Verdict

Build = Callable[[Job, Sequence[HeldBack]], Path]
Audit = Callable[[Path], list[Verdict]]
CAN_BE_BUILT = "what is built keeps its promise"


def judged(job: Job, build: Build, audit: Audit) -> Judged:
    """Tries until a draft passes, or nobody is left to hold back."""
    held: dict[str, HeldBack] = {}
    attempts: list[tuple[Verdict, ...]] = []
    while True:
        attempts.append(tuple(_attempt(job, list(held.values()), build, audit)))
        now = _held(job, attempts[-1], held)
        if now == held or not publishing.folders(job, list(now.values())):
            return Judged(job.directory.draft, tuple(attempts), tuple(held.values()))
        held = now


def _attempt(job: Job, held: Sequence[HeldBack], build: Build, audit: Audit) -> list[Verdict]:
    try:
        return audit(build(job, held))
    except BrokenPromise as error:
        return [_unbuilt(error, publishing.unbuildable(job, held))]


def _unbuilt(error: BrokenPromise, guilty: Mapping[str, str]) -> Verdict:
    """The verdict on a draft that the writer's check refused."""
    table = str(error).partition(":")[0]
    expectation = Expectation(CAN_BE_BUILT, table, "Columns, types, nulls and keys as promised.", "")
    findings = [Finding(repo_id, 1, said) for repo_id, said in guilty.items()] or [Finding(WHOLE, 1, str(error))]
    return Verdict(expectation, "failed", str(error)[:2000], tuple(findings))


def _held(job: Job, verdicts: Sequence[Verdict], held: Mapping[str, HeldBack]) -> dict[str, HeldBack]:
    """Those held back so far and those whose turn it is now; no change where that would be of no use."""
    refs = {known["repo_id"]: (ref, known["partition"]) for ref, known in job.directory.repositories.items()}
    refusals = [verdict for verdict in verdicts if verdict.forbids_publishing]
    if any(verdict.outcome == "could_not_run" for verdict in refusals):
        return dict(held)
    now = dict(held)
    for repo_id in sorted({repo_id for verdict in refusals for repo_id in verdict.guilty} & refs.keys()):
        reasons = [str(verdict.expectation) for verdict in refusals if repo_id in verdict.guilty]
        now[repo_id] = _next(job, held.get(repo_id), repo_id, *refs[repo_id], "; ".join(reasons))
    return now


def _next(job: Job, before: HeldBack | None, repo_id: str, ref: str, place: str, reason: str) -> HeldBack:
    can_fall_back = before is None and last_good.of(job.directory, place) is not None
    one = HeldBack(repo_id, ref, place, can_fall_back, before.reason if before else reason)
    log.current.event("repository.held_back", repository=ref, reason=one.words)
    return one
