"""What one run is to do, and what became of it. Plain values without secrets: Prefect keeps and shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from extract.source import Source, Window
from flows.clock import run_name
from flows.correcting import Entry
from flows.data_directory import DataDirectory
from quality.verdicts import Verdict
from transform.parameters import Parameters, Policy


class Job(BaseModel):
    """One run."""

    model_config = ConfigDict(frozen=True)

    command: str
    data: str
    sources: tuple[Source, ...]
    as_of: datetime
    started_at: datetime
    horizon_days: int = 180
    determinants_sample: int = 10_000
    path_sources: int = 128
    sourcecred: bool = False
    policies: tuple[Policy, ...] = ()
    nights_kept: int = 7
    quota_reserve_share: float = 0.1
    longest_wait_minutes: float = 65
    rereads: int = 25
    window: Window | None = None
    """Only what was opened in it: a backfill."""
    all_branches: bool = False
    identities: str = "likely"
    corrections: tuple[Entry, ...] = ()
    accepted_because: str = ""
    """Why the operator takes changes since the last night that nothing explains; empty: they are not published."""
    line_minutes: float = 120

    @property
    def run_id(self) -> str:
        return run_name(self.started_at)

    @property
    def directory(self) -> DataDirectory:
        return DataDirectory(Path(self.data))

    @property
    def parameters(self) -> Parameters:
        return Parameters(
            as_of=self.as_of,
            run_at=self.started_at,
            horizon_days=self.horizon_days,
            policies=self.policies,
            determinants_sample=self.determinants_sample,
            path_sources=self.path_sources,
            is_sourcecred_built=self.sourcecred,
            identities=self.identities,
        )


@dataclass(frozen=True)
class Settled:
    """What became of one repository: nothing, something or everything is missing, and why."""

    ref: str
    n_requests: int = 0
    problems: tuple[str, ...] = ()
    failed: bool = False


@dataclass(frozen=True)
class HeldBack:
    """A repository whose data broke a critical promise in this run: shown as at its last good night, or left out."""

    repo_id: str
    ref: str
    place: str
    is_shown_as_last_good: bool
    reason: str

    @property
    def words(self) -> str:
        shown = "shown as at its last good night" if self.is_shown_as_last_good else "left out"
        return f"{self.ref}: {shown}, because its data broke: {self.reason}"

    @property
    def row(self) -> dict[str, object]:
        return {
            "repo_id": self.repo_id,
            "repository": self.ref,
            "is_shown_as_last_good": self.is_shown_as_last_good,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Judged:
    """The last draft, the verdicts of every attempt (the last one counts), and who was held back for it."""

    draft: Path
    attempts: tuple[tuple[Verdict, ...], ...]
    held: tuple[HeldBack, ...] = ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return self.attempts[-1]


@dataclass(frozen=True)
class Outcome:
    """What became of a run. `exit_code` is the command's."""

    run_id: str
    published: bool
    settled: tuple[Settled, ...]
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    n_expectations: int
    exit_code: int
    held: tuple[HeldBack, ...] = ()
