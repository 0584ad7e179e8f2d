"""Reading GitLab's pages: pure functions from what was received to records of the raw contract.

A listing of merge requests looks like this (an issue has no sizes and no merge):

    {"data": {"project": {"list": {"nodes": [
        {"__typename": "MergeRequest", "id": "gid://gitlab/MergeRequest/71", "iid": "7", "title": "...", "state": "merged",
         "author": {"id": "gid://gitlab/User/11", "username": "ada", "bot": false}, "draft": false, "mergedAt": "...",
         "notes": {"nodes": [{"id": "gid://gitlab/Note/91", "body": "...", "system": false, "author": {...},
                              "discussion": {"id": "gid://gitlab/Discussion/6a9c"}, "position": null, ...}]}}]}}}}

What belongs to an item besides comes in pages of its own, e.g. of `resource_label_events`:
`[{"id": 142, "user": {"id": 1, "username": "root"}, "created_at": "...", "label": {"name": "a1"}, "action": "add"}]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from extract.archive import Page
from extract.bundles import Dialect, Parts, reader
from extract.gitlab import events, reviews
from extract.gitlab.records import Records
from extract.mentions import DOTTED_LOGIN, mentioned
from extract.records import Record, instant
from extract.texts import told_by

EMOJI = {
    "thumbsup": "thumbs_up",
    "thumbsdown": "thumbs_down",
    "laughing": "laugh",
    "smile": "laugh",
    "tada": "hooray",
    "confused": "confused",
    "heart": "heart",
    "rocket": "rocket",
    "eyes": "eyes",
}
"""GitLab has hundreds of emoji; those that say what other forges' reactions say are counted."""


def read_repository(page: Page, forge: str) -> Record:
    """`GET /projects/:id`, e.g. {"id": 1, "path_with_namespace": "a/b/c", "web_url": "...", ...}."""
    said = page.data()
    return {
        "repo_id": f"{forge}:{said['id']}",
        "forge": forge,
        "full_name": said["path_with_namespace"],
        "url": said["web_url"],
        "default_branch": said.get("default_branch"),
        "is_fork": "forked_from_project" in said,
        "is_archived": said.get("archived"),
        "created_at": instant(said["created_at"]),
    }


def nodes(page: Page) -> list[tuple[str, int, Record]]:
    data = page.data()["data"]
    if "lost" in data:  # not even its listing was to be had
        stream, number = data["lost"]
        return [(stream[:-1], number, {})]
    found = data["project"]["list"]["nodes"]
    return [("change" if node["__typename"] == "MergeRequest" else "issue", int(node["iid"]), node) for node in found]


def read_item(node: Record, parts: Parts, into: Records) -> None:
    number, kind = int(node["iid"]), str(into.item_kind)
    notes = list(_notes(node, parts))
    spoken = [note for note in notes if not note["system"] and not note["internal"]]
    on_lines = [note for note in spoken if note["position"] is not None]
    hidden = sum(1 for note in notes if note["internal"])
    closers = {one["id"]: one for one in _rows(parts, "closed_by")}
    told = events.read_events(node, parts, notes, closers, into)
    verdicts = reviews.read_reviews(number, node["webUrl"], notes, on_lines, into) if kind == "change" else {}
    for note in spoken:
        _read_note(note, number, spoken, verdicts, into)
    if kind == "change":
        reviews.read_threads(number, on_lines, into)
    for link in closers.values():
        if f"{into.forge}:{link['project_id']}" == into.repo_id:
            into.add("closing_links", number=int(link["iid"]), other_repo_id=into.repo_id, other_number=number)
    _read_text(f"{kind}:{number}", number, node["description"], into.account(node["author"]), node["createdAt"], into)
    _read_reactions(f"{kind}:{number}", number, (row["name"] for row in _rows(parts, "award_emoji")), into)
    counts = {"comments_total": (node["userNotesCount"] or 0) - len(on_lines) - hidden, "events_total": told}
    into.add("items", number=number, kind=kind, **_common(node, parts, into), **counts, **_of_change(node, into))


