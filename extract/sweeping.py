"""What the windows cannot see: items that are gone, that moved while we paged, or that changed without a trace.

The forge's count is held against ours; where they differ, the list of numbers tells which are missing, and which are no
more. Each night a page of items in the order of their numbers is glanced at: what differs from raw is read again. What
is gone gets a tombstone: what the forge says of the number now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extract.archive import Archive, Page
from extract.caller import TRIES
from extract.crawl import Gathering, Item, Opened, lost
from extract.errors import Strained
from extract.source import Report

Held = Mapping[str, set[int]]
"""Numbers by stream."""


@dataclass(frozen=True)
class Reading:
    """Items that were asked for together, the pages that came, and the numbers that could not be had whole."""

    batch: list[Item]
    pages: list[Page]
    unfinished: set[int]


class Sweep:
    """One repository's items by their numbers. `again` and `tombstones` are archives of their own."""

    def __init__(self, gathering: Gathering, again: Archive, tombstones: Archive, report: Report) -> None:
        self.gathering, self.again, self.tombstones, self.report = gathering, again, tombstones, report
        self.talk = gathering.talk

    @property
    def pages(self) -> int:
        """How many pages there are of both."""
        return self.again.manifest.pages + self.tombstones.manifest.pages

    def reconcile(self, held: Held, totals: Mapping[str, int | None], left: Held) -> None:
        """Fetches what we miss and buries what is gone; what an earlier try has `left` has a turn of its own."""
        for stream, total in totals.items():
            ours = held.get(stream, set())
            if total is None or len(ours) == total:
                continue
            listed = {number for page, _ in self.talk.listed(stream) for number, _ in page}
            self.read_again({stream: listed - ours - left.get(stream, set())})
            self.bury([(stream, number) for number in ours - listed])

    def glance(self, held: Held, raw: Mapping[Item, Mapping[str, Any]], at_most: int) -> None:
        """Looks at the next items; reads again what is not as raw has it, and buries what is missing."""
        if at_most == 0 or not any(held.values()):
            return
        facts = self.again.manifest.facts
        glance = self.talk.glance(held, facts.get("glanced"), at_most)
        wanted: dict[str, set[int]] = {}
        for (stream, number), seen in glance.seen.items():
            known = raw.get((stream, number))
            if known is not None and any(known.get(column) != value for column, value in seen.items()):
                wanted.setdefault(stream, set()).add(number)
        self.bury(sorted(glance.missing))
        self.read_again(wanted)
        self.again.acknowledge(facts={**self.again.manifest.facts, "glanced": glance.after})

    def read_again(self, wanted: Held) -> set[int]:
        """Items with all their parts, by number; gives the numbers of those that could not be had whole."""
        unfinished: set[int] = set()
        for reading in self.read([(name, number) for name in wanted for number in sorted(wanted[name])]):
            self.again.append(reading.pages)
            unfinished |= reading.unfinished
        return unfinished

    def read(self, todo: list[Item]) -> Iterator[Reading]:
        """Item after item, as many at once as the forge can be asked for; what is no more is buried."""
        done = 0
        while done < len(todo):
            batch = self._batch(todo[done:])
            yield self._read(batch)
            done += len(batch)
            self.report("again", done, len(todo))

    def _batch(self, todo: list[Item]) -> list[Item]:
        stream = todo[0][0]
        size = self.talk.per_batch
        return [item for item in todo[:size] if item[0] == stream]

    def _read(self, batch: list[Item]) -> Reading:
        stream, numbers = batch[0][0], [number for _, number in batch]
        try:
            listing = self.talk.by_number(stream, numbers, TRIES)
        except Strained as error:
            return self._one_by_one(batch, error)
        pages = self.gathering.pages(stream, listing, everything=True)
        self.bury([(stream, number) for number in listing.missing])
        return Reading(batch, pages, set(self.gathering.unfinished))

    def _one_by_one(self, batch: list[Item], error: Strained) -> Reading:
        """Where the forge cannot give them together, each alone; the one that it cannot give at all is told."""
        if len(batch) > 1:
            readings = [self._read([item]) for item in batch]
            pages = [page for reading in readings for page in reading.pages]
            return Reading(batch, pages, {number for one in readings for number in one.unfinished})
        stream, number = batch[0]
        return Reading(batch, lost(self.talk.caller, stream, number, str(error)), {number})

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[Opened], Any]]:
        return self.talk.listed(stream, after)

    def bury(self, items: Iterable[Item]) -> None:
        """Asks what became of numbers that are not listed any more; keeps the answer as their tombstone."""
        for stream, number in sorted(items):
            page = self.talk.what_became(stream, number)
            if page is not None:
                asked = {**page.asked, "kind": stream[:-1], "number": number}
                self.tombstones.append([Page(asked, page.status, page.headers, page.fetched_at, page.body)])
