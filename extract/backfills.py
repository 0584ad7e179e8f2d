"""Backfilling: what was opened in a window, whatever the nightly runs have.

The numbers of the window are listed first, then the items are fetched by number. The archive `backfill` keeps the list,
how far it goes and how much of it is done, so a backfill that was stopped goes on at its page, also of the listing; the watermarks of the nightly runs are
left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from extract.archive import Archive, Manifest, Page
from extract.caller import Caller
from extract.source import Forecast, Window

ITEM_STREAMS = ("issues", "changes")
Item = tuple[str, int]
"""Stream and number."""


class Reading(Protocol):
    """Items that were asked for together, and the pages that came."""

    @property
    def batch(self) -> list[Item]: ...
    @property
    def pages(self) -> list[Page]: ...


class Sweep(Protocol):
    """Items by their numbers."""

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[tuple[int, str]], Any]]:
        """Numbers with the instants of opening, newest first, page by page, from a cursor on; each page with the cursor
        behind it, None at the end."""
        ...

    def read(self, todo: list[Item]) -> Iterator[Any]: ...


def bounds_in_words(bounds: Sequence[str | None]) -> str:
    return f"[{bounds[0] or 'the beginning'}, {bounds[1] or 'its start'})"


def in_words(manifest: Manifest) -> str | None:
    """What of a repository that no run has fetched whole is there by backfills; None without any."""
    begun = [] if manifest.window is None else [manifest.window]
    done = list(manifest.facts.get("done", ()))
    if not begun and not done:
        return None
    windows = ", ".join(map(bounds_in_words, (one["bounds"] for one in done)))
    at_least = "at least " if begun and begun[0].get("listing") is not None else ""
    n_to_go = f" {at_least}{len(begun[0]['todo'])} items of a backfill are to go" if begun else ""
    to_go = f"{n_to_go}: give the same command again." if begun else ""
    return f"Only backfilled, by opening: {windows or 'nothing whole yet'}.{to_go} `forbenefit run` fetches the rest."


def opened_between(
    pages: Iterator[tuple[list[tuple[int, str]], Any]], since: str | None, until: str | None
) -> Iterator[tuple[list[int], Any]]:
    """Of the pages of a list, the numbers that were opened in `[since, until)`, up to the page on which it begins.

    >>> list(opened_between(iter([([(3, "2026-03"), (2, "2026-02")], "c1"), ([(1, "2026-01")], None)]), "2026-02", "2026-03"))
    [([2], 'c1'), ([], None)]
    """
    for page, behind in pages:
        is_end = behind is None or (since is not None and any(at < since for _, at in page))
        yield [number for number, at in page if (since or "") <= at < (until or "9")], None if is_end else behind
        if is_end:
            return


class Backfill:
    """Windows of one repository, on their way through the archive `backfill`."""

    def __init__(self, client: Caller, sweep: Sweep, archive: Archive, now: Callable[[], datetime]) -> None:
        self.client, self.sweep, self.archive, self.now = client, sweep, archive, now
        self._spent = (client.requests, client.points)

    def to_the_end(self, window: Window, expected: Callable[[], Forecast]) -> None:
        """First what an earlier run left half done, then this window, unless that was it; only what begins has a forecast."""
        bounds = window.bounds
        left = self.archive.manifest.window
        if left is not None:
            self._go_on()
        if left is None or left["bounds"] != bounds:
            state = {"bounds": bounds, "todo": [], "n_items": 0, "forecast": asdict(expected())}
            state["began_at"] = self.now().isoformat()
            self.archive.acknowledge(window={**state, "listing": [ITEM_STREAMS[0], None], "cost": self._cost({}, 0)})
            self._go_on()

    def _go_on(self) -> None:
        while (self.archive.manifest.window or {}).get("listing") is not None:
            self._list_on()
        self._read_on()

    def _list_on(self) -> None:
        """The numbers of one stream, from the page on where an earlier run was."""
        state: dict[str, Any] = dict(self.archive.manifest.window or {})
        (stream, after), (since, until) = state["listing"], state["bounds"]
        streams = dict(zip(ITEM_STREAMS, (*ITEM_STREAMS[1:], None), strict=True))
        following = None if streams[stream] is None else [streams[stream], None]
        for numbers, behind in opened_between(self.sweep.listed(stream, after), since, until):
            met = {number for name, number in state["todo"] if name == stream}
            todo = [*state["todo"], *([stream, number] for number in numbers if number not in met)]
            state |= {"todo": todo, "n_items": len(todo), "cost": self._cost(state["cost"], 0)}
            state["listing"] = following if behind is None else [stream, behind]
            self.archive.acknowledge(window=dict(state))

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
