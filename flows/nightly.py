"""The nightly run."""

from __future__ import annotations

from typing import Any

from prefect import flow, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from flows import steps
from flows.job import Job, Outcome


@flow(name="nightly", validate_parameters=False)
def nightly(job: Job) -> Outcome:
    """Extract every repository, build, audit, and publish what passed."""
    futures = steps.extract.map(job.sources, unmapped(job))
    settled = [steps.settle(*pair, job) for pair in zip(job.sources, futures, strict=True)]
    draft = steps.build(job)
    verdicts = steps.audit(draft)
    return steps.publish(job, draft, verdicts, settled)


def run(job: Job, parallel: int) -> Outcome:
    """Runs the flow with so many repositories at once."""
    threads: Any = ThreadPoolTaskRunner(max_workers=parallel)  # its future is not the one Prefect's own types ask for
    return nightly.with_options(task_runner=threads)(job)
