"""Reading GitHub's pages: pure functions from what was received to records of the raw contract.

A page of changes looks like this (an issue has no reviews):

    {"data": {"repository": {"pullRequests": {"nodes": [
        {"__typename": "PullRequest", "id": "PR_kw", "number": 7, "title": "...", "url": "https://...",
         "createdAt": "2024-01-01T00:00:00Z", "updatedAt": "...", "closedAt": null, "mergedAt": null,
         "author": {"__typename": "User", "login": "ada", "databaseId": 11},
         "comments": {"totalCount": 1, "nodes": [{"fullDatabaseId": "91", "author": null, "createdAt": "..."}]},
         "timelineItems": {"totalCount": 1, "nodes": [{"__typename": "LabeledEvent", "label": {"name": "bug"}}]},
         "reviews": {"totalCount": 1, "nodes": [{"fullDatabaseId": "5", "state": "APPROVED", "submittedAt": "..."}]},
         "reviewThreads": {"totalCount": 0, "nodes": []}}]}}}}

The rest of a nested list comes as `{"data": {"node": {"__typename": "PullRequest", "number": 7, "comments": ...}}}`,
and the counts of reactions as `{"data": {"nodes": [{"id": "PR_kw", "reactionGroups": [...]}]}}`. Of an item that was
read several times only the latest reading counts, with just the parts it had then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from extract.archive import Page
from extract.github.parts import is_draft, is_written, read_parts, read_text, rows
from extract.github.records import Record, Records, instant, lower
from extract.reading import Reader, read_or_quarantine, tombstone


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
        "created_at": instant(said["created_at"]),
    }


@dataclass(frozen=True)
class Group:
    """The nodes of one page of items, with the nodes of the rests that follow it."""

    fetched_at: str
    nodes: list[Record]
    rests: list[Record]
    pages: tuple[int, ...] = ()
    stream: str = ""


def read_groups(pages: Iterable[tuple[int, Page]], stream: str = "") -> Iterator[Group]:
    """From pages newest first to groups newest first."""
    rests: list[Record] = []
    numbers: list[int] = []
    for number, page in pages:
        numbers.append(number)
        data = page.data()["data"]
        if "repository" not in data:
            rests += (
                [data["node"]] if "node" in data else [node for node in reversed(data["nodes"]) if node is not None]
            )
            continue
        yield Group(page.fetched_at, _nodes(data["repository"]), list(reversed(rests)), tuple(numbers), stream)
        rests, numbers = [], []


BY_NUMBER = re.compile(r"i\d+")


def _nodes(said: Record) -> list[Record]:
    """`{"issues": {"nodes": [...]}}`, or items asked for by number: `{"i0": {...}, "i1": null}`, whatever else was."""
    if any(BY_NUMBER.fullmatch(name) for name in said):
        return [node for name, node in said.items() if BY_NUMBER.fullmatch(name) and node is not None]
    connection = next(iter(said.values()), None)
    if connection is not None and "nodes" in connection:
        return list(connection["nodes"])
    return [node for node in said.values() if node is not None]


def read_tombstones(pages: Iterable[tuple[int, Page]], repo_id: str) -> dict[int, Record]:
    """By number, from pages newest first: 404 or 410 is deleted, or converted to the discussion that was asked for then;
    an answer from elsewhere, transferred."""
    found: dict[int, Record] = {}
    for _, page in pages:
        said = page.data()
        # an issue, until the last reading of the item says which it was
        url = said.get("html_url") if page.status == 200 else None
        stone = tombstone(page, repo_id, "issue", url)
        if discussion := page.asked.get("discussion"):
            stone |= {"reason": "converted", "moved_to_url": discussion}
        found.setdefault(page.asked["number"], stone)
    return found


def read_items(group: Group, seen: set[int], gone: dict[int, Record], into: Records) -> bool:
    """Adds items not seen in a later page, with all their parts; one that cannot be read goes to quarantine whole.

    What has a tombstone that is younger is noted as buried: it is not on the forge any more. False if all was seen before.
    """
    is_used = False
    rests_of: dict[str, list[Record]] = defaultdict(list)
    for rest in group.rests:
        if "reactionGroups" in rest:
            into.reactions[rest["id"]] = rest["reactionGroups"]
        else:
            rests_of[rest.get("pullRequest", rest)["id"]].append(rest)
    fetched_at = datetime.fromisoformat(group.fetched_at)
    for node in group.nodes:
        number = node["number"]
        if number in seen:
            continue
        is_used = True
        rests = rests_of[node["id"]] if "id" in node else []
        is_buried = number in gone and gone[number]["noticed_at"] >= fetched_at
        _note_unanswered(number, [] if is_buried else [node, *rests], into)
        if "unanswered" in node:  # an earlier reading may know the item
            continue
        seen.add(number)
        if number in gone:
            gone[number]["item_kind"] = _kind(node)
            if is_buried:
                into.buried.add((_kind(node), number))
        _read_or_quarantine(node, [rest for rest in rests if "unanswered" not in rest], into)
    into.reactions.clear()
    return is_used


def _note_unanswered(number: int, nodes: list[Record], into: Records) -> None:
    for node in nodes:
        for part, reason in node.get("unanswered", {}).items():
            into.add("quarantine", stream=part, record_id=str(number), reason=reason)


def _read_or_quarantine(node: Record, rests: list[Record], into: Records) -> None:
    one = into.for_item(_kind(node))

    def read() -> None:
        _read_item(node, rests, one)
        for rest in rests:
            read_parts(rest, node["number"], one)

    read_or_quarantine(node["number"], one, read, into)


def _kind(node: Record) -> str:
    return "change" if node.get("__typename") == "PullRequest" else "issue"


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
        state_reason=lower(node.get("stateReason")),
        milestone=(node.get("milestone") or {}).get("title"),
        labels=_labels(node, rests),
        is_locked=node.get("locked"),
        lock_reason=lower(node.get("activeLockReason")),
        is_draft=node.get("isDraft"),
        opened_at=instant(node["createdAt"]),
        updated_at=instant(node["updatedAt"]),
        edited_at=instant(node.get("lastEditedAt")),
        closed_at=instant(node["closedAt"]),
        merged_at=instant(node.get("mergedAt")),
        **_totals(node, rests),
    )
    read_text(node, f"{'change' if is_change else 'issue'}:{node['number']}", node["number"], into)
    read_parts(node, node["number"], into)


def _labels(node: Record, rests: list[Record]) -> list[str] | None:
    if "labels" not in node:
        return None
    return [label["name"] for page in (node, *rests) for label in rows(page, "labels")]


COUNTS = {
    "comments_total": "comments",
    "events_total": "timelineItems",
    "reviews_total": "reviews",
    "review_threads_total": "reviewThreads",
    "closing_links_total": "closingIssuesReferences",
    "commits_total": "commits",
}


def _totals(node: Record, rests: list[Record]) -> dict[str, Any]:
    """The forge's own counts; null for what issues have none of, and for what an earlier version did not ask for."""
    totals = {total: node[name]["totalCount"] if name in node else None for total, name in COUNTS.items()}
    return totals if node["__typename"] == "Issue" else {**totals, **_written_totals(totals, [node, *rests])}


def _written_totals(totals: dict[str, Any], pages: list[Record]) -> dict[str, Any]:
    """Without what is still being written: it is shown to its author alone, and is not there yet."""
    reviews = [review for page in pages for review in rows(page, "reviews")]
    written = [review for review in reviews if review["submittedAt"] is not None]
    told = {"reviews_total": totals["reviews_total"] - len(reviews) + len(written)}
    if "reviewThreads" not in pages[0]:
        return told | {"review_comments_total": sum(review["comments"]["totalCount"] for review in written)}
    threads = [thread for page in pages for thread in rows(page, "reviewThreads")]
    more = [page for page in pages if page["__typename"] == "PullRequestReviewThread"]
    drafts = [one for part in (*threads, *more) for one in rows(part, "comments") if not is_written(one)]
    return told | {
        "review_comments_total": sum(thread["comments"]["totalCount"] for thread in threads) - len(drafts),
        "review_threads_total": totals["review_threads_total"] - sum(is_draft(thread) for thread in threads),
    }


READER = Reader(
    version=7,
    records=Records,
    repository=read_repository,
    groups=read_groups,
    items=read_items,
    tombstones=read_tombstones,
)
