"""What the tokens of a forge may still spend: one pool for all repositories of a run, so that no limit is met twice.

A token answers one request at a time, as GitHub asks of its clients; so a limit is learnt by one request and none is
sent while it is in force. A token is parked before its points are gone: a share of them stays for the people who use
it too. Who needs a token while all are parked waits, or is told to come back if that would take too long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from extract.errors import BadToken, OutOfQuota

Waiting = Callable[[str, datetime], None]
"""Called with the forge and the instant that is waited for."""
AFTER_RESET = timedelta(seconds=1)
"""The forge's clock may be a little behind ours."""


@dataclass(frozen=True)
class Policy:
    """How to deal with limits. `reserve_share` of a token's points stays for others; no wait is longer than `patience`."""

    reserve_share: float = 0.1
    patience: timedelta = timedelta(minutes=65)
    unexplained: timedelta = timedelta(minutes=1)
    """The first wait after a refusal that names no time; it doubles with each further one in a row."""


@dataclass
class Budget:
    """Points of one token and resource, as the forge last told them."""

    limit: int
    remaining: int
    reset_at: datetime
    last_cost: int = 1


@dataclass
class Token:
    """A secret under the name of its variable: a token, or the private key of an app, with its id and installation.

    `parked_until` is by resource; "" is all of them.
    """

    name: str
    secret: str = field(repr=False)
    app: tuple[int, int] | None = None
    budgets: dict[str, Budget] = field(default_factory=dict)
    parked_until: dict[str, datetime] = field(default_factory=dict)
    n_unexplained: int = 0
    is_busy: bool = False
    is_refused: bool = False

    def free_at(self, resource: str) -> datetime:
        earliest = datetime.min.replace(tzinfo=UTC)
        return max(self.parked_until.get(resource, earliest), self.parked_until.get("", earliest))

    def points_left(self, resource: str) -> int | None:
        budget = self.budgets.get(resource)
        return None if budget is None else budget.remaining


class Pool:
    """The tokens of one forge, shared by threads. `now` tells the time; only `flows` may read the clock."""

    def __init__(
        self, forge: str, tokens: Sequence[Token], policy: Policy, now: Callable[[], datetime], waiting: Waiting
    ) -> None:
        self.forge, self.policy, self.now, self._waiting = forge, policy, now, waiting
        self.tokens = list(tokens)
        self._changed = threading.Condition()

    @contextmanager
    def token(self, resource: str) -> Iterator[Token]:
        """A token that may ask now, held alone. Raises OutOfQuota, or BadToken if the forge refused all."""
        token = self._taken(resource)
        try:
            yield token
        finally:
            with self._changed:
                token.is_busy = False
                self._changed.notify_all()

    def learn(self, token: Token, resource: str, limit: int, remaining: int, reset_at: datetime) -> int:
        """Notes what the forge says is left, and parks the token before it is used up. Gives what was spent, if known."""
        known = token.budgets.get(resource)
        spent = known.remaining - remaining if known and known.reset_at == reset_at else 0
        cost = spent if spent > 0 else known.last_cost if known else 1
        token.budgets[resource] = Budget(limit, remaining, reset_at, cost)
        if remaining - cost < limit * self.policy.reserve_share and reset_at > self.now():
            token.parked_until[resource] = reset_at + AFTER_RESET
        return max(spent, 0)

    def served(self, token: Token) -> None:
        """After an answer that is no refusal: the next unexplained one is the first in a row again."""
        token.n_unexplained = 0

    def park(self, token: Token, resource: str, until: datetime | None) -> None:
        """After a refusal: until then, or for a while that grows if the forge did not say."""
        now = self.now()
        if until is None or until <= now:
            until = now + self.policy.unexplained * 2**token.n_unexplained
            token.n_unexplained += 1
        token.parked_until[resource] = until

    def refuse(self, token: Token) -> None:
        """The forge does not know this token: the others go on alone."""
        token.is_refused = True

    def _taken(self, resource: str) -> Token:
        with self._changed:
            while True:
                usable = [token for token in self.tokens if not token.is_refused]
                if not usable:
                    raise BadToken(self.forge, tuple(token.name for token in self.tokens))
                now = self.now()
                free = [token for token in usable if token.free_at(resource) <= now]
                idle = [token for token in free if not token.is_busy]
                if idle:
                    token = max(idle, key=lambda one: self._wealth(one, resource))
                    token.is_busy = True
                    return token
                self._changed.wait(None if free else self._pause(usable, resource, now))

    def _pause(self, usable: list[Token], resource: str, now: datetime) -> float:
        until = min(token.free_at(resource) for token in usable)
        if until - now > self.policy.patience:
            raise OutOfQuota(self.forge, until.isoformat(timespec="seconds"))
        self._waiting(self.forge, until)
        return (until - now).total_seconds()

    @staticmethod
    def _wealth(token: Token, resource: str) -> float:
        left = token.points_left(resource)
        return float("inf") if left is None else left


@dataclass
class Pools:
    """One pool a forge, made when first asked for."""

    policy: Policy
    now: Callable[[], datetime]
    waiting: Waiting
    by_forge: dict[str, Pool] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def of(self, forge: str, tokens: Sequence[Token]) -> Pool:
        with self._making:
            if forge not in self.by_forge:
                self.by_forge[forge] = Pool(forge, tokens, self.policy, self.now, self.waiting)
            return self.by_forge[forge]
