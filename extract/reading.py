"""What reading the pages of any forge has in common: groups of pages, and items that are read whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any

import polars as pl

from extract import raw
from extract.archive import Page
from extract.raw_threads import CLOSING_LINKS, EVENTS, MENTIONS, REACTIONS, REVIEW_THREADS
from extract.records import Record, Records, instant
from quality.contract import INSTANT, Column

READ_AS = {pl.String: str, pl.Int64: int, pl.Boolean: bool, INSTANT: datetime, pl.List(pl.String): list}
ITEM_TABLES = {
    table.name: table
    for table in (
        raw.ITEMS,
        raw.COMMENTS,
        raw.REVIEWS,
        REVIEW_THREADS,
        EVENTS,
        REACTIONS,
        CLOSING_LINKS,
        MENTIONS,
    )
}
"""What an issue or change turns into."""
Gone = dict[Any, Record]
"""Tombstones, by what the reader tells items apart with."""


@dataclass(frozen=True)
class Reader:
    """How the pages of one kind of forge are read. `version` counts up when that changes: raw is then made anew.

    `groups` makes groups of pages that come newest first: a page that lists items and the pages that hold the rest of
    them, with `fetched_at`, `pages` (numbers) and `stream`. `items` adds what was not seen in a later group, and tells
    whether it used the group. `untold` are the streams of which the forge counts no total.
    """

    version: int
    records: Callable[[str, str], Any]
    repository: Callable[[Page, str], Record]
    groups: Callable[[Iterable[tuple[int, Page]], str], Iterator[Any]]
    items: Callable[[Any, set[Any], Gone, Any], bool]
    tombstones: Callable[[Iterable[tuple[int, Page]], str], Gone]
    untold: frozenset[str] = frozenset()


def read_or_quarantine(number: int, one: Records, read: Callable[[], object], into: Records) -> None:
    """Adds what was read of an item into `one`; an item that cannot be read goes to quarantine whole."""
    try:
        read()
        check(one.tables)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        into.add("quarantine", stream=f"{one.item_kind}s", record_id=str(number), reason=reason)
        return
    for table, records in one.tables.items():
        into.tables[table] += records


def check(tables: dict[str, list[Record]]) -> None:
    """Raises TypeError or ValueError for what raw could not hold, before it spoils the table for all others."""
    for table, records in tables.items():
        for column in ITEM_TABLES[table].columns:
            values = [record.get(column.name) for record in records]
            if not _are_plain(column, values):
                for value in values:
                    _check_value(column, value)


def _are_plain(column: Column, values: list[Any]) -> bool:
    """Whether all are what they should be, told by looking at them together; False where one has to look closer."""
    kinds = set(map(type, values))
    if column.nullable:
        kinds.discard(NoneType)
    if not kinds:
        return True
    if (
        kinds != {READ_AS[column.dtype]}
        or kinds == {list}
        or (column.one_of and not {None, *column.one_of}.issuperset(values))
    ):
        return False
    return kinds != {str} or _are_text(values)


def _are_text(values: list[str | None]) -> bool:
    try:
        "".join(filter(None, values)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_value(column: Column, value: Any) -> None:
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column.name} is missing")
        return
    if type(value) is not READ_AS[column.dtype]:
        raise TypeError(f"{column.name} is a {type(value).__name__}")
    if column.one_of and value not in column.one_of:
        raise ValueError(f"{column.name} is {value!r}")
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str):
            text.encode()  # half a character is no text
        elif isinstance(value, list):
            raise TypeError(f"{column.name} holds a {type(text).__name__}")


def tombstone(page: Page, repo_id: str, kind: str, moved_to_url: str | None) -> Record:
    """What a forge says now of a number that it had once."""
    return {
        "repo_id": repo_id,
        "number": page.asked["number"],
        "item_kind": kind,
        "reason": "deleted" if moved_to_url is None else "transferred",
        "moved_to_url": moved_to_url,
        "noticed_at": instant(page.fetched_at),
    }
