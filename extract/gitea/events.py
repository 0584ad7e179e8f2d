"""The timeline of Gitea and Forgejo: comments, and what happened, each as an entry with a type.

    {"id": 5, "type": "label", "user": {...}, "label": {"name": "bug"}, "body": "1", "created_at": "..."}

The body of a label's entry is "1" where it was put on, and empty where it was taken off. A draft is a title that begins
with WIP. A merge closes, without an entry of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from extract.gitea.records import Records
from extract.records import Record, instant

WIP = re.compile(r"\s*(WIP:|\[WIP\])", re.IGNORECASE)
SAME_MERGE = timedelta(seconds=2)
"""An instance closes what a merge closes within this time."""
LOCK_REASONS = {"too heated": "too_heated", "off-topic": "off_topic", "resolved": "resolved", "spam": "spam"}
REFERENCES = ("issue_ref", "pull_ref", "comment_ref")


def read_events(node: Record, entries: list[Record], into: Records) -> int:
    """Adds all events and closing links; gives how many events there are."""
    number, before = node["number"], len(into.tables["events"])
    closers = [entry for entry in entries if entry["type"] in REFERENCES and entry["ref_action"] == "closes"]
    for entry in closers:
        change = entry["ref_issue"]
        if change and change.get("pull_request") and into.repository_id(change) == into.repo_id:
            link = {"number": change["number"], "other_repo_id": into.repo_id, "other_number": number}
            if into.item_kind == "issue" and link not in into.tables["closing_links"]:
                into.add("closing_links", **link)
    timeline = Timeline(node, closers, into)
    for entry in entries:
        for at, told in enumerate(_told(entry, timeline)):
            _add(entry, number, at, told, into)
    return len(into.tables["events"]) - before


def _add(entry: Record, number: int, at: int, told: Record, into: Records) -> None:
    into.add(
        "events",
        event_id=f"timeline:{entry['id']}:{at}" if at else f"timeline:{entry['id']}",
        number=number,
        actor_account_id=into.account(entry["user"]),
        occurred_at=instant(entry["created_at"]),
        **told,
    )


@dataclass(frozen=True)
class Timeline:
    """Whose timeline it is, and which of its entries are references that say they close it."""

    node: Record
    closers: list[Record]
    into: Records


def _told(entry: Record, timeline: Timeline) -> list[Record]:
    """What an entry says, as columns of raw.events; nothing for comments and what no other forge has."""
    read = READ.get(entry["type"])
    return [] if read is None else read(entry, timeline)


def _label(entry: Record, _: Timeline) -> list[Record]:
    kind = "labelled" if entry["body"] == "1" else "unlabelled"
    return [{"kind": kind, "label": (entry["label"] or {}).get("name")}]


def _assignee(entry: Record, timeline: Timeline) -> list[Record]:
    kind = "unassigned" if entry["removed_assignee"] else "assigned"
    return [{"kind": kind, "subject_account_id": timeline.into.account(entry["assignee"])}]


def _lock(entry: Record, _: Timeline) -> list[Record]:
    return [{"kind": "locked", "reason": LOCK_REASONS.get((entry["body"] or "").lower())}]


def _merge(_: Record, timeline: Timeline) -> list[Record]:
    return [{"kind": "merged", "sha": timeline.node.get("merge_commit_sha")}, {"kind": "closed"}]


def _reference(entry: Record, timeline: Timeline) -> list[Record]:
    other = entry["ref_issue"]
    return [{"kind": "cross_referenced", **_end(other, timeline.into)}] if other else []


def _milestones(entry: Record, _: Timeline) -> list[Record]:
    old, new = entry["old_milestone"], entry["milestone"]
    return [
        *([{"kind": "demilestoned", "milestone": old["title"]}] if old else []),
        *([{"kind": "milestoned", "milestone": new["title"]}] if new else []),
    ]


def _request(entry: Record, timeline: Timeline) -> list[Record]:
    team = (entry["assignee_team"] or {}).get("name")
    subject = None if team else timeline.into.account(entry["assignee"])
    kind = "review_request_removed" if entry["removed_assignee"] else "review_requested"
    return [{"kind": kind, "team": team, "subject_account_id": subject}]


def _titles(entry: Record, _: Timeline) -> list[Record]:
    """A change of title may be one of draft, of the words, or of both."""
    old, new = entry["old_title"] or "", entry["new_title"] or ""
    was, is_now = WIP.match(old), WIP.match(new)
    told = []
    if bool(was) != bool(is_now):
        told.append({"kind": "converted_to_draft" if is_now else "ready_for_review"})
    if WIP.sub("", old, count=1).strip() != WIP.sub("", new, count=1).strip():
        told.append({"kind": "renamed"})
    return told


def _closed(entry: Record, timeline: Timeline) -> list[Record]:
    """The change whose merge closed it: one that says so, and was merged just then."""
    closed_at = datetime.fromisoformat(entry["created_at"])
    for reference in timeline.closers:
        merged = ((reference["ref_issue"] or {}).get("pull_request") or {}).get("merged_at")
        if merged and abs(closed_at - datetime.fromisoformat(merged)) <= SAME_MERGE:
            return [{"kind": "closed", **_end(reference["ref_issue"], timeline.into)}]
    return [{"kind": "closed", "sha": entry["ref_commit_sha"] or None}]


def _end(other: Record, into: Records) -> Record:
    kind = "change" if other.get("pull_request") else "issue"
    return {"other_kind": kind, "other_number": other["number"], "other_repo_id": into.repository_id(other)}


def _dismissal(entry: Record, _: Timeline) -> list[Record]:
    review = entry["review_id"]
    return [{"kind": "review_dismissed", "review_id": f"review:{review}" if review else None}]


def _push(entry: Record, _: Timeline) -> list[Record]:
    """A push is told in JSON: `{"is_force_push": true, "commit_ids": ["old", "new"]}`."""
    try:
        said = json.loads(entry["body"] or "{}")
    except ValueError:
        return []
    commits = said.get("commit_ids") or [None]
    return [{"kind": "head_force_pushed", "sha": commits[-1]}] if said.get("is_force_push") else []


READ: dict[str, Callable[[Record, Timeline], list[Record]]] = {
    "label": _label,
    "milestone": _milestones,
    "assignees": _assignee,
    "review_request": _request,
    "change_title": _titles,
    "lock": _lock,
    "unlock": lambda entry, _: [{"kind": "unlocked"}],
    "close": _closed,
    "reopen": lambda entry, _: [{"kind": "reopened"}],
    "merge_pull": _merge,
    **dict.fromkeys(REFERENCES, _reference),
    "dismiss_review": _dismissal,
    "pull_push": _push,
}
"""By the type of an entry."""
