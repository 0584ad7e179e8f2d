"""What is true of the simulated community, to hold the figures of a warehouse against."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from .parameters import DAYS_IN_MONTH, CommunityParameters


@dataclass(frozen=True)
class TrueMember:
    """One row per person and repository. `door` is the kind of the first act: issue, comment, change or review
    (for the founder who made the first commit: commit).

    First and last act are exact for whoever has departed. For those still there, the merge of their change by squash
    or a trailer that credits them may be a little later than the last act of their own, never past `ends_at`."""

    repository: str
    account_id: int
    login: str
    door: str
    first_act_at: datetime
    last_act_at: datetime
    has_departed: bool
    is_founder: bool
    is_maintainer: bool
    is_sponsored: bool
    is_ghost: bool
    acts: int


@dataclass(frozen=True)
class Truth:
    """The parameters and everybody they produced. `ghosts` were deleted: no forge will name them."""

    parameters: CommunityParameters
    ends_at: datetime
    members: tuple[TrueMember, ...] = field(repr=False)
    bots: tuple[str, ...]
    ghosts: tuple[str, ...]

    def survival_share(self, days: float) -> float:
        """The true share of newcomers still to act again `days` after their first act in a repository, any family.

        One-timers are gone at 0; the others leave at the constant hazard of their group. Founders are not in it.
        """
        p, months = self.parameters, days / DAYS_IN_MONTH
        casual = p.casual_share * math.exp(-p.casual_monthly_hazard * months)
        return casual + p.committed_share * math.exp(-p.committed_monthly_hazard * months)

    def newcomers(self, repository: str) -> tuple[TrueMember, ...]:
        """Members a forge can name, without founders."""
        return tuple(
            member
            for member in self.members
            if member.repository == repository and not member.is_founder and not member.is_ghost
        )
