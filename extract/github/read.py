"""Reading GitHub's pages: pure functions from what was received to records of the raw contract.

A page of changes looks like this (an issue has no reviews):

    {"data": {"repository": {"pullRequests": {"nodes": [
        {"__typename": "PullRequest", "id": "PR_kw", "number": 7, "title": "...", "url": "https://...",
         "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "...", "closedAt": null, "mergedAt": null,
         "author": {"__typename": "User", "login": "ada", "databaseId": 11},
         "comments": {"totalCount": 1, "nodes": [{"fullDatabaseId": "91", "author": null, "createdAt": "..."}]},
         "reviews": {"totalCount": 1, "nodes": [{"fullDatabaseId": "5", "state": "APPROVED", "submittedAt": "...",
                     "comments": {"totalCount": 0, "nodes": []}}]}}]}}}}

The rest of a nested list comes as `{"data": {"node": {"__typename": "PullRequest", "number": 7, "comments": ...}}}`.
Of an item that was read several times only the latest reading counts, with just the parts it had then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from extract import raw
from extract.archive import Page
from quality.contract import INSTANT, Column

Record = dict[str, Any]
READ_AS = {pl.String: str, pl.Int64: int, pl.Boolean: bool, INSTANT: datetime}
ACCOUNT_TYPES = {"User": "user", "Bot": "bot", "Organization": "organisation", "Mannequin": "mannequin"}


@dataclass
class Records:
    """Raw records by table, of one repository of one forge."""

    forge: str
    repo_id: str
    tables: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, Record] = field(default_factory=dict)

    def add(self, table: str, **record: Any) -> None:
        self.tables[table].append({"repo_id": self.repo_id, **record})

    def account(self, actor: dict[str, Any] | None) -> str | None:
        """Notes the account and gives its id; a deleted account is null and stays so."""
        if actor is None or actor.get("databaseId") is None:
            return None
        account_id = f"{self.forge}:{actor['databaseId']}"
        kind = ACCOUNT_TYPES[actor["__typename"]]
        login = actor["login"] if kind != "bot" or actor["login"].endswith("[bot]") else f"{actor['login']}[bot]"
        # pages come newest first, so the first login seen is the one in use now
        self.accounts.setdefault(account_id, {"account_id": account_id, "login": login, "account_type": kind})
        return account_id


def read_repository(page: Page, forge: str) -> Record:
    """`GET /repos/OWNER/NAME`, e.g. {"id": 1, "full_name": "a/b", "html_url": "...", "fork": false, ...}."""
    said = page.data()
    return {
        "repo_id": f"{forge}:{said['id']}",
        "forge": forge,
        "full_name": said["full_name"],
        "url": said["html_url"],
        "default_branch": said.get("default_branch"),
        "is_fork": said.get("fork"),
        "is_archived": said.get("archived"),
        "created_at": _instant(said["created_at"]),
    }


@dataclass(frozen=True)
class Group:
    """The nodes of one page of items, with the nodes of the rests that follow it."""

    fetched_at: str
    nodes: list[Record]
    rests: list[Record]


def read_groups(pages: Iterable[tuple[int, Page]]) -> Iterator[Group]:
    """From pages newest first to groups newest first."""
    rests: list[Record] = []
    for _, page in pages:
        data = page.data()["data"]
        if "node" in data:
            rests.append(data["node"])
            continue
        yield Group(page.fetched_at, _nodes(data["repository"]), list(reversed(rests)))
        rests = []


def _nodes(said: Record) -> list[Record]:
    """`{"issues": {"nodes": [...]}}`, or items asked for by number: `{"i0": {...}, "i1": null}`."""
    connection = next(iter(said.values()), None)
    if connection is not None and "nodes" in connection:
        return list(connection["nodes"])
    return [node for node in said.values() if node is not None]


def read_tombstones(pages: Iterable[tuple[int, Page]], repo_id: str) -> dict[int, Record]:
    """By number, from pages newest first: 404 or 410 is deleted; an answer from elsewhere, transferred."""
    found: dict[int, Record] = {}
    for _, page in pages:
        said = page.data()
        found.setdefault(
            page.asked["number"],
            {
                "repo_id": repo_id,
                "number": page.asked["number"],
                "reason": "transferred" if page.status == 200 else "deleted",
                "moved_to_url": said.get("html_url") if page.status == 200 else None,
                "noticed_at": _instant(page.fetched_at),
            },
        )
    return found


def read_items(group: Group, seen: set[int], gone: Mapping[int, Record], into: Records) -> None:
    """Adds items not seen in a later page, with all their parts; one that cannot be read goes to quarantine whole.

    What has a tombstone that is younger is left out: it is not on the forge any more.
    """
    rests_of: dict[str, list[Record]] = defaultdict(list)
    for rest in group.rests:
        rests_of[rest.get("pullRequest", rest)["id"]].append(rest)
    fetched_at = datetime.fromisoformat(group.fetched_at)
    for node in group.nodes:
        number = node["number"]
        if number in seen:
            continue
        rests = rests_of[node["id"]] if "id" in node else []
        _note_unanswered(number, [node, *rests], into)
        if "unanswered" in node:  # an earlier reading may know the item
            continue
        seen.add(number)
        if number not in gone or gone[number]["noticed_at"] < fetched_at:
            _read_or_quarantine(node, [rest for rest in rests if "unanswered" not in rest], into)


def _note_unanswered(number: int, nodes: list[Record], into: Records) -> None:
    for node in nodes:
        for part, reason in node.get("unanswered", {}).items():
            into.add("quarantine", stream=part, record_id=str(number), reason=reason)


def _read_or_quarantine(node: Record, rests: list[Record], into: Records) -> None:
    one = Records(into.forge, into.repo_id, accounts=into.accounts)
    try:
        _read_item(node, rests, one)
        for rest in rests:
            _read_parts(rest, node["number"], one)
        _check(one.tables)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        stream = "changes" if node.get("__typename") == "PullRequest" else "issues"
        reason = f"{type(error).__name__}: {error}"
        into.add("quarantine", stream=stream, record_id=str(node.get("number", node["id"])), reason=reason)
        return
    for table, records in one.tables.items():
        into.tables[table] += records


def _check(tables: dict[str, list[Record]]) -> None:
    """Raises TypeError or ValueError for what raw could not hold, before it spoils the table for all others."""
    for table, records in tables.items():
        for column in COLUMNS[table]:
            for record in records:
                _check_value(column, record.get(column.name))


COLUMNS = {table.name: table.columns for table in (raw.ITEMS, raw.COMMENTS, raw.REVIEWS)}


def _check_value(column: Column, value: Any) -> None:
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column.name} is missing")
        return
    if type(value) is not READ_AS[column.dtype]:
        raise TypeError(f"{column.name} is a {type(value).__name__}")
    if column.one_of and value not in column.one_of:
        raise ValueError(f"{column.name} is {value!r}")
    if isinstance(value, str):
        value.encode()  # half a character is no text


def _read_item(node: Record, rests: list[Record], into: Records) -> None:
    is_change = node["__typename"] == "PullRequest"
    into.add(
        "items",
        number=node["number"],
        kind="change" if is_change else "issue",
        title=node["title"],
        author_account_id=into.account(node["author"]),
        merged_by_account_id=into.account(node.get("mergedBy")),
        url=node["url"],
        base_sha=node.get("baseRefOid"),
        head_sha=node.get("headRefOid"),
        merge_sha=(node.get("mergeCommit") or {}).get("oid"),
        added_lines=node.get("additions"),
        deleted_lines=node.get("deletions"),
        changed_files=node.get("changedFiles"),
        comments_total=node["comments"]["totalCount"],
        reviews_total=_submitted_total(node, rests) if is_change else None,
        commits_total=node["commits"]["totalCount"] if is_change else None,
        is_draft=node.get("isDraft"),
        opened_at=_instant(node["createdAt"]),
        updated_at=_instant(node["updatedAt"]),
        closed_at=_instant(node["closedAt"]),
        merged_at=_instant(node.get("mergedAt")),
    )
    _read_parts(node, node["number"], into)


def _submitted_total(node: Record, rests: list[Record]) -> int:
    """A review that is still being written is shown to its author alone, and is not one yet."""
    pages = [page["reviews"]["nodes"] for page in (node, *rests) if "reviews" in page]
    return int(node["reviews"]["totalCount"]) - sum(one["submittedAt"] is None for page in pages for one in page)


def _read_parts(node: Record, number: int, into: Records) -> None:
    if node["__typename"] == "PullRequestReview":
        _read_review_comments(node, number, into)
        return
    for comment in node.get("comments", {}).get("nodes", ()):
        _read_comment(comment, number, into, kind="comment")
    for review in node.get("reviews", {}).get("nodes", ()):
        if review["submittedAt"] is not None:
            _read_review(review, number, into)


def _read_review(review: Record, number: int, into: Records) -> None:
    into.add(
        "reviews",
        review_id=f"review:{review['fullDatabaseId']}",
        number=number,
        author_account_id=into.account(review["author"]),
        state=review["state"].lower(),
        url=review["url"],
        comments_total=review["comments"]["totalCount"],
        submitted_at=_instant(review["submittedAt"]),
    )
    _read_review_comments(review, number, into)


def _read_review_comments(review: Record, number: int, into: Records) -> None:
    review_id = f"review:{review['fullDatabaseId']}"
    for comment in review["comments"]["nodes"]:
        _read_comment(comment, number, into, kind="review_comment", review_id=review_id)


def _read_comment(comment: Record, number: int, into: Records, *, kind: str, review_id: str | None = None) -> None:
    reply_to = comment.get("replyTo")
    into.add(
        "comments",
        comment_id=f"{kind}:{comment['fullDatabaseId']}",
        number=number,
        kind=kind,
        review_id=review_id,
        reply_to_id=f"{kind}:{reply_to['fullDatabaseId']}" if reply_to else None,
        author_account_id=into.account(comment["author"]),
        url=comment["url"],
        is_minimised=comment["isMinimized"],
        commented_at=_instant(comment["createdAt"]),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
