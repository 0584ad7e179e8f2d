"""Reading the pages of Gitea and Forgejo: pure functions from what was received to records of the raw contract.

A listing of pull requests is a list of objects like these (an issue has no base, head and merge):

    {"number": 7, "title": "...", "user": {"id": 11, "login": "ada"}, "state": "closed", "comments": 2, "draft": false,
     "merged_at": "...", "merged_by": {...}, "merge_commit_sha": "...", "merge_base": "...", "head": {"sha": "..."}, ...}

What belongs to an item comes in pages of its own: `timeline`, `reactions`, `reviews`, `review_comments` and `sizes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from extract.archive import Page
from extract.bundles import Dialect, Parts, reader
from extract.gitea import events, reviews
from extract.gitea.records import Records
from extract.mentions import DOTTED_LOGIN, mentioned
from extract.records import Record, instant
from extract.texts import told_by

CONTENTS = {
    "+1": "thumbs_up",
    "-1": "thumbs_down",
    "laugh": "laugh",
    "hooray": "hooray",
    "confused": "confused",
    "heart": "heart",
    "rocket": "rocket",
    "eyes": "eyes",
}


def read_repository(page: Page, forge: str) -> Record:
    """`GET /repos/{owner}/{repo}`, e.g. {"id": 1, "full_name": "a/b", "html_url": "...", "fork": false, ...}."""
    said = page.data()
    return {
        "repo_id": f"{forge}:{said['id']}",
        "forge": forge,
        "full_name": said["full_name"],
        "url": said["html_url"],
        "default_branch": said.get("default_branch") or None,
        "is_fork": said.get("fork"),
        "is_archived": said.get("archived"),
        "created_at": instant(said["created_at"]),
    }


def nodes(page: Page) -> list[tuple[str, int, Record]]:
    """An issue that is a pull request is shown among pull requests alone."""
    said = page.data()
    if isinstance(said, dict) and "data" in said:  # not even its listing was to be had
        stream, number = said["data"]["lost"]
        return [(stream[:-1], number, {})]
    rows = said if isinstance(said, list) else [said]
    return [("change" if "merge_base" in row else "issue", row["number"], row) for row in rows]


def read_item(node: Record, parts: Parts, into: Records) -> None:
    number, kind = node["number"], str(into.item_kind)
    timeline = list(_rows(parts, "timeline"))
    told = events.read_events(node, timeline, into)
    verdicts = list(_rows(parts, "reviews"))
    if kind == "change":
        pages = [part for part in parts if part.asked["part"] == "review_comments"]
        reviews.read_reviews(node, verdicts, pages, timeline, into)
        before = reviews.previous_states(verdicts)
        for event in into.tables["events"]:
            if event["kind"] == "review_dismissed":
                event["state"] = before.get(str(event["review_id"]))
    for entry in timeline:
        if entry["type"] == "comment":
            _read_comment(entry, number, into)
    on_lines = list(_rows(parts, "review_comments"))
    _read_mentions(_texts(node, kind, timeline, verdicts, on_lines, into), number, into)
    _read_all_reactions(number, kind, parts, on_lines, into)
    counts = {"comments_total": _comments_total(node, timeline), "events_total": told}
    into.add("items", number=number, kind=kind, **_common(node, into), **counts, **_of_change(node, parts, into))


def _comments_total(node: Record, timeline: list[Record]) -> int:
    """An instance counts comments and reviews together, anew only when somebody comments: between comments there may be
    more reviews by now. So the number is within bounds, and what is here is it if it is within them too."""
    comments = len([entry for entry in timeline if entry["type"] == "comment"])
    most, reviews_now = int(node["comments"]), int(node.get("review_comments") or 0)
    return min(max(comments, most - reviews_now), most)


def _common(node: Record, into: Records) -> Record:
    return {
        "title": node["title"],
        "author_account_id": into.author(node),
        "url": node["html_url"],
        "milestone": (node["milestone"] or {}).get("title"),
        "labels": [label["name"] for label in node["labels"] or ()],
        "is_locked": node["is_locked"],
        "opened_at": instant(node["created_at"]),
        "updated_at": instant(node["updated_at"]),
        "closed_at": instant(node["closed_at"]) if node["state"] == "closed" else None,
    }


def _of_change(node: Record, parts: Parts, into: Records) -> Record:
    if into.item_kind != "change":
        return {}
    sizes: Record = next((part.data() for part in parts if part.asked["part"] == "sizes"), {})
    is_merged = bool(node["merged"])
    return {
        "merged_by_account_id": into.account(node["merged_by"]) if is_merged else None,
        "base_sha": node["merge_base"] or None,
        "head_sha": node["head"]["sha"] or None,
        "merge_sha": node["merge_commit_sha"] if is_merged else None,
        "added_lines": sizes.get("additions"),
        "deleted_lines": sizes.get("deletions"),
        "changed_files": sizes.get("changed_files"),
        "is_draft": node["draft"],
        "merged_at": instant(node["merged_at"]) if is_merged else None,
    }


def _rows(parts: Parts, name: str) -> Iterator[Record]:
    for part in parts:
        if part.asked["part"] == name:
            yield from part.data() or ()


def _read_comment(entry: Record, number: int, into: Records) -> None:
    into.add(
        "comments",
        comment_id=f"comment:{entry['id']}",
        number=number,
        kind="comment",
        author_account_id=into.account(entry["user"]),
        url=entry["html_url"],
        edited_at=reviews.edited_at(entry),
        commented_at=instant(entry["created_at"]),
        **told_by(entry["body"]),
    )


def _texts(
    node: Record, kind: str, timeline: list[Record], verdicts: list[Record], on_lines: list[Record], into: Records
) -> Iterator[tuple[str, Record, str, str | None]]:
    """All texts of an item: what they are on, where they stand, when they were written and by whom."""
    yield f"{kind}:{node['number']}", node, node["created_at"], into.author(node)
    comments = [entry for entry in timeline if entry["type"] == "comment"]
    for one, rows in (("comment", comments), ("review_comment", on_lines)):
        for row in rows:
            yield f"{one}:{row['id']}", row, row["created_at"], into.account(row["user"])
    for row in verdicts:
        if row["state"] in reviews.STATES:
            yield f"review:{row['id']}", row, row["submitted_at"], into.account(row["user"])


def _read_mentions(texts: Iterator[tuple[str, Record, str, str | None]], number: int, into: Records) -> None:
    """Whom texts name; the texts themselves go no further."""
    for subject_id, row, at, author in texts:
        for login in mentioned(row["body"] or "", DOTTED_LOGIN):
            told: dict[str, Any] = {"author_account_id": author, "mentioned_at": instant(at)}
            into.add("mentions", subject_id=subject_id, number=number, login=login, **told)


def _read_all_reactions(number: int, kind: str, parts: Parts, on_lines: list[Record], into: Records) -> None:
    _read_reactions(f"{kind}:{number}", number, _rows(parts, "reactions"), into)
    ids = {comment["id"] for comment in on_lines}
    for part in parts:
        if part.asked["part"] == "comment_reactions":
            comment = part.asked["comment"]
            subject = "review_comment" if comment in ids else "comment"
            _read_reactions(f"{subject}:{comment}", number, iter(part.data() or ()), into)


def _read_reactions(subject_id: str, number: int, rows: Iterator[Record], into: Records) -> None:
    names = (row["content"] for row in rows)
    for content, total in Counter(CONTENTS[name] for name in names if name in CONTENTS).items():
        into.add("reactions", subject_id=subject_id, number=number, content=content, reactions_total=total)


READER = reader(
    Dialect(nodes, read_item, lambda page: None),
    version=3,
    records=Records,
    repository=read_repository,
    untold=frozenset({"reviews", "review_comments", "review_threads", "events", "closing_links"}),
)
