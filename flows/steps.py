"""The tasks of a run, each a line or few over the rooms that hold the logic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.futures import PrefectFuture

from extract.errors import ExtractError, OutOfQuota, TryAgain
from extract.source import Extracted, Source
from flows import extraction, log, publishing, summary
from flows.job import HeldBack, Job, Judged, Outcome, Settled
from quality.verdicts import Verdict


def _worth_another_try(_task: object, _run: object, state: object) -> bool:
    try:
        state.result()  # type: ignore[attr-defined]
    except OutOfQuota:  # it was waited for as long as is allowed
        return False
    except TryAgain:
        return True
    except ExtractError:
        return False
    return False


@task(retries=2, retry_delay_seconds=[2, 15], retry_jitter_factor=0.3, retry_condition_fn=_worth_another_try)
def extract(source: Source, job: Job) -> Extracted:
    """From the forge to raw. What the forge or the network spoils is tried again, from the page it stopped at."""
    return extraction.extract(source, job)


def settle(source: Source, future: PrefectFuture[Extracted], job: Job) -> Settled:
    """One repository's failure is its own: it is noted, and the others go on."""
    try:
        return extraction.settled(source, future.result())
    except ExtractError as error:
        return extraction.failed(source, error, job)


@task
def build(job: Job, held: Sequence[HeldBack]) -> Path:
    """From raw to the draft of the warehouse."""
    return publishing.build(job, held)


@task
def audit(draft: Path) -> list[Verdict]:
    """The suites over the draft."""
    return publishing.audit(draft)


@task
def publish(job: Job, judged: Judged, settled: list[Settled]) -> Outcome:
    """Swaps the draft in if the suites allow it, and keeps the verdicts in any case."""
    outcome = publishing.publish(job, judged, settled)
    create_markdown_artifact(key="audit", markdown=summary.audit_in_markdown(outcome), description=job.run_id)
    log.current.event("run.ended", published=outcome.published, exit_code=outcome.exit_code)
    return outcome
