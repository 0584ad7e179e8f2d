"""What surrounds the texts of a thread in a view: its timeline, labels and locks, threads on lines, reactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ids import node_id
from .nodes import Node, Rows, instant
from .repository import Repository
from .things import Change, Event, Issue, ReviewComment, Said, Thread

if TYPE_CHECKING:
    from .view import View

CONTENTS = ("THUMBS_UP", "THUMBS_DOWN", "LAUGH", "HOORAY", "CONFUSED", "HEART", "ROCKET", "EYES")
Keyed = list[tuple[tuple[int, int], Node]]


def said(text: Said, until: int) -> Node:
    """What was done to a text after it was written."""
    edited = text.edited_epoch if text.edited_epoch is not None and text.edited_epoch <= until else None
    return {"lastEditedAt": instant(edited), "reactionGroups": [reactions(text, name, until) for name in CONTENTS]}


def reactions(text: Said, content: str, until: int) -> Node:
    epochs = [epoch for (name, _), epoch in text.reactions.items() if name == content and epoch <= until]
    return {
        "content": content,
        "createdAt": instant(min(epochs, default=None)),
        "reactors": {"totalCount": len(epochs)},
    }


def state_of(thread: Thread, until: int) -> Node:
    locked, milestone = thread.last("Locked", until=until), thread.last("Milestoned", "Demilestoned", until=until)
    is_locked = thread.is_locked(until)
    return {
        "locked": is_locked,
        "activeLockReason": locked.word if locked and is_locked else None,
        "milestone": {"title": milestone.word} if milestone and milestone.kind == "Milestoned" else None,
        "_labels": Rows([((place, 0), {"name": name}) for place, name in enumerate(thread.labels(until))]),
    }


def timeline(view: View, repository: Repository, thread: Thread) -> Keyed:
    return [
        ((event.epoch, event.database_id), event_node(view, repository, thread, event))
        for event in thread.events
        if event.epoch <= view.until
    ]


def event_node(view: View, repository: Repository, thread: Thread, event: Event) -> Node:
    prefix = "".join(letter for letter in event.kind if letter.isupper())
    node: Node = {
        "__typename": f"{event.kind}Event",
        "id": node_id(f"{prefix}E", repository.database_id, event.database_id),
        "actor": view.actors[event.actor.account_id],
        "createdAt": instant(event.epoch),
        "_id": event.database_id,
        **dict.fromkeys(WORDS.get(event.kind, ()), event.word),
    }
    subject = view.actors[event.subject.account_id] if event.subject else None
    if event.kind in ("Labeled", "Unlabeled"):
        node["label"] = {"name": event.word}
    elif event.kind in ("Assigned", "Unassigned"):
        node["assignee"] = subject
    elif event.kind in ("ReviewRequested", "ReviewRequestRemoved"):
        node["requestedReviewer"] = subject if event.subject else {"__typename": "Team", "combinedSlug": event.word}
    elif event.kind == "RenamedTitle":
        node["currentTitle"] = thread.title
    elif event.review:
        node["previousReviewState"] = event.review.state
        view.awaited.append((node, "review", node_id("PRR", repository.database_id, event.review.database_id)))
    elif event.other:
        for end, other in zip(ENDS[event.kind], (event.other, thread), strict=False):
            view.awaited.append((node, end, id_of(repository, other)))
    return view.keep(node)


WORDS = {
    "Milestoned": ("milestoneTitle",),
    "Demilestoned": ("milestoneTitle",),
    "RenamedTitle": ("previousTitle",),
    "Closed": ("stateReason",),
    "Locked": ("lockReason",),
}
ENDS = {
    "CrossReferenced": ("source", "target"),
    "Connected": ("subject", "source"),
    "MarkedAsDuplicate": ("canonical", "duplicate"),
    "Closed": ("closer",),
}
"""Where an event shows the other thread, and where the one whose timeline it is in."""


def id_of(repository: Repository, thread: Thread) -> str:
    return node_id("I" if isinstance(thread, Issue) else "PR", repository.database_id, thread.database_id)


def review_threads(view: View, repository: Repository, change: Change, node: Node) -> Keyed:
    return [
        ((thread[0].written_epoch, thread[0].database_id), thread_node(view, repository, change, thread, node))
        for thread in change.line_threads(view.until)
    ]


def thread_node(
    view: View, repository: Repository, change: Change, thread: list[ReviewComment], change_node: Node
) -> Node:
    first = thread[0]
    is_resolved = first.resolved_epoch is not None and first.resolved_epoch <= view.until
    pushed = change.last("HeadRefForcePushed", until=view.until)
    comments = []
    for comment in thread:
        shown = view.by_id[node_id("PRRC", repository.database_id, comment.database_id)]
        shown |= {"outdated": pushed is not None and comment.written_epoch < pushed.epoch, "state": "SUBMITTED"}
        comments.append(((comment.written_epoch, comment.database_id), shown))
    resolver: Any = view.actors[first.resolved_by.account_id] if first.resolved_by and is_resolved else None
    return view.keep(
        {
            "__typename": "PullRequestReviewThread",
            "id": node_id("PRRT", repository.database_id, first.database_id),
            "isResolved": is_resolved,
            "isOutdated": comments[0][1]["outdated"],
            "resolvedBy": resolver,
            "pullRequest": change_node,
            "_comments": Rows(comments),
        }
    )
