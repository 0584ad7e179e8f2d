"""The numbers a build is made with. Conventions: half-open windows, days in UTC, months in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from transform.columns import NETS, PROJECTED_NETS


@dataclass(frozen=True)
class Policy:
    """A community's own rule: it applies to who had acts of the families, and then none for so many calendar months."""

    name: str
    families: tuple[str, ...]
    inactive_months: int
    fewest_acts: int = 1


@dataclass(frozen=True)
class Parameters:
    """What a build depends on besides its data.

    `as_of` is the instant nothing after which is used; `run_at` is when the run started (None: at `as_of`),
    so that what claims to be later than a day after it was written by a wrong clock. `horizon_days` is the silence that counts as having left;
    every retention table is also made for `sensitivity_days`, so that a reader sees what the choice does.
    """

    as_of: datetime
    run_at: datetime | None = None
    horizon_days: int = 180
    sensitivity_days: tuple[int, ...] = (90, 180, 365)
    first_month_days: int = 30
    """Newcomer features are taken from the first month, because that is what predicts a long stay
    (Zhou and Mockus 2012)."""
    newcomer_days: int = 90
    """How long somebody who arrived is called a newcomer."""
    outcome_days: int = 90
    """By when a first change counts as merged, closed, abandoned or still open."""
    return_days: int = 180
    """Within how many days somebody has to act again to count as back."""
    landmark_days: int = 30
    """Up to here what happened to a newcomer makes the groups; from here on activity counts."""
    conversion_days: int = 365
    """Within how many days of one stage the next has to be reached."""
    burn_in_days: int = 365
    """Where the history is not whole, whoever shows up in its first year may be old: no newcomer."""
    retention_days: tuple[int, ...] = (30, 90, 180, 365)
    curve_days: tuple[int, ...] = (0, 7, 30, 60, 90, 180, 365, 730, 1095)
    """Days on which the curves of groups are read; whole curves are in retention.curves."""
    determinants_sample: int = 10_000
    """A regression takes at most so many persons, drawn by a hash of who they are: always the same ones."""
    hazard_split_days: tuple[int, ...] = (30, 90, 365)
    """Where the hazard ratios of a regression change with time, it is also fitted between these days."""
    exits_per_term: int = 10
    """A regression with fewer exits for each of its terms tells noise."""
    cohort_band_years: int = 3
    """Years of arrival that are compared as one group: single years have few persons."""
    fewest_at_risk: int = 10
    """A survival curve is not shown where fewer persons than this are still at risk."""
    identities: str = "likely"
    """Which links of names count: "likely" ones, or none ("exact": accounts, mailmaps and decisions alone)."""
    affiliation_reach_days: int = 180
    """How long before and after it an address of an organisation says for whom somebody worked."""
    fewest_persons_of_a_domain: int = 2
    """A domain that nobody registered is an organisation's once so many persons signed with it."""
    policies: tuple[Policy, ...] = ()
    rolling_days: int = 365
    """Length of the windows that slide."""
    slide_days: int = 90
    """How far apart two of them are."""
    rolling_windows: int | None = None
    """How many of them there are, back from the snapshot; None: as many as there is history."""
    rolling_networks: int = 4
    """Of how many of them the ties are kept and more than PageRank is told: a year has four, and costs as much as four years."""
    net_weights: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys((*NETS, *PROJECTED_NETS), 1.0))
    """What a network counts for where several are added."""
    most_sharers: int = 50
    """A thread or file of more persons ties nobody to anybody."""
    is_sourcecred_built: bool = False
    """Whether influence.sourcecred has rows: one more scheme of edges, for those who ask for it."""
    path_sources: int = 128
    """In graphs of more persons shortest paths are followed from so many of them, and marked so."""
    stability_resamples: int = 200
    stability_edges: int = 2_000_000
    """Fewer resamples where so many edges would have to be drawn."""
    fewest_for_correlation: int = 10
    """A correlation, or the mean of a group, of fewer persons tells noise."""
    fewest_panel_rows: int = 100
    decision_days: int = 30
    """Within how many days of a verdict the decision on a change is taken for its consequence."""
    line_days: tuple[int, ...] = (30, 90, 180, 365, 730, 1095, 1825, 3650)
    """Ages at which the survival of lines is read."""
    pagerank_damping: float = 0.85
    replies_per_pair_and_thread: int = 5

    @property
    def known_until(self) -> datetime | None:
        """The instant after which nothing may be known; None where a run was asked for no other than its own."""
        return self.as_of if self.run_at is not None and self.as_of < self.run_at else None

    @property
    def latest_plausible_at(self) -> datetime:
        """A day after the run: clocks differ, but not by more."""
        return (self.run_at or self.as_of) + timedelta(days=1)
