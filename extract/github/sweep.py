"""What the windows cannot see: items that are gone, that moved while we paged, or that changed without a trace.

The forge's count is held against ours; where they differ, the list of numbers (a hundred for a point) tells which are
missing, and which are no more. A slow rolling re-read catches what changes without moving `updatedAt`. What is gone
gets a tombstone: what the forge says of the number now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from extract.archive import Archive, Page
from extract.errors import NoSuchRepository, Strained
from extract.github import queries
from extract.github.client import Client
from extract.github.fetch import STREAMS, Report, Stream, fetch_newest, names, read_newest
from extract.github.nested import Rests
from extract.sizes import PageSize

ITEMS_PER_REQUEST = 50
NUMBERS_PER_REQUEST = 100
ROWS_PER_REQUEST = 30
"""Of each list of an item."""
Held = Mapping[str, set[int]]
"""Numbers by stream."""
Item = tuple[str, int]
"""Stream and number."""
OLDEST_FIRST = {"field": "CREATED_AT", "direction": "ASC"}
NEWEST_FIRST = {"field": "CREATED_AT", "direction": "DESC"}


@dataclass(frozen=True)
class Reading:
    """Items that were asked for together, the pages that came, and the numbers that could not be had whole."""

    batch: list[Item]
    pages: list[Page]
    unfinished: set[int]


class Sweep:
    """One repository's items by their numbers. `again` and `tombstones` are archives of their own."""

    def __init__(self, client: Client, again: Archive, tombstones: Archive, full_name: str, report: Report) -> None:
        self.client, self.again, self.tombstones = client, again, tombstones
        self.full_name, self.report = full_name, report
        self.size = PageSize(ITEMS_PER_REQUEST, ROWS_PER_REQUEST)

    @property
    def pages(self) -> int:
        """How many pages there are of both."""
        return self.again.manifest.pages + self.tombstones.manifest.pages

    def reconcile(self, held: Held, totals: Mapping[str, int], left: Held) -> None:
        """Fetches what we miss and buries what is gone; what an earlier try has `left` has a turn of its own."""
        differ = [stream for stream in STREAMS if len(held.get(stream.name, ())) != totals.get(stream.name, 0)]
        listed = {stream.name: self._numbers(stream) for stream in differ}
        self.read_again({name: numbers - held[name] - left[name] for name, numbers in listed.items()})
        there = {number for numbers in listed.values() for number in numbers}
        self.bury({number for name, numbers in listed.items() for number in held[name] - numbers} - there)

    def look(
        self, held: Held, at_most: int, is_known: Callable[[list[Page]], bool], long: Set[int] = frozenset()
    ) -> dict[str, dict[str, Any]]:
        """Totals and newest changes (see fetch_newest), and with the same request a rolling re-read.

        It takes the next items in the order of their numbers, and keeps them if they say something new. Of those that
        are so `long` that they need requests of their own it takes one.
        """
        last = self.again.manifest.facts.get("rolled", 0)
        in_order = sorted((number <= last, number, name) for name, numbers in held.items() for number in numbers)
        chosen = [(name, number) for _, number, name in up_to_second(in_order[:at_most], long)]
        batch = chosen[: self.size.first]
        try:
            newest = self._looked(batch, is_known) if batch else fetch_newest(self.client, self.full_name)
        except Strained:
            newest, batch = fetch_newest(self.client, self.full_name), []
        for reading in self.read(chosen[len(batch) :]):
            self._roll(reading, is_known)
        return newest

    def _looked(self, batch: list[Item], is_known: Callable[[list[Page]], bool]) -> dict[str, dict[str, Any]]:
        question = self._question(batch, with_newest=True)
        page = self.client.ask(*question, self.full_name, tries=self.size.tries, absent=True)
        said = page.data()["data"]["repository"]
        if said is None:
            raise NoSuchRepository(self.client.forge, self.full_name)
        self._roll(self._whole(page, batch, set()), is_known)
        return read_newest(said)

    def _roll(self, reading: Reading, is_known: Callable[[list[Page]], bool]) -> None:
        facts = {**self.again.manifest.facts, "rolled": reading.batch[-1][1]}
        self.again.append([] if is_known(reading.pages) else reading.pages, facts=facts)

    def read_again(self, wanted: Held) -> set[int]:
        """Items with all their parts, by number; gives the numbers of those that could not be had whole."""
        unfinished: set[int] = set()
        for reading in self.read([(name, number) for name in wanted for number in sorted(wanted[name])]):
            self.again.append(reading.pages)
            unfinished |= reading.unfinished
        return unfinished

    def read(self, todo: list[Item]) -> Iterator[Reading]:
        """Item after item, as many at once as the forge can make; what is no more is buried."""
        done = 0
        while done < len(todo):
            batch = todo[done : done + self.size.first]
            try:
                page, missed = self._batch(batch), set()
            except Strained as error:
                if not self.size.is_smallest:
                    self.size.shrink()
                    continue
                page, missed = self._unanswered(batch, error), {number for _, number in batch}
            else:
                self.size.rest()
            done += len(batch)
            yield self._whole(page, batch, missed)
            self.report("again", done, len(todo))

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[tuple[int, str]], Any]]:
        """Numbers with the instants of opening, newest first, a page at a time from a cursor on; each page with the cursor
        behind it, None at the end."""
        wanted = next(one for one in STREAMS if one.name == stream)
        for connection in self._listed(wanted, NEWEST_FIRST, after):
            info = connection["pageInfo"]
            page = [(node["number"], node["createdAt"]) for node in connection["nodes"]]
            yield page, info["endCursor"] if info["hasNextPage"] else None

    def bury(self, numbers: Iterable[int]) -> None:
        """Asks what became of numbers that are not listed any more; keeps the answer as their tombstone."""
        for number in sorted(numbers):
            page = self.client.get(f"/repos/{self.full_name}/issues/{number}", self.full_name, absent=True)
            if page is not None and is_gone(page, number, self.full_name):
                asked = {**page.asked, "number": number, "discussion": self._discussion(number, page)}
                self.tombstones.append([Page(asked, page.status, page.headers, page.fetched_at, page.body)])

    def _discussion(self, number: int, page: Page) -> str | None:
        """Address of the discussion that the issue became, if it became one; None for what answers as something else."""
        if page.status == 200:
            return None
        variables = {**names(self.full_name), "number": number}
        said = self.client.ask(queries.DISCUSSION, variables, self.full_name, absent=True).data()["data"]
        found = (said["repository"] or {}).get("discussion")
        return None if found is None else str(found["url"])

    def _whole(self, page: Page, batch: list[Item], missed: set[int]) -> Reading:
        said = page.data()["data"]["repository"]
        found = {f"i{at}": said.get(f"i{at}") for at in range(len(batch))}
        rests = Rests(self.client, self.full_name, missed)
        pages = [page, *rests.of([node for node in found.values() if node and "unanswered" not in node])]
        self.bury(number for at, (_, number) in enumerate(batch) if found.get(f"i{at}") is None)
        return Reading(batch, pages, rests.unfinished)

    def _batch(self, batch: list[Item]) -> Page:
        return self.client.ask(*self._question(batch), self.full_name, tries=self.size.tries, absent=True)

    def _unanswered(self, batch: list[Item], error: Strained) -> Page:
        query, variables = self._question(batch)
        items = {
            f"i{at}": {"number": number, "unanswered": {name: str(error)}} for at, (name, number) in enumerate(batch)
        }
        return self.client.no_answer({"query": query, "variables": variables}, {"repository": items})

    def _question(self, batch: list[Item], *, with_newest: bool = False) -> tuple[str, dict[str, Any]]:
        numbers = {f"n{at}": number for at, (_, number) in enumerate(batch)}
        query = queries.items_by_number([name for name, _ in batch], with_newest=with_newest)
        return query, {**names(self.full_name), "nested": self.size.nested, **numbers}

    def _numbers(self, stream: Stream) -> set[int]:
        return {node["number"] for connection in self._listed(stream, OLDEST_FIRST) for node in connection["nodes"]}

    def _listed(self, stream: Stream, order: dict[str, str], after: str | None = None) -> Iterator[dict[str, Any]]:
        while True:
            variables = {**names(self.full_name), "first": NUMBERS_PER_REQUEST, "after": after, "order": order}
            page = self.client.ask(queries.NUMBERS[stream.name], variables, self.full_name)
            connection = page.data()["data"]["repository"][stream.connection]
            yield connection
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]


def up_to_second(in_order: list[tuple[bool, int, str]], long: Set[int]) -> list[tuple[bool, int, str]]:
    """
    >>> up_to_second([(False, 1, "issues"), (False, 2, "issues"), (False, 3, "issues")], {1, 3})
    [(False, 1, 'issues'), (False, 2, 'issues')]
    """
    places = [at for at, (_, number, _) in enumerate(in_order) if number in long]
    return in_order[: places[1]] if len(places) > 1 else in_order


def is_gone(page: Page, number: int, full_name: str) -> bool:
    """Not there any more, or there under another number or repository: `{"number": 7, "repository_url": "..."}`.

    What is only refused (403, 451) is not gone.
    """
    if page.status != 200:
        return page.status in (404, 410)
    said = json.loads(page.body)
    place = str(said.get("repository_url", "")).rpartition("/repos/")[2]
    return bool(said.get("number") != number or place.lower() != full_name.lower())
