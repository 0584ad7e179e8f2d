"""The nightly run."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from prefect import flow, unmapped
from prefect.client.orchestration import get_client
from prefect.task_runners import ThreadPoolTaskRunner

from flows import judging, publishing, steps
from flows.errors import NoPrefect
from flows.job import Job, Outcome


@flow(name="nightly", validate_parameters=False)
def nightly(job: Job) -> Outcome:
    """Extract every repository, build, audit, and publish what passed."""
    futures = steps.extract.map(job.sources, unmapped(job))
    settled = [steps.settle(*pair, job) for pair in zip(job.sources, futures, strict=True)]
    if not publishing.places(job.directory):
        return publishing.nothing(job, settled)
    return steps.publish(job, judging.judged(job, steps.build, steps.audit), settled)


def reach_prefect() -> None:
    """Starts Prefect's own server, or reaches the configured one; says who must do what if neither can be had."""
    try:
        with get_client(sync_client=True) as client:
            problem = client.api_healthcheck()
    except RuntimeError as error:  # Prefect's word for a server that did not start or does not answer
        problem = error
    if problem is not None:
        raise NoPrefect(
            f"Prefect's server cannot be reached: {str(problem) or type(problem).__name__}. If PREFECT_API_URL is set, "
            "start that server or unset it; if not, run again: its first start can be slow on a busy machine."
        )


def run(job: Job, parallel: int) -> Outcome:
    """Runs the flow with so many repositories at once."""
    threads: Any = ThreadPoolTaskRunner(max_workers=parallel)  # its future is not the one Prefect's own types ask for
    try:
        return nightly.with_options(task_runner=threads)(job)
    finally:
        if was_told_to_stop(sys.exception()):
            os.kill(os.getpid(), signal.SIGTERM)  # Prefect has put back whoever listened before the run


def was_told_to_stop(error: BaseException | None) -> bool:
    """Whether a SIGTERM lies behind an error.

    Prefect raises it as an exception in the middle of whatever runs, and sends it on only if that comes out unchanged.
    Polars makes a panic of it, and a server of Prefect's that was stopped with us a refused connection; the program then
    went on as if nothing had been asked.
    """
    while error is not None:
        if "TerminationSignal" in f"{type(error).__name__} {error}":
            return True
        error = error.__cause__ or error.__context__
    return False
