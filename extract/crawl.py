"""Crawling a forge page by page: windows that end where the run began, and nothing acknowledged before it is durable.

A window is `[since, until)`: `until` is the start of the run, never "now", because items that change while we read may
move before the cursor; they belong to the next window. A listing and everything below its items are durable before the
manifest moves on to the next cursor. A listing that the forge cannot make shrinks; a part of an item that cannot be had
leaves a page that says why, and `facts["again"]` has the item's number for the next run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from extract.archive import Archive, Page
from extract.bundles import Parts, bundle
from extract.caller import Caller
from extract.errors import Strained
from extract.records import Record
from extract.sizes import PageSize
from extract.source import Report

OVERLAP = timedelta(hours=1)
"""Read again before the watermark, for clocks that disagree and replicas that lag."""
Item = tuple[str, int]
"""Stream and number."""
Opened = tuple[int, str]
"""Number and instant of opening."""


@dataclass(frozen=True)
class Listing:
    """One page of a list: its items with number, instant of change and JSON, and where the next page begins."""

    page: Page
    items: list[tuple[int, str, Record]]
    after: Any = None
    total: int | None = None
    missing: frozenset[int] = frozenset()
    """Numbers that were asked for by name and are not there."""


@dataclass(frozen=True)
class Glance:
    """What a page of items in the order of their numbers shows without their parts, as columns of raw.items."""

    seen: dict[Item, dict[str, Any]]
    missing: frozenset[Item]
    after: Any = None


class Talk(Protocol):
    """What a forge is asked; it knows addresses and yields pages, and judges nothing."""

    caller: Caller
    per_page: int
    """Items of a listing."""
    per_batch: int
    """Items that can be asked for by number at once."""
    per_look: int
    """Commits whose authors can be asked for at once."""
    notes: list[str]
    """What an operator should know of what was seen on the way."""
    unshown: dict[str, str]
    """Streams that the forge would not show when it was asked what is newest, with the reason."""

    def newest(self) -> dict[str, dict[str, Any]]:
        """Per stream that is shown, its total and something that changes with any of its items."""
        ...

    def changed(self, stream: str, since: str | None, after: Any, first: int, tries: int) -> Listing:
        """A page of what changed since then; `after` is None for the first page, and in a listing after the last."""
        ...

    def isolated(self, stream: str, since: str | None, after: Any) -> Listing | None:
        """The one item behind the cursor by its number alone, where its listing is too much; None if not even that is
        to be had."""
        ...

    def by_number(self, stream: str, numbers: list[int], tries: int) -> Listing: ...

    def below(self, stream: str, node: Record) -> Iterator[Page]:
        """Everything that belongs to an item; each page has `number` and `part` in what was asked."""
        ...

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[Opened], Any]]:
        """Numbers with the instants of opening, newest first, a page at a time from a cursor on; each page with the
        cursor behind it, which holds until the next run, and None at the end. Some may come twice."""
        ...

    def glance(self, held: Mapping[str, set[int]], after: Any, at_most: int) -> Glance: ...

    def what_became(self, stream: str, number: int) -> Page | None:
        """What the forge says of a number that is not listed; None if it is there all the same, or only refused."""
        ...

    def authors(self, shas: list[str]) -> Page:
        """What the forge says of who is behind commits; NotUnderstood where it cannot say."""
        ...


@dataclass
class Gathering:
    """Brings listings together with what belongs to their items; `held` has the instants of change that raw knows."""

    talk: Talk
    held: Mapping[Item, str] = field(default_factory=dict)
    unfinished: set[int] = field(default_factory=set)

    def pages(self, stream: str, listing: Listing, *, everything: bool = False) -> list[Page]:
        """The listing and the bundle of its items; nothing where all of them are known as they are."""
        self.unfinished = set()
        items = [
            (number, node)
            for number, updated, node in listing.items
            if everything or self.held.get((stream, number)) != updated
        ]
        if not items:
            return []
        parts: Parts = []
        for number, node in items:
            parts += self._below(stream, number, node)
        read = [number for number, _ in items]
        return [listing.page, bundle(stream, read, parts, listing.page.fetched_at)]

    def _below(self, stream: str, number: int, node: Record) -> Parts:
        parts: Parts = []
        try:
            parts.extend(self.talk.below(stream, node))
        except Strained as error:
            part = parts[-1].asked["part"] if parts else stream
            self.unfinished.add(number)
            parts.append(no_part(self.talk.caller, number, "comments" if part == stream else part, str(error)))
        return parts


def no_part(caller: Caller, number: int, part: str, reason: str) -> Page:
    """In place of what could not be had of an item; `part` is the stream that is not whole then."""
    return caller.no_answer({"number": number, "part": part}, {"unanswered": {part: reason}})


def lost(caller: Caller, stream: str, number: int, reason: str) -> list[Page]:
    """Pages in place of an item of which nothing could be had but its number."""
    listing = caller.no_answer({"stream": stream}, {"lost": [stream, number]})
    return [listing, bundle(stream, [number], [no_part(caller, number, stream, reason)], listing.fetched_at)]


class Walk:
    """One stream of one repository, listing by listing."""

    def __init__(self, gathering: Gathering, archive: Archive, stream: str, report: Report) -> None:
        self.gathering, self.archive, self.stream, self.report = gathering, archive, stream, report
        self.size = PageSize(gathering.talk.per_page, step=archive.manifest.facts.get("step", 0))

    def up_to(self, until: str, newest: dict[str, Any]) -> None:
        """First what an earlier run left half done, then what is new."""
        self._to_the_end()
        manifest = self.archive.manifest
        if manifest.watermark is not None and manifest.facts.get("newest") == newest and newest["newest"] is not None:
            self.archive.acknowledge(watermark=max(until, manifest.watermark))
            return
        since = _since(manifest.watermark)
        self.archive.acknowledge(
            window={"since": since, "until": until, "after": None, "newest": newest, "seen": 0, "total": None}
        )
        self._to_the_end()

    def _to_the_end(self) -> None:
        while self.archive.manifest.window is not None:
            self._one_page(self.archive.manifest.window)

    def _one_page(self, window: dict[str, Any]) -> None:
        listing, reason = self._listing(window)
        if _has_shrunk(listing, window):  # something moved up past the cursor: begin again
            self.archive.acknowledge(window={**window, "after": None, "total": listing.total})
            return
        pages = self._pages(listing, reason)
        facts = self.size.noted(self.archive.manifest.facts)
        if self.gathering.unfinished:
            facts["again"] = sorted({*facts.get("again", ()), *self.gathering.unfinished})
        seen = window["seen"] + len(listing.items)
        if listing.after is None:
            facts["newest"] = window["newest"]
            self.archive.append(pages, window=None, watermark=window["until"], facts=facts)
        else:
            rest = {**window, "after": listing.after, "seen": seen, "total": listing.total}
            self.archive.append(pages, window=rest, facts=facts)
        self.report(self.stream, seen, None if window["since"] else listing.total)

    def _listing(self, window: dict[str, Any]) -> tuple[Listing, str]:
        """The listing behind the cursor, as long as the forge can make it, and why it is not what was wanted."""
        talk = self.gathering.talk
        while True:
            try:
                listing = talk.changed(self.stream, window["since"], window["after"], self.size.first, self.size.tries)
            except Strained as error:
                if self.size.is_smallest:
                    isolated = talk.isolated(self.stream, window["since"], window["after"])
                    if isolated is None:
                        raise
                    return isolated, str(error)
                self.size.shrink()
                continue
            self.size.rest()
            return listing, ""

    def _pages(self, listing: Listing, reason: str) -> list[Page]:
        """What is to be kept of a listing; with a reason, of items that were not to be had."""
        if not reason:
            return self.gathering.pages(self.stream, listing)
        numbers = [number for number, _, _ in listing.items]
        self.gathering.unfinished = set(numbers)
        return [page for number in numbers for page in lost(self.gathering.talk.caller, self.stream, number, reason)]


def _has_shrunk(listing: Listing, window: dict[str, Any]) -> bool:
    before = window.get("total")
    return before is not None and listing.total is not None and listing.total < before and window["after"] is not None


def _since(watermark: str | None) -> str | None:
    if watermark is None:
        return None
    return (datetime.fromisoformat(watermark) - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
