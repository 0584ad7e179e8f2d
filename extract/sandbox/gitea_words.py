"""Words, instants and small objects as Gitea writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from .nodes import Node

ZONE = timezone(timedelta(hours=1))
CONTENTS = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
STATES = {
    "DISMISSED": "APPROVED",
    "APPROVED": "APPROVED",
    "CHANGES_REQUESTED": "REQUEST_CHANGES",
    "COMMENTED": "COMMENT",
}
REASONS = {"TOO_HEATED": "Too heated", "OFF_TOPIC": "Off-topic", "RESOLVED": "Resolved", "SPAM": "Spam"}
TYPES = {
    "Labeled": "label",
    "Unlabeled": "label",
    "Milestoned": "milestone",
    "Demilestoned": "milestone",
    "Assigned": "assignees",
    "Unassigned": "assignees",
    "RenamedTitle": "change_title",
    "ReadyForReview": "change_title",
    "ConvertToDraft": "change_title",
    "Locked": "lock",
    "Unlocked": "unlock",
    "Closed": "close",
    "Reopened": "reopen",
    "Merged": "merge_pull",
    "ReviewRequested": "review_request",
    "ReviewRequestRemoved": "review_request",
    "ReviewDismissed": "dismiss_review",
    "HeadRefForcePushed": "pull_push",
    "CrossReferenced": "pull_ref",
    "Connected": "pull_ref",
}
EMPTY: Node = {
    "body": "",
    "label": None,
    "milestone": None,
    "old_milestone": None,
    "assignee": None,
    "assignee_team": None,
    "removed_assignee": False,
    "old_title": "",
    "new_title": "",
    "old_ref": "",
    "new_ref": "",
    "old_project_id": 0,
    "project_id": 0,
    "tracked_time": None,
    "dependent_issue": None,
    "ref_issue": None,
    "ref_comment": None,
    "ref_action": "none",
    "ref_commit_sha": "",
    "review_id": 0,
    "resolve_doer": None,
    "issue_url": "",
    "pull_request_url": "",
}
HIGH = 10**12
"""Lifts ids of events above those of comments, for here all are entries of one kind."""


def reacted(text: Node) -> list[Node]:
    return [
        {"content": CONTENTS[group["content"]], "user": person(None), "created_at": at(group["createdAt"])}
        for group in text["reactionGroups"]
        for _ in range(group["reactors"]["totalCount"])
    ]


def person(actor: Node | None) -> Node:
    number, login = (-1, "Ghost") if actor is None else (actor["databaseId"], actor["login"])
    return {
        "id": number,
        "login": login,
        "full_name": "",
        "email": f"{login}@noreply.127.0.0.1",
        "visibility": "public",
    }


def label(name: str) -> Node:
    return {"id": 1, "name": name, "color": "00aabb", "description": "", "exclusive": False, "is_archived": False}


def milestone(title: str) -> Node:
    return {"id": 1, "title": title, "state": "open", "description": ""}


def at(instant: Any) -> str | None:
    """In the instance's own zone."""
    return None if instant is None else datetime.fromisoformat(instant).astimezone(ZONE).isoformat()
