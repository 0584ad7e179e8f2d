"""Fetching from GitHub: nested GraphQL pages, newest change first, every nested list followed to its end.

A window is `[since, until)`: `until` is the start of the run, never "now", because items that change while we read
move to the front of the list and would be missed behind our backs; they belong to the next window. A page and the
rests of its nested lists are durable before the manifest moves on to the next cursor.

A page that the forge cannot make shrinks, down to one item; if that one cannot be had either, a page that says so
stands in its place, and `facts["again"]` has its number for the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.archive import Archive, Page
from extract.errors import Strained
from extract.github import queries
from extract.github.client import Client
from extract.github.nested import Rests
from extract.sizes import PageSize

OVERLAP = timedelta(hours=1)
"""Read again before the watermark, for clocks that disagree and replicas that lag."""
NEWEST_CHANGE_FIRST = {"field": "UPDATED_AT", "direction": "DESC"}


@dataclass(frozen=True)
class Stream:
    """A list of GitHub's: its query, the name of its connection and how many items and nested rows a page has."""

    name: str
    query: str
    connection: str
    first: int
    nested: int


STREAMS = (
    Stream("issues", queries.ISSUES, "issues", first=100, nested=50),
    Stream("changes", queries.CHANGES, "pullRequests", first=50, nested=35),
)
Report = Callable[[str, int, int | None], None]


def fetch_repository(client: Client, full_name: str, last: Page | None = None) -> Page:
    """What the forge says of the repository itself; the last page again if it says the same. Renames are followed, also
    where nobody has the name any more."""
    etag = None if last is None else last.headers.get("etag")
    page = client.get(f"/repos/{full_name}", full_name, etag, absent=last is not None)
    if page is not None and page.status != 200 and last is not None:
        page = client.get(f"/repositories/{last.data()['id']}", full_name, etag)
    return page or last  # type: ignore[return-value]  # only what has an etag can be unchanged


def fetch_newest(client: Client, full_name: str) -> dict[str, dict[str, Any]]:
    """Per stream the total and the newest change: one request that tells whether anything else need be asked."""
    return read_newest(client.ask(queries.NEWEST, names(full_name), full_name).data()["data"]["repository"])


def read_newest(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        stream.name: {"total": data[stream.connection]["totalCount"], "newest": data[stream.connection]["nodes"]}
        for stream in STREAMS
    }


def fetch_stream(
    client: Client, archive: Archive, stream: Stream, full_name: str, newest: dict[str, Any], until: str, report: Report
) -> None:
    """Brings the archive of one stream up to `until`: first what an earlier run left half done, then what is new."""
    walk = Walk(client, archive, stream, full_name, report)
    if archive.manifest.window is not None:
        walk.to_the_end()
    if archive.manifest.watermark is not None and archive.manifest.facts.get("newest") == newest:
        archive.acknowledge(watermark=max(until, archive.manifest.watermark))
        return
    window = {"since": _since(archive.manifest.watermark), "until": until, "after": None, "newest": newest, "seen": 0}
    archive.acknowledge(window=window)
    walk.to_the_end()


class Walk:
    """One stream of one repository, page by page."""

    def __init__(self, client: Client, archive: Archive, stream: Stream, full_name: str, report: Report) -> None:
        self.client, self.archive, self.stream, self.full_name = client, archive, stream, full_name
        self.report = report
        self.size = PageSize(stream.first, stream.nested, archive.manifest.facts.get("step", 0))
        self.rests = Rests(client, full_name)

    def to_the_end(self) -> None:
        while self.archive.manifest.window is not None:
            self._one_page(self.archive.manifest.window)

    def _one_page(self, window: dict[str, Any]) -> None:
        page, unanswered = self._page(window["after"])
        connection = page.data()["data"]["repository"][self.stream.connection]
        self.rests.unfinished = unanswered
        pages = [page, *(() if unanswered else self.rests.of(connection["nodes"]))]
        seen = window["seen"] + len(connection["nodes"])
        facts = self.size.noted(self.archive.manifest.facts)
        if self.rests.unfinished:
            facts["again"] = sorted({*facts.get("again", ()), *self.rests.unfinished})
        if _is_last(connection, window["since"]):
            facts["newest"] = window["newest"]
            self.archive.append(pages, window=None, watermark=window["until"], facts=facts)
        else:
            rest = {**window, "after": connection["pageInfo"]["endCursor"], "seen": seen}
            self.archive.append(pages, window=rest, facts=facts)
        self.report(self.stream.name, seen, None if window["since"] else connection["totalCount"])

    def _page(self, after: str | None) -> tuple[Page, set[int]]:
        """The page behind a cursor, as large as the forge can make it, and the numbers of items it could not give."""
        while True:
            variables = {**names(self.full_name), "first": self.size.first, "after": after, "nested": self.size.nested}
            try:
                page = self.client.ask(self.stream.query, variables, self.full_name, tries=self.size.tries)
            except Strained as error:
                if self.size.is_smallest:
                    return self._isolated(after, error)
                self.size.shrink()
                continue
            self.size.rest()
            return page, set()

    def _isolated(self, after: str | None, error: Strained) -> tuple[Page, set[int]]:
        """The one item that cannot be had, by its number alone; raises Strained if not even that can be had."""
        variables = {**names(self.full_name), "first": 1, "after": after, "order": NEWEST_CHANGE_FIRST}
        page = self.client.ask(queries.NUMBERS[self.stream.name], variables, self.full_name)
        answer = page.data()["data"]
        connection = answer["repository"][self.stream.connection]
        for node in connection["nodes"]:
            node["unanswered"] = {self.stream.name: str(error)}
        asked = {"query": self.stream.query, "variables": variables}
        return self.client.no_answer(asked, answer), {node["number"] for node in connection["nodes"]}


def _is_last(connection: dict[str, Any], since: str | None) -> bool:
    if not connection["pageInfo"]["hasNextPage"]:
        return True
    return since is not None and connection["nodes"][-1]["updatedAt"] < since


def names(full_name: str) -> dict[str, str]:
    owner, _, name = full_name.partition("/")
    return {"owner": owner, "name": name}


def _since(watermark: str | None) -> str | None:
    if watermark is None:
        return None
    return (datetime.fromisoformat(watermark) - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
