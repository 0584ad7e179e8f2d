"""The hazards and rates the simulated community obeys. A month is 30.4375 days.

Arrivals are Poisson, one stream for each repository and door. Whoever arrives belongs to one of three groups:

    one-timer   leaves with the first act                                       one_timer_share
    casual      leaves at a constant monthly hazard, soon                       casual_share, casual_monthly_hazard
    committed   leaves at a constant monthly hazard, late; may be raised        the rest, committed_monthly_hazard

so the share still there t days after arrival is casual_share * exp(-casual_hazard * t) + committed_share * exp(-...).
While there, a person acts as a Poisson stream for each kind of act, but is never silent for longer than
`longest_silence_days`; whoever leaves does so with a last act at the very instant.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

DAYS_IN_MONTH = 30.4375
DAY_SECONDS = 86_400
MONTH_SECONDS = DAYS_IN_MONTH * DAY_SECONDS


@dataclass(frozen=True)
class Rates:
    """Acts (or arrivals by first act) a month, by kind."""

    issue: float = 0.0
    comment: float = 0.0
    change: float = 0.0
    review: float = 0.0
    merge: float = 0.0
    commit: float = 0.0

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self))

    @property
    def weights(self) -> tuple[float, ...]:
        return tuple(getattr(self, kind) for kind in self.kinds)

    @property
    def per_month(self) -> float:
        return sum(self.weights)


@dataclass(frozen=True)
class Habits:
    """What comes with an act, as shares of those acts; where there is nothing to do it to, nothing comes."""

    label_share: float = 0.35
    """These, down to `unrequest_share`: of the acts of maintainers."""
    unlabel_share: float = 0.05
    assign_share: float = 0.15
    unassign_share: float = 0.03
    milestone_share: float = 0.08
    rename_share: float = 0.03
    lock_share: float = 0.02
    reopen_share: float = 0.04
    duplicate_share: float = 0.02
    connect_share: float = 0.02
    dismiss_share: float = 0.02
    draft_share: float = 0.03
    unrequest_share: float = 0.02
    force_push_share: float = 0.10
    """Of the acts of who has an open change."""
    request_share: float = 0.40
    """This and the next: of the changes opened."""
    closing_share: float = 0.30
    resolved_share: float = 0.70
    """Of the threads on lines of a change that is merged."""
    reaction_share: float = 0.25
    """This and the next: of the comments."""
    edit_share: float = 0.05
    bot_label_share: float = 0.50
    """Of the comments of the bot."""


@dataclass(frozen=True)
class RepositoryPlan:
    """One repository: newcomers a month by door, and how many founders are there from its first day."""

    full_name: str
    arrivals: Rates
    founders: int


BAZAAR = RepositoryPlan("commons/bazaar", Rates(issue=2.2, comment=1.3, change=1.3, review=0.25), founders=3)
ALMANAC = RepositoryPlan("commons/almanac", Rates(issue=0.45, comment=0.2, change=0.3, review=0.05), founders=2)


@dataclass(frozen=True)
class CommunityParameters:
    """What the simulated community is made of; shares are of 1, hazards and rates are per month."""

    years: float = 5.0
    """Length of the history, which ends at `ends_at` of the world."""
    repositories: tuple[RepositoryPlan, ...] = (BAZAAR, ALMANAC)

    one_timer_share: float = 0.40
    casual_share: float = 0.40
    casual_monthly_hazard: float = 0.25
    committed_monthly_hazard: float = 0.03
    founder_monthly_hazard: float = 0.005
    """Founders are no newcomers and not part of the survival function."""

    newcomer_rates: Rates = Rates(issue=0.35, comment=0.8, change=0.45, review=0.4)
    maintainer_rates: Rates = Rates(issue=0.4, comment=3.0, change=1.0, review=2.5, merge=3.5, commit=0.5)
    longest_silence_days: float = 45.0
    """Silences are cut here (well under every inactivity horizon), so that a longer one always means a departure."""
    maintainer_share: float = 0.30
    """Of the committed who stay for `months_to_maintainer`: raised to maintainer."""
    months_to_maintainer: float = 12.0
    both_share: float = 0.10
    """Of those who do not leave at once: also arrive in the next repository, where they stay by a fresh draw."""

    merged_share: float = 0.80
    """Of the changes a maintainer decides; the others are closed with a comment."""
    squash_share: float = 0.40
    """Of the merges whose author is still there (a squash commit is dated at the merge: an act of theirs)."""
    coauthor_share: float = 0.08
    noreply_share: float = 0.40
    noreply: str = "{id}+{login}@users.noreply.github.com"
    """How the forge writes the address of who hides their own."""
    bots_are_told: bool = True
    """Whether the forge shows that an account is a bot's; else it looks like anybody's."""
    sponsored_share: float = 0.15
    """Of the members: commit with an address of the sponsor, @sponsor.example."""
    hostile_share: float = 0.03
    ghosts: int = 4
    """Newcomers whose account was deleted since: the forge answers null for them."""
    bot_comment_share: float = 0.5
    bot_changes_per_month: float = 0.5
    habits: Habits = Habits()

    def __post_init__(self) -> None:
        shares = {field.name: getattr(self, field.name) for field in fields(self) if field.name.endswith("_share")}
        wrong = [name for name, share in shares.items() if not 0 <= share <= 1]
        if wrong or self.one_timer_share + self.casual_share > 1:
            raise ValueError(f"Shares lie between 0 and 1, and one-timers and casuals make at most 1: {shares}.")

    @property
    def committed_share(self) -> float:
        return 1 - self.one_timer_share - self.casual_share
