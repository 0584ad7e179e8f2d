"""Pages of forges whose items need requests of their own: a page that lists items, and a bundle of what belongs to them.

A bundle is one page of the archive: a list of answers as they came, each with what was asked. It says in `read` which
items of the listing were read with all their parts; the others were known already, and an earlier group has them.

    {"asked": {"parts_of": "issues", "read": [12, 7]}, "body": "[{\"asked\": {\"number\": 12, \"part\": \"timeline\", ...
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from extract.archive import Page
from extract.caller import NO_ANSWER
from extract.reading import Gone, Reader, read_or_quarantine, tombstone
from extract.records import Record, Records

Parts = list[Page]
Item = tuple[str, int]
"""Kind and number."""


def bundle(stream: str, read: Iterable[int], parts: Parts, fetched_at: str) -> Page:
    body = json.dumps([asdict(part) for part in parts], ensure_ascii=False)
    return Page({"parts_of": stream, "read": list(read)}, 200, {}, fetched_at, body)


def unanswered(page: Page) -> dict[str, str]:
    """By kind of part, why it could not be had; empty for an answer."""
    return dict(page.data()["data"]["unanswered"]) if page.status == NO_ANSWER else {}


@dataclass(frozen=True)
class Group:
    """A listing with the parts of its items, by number."""

    fetched_at: str
    listing: Page
    read: frozenset[int]
    parts: dict[int, Parts]
    pages: tuple[int, ...]
    stream: str


def read_groups(pages: Iterable[tuple[int, Page]], stream: str) -> Iterator[Group]:
    """From pages newest first; the bundle comes after its listing, so it is met before."""
    last: tuple[int, Page] | None = None
    for number, page in pages:
        if "parts_of" in page.asked:
            last = (number, page)
        elif last is not None:
            parts: dict[int, Parts] = defaultdict(list)
            for part in (Page(**one) for one in last[1].data()):
                parts[part.asked["number"]].append(part)
            read = frozenset(last[1].asked["read"])
            yield Group(page.fetched_at, page, read, parts, (last[0], number), stream)
            last = None


@dataclass(frozen=True)
class Dialect:
    """How one forge writes: `nodes` finds the items of a listing with kind and number, `read` adds one of them with its
    parts, `moved_to` tells from a tombstone's page where the item is now, None if nowhere."""

    nodes: Callable[[Page], list[tuple[str, int, Record]]]
    read: Callable[[Record, Parts, Any], None]
    moved_to: Callable[[Page], str | None]


def reader(
    dialect: Dialect,
    version: int,
    records: Callable[[str, str], Records],
    repository: Callable[[Page, str], Record],
    untold: frozenset[str],
) -> Reader:
    return Reader(
        version=version,
        records=records,
        repository=repository,
        groups=read_groups,
        items=lambda group, seen, gone, into: _read_items(dialect, group, seen, gone, into),
        tombstones=lambda pages, repo_id: _read_tombstones(dialect, pages, repo_id),
        untold=untold,
    )


def _read_items(dialect: Dialect, group: Group, seen: set[Item], gone: Gone, into: Records) -> bool:
    """Adds items that no later group has; what has a younger tombstone is noted as buried. False if all was seen."""
    is_used = False
    fetched_at = datetime.fromisoformat(group.fetched_at)
    for kind, number, node in dialect.nodes(group.listing):
        if number not in group.read or (kind, number) in seen:
            continue
        is_used = True
        parts = group.parts.get(number, [])
        missing = {part: reason for page in parts for part, reason in unanswered(page).items()}
        is_buried = (kind, number) in gone and gone[kind, number]["noticed_at"] >= fetched_at
        for part, reason in () if is_buried else missing.items():
            into.add("quarantine", stream=part, record_id=str(number), reason=reason)
        if f"{kind}s" in missing:  # not even the item was to be had: an earlier reading may know it
            continue
        seen.add((kind, number))
        if is_buried:
            into.buried.add((kind, number))
        _read_one(dialect, kind, number, node, [part for part in parts if part.status != NO_ANSWER], into)
    return is_used


def _read_one(dialect: Dialect, kind: str, number: int, node: Record, parts: Parts, into: Records) -> None:
    one = into.for_item(kind)
    read_or_quarantine(number, one, lambda: dialect.read(node, parts, one), into)


def _read_tombstones(dialect: Dialect, pages: Iterable[tuple[int, Page]], repo_id: str) -> Gone:
    found: Gone = {}
    for _, page in pages:
        kind = page.asked["kind"]
        stone = tombstone(page, repo_id, kind, dialect.moved_to(page))
        found.setdefault((kind, page.asked["number"]), stone)
    return found
