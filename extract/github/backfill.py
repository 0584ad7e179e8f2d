"""Backfilling: what was opened in a window, whatever the nightly runs have; forecast before it costs anything.

The numbers of the window are listed first (a hundred a point), then the items are fetched by number. The archive
`backfill` keeps the list and how much of it is done, so a backfill that was stopped goes on at its page; the watermarks
of the nightly runs are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from math import ceil
from typing import Any

from extract.archive import Archive, Manifest
from extract.github import queries
from extract.github.client import Client
from extract.github.fetch import STREAMS
from extract.github.sweep import ITEMS_PER_REQUEST, Item, Sweep
from extract.source import Forecast, Window

NUMBERS_PER_REQUEST = 100
REQUESTS_OF_RESTS_PER_ITEM = 0.02
"""Long threads need requests of their own; three recorded communities of 1,803 items needed 0.012 an item."""
NESTED_LISTS = {"issues": 3, "changes": 6}
NESTED_ROWS = 30
BYTES_PER_ITEM = 1_300
"""Compressed, in the archive; the same communities took 1,190."""
SECONDS_PER_REQUEST = 1.0
POINTS_AN_HOUR = 5_000


def forecast(client: Client, full_name: str, window: Window, n_tokens: int, reserve_share: float) -> Forecast:
    """What the backfill will cost, from the forge's own totals: one request. Hours are those of the slower of the two,
    the requests one after the other or the points that the tokens may spend."""
    asked = {f"{new}{name}": f"repo:{full_name} {kind} {bounds}" for name, kind, new, bounds in _searches(window)}
    found = client.ask(queries.OPENED, asked, full_name).data()["data"]
    counts = {name: int(found[name]["issueCount"]) for name in found}
    n_items = {stream.name: counts[stream.name] for stream in STREAMS}
    listing = sum(ceil(counts[f"newer{name.capitalize()}"] / NUMBERS_PER_REQUEST) for name in n_items)
    pages = sum(ceil(n / ITEMS_PER_REQUEST) for n in n_items.values())
    rests = ceil(sum(n_items.values()) * REQUESTS_OF_RESTS_PER_ITEM) + pages  # any page may have reactions to count
    points = listing + rests + sum(ceil(n / ITEMS_PER_REQUEST) * points_of_a_page(name) for name, n in n_items.items())
    requests = listing + pages + rests
    allowance = n_tokens * POINTS_AN_HOUR * (1 - reserve_share)
    waiting = max(0.0, points / allowance - 1)  # the first hour's points are there already
    return Forecast(
        n_issues=n_items["issues"],
        n_changes=n_items["changes"],
        requests=requests,
        points=points,
        hours=round(max(requests * SECONDS_PER_REQUEST / 3600, waiting), 2),
        bytes=sum(n_items.values()) * BYTES_PER_ITEM,
    )


def _searches(window: Window) -> list[tuple[str, str, str, str]]:
    since = (window.since or datetime(1970, 1, 1, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    newer = f"created:>={since}"
    inside = newer if window.until is None else f"created:{since}..{window.until:%Y-%m-%dT%H:%M:%SZ}"
    return [
        ("issues", "is:issue", "", inside),
        ("changes", "is:pr", "", inside),
        ("Issues", "is:issue", "newer", newer),
        ("Changes", "is:pr", "newer", newer),
    ]


def points_of_a_page(stream: str) -> int:
    """GitHub's rule: a hundredth of the lists that a query may open, at least one."""
    lists = ITEMS_PER_REQUEST * (NESTED_LISTS[stream] + (NESTED_ROWS if stream == "changes" else 0))
    return max(1, round(lists / 100))


def bounds_in_words(bounds: Sequence[str | None]) -> str:
    return f"[{bounds[0] or 'the beginning'}, {bounds[1] or 'its start'})"


def in_words(manifest: Manifest) -> str | None:
    """What of a repository that no run has fetched whole is there by backfills; None without any."""
    begun = [] if manifest.window is None else [manifest.window]
    done = list(manifest.facts.get("done", ()))
    if not begun and not done:
        return None
    windows = ", ".join(map(bounds_in_words, (one["bounds"] for one in done)))
    to_go = f" {len(begun[0]['todo'])} items of a backfill are to go: give the same command again." if begun else ""
    return f"Only backfilled, by opening: {windows or 'nothing whole yet'}.{to_go} `forbenefit run` fetches the rest."


class Backfill:
    """Windows of one repository, on their way through the archive `backfill`."""

    def __init__(self, client: Client, sweep: Sweep, archive: Archive, now: Callable[[], datetime]) -> None:
        self.client, self.sweep, self.archive, self.now = client, sweep, archive, now
        self._spent = (client.requests, client.points)

    def to_the_end(self, window: Window, expected: Forecast) -> None:
        """First what an earlier run left half done, then this window, unless that was it."""
        bounds = window.bounds
        left = self.archive.manifest.window
        if left is not None:
            self._read_on()
        if left is None or left["bounds"] != bounds:
            self._begin(window, expected)
            self._read_on()

    def _begin(self, window: Window, expected: Forecast) -> None:
        todo = [
            (stream.name, number) for stream in STREAMS for number in self.sweep.opened_between(stream, *window.bounds)
        ]
        state = {"bounds": window.bounds, "todo": todo, "n_items": len(todo), "forecast": asdict(expected)}
        self.archive.acknowledge(window={**state, "cost": self._cost({}, 0)})

    def _read_on(self) -> None:
        state: dict[str, Any] = dict(self.archive.manifest.window or {})
        todo: list[Item] = [(name, number) for name, number in state.pop("todo")]
        for reading in self.sweep.read(list(todo)):
            todo = todo[len(reading.batch) :]
            n_bytes = self.archive.append(reading.pages, window={**state, "todo": todo})
            state["cost"] = self._cost(state["cost"], n_bytes)
        facts = self.archive.manifest.facts
        done = [*facts.get("done", ()), {**state, "finished_at": self.now().isoformat()}]
        self.archive.acknowledge(window=None, facts={**facts, "done": done})

    def _cost(self, before: dict[str, int], n_bytes: int) -> dict[str, int]:
        """What was spent so far, with what came since the last look."""
        requests, points = self._spent
        self._spent = (self.client.requests, self.client.points)
        return {
            "requests": before.get("requests", 0) + self.client.requests - requests,
            "points": before.get("points", 0) + self.client.points - points,
            "bytes": before.get("bytes", 0) + n_bytes,
        }
