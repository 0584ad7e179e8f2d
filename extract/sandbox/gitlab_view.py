"""What a GitLab shows of the world: made from the view that a GitHub shows, in GitLab's words and with its numbers.

Issues and merge requests count apart. What GitHub has as a timeline is three lists of resource events and system notes
here; an approval is a system note, and a review is only its notes on lines.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from .nodes import Node, Rows
from .organisation import OWNER_ID
from .view import View

GHOST: Node = {"id": 1, "username": "ghost", "name": "Ghost User", "bot": False}
EMOJI = {
    "THUMBS_UP": "thumbsup",
    "THUMBS_DOWN": "thumbsdown",
    "LAUGH": "laughing",
    "HOORAY": "tada",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
VERDICTS = {
    "APPROVED": ("approved", "approved this merge request"),
    "CHANGES_REQUESTED": ("requested_changes", "requested changes"),
}
KINDS = {"Issue": "Issue", "PullRequest": "MergeRequest"}


class Project:
    """One project at the view's instant. `issues` and `changes` are nodes by their GitLab number."""

    def __init__(self, view: View, repository: Node, created: dict[str, list[int]]) -> None:
        self.view, self.repository = view, repository
        self.numbers = {
            number: at for kind in ("issues", "changes") for at, number in enumerate(created[kind], start=1)
        }
        self.issues = [self._item(node) for node in repository["_issues"]["CREATED_AT"].nodes]
        self.changes = [self._item(node) for node in repository["_pullRequests"]["CREATED_AT"].nodes]

    @property
    def fact(self) -> Node:
        node = self.repository
        return {
            "id": node["databaseId"],
            "name": node["name"],
            "path_with_namespace": node["nameWithOwner"],
            "namespace": {"id": OWNER_ID, "kind": "group", "full_path": node["nameWithOwner"].split("/")[0]},
            "web_url": node["url"],
            "http_url_to_repo": f"{node['url']}.git",
            "default_branch": "main",
            "visibility": "public",
            "archived": False,
            "created_at": stamped(node["createdAt"]),
            "issues_access_level": self._level("issues") if node["hasIssuesEnabled"] else "disabled",
            "merge_requests_access_level": self._level("changes"),
            "permissions": {"project_access": None, "group_access": None},
        }

    def _level(self, stream: str) -> str:
        return "private" if stream in self.view.members_only else "enabled"

    def rows(self, stream: str, field: str) -> Rows:
        """The items in an order that a list can be asked for: `_updated` or `_created`."""
        return Rows([((node[field], int(node["iid"])), node) for node in getattr(self, stream)])

    def _item(self, node: Node) -> Node:
        number, kind = self.numbers[node["number"]], KINDS[node["__typename"]]
        place = "issues" if kind == "Issue" else "merge_requests"
        url = f"{self.repository['url']}/-/{place}/{number}"
        notes = self._notes(node, kind, url)
        rows = [((_epoch(note["createdAt"]), note["_order"]), note) for note in notes]
        shown = {
            "__typename": kind,
            "id": gid(kind, node["fullDatabaseId"]),
            "iid": str(number),
            "title": node["title"],
            "description": node["body"],
            "discussionLocked": node["locked"],
            "createdAt": node["createdAt"],
            "updatedAt": node["updatedAt"],
            "webUrl": url,
            "author": user(node["author"]),
            "milestone": node["milestone"],
            "labels": {"nodes": [{"title": label["name"]} for label in node["_labels"].nodes]},
            "userNotesCount": sum(not note["system"] for note in notes),
            "_notes": Rows(rows),
            "_created": node["_created"],
            "_updated": node["_updated"],
            "_rest": self._rest(node, kind),
        }
        return shown | (self._of_issue(node) if kind == "Issue" else self._of_change(node))

    def _of_issue(self, node: Node) -> Node:
        return {
            "state": "closed" if node["closedAt"] else "opened",
            "confidential": (self.repository["nameWithOwner"], node["number"]) in self.view.moves.confidential,
            "closedAt": node["closedAt"],
            "mergeRequestsCount": len(self._closed_by(node)),
        }

    def _of_change(self, node: Node) -> Node:
        return {
            "state": "merged" if node["mergedAt"] else "closed" if node["closedAt"] else "opened",
            "draft": node["isDraft"],
            "mergedAt": node["mergedAt"],
            "mergeUser": user(node["mergedBy"]) if node["mergedBy"] else None,
            "commitCount": node["commits"]["totalCount"],
            "diffHeadSha": node["headRefOid"],
            "diffRefs": {"baseSha": node["baseRefOid"]},
            "mergeCommitSha": (node["mergeCommit"] or {}).get("oid"),
            "diffStatsSummary": {
                "additions": node["additions"],
                "deletions": node["deletions"],
                "fileCount": node["changedFiles"],
            },
        }

    def _notes(self, node: Node, kind: str, url: str) -> list[Node]:
        notes = [self._note(comment, url, "Note") for comment in node["_comments"].nodes]
        for event in node["_timelineItems"].nodes:
            told = self._told(event, kind)
            if told is not None:
                notes.append(self._system(event, event["_id"], event["createdAt"], event["actor"], *told, url=url))
        if kind == "MergeRequest":
            for review in node["_reviews"].nodes:
                if review["state"] in VERDICTS:
                    told = VERDICTS[review["state"]]
                    given = int(review["fullDatabaseId"])
                    notes.append(self._system(review, given, review["submittedAt"], review["author"], *told, url=url))
            notes += [
                self._on_line(comment, thread, url)
                for thread in node["_reviewThreads"].nodes
                for comment in thread["_comments"].nodes
            ]
        return notes

    def _note(self, comment: Node, url: str, kind: str) -> Node:
        given = int(comment["fullDatabaseId"])
        return {
            "id": gid(kind, given),
            "body": comment["body"],
            "createdAt": comment["createdAt"],
            "lastEditedAt": comment["lastEditedAt"],
            "system": False,
            "internal": False,
            "url": f"{url}#note_{given}",
            "author": user(comment["author"]),
            "systemNoteMetadata": None,
            "discussion": {"id": gid("Discussion", sha(f"discussion {given}"))},
            "position": None,
            "resolvable": False,
            "resolved": False,
            "resolvedBy": None,
            "_awards": [{"name": name} for name in awards(comment)],
            "_order": given,
        }

    def _on_line(self, comment: Node, thread: Node, url: str) -> Node:
        first = thread["_comments"].nodes[0]["fullDatabaseId"]
        return self._note(comment, url, "DiffNote") | {
            "position": {"filePath": comment["path"]},
            "discussion": {"id": gid("Discussion", sha(f"thread {first}"))},
            "resolvable": True,
            "resolved": thread["isResolved"],
            "resolvedBy": user(thread["resolvedBy"]) if thread["resolvedBy"] else None,
        }

    def _system(
        self, source: Node, given: int, at: str, actor: Node | None, action: str, body: str, *, url: str
    ) -> Node:
        shown = {"fullDatabaseId": str(given), "body": body, "createdAt": at, "lastEditedAt": None, "author": actor}
        note = self._note({**shown, "reactionGroups": []}, url, "Note")
        return note | {"system": True, "systemNoteMetadata": {"action": action}, "_source": source}

    def _told(self, event: Node, kind: str) -> tuple[str, str] | None:
        """Action and text of the system note that stands for an event; None where it is a resource event."""
        what = event["__typename"].removesuffix("Event")
        noun = "issue" if kind == "Issue" else "merge request"
        if what in ("Assigned", "Unassigned") and event["assignee"]:
            verb = "assigned to" if what == "Assigned" else "unassigned"
            return "assignee", f"{verb} @{event['assignee']['login']}"
        if what in ("ReviewRequested", "ReviewRequestRemoved"):
            verb = "requested review from" if what == "ReviewRequested" else "removed review request for"
            asked = event["requestedReviewer"] or {}
            return ("reviewer", f"{verb} @{asked['login']}") if "login" in asked else None
        if what in ("Locked", "Unlocked"):
            return what.lower(), f"{what.lower()} the discussion in this {noun}"
        if what == "RenamedTitle":
            return "title", f"changed title from **{event['previousTitle']}** to **{event['currentTitle']}**"
        if what in ("ReadyForReview", "ConvertToDraft"):
            return "title", f"marked this merge request as **{'ready' if what == 'ReadyForReview' else 'draft'}**"
        if what == "CrossReferenced":
            return "cross_reference", f"mentioned in {self._reference(event['source'])}"
        if what == "MarkedAsDuplicate":
            return "duplicate", f"marked this issue as a duplicate of #{self.numbers[event['canonical']['number']]}"
        return None

    def _reference(self, node: Node) -> str:
        number = self.numbers[node["number"]]
        return f"issue #{number}" if node["__typename"] == "Issue" else f"merge request !{number}"

    def _rest(self, node: Node, kind: str) -> dict[str, list[Node]]:
        """The lists that REST gives of an item, by the last part of their path."""
        lists: dict[str, list[Node]] = {
            "resource_label_events": [],
            "resource_milestone_events": [],
            "resource_state_events": [],
            "award_emoji": [
                {"id": at, "name": name, "user": basic(GHOST), "awardable_type": kind, "created_at": node["createdAt"]}
                for at, name in enumerate(awards(node), start=1)
            ],
            "closed_by": self._closed_by(node),
        }
        for event in node["_timelineItems"].nodes:
            what = event["__typename"].removesuffix("Event")
            row = {
                "id": event["_id"],
                "user": basic(user(event["actor"])),
                "created_at": stamped(event["createdAt"]),
                "resource_type": kind,
                "resource_id": int(node["fullDatabaseId"]),
            }
            self._file(lists, what, event, row, node)
        return lists

    def _file(self, lists: dict[str, list[Node]], what: str, event: Node, row: Node, node: Node) -> None:
        if what in ("Labeled", "Unlabeled"):
            label = {"id": 73, "name": event["label"]["name"], "color": "#34495E", "description": ""}
            action = "add" if what == "Labeled" else "remove"
            lists["resource_label_events"].append(row | {"label": label, "action": action})
        elif what in ("Milestoned", "Demilestoned"):
            milestone = {"id": 5, "iid": 1, "title": event["milestoneTitle"], "state": "active"}
            action = "add" if what == "Milestoned" else "remove"
            lists["resource_milestone_events"].append(
                row | {"milestone": milestone, "action": action, "state": "opened"}
            )
        elif what in ("Closed", "Reopened", "Merged"):
            if what == "Closed" and event["createdAt"] == node.get("mergedAt"):
                return  # a merge closes without a word
            closer = event.get("closer") or {}
            source: Node = {"source_commit": None, "source_merge_request_id": None}
            if "fullDatabaseId" in closer:
                source["source_merge_request_id"] = int(closer["fullDatabaseId"])
            lists["resource_state_events"].append(row | source | {"state": what.lower()})

    def _closed_by(self, node: Node) -> list[Node]:
        """Merge requests that close the issue."""
        if node["__typename"] != "Issue":
            return []
        changes = self.repository["_pullRequests"]["CREATED_AT"].nodes
        return [
            {
                "id": int(change["fullDatabaseId"]),
                "iid": self.numbers[change["number"]],
                "project_id": self.repository["databaseId"],
                "title": change["title"],
                "state": "merged" if change["mergedAt"] else "opened",
            }
            for change in changes
            if any(issue["number"] == node["number"] for issue in change["_closingIssuesReferences"].nodes)
        ]


def gid(kind: str, number: object) -> str:
    return f"gid://gitlab/{kind}/{number}"


def sha(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - a name, no seal


def user(actor: Node | None) -> Node:
    """Who deleted their account is the ghost."""
    if actor is None:
        return {**GHOST, "id": gid("User", GHOST["id"])}
    return {
        "id": gid("User", actor["databaseId"]),
        "username": actor["login"],
        "bot": actor["__typename"] == "Bot",
        "name": actor["name"],
    }


def basic(shown: Node) -> Node:
    """The same account as REST shows it."""
    number = int(str(shown["id"]).rpartition("/")[2])
    told = {"id": number, "username": shown["username"], "name": shown["name"], "state": "active"}
    return told | {"avatar_url": None, "web_url": f"https://gitlab.invalid/{shown['username']}"}


def awards(text: Node) -> list[str]:
    return [EMOJI[group["content"]] for group in text["reactionGroups"] for _ in range(group["reactors"]["totalCount"])]


def stamped(instant: str) -> str:
    """REST writes milliseconds."""
    return instant.replace("Z", ".000Z")


def _epoch(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())
