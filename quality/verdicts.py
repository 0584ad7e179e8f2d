"""What an audit found; kept apart from the module that runs it, which takes seconds to import."""

from __future__ import annotations

from dataclasses import dataclass

from quality.expectations import Expectation

WHOLE = "all"
"""The scope of what is not about one repository."""


@dataclass(frozen=True)
class Finding:
    """The rows of one scope, a repository or all, that break an expectation: how many, and some of them as JSON."""

    scope: str
    n_unexpected: int
    sample: str


@dataclass(frozen=True)
class Measured:
    """The bad rows of one expectation, by repository; or why its query could not run."""

    number: int
    expectation: Expectation
    n_rows: int
    findings: tuple[Finding, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation: `outcome` is passed, failed or could_not_run; `observed` says it in words."""

    expectation: Expectation
    outcome: str
    observed: str
    findings: tuple[Finding, ...] = (Finding(WHOLE, 0, "[]"),)

    @property
    def n_unexpected(self) -> int:
        return sum(finding.n_unexpected for finding in self.findings)

    @property
    def sample(self) -> str:
        return self.findings[0].sample

    @property
    def guilty(self) -> frozenset[str]:
        """The repositories whose rows break it; empty where it cannot be told whose they are."""
        return frozenset(finding.scope for finding in self.findings) - {WHOLE}

    @property
    def forbids_publishing(self) -> bool:
        return self.outcome == "could_not_run" or (self.outcome == "failed" and self.expectation.severity == "critical")
