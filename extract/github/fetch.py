"""Fetching from GitHub: nested GraphQL pages, newest change first, every nested list followed to its end.

A window is `[since, until)`: `until` is the start of the run, never "now", because items that change while we read
move to the front of the list and would be missed behind our backs; they belong to the next window. A page and the
rests of its nested lists are durable before the manifest moves on to the next cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.archive import Archive, Page
from extract.github import queries
from extract.github.client import Client

OVERLAP = timedelta(hours=1)
"""Read again before the watermark, for clocks that disagree and replicas that lag."""


@dataclass(frozen=True)
class Stream:
    """A list of GitHub's: its query, the name of its connection and how many items and nested rows a page has."""

    name: str
    query: str
    connection: str
    first: int
    nested: int


STREAMS = (
    Stream("issues", queries.ISSUES, "issues", first=100, nested=40),
    Stream("changes", queries.CHANGES, "pullRequests", first=50, nested=30),
)
Report = Callable[[str, int, int | None], None]


def fetch_repository(client: Client, full_name: str) -> Page:
    """What the forge says of the repository itself; follows renames."""
    return client.get(f"/repos/{full_name}", full_name)


def fetch_newest(client: Client, full_name: str) -> dict[str, dict[str, Any]]:
    """Per stream the total and the newest change: one request that tells whether anything else need be asked."""
    data = client.ask(queries.NEWEST, names(full_name), full_name).data()["data"]["repository"]
    return {
        stream.name: {"total": data[stream.connection]["totalCount"], "newest": data[stream.connection]["nodes"]}
        for stream in STREAMS
    }


def fetch_stream(
    client: Client, archive: Archive, stream: Stream, full_name: str, newest: dict[str, Any], until: str, report: Report
) -> None:
    """Brings the archive of one stream up to `until`: first what an earlier run left half done, then what is new."""
    if archive.manifest.window is not None:
        _walk(client, archive, stream, full_name, report)
    if archive.manifest.watermark is not None and archive.manifest.facts.get("newest") == newest:
        archive.acknowledge(watermark=max(until, archive.manifest.watermark))
        return
    window = {"since": _since(archive.manifest.watermark), "until": until, "after": None, "newest": newest, "seen": 0}
    archive.acknowledge(window=window)
    _walk(client, archive, stream, full_name, report)


def _walk(client: Client, archive: Archive, stream: Stream, full_name: str, report: Report) -> None:
    while archive.manifest.window is not None:
        window = archive.manifest.window
        variables = {**names(full_name), "first": stream.first, "after": window["after"], "nested": stream.nested}
        page = client.ask(stream.query, variables, full_name)
        connection = page.data()["data"]["repository"][stream.connection]
        rests = list(_rests(client, connection["nodes"], full_name))
        seen = window["seen"] + len(connection["nodes"])
        if _is_last(connection, window["since"]):
            archive.append([page, *rests], window=None, watermark=window["until"], facts={"newest": window["newest"]})
        else:
            rest = {**window, "after": connection["pageInfo"]["endCursor"], "seen": seen}
            archive.append([page, *rests], window=rest)
        report(stream.name, seen, None if window["since"] else connection["totalCount"])


def _is_last(connection: dict[str, Any], since: str | None) -> bool:
    if not connection["pageInfo"]["hasNextPage"]:
        return True
    return since is not None and connection["nodes"][-1]["updatedAt"] < since


def _rests(client: Client, nodes: list[dict[str, Any]], full_name: str) -> Iterator[Page]:
    """The pages of nested lists that did not fit, in an order in which parents come before their parts."""
    for node in nodes:
        comments = queries.MORE_ISSUE_COMMENTS if node["__typename"] == "Issue" else queries.MORE_CHANGE_COMMENTS
        yield from _follow(client, comments, node["id"], "comments", node["comments"], full_name)
        if "reviews" in node:
            yield from _follow_reviews(client, node, full_name)


def _follow_reviews(client: Client, node: dict[str, Any], full_name: str) -> Iterator[Page]:
    reviews = list(node["reviews"]["nodes"])
    for page in _follow(client, queries.MORE_REVIEWS, node["id"], "reviews", node["reviews"], full_name, nested=50):
        reviews += page.data()["data"]["node"]["reviews"]["nodes"]
        yield page
    for review in reviews:
        if review["submittedAt"] is None:  # still being written: it is none yet
            continue
        yield from _follow(
            client, queries.MORE_REVIEW_COMMENTS, review["id"], "comments", review["comments"], full_name
        )


def _follow(
    client: Client, query: str, node_id: str, name: str, connection: dict[str, Any], full_name: str, **sizes: int
) -> Iterator[Page]:
    while connection["pageInfo"]["hasNextPage"]:
        after = connection["pageInfo"]["endCursor"]
        page = client.ask(query, {"id": node_id, "after": after, **sizes}, full_name)
        yield page
        connection = page.data()["data"]["node"][name]


def names(full_name: str) -> dict[str, str]:
    owner, _, name = full_name.partition("/")
    return {"owner": owner, "name": name}


def _since(watermark: str | None) -> str | None:
    if watermark is None:
        return None
    return (datetime.fromisoformat(watermark) - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
