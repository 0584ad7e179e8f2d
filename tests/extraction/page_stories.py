"""Pages of GitHub written by hand: one issue or change a node, with only what a story is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from extract import partition
from extract.archive import Archive, Page
from extract.github.read import READER

START = "2024-01-01T00:00:00Z"
Node = dict[str, Any]


def someone(login: str, kind: str = "User") -> Node:
    return {"__typename": kind, "login": login, "databaseId": sum(map(ord, login))}


def listed(*nodes: Node, total: int | None = None) -> Node:
    """A connection; with a total of its own when the rest of it comes in another page."""
    return {"totalCount": len(nodes) if total is None else total, "nodes": list(nodes)}


def a_comment(number: int, **more: Any) -> Node:
    told = {"url": "u", "createdAt": START, "isMinimized": False, "author": someone("ada")}
    return {"fullDatabaseId": str(number), **told, **more}


def a_review(number: int, *comments: Node, **more: Any) -> Node:
    told = {"url": "u", "state": "APPROVED", "submittedAt": START, "author": someone("bob")}
    return {"id": f"R{number}", "fullDatabaseId": str(number), "comments": listed(*comments), **told, **more}


def an_event(name: str, kind: str, **more: Any) -> Node:
    told = {"__typename": f"{kind}Event", "createdAt": START, "actor": someone("ada")}
    return {"id": name, **told, **more}


def the_other(number: int, repository: int = 1) -> Node:
    """An issue or change at the other end of an event."""
    return {"number": number, "repository": {"databaseId": repository}}


def a_line_comment(number: int, review: int = 5, **more: Any) -> Node:
    of = {"fullDatabaseId": str(review), "submittedAt": START}
    return a_comment(number, **{"state": "SUBMITTED", "outdated": False, "pullRequestReview": of, **more})


def a_line_thread(name: str, *comments: Node, total: int | None = None) -> Node:
    told = {"__typename": "PullRequestReviewThread", "id": name, "resolvedBy": None}
    return {**told, "isResolved": False, "isOutdated": False, "comments": listed(*comments, total=total)}


def an_issue(number: int, *comments: Node, **more: Any) -> Node:
    told = {"title": "t", "url": "u", "createdAt": START, "updatedAt": START, "closedAt": None}
    plain = {"id": f"I{number}", "number": number, "author": someone("ada"), "comments": listed(*comments)}
    told |= {"timelineItems": listed()}
    return {"__typename": "Issue", **plain, **told, **more}


def a_change(number: int, *reviews: Node, **more: Any) -> Node:
    told = {"__typename": "PullRequest", "id": f"P{number}", "reviews": listed(*reviews), "commits": {"totalCount": 1}}
    told |= {"reviewThreads": listed(), "closingIssuesReferences": listed()}
    return an_issue(number, **{**told, **more})


def a_page(data: Node, at: str = START) -> Page:
    return Page({"query": "q", "variables": {}}, 200, {}, at, json.dumps(data))


def items_page(connection: str, *nodes: Node) -> Page:
    return a_page({"data": {"repository": {connection: {"nodes": list(nodes)}}}})


def rest_page(node: Node, **lists: Node) -> Page:
    """What did not fit on the page of its issue or change."""
    return a_page({"data": {"node": {name: node[name] for name in ("__typename", "id", "number")} | lists}})


def keep(folder: Path, name: str, *pages: Page, total: int = 0) -> None:
    """Appends the pages to the archive of a stream, as a complete crawl does."""
    facts = {"newest": {"total": total, "newest": []}}
    Archive(folder / "archive" / name).append(list(pages), watermark="2024-02-01T00:00:00+00:00", facts=facts)


def keep_repository(folder: Path) -> None:
    said = {"id": 1, "full_name": "a/b", "html_url": "u", "created_at": START}
    Archive(folder / "archive" / "repository").append([a_page(said)])


def read_back(folder: Path) -> dict[str, pl.DataFrame]:
    """The raw tables that the archive gives."""
    partition.read_archive(READER, folder / "archive", folder / "raw", "box")
    return {file.stem: pl.read_parquet(file) for file in (folder / "raw").glob("*.parquet")}


def stream(tables: dict[str, pl.DataFrame], name: str) -> Node:
    return tables["streams"].row(by_predicate=pl.col("stream") == name, named=True)


def on(month: int) -> datetime:
    return datetime(2024, month, 1, tzinfo=UTC)
