"""What happened to an issue or merge request: resource events by REST, and what GitLab writes into system notes.

A system note is text for people, in English whatever the instance's language. What it was for stands in
`systemNoteMetadata { action }`; who was meant and what is at the other end only in the text:

    assignee         assigned to @ada and unassigned @bob        title   changed title from **old** to **new**
    reviewer         requested review from @ada                   title   marked this merge request as **draft**
    cross_reference  mentioned in merge request !7                duplicate   marked this issue as a duplicate of #3
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.bundles import Parts
from extract.gitlab.records import Records
from extract.records import Record, instant

LOGIN = re.compile(r"@([A-Za-z0-9_][A-Za-z0-9_.-]*[A-Za-z0-9_-]|[A-Za-z0-9_])")
REFERENCE = re.compile(r"(?P<where>[\w.-]+(?:/[\w.-]+)*)?(?P<sign>[#!])(?P<number>\d+)")
KIND_OF_SIGN = {"#": "issue", "!": "change"}
STATES = {"closed": "closed", "reopened": "reopened", "opened": "reopened", "merged": "merged"}
PEOPLE = {
    "assigned to ": "assigned",
    "unassigned ": "unassigned",
    "requested review from ": "review_requested",
    "removed review request for ": "review_request_removed",
}
PARTS_OF_A_NOTE = re.compile("(" + "|".join(map(re.escape, PEOPLE)) + ")")
WORDS = {
    "changed title from ": "renamed",
    "marked this merge request as **draft**": "converted_to_draft",
    "marked this merge request as **ready**": "ready_for_review",
    "marked as a **Work In Progress**": "converted_to_draft",
    "unmarked as a **Work In Progress**": "ready_for_review",
    "marked this issue as a duplicate of ": "duplicate_marked",
}
"""Beginnings of notes, for actions that stand for several things."""
OTHER_ENDS = ("cross_referenced", "duplicate_marked")


def merge_sha(node: Record) -> str | None:
    """A fast-forward makes no commit of its own: the last of the change is then in the target branch."""
    sha: str | None = node["mergeCommitSha"] or node["diffHeadSha"]
    return sha


def last_closed(parts: Parts) -> str | None:
    """When it was closed last, for a merge request does not say."""
    closed = [row["created_at"] for row in _rows(parts, "resource_state_events") if row["state"] == "closed"]
    return max(closed, default=None)


def read_events(node: Record, parts: Parts, notes: list[Record], closers: dict[int, Record], into: Records) -> int:
    """Adds all events; gives how many there are."""
    number, before = int(node["iid"]), len(into.tables["events"])
    for row in _rows(parts, "resource_label_events"):
        label = (row["label"] or {}).get("name")
        kind = "labelled" if row["action"] == "add" else "unlabelled"
        _add(into, number, row, "label", kind=kind, label=label)
    for row in _rows(parts, "resource_milestone_events"):
        milestone = (row["milestone"] or {}).get("title")
        kind = "milestoned" if row["action"] == "add" else "demilestoned"
        _add(into, number, row, "milestone", kind=kind, milestone=milestone)
    has_states = False
    for row in _rows(parts, "resource_state_events"):
        has_states = has_states or row["state"] in STATES
        _read_state(row, number, node, closers, into)
    for note in notes:
        if note["system"]:
            _read_note(note, number, has_states, into)
    return len(into.tables["events"]) - before


def _rows(parts: Parts, resource: str) -> Iterator[Record]:
    for part in parts:
        if part.asked["part"] == resource:
            yield from part.data()


def _add(into: Records, number: int, row: Record, prefix: str, **told: object) -> None:
    into.add(
        "events",
        **{
            "event_id": f"{prefix}:{row['id']}",
            "number": number,
            "actor_account_id": into.account(row["user"]),
            "occurred_at": instant(row["created_at"]),
            **told,
        },
    )


def _read_state(row: Record, number: int, node: Record, closers: dict[int, Record], into: Records) -> None:
    """A merge closes too, which GitLab does not note; what a merge closed names the merge request by its lasting id."""
    if row["state"] not in STATES:
        return
    by = row.get("source_merge_request_id")
    other = {} if by is None else _closer(closers.get(by), into)
    sha = merge_sha(node) if row["state"] == "merged" else row.get("source_commit")
    _add(into, number, row, "state", kind=STATES[row["state"]], sha=sha, **other)
    if row["state"] == "merged":
        _add(into, number, row, "state", kind="closed", event_id=f"state:{row['id']}:closed")


def _closer(change: Record | None, into: Records) -> Record:
    if change is None:  # not shown to us, or deleted: it was one all the same
        return {"other_kind": "change"}
    repo_id = f"{into.forge}:{change['project_id']}"
    return {"other_kind": "change", "other_number": int(change["iid"]), "other_repo_id": repo_id}


def _read_note(note: Record, number: int, has_states: bool, into: Records) -> None:
    action, text = (note["systemNoteMetadata"] or {}).get("action"), note["body"]
    if action in ("assignee", "reviewer"):
        _read_people(note, number, into)
    elif action in ("locked", "unlocked"):
        _add_note(into, number, note, kind=action)
    elif action == "cross_reference":
        _add_note(into, number, note, kind="cross_referenced", **_other(text, into))
    elif action in ("closed", "opened", "merged"):
        if not has_states:  # before GitLab 13.0 there were no events of states
            _add_note(into, number, note, kind=STATES[action])
    else:
        kind = next((kind for begin, kind in WORDS.items() if text.startswith(begin)), None)
        if kind is not None:
            _add_note(into, number, note, kind=kind, **(_other(text, into) if kind in OTHER_ENDS else {}))


def _read_people(note: Record, number: int, into: Records) -> None:
    """One event for each who is named; the name becomes an account once all accounts are known."""
    found = PARTS_OF_A_NOTE.split(note["body"])
    pairs = [
        (PEOPLE[verb], login)
        for verb, names in zip(found[1::2], found[2::2], strict=True)
        for login in LOGIN.findall(names)
    ]
    for at, (kind, login) in enumerate(pairs):
        _add_note(into, number, note, kind=kind, subject_account_id=f"@{login}", at=at)


def _other(text: str, into: Records) -> Record:
    """The issue or merge request at the other end; one of another project is known by its path alone."""
    found = REFERENCE.search(text.rpartition(" ")[2])
    if found is None:
        return {}
    repo_id = None if found["where"] else into.repo_id
    return {
        "other_kind": KIND_OF_SIGN[found["sign"]],
        "other_number": int(found["number"]),
        "other_repo_id": repo_id,
    }


def _add_note(into: Records, number: int, note: Record, at: int = 0, **told: object) -> None:
    row = {"id": into.number(note["id"]), "user": note["author"], "created_at": note["createdAt"]}
    _add(into, number, row, "note", **{"event_id": f"note:{row['id']}:{at}" if at else f"note:{row['id']}", **told})