def _common(node: Record, parts: Parts, into: Records) -> Record:
    is_over = node["state"] != "opened"
    closed = node.get("closedAt") or node.get("mergedAt") or events.last_closed(parts)
    return {
        "title": node["title"],
        "author_account_id": into.account(node["author"]),
        "url": node["webUrl"],
        "milestone": (node["milestone"] or {}).get("title"),
        "labels": [label["title"] for label in node["labels"]["nodes"]],
        "is_locked": node["discussionLocked"],
        "opened_at": instant(node["createdAt"]),
        "updated_at": instant(node["updatedAt"]),
        "closed_at": instant(closed) if is_over else None,
    }


def _of_change(node: Record, into: Records) -> Record:
    if node["__typename"] != "MergeRequest":
        return {}
    sizes = node["diffStatsSummary"] or {}
    is_merged = node["mergedAt"] is not None
    return {
        "merged_by_account_id": into.account(node["mergeUser"]) if is_merged else None,
        "base_sha": (node["diffRefs"] or {}).get("baseSha"),
        "head_sha": node["diffHeadSha"],
        "merge_sha": events.merge_sha(node) if is_merged else None,
        "added_lines": sizes.get("additions"),
        "deleted_lines": sizes.get("deletions"),
        "changed_files": sizes.get("fileCount"),
        "commits_total": node["commitCount"],
        "is_draft": node["draft"],
        "merged_at": instant(node["mergedAt"]),
    }


def _notes(node: Record, parts: Parts) -> Iterator[Record]:
    """All notes of an item, with all names of their emoji, in the order in which they were written."""
    more: dict[str, list[str]] = {}
    pages = [node["notes"]]
    for part in parts:
        if part.asked["part"] == "notes":
            pages.append(part.data()["data"]["project"]["item"]["notes"])
        elif part.asked["part"] == "awards":
            note = part.data()["data"]["note"]
            more.setdefault(note["id"], []).extend(one["name"] for one in note["awardEmoji"]["nodes"])
    for page in pages:
        for note in page["nodes"]:
            if note is not None:
                names = [one["name"] for one in note["awardEmoji"]["nodes"]] + more.get(note["id"], [])
                yield {**note, "emoji": names}


def _rows(parts: Parts, resource: str) -> Iterator[Record]:
    for part in parts:
        if part.asked["part"] == resource:
            yield from part.data()


def _read_note(note: Record, number: int, spoken: list[Record], verdicts: dict[str, str], into: Records) -> None:
    """A note of the discussion is a comment; on a line it is one in review. In a thread it answers the first."""
    kind = "comment" if note["position"] is None else "review_comment"
    comment_id = f"{kind}:{into.number(note['id'])}"
    first = next(one for one in spoken if reviews.thread_id(one) == reviews.thread_id(note))
    answered = f"{'comment' if first['position'] is None else 'review_comment'}:{into.number(first['id'])}"
    author = into.account(note["author"])
    into.add(
        "comments",
        comment_id=comment_id,
        number=number,
        kind=kind,
        review_id=verdicts.get(note["id"]),
        reply_to_id=None if first is note else answered,
        thread_id=reviews.thread_id(note) if kind == "review_comment" else None,
        author_account_id=author,
        url=note["url"],
        edited_at=instant(note["lastEditedAt"]),
        commented_at=instant(note["createdAt"]),
        **told_by(note["body"]),
    )
    _read_text(comment_id, number, note["body"], author, note["createdAt"], into)
    _read_reactions(comment_id, number, note["emoji"], into)


def _read_text(
    subject_id: str, number: int, text: str | None, author: str | None, written_at: str, into: Records
) -> None:
    """Whom a text names; the text itself goes no further."""
    for login in mentioned(text or "", DOTTED_LOGIN):
        told: dict[str, Any] = {"author_account_id": author, "mentioned_at": instant(written_at)}
        into.add("mentions", subject_id=subject_id, number=number, login=login, **told)


def _read_reactions(subject_id: str, number: int, names: Iterable[str], into: Records) -> None:
    for content, total in Counter(EMOJI[name] for name in names if name in EMOJI).items():
        into.add("reactions", subject_id=subject_id, number=number, content=content, reactions_total=total)


def moved_to(page: Page) -> str | None:
    """Where an issue is that was moved: its own page leads there."""
    said = page.data() if page.status == 200 else {}
    return said.get("web_url") if said.get("moved_to_id") is not None else None


READER = reader(
    Dialect(nodes, read_item, moved_to),
    version=3,
    records=Records,
    repository=read_repository,
    untold=frozenset({"reviews", "review_comments", "review_threads", "events", "closing_links"}),
)
