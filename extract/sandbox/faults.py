"""Bad days of a forge, each a knob that is off: broken answers, refusals, limits. Drawn from a seed and the request.

A limit is counted in real seconds, as clients wait in real ones. `violations` counts the requests that came while a
limit was in force and the token had been told so.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BROKEN = ("bad_gateway", "half_json", "half_data", "cut_connection", "slow", "secondary")


@dataclass
class Window:
    """Points of one token."""

    used: int = 0
    ends_at: float = 0.0
    was_told: bool = False


@dataclass
class Faults:
    """Shares are of all requests. An identical request is broken `at_most` times, then answered."""

    seed: int = 1
    at_most: int = 2
    bad_gateway: float = 0.0
    half_json: float = 0.0
    half_data: float = 0.0
    """Status 200, a list cut with a null in it, and an error beside it."""
    cut_connection: float = 0.0
    slow: float = 0.0
    """Comes only after `slow_seconds`, when a client may have hung up."""
    slow_seconds: float = 1.5
    secondary: float = 0.0
    """Begins a secondary limit of `secondary_seconds`; `secondary_status` is 403 or 429."""
    secondary_seconds: float = 0.3
    secondary_status: int = 403
    tells_when: bool = True
    """Whether a secondary limit says Retry-After."""
    most_rows: int | None = None
    """GraphQL pages of more items come half, with RESOURCE_LIMITS_EXCEEDED beside them."""
    most_nodes: int | None = None
    """GraphQL pages of more items than this time out."""
    poisoned: frozenset[int] = frozenset()
    """Numbers of items that no answer can hold."""
    poison_is_quiet: bool = False
    """Of Gitea: those are shown with nothing in them, where its lists do not break."""
    points: int | None = None
    """Points that a token has in a window."""
    window_seconds: float = 2.0
    now: Callable[[], float] = time.monotonic
    """Tells the seconds in which windows end; a client that waits wants seconds since 1970."""
    violations: int = 0
    _met: dict[bytes, int] = field(default_factory=dict)
    _windows: dict[str, Window] = field(default_factory=dict)
    _blocked: dict[str, tuple[float, bool]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, request: bytes) -> str | None:
        """What breaks this request, if anything."""
        with self._lock:
            met = self._met.get(request, 0)
            draw = random.Random(f"{self.seed} {met} {request!r}").random()  # noqa: S311 - weather, no secret
            for kind in BROKEN:
                draw -= getattr(self, kind)
                if draw < 0 and met < self.at_most:
                    self._met[request] = met + 1
                    return kind
            return None

    def block(self, token: str, seconds: float) -> None:
        """A secondary limit: from now on for so long."""
        with self._lock:
            self._blocked[token] = (self.now() + seconds, False)

    def blocked_for(self, token: str) -> int | None:
        """Seconds that Retry-After says, while a secondary limit is in force."""
        with self._lock:
            ends_at, was_told = self._blocked.get(token, (0.0, False))
            left = ends_at - self.now()
            if left <= 0:
                return None
            self.violations += was_told
            self._blocked[token] = (ends_at, True)
            return int(left) + 1

    def spend(self, token: str) -> Window | None:
        """One point of the token's; None where there is no limit. `was_told` says that there was none left."""
        if self.points is None:
            return None
        with self._lock:
            window = self._windows.setdefault(token, Window())
            if self.now() >= window.ends_at:
                window = self._windows[token] = Window(ends_at=self.now() + self.window_seconds)
            if window.used >= self.points:
                self.violations += window.was_told
                window.was_told = True
            else:
                window.used += 1
            return window

    def is_too_much(self, body: Any, first: Any) -> bool:
        """Whether the forge would not manage this answer."""
        return (self.most_nodes is not None and isinstance(first, int) and first > self.most_nodes) or (
            bool(self.poisoned) and holds(body, self.poisoned)
        )


def holds(body: Any, numbers: frozenset[int]) -> bool:
    """Whether one of these items is in the answer, with more than its number."""
    if isinstance(body, dict):
        told = body.get("number") or body.get("iid")  # GitLab's numbers are text
        is_item = "title" in body and str(told).isdigit() and int(str(told)) in numbers
        return is_item or any(holds(value, numbers) for value in body.values())
    return isinstance(body, list) and any(holds(value, numbers) for value in body)


WENT_WRONG = {"message": "Something went wrong while executing your query. This may be the result of a timeout."}
TOO_MUCH = {"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded."}


def half_of(body: dict[str, Any], error: dict[str, str] = WENT_WRONG) -> dict[str, Any]:
    """The answer with the later rows of its lists missing, and an error that says so."""
    return {"data": halved(body.get("data")), "errors": [error]}


def halved(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: halved(part) for name, part in value.items()}
    if isinstance(value, list) and value:
        return [*value[: len(value) // 2], None]
    return value
