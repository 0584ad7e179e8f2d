"""What a Gitea shows of the world: made from the view that a GitHub shows, in Gitea's words.

Instants are in the instance's own zone. Who deleted their account is the ghost, with id -1. A reply to a comment on a
line is in the review that it answers. The base of a pull request is the tip of its branch now, whenever it was opened.
"""

from __future__ import annotations

import json

from .gitea_words import EMPTY, HIGH, REASONS, STATES, TYPES, at, label, milestone, person, reacted
from .nodes import Node
from .organisation import OWNER_ID
from .view import View


class Shelf:
    """One repository at the view's instant."""

    def __init__(self, view: View, repository: Node) -> None:
        self.view, self.repository = view, repository
        self.meta = {
            "id": repository["databaseId"],
            "name": repository["name"],
            "owner": repository["nameWithOwner"].split("/")[0],
            "full_name": repository["nameWithOwner"],
        }
        items = [*repository["_issues"]["CREATED_AT"].nodes, *repository["_pullRequests"]["CREATED_AT"].nodes]
        self.nodes: dict[int, Node] = {node["number"]: node for node in items}
        self.reactions = self._reactions(items)
        merged = sorted(
            (node["mergedAt"], node["mergedBy"]["login"]) for node in items if node.get("mergedAt") and node["mergedBy"]
        )
        self.first_merges = {login: at for at, login in reversed(merged)}

    @property
    def fact(self) -> Node:
        node = self.repository
        return {
            **{name: self.meta[name] for name in ("id", "name", "full_name")},
            "owner": person(None) | {"id": OWNER_ID, "login": self.meta["owner"]},
            "html_url": node["url"],
            "clone_url": f"{node['url']}.git",
            "default_branch": "main",
            "fork": False,
            "archived": False,
            "empty": node["isEmpty"],
            "private": False,
            "created_at": at(node["createdAt"]),
            "updated_at": at(node["updatedAt"]),
            "has_issues": node["hasIssuesEnabled"],
            "has_pull_requests": True,
        }

    def issue(self, node: Node) -> Node:
        """As lists of issues show it: a pull request too, with little of what it is."""
        is_change = node["__typename"] == "PullRequest"
        merged = (
            {"merged": bool(node["mergedAt"]), "merged_at": at(node["mergedAt"]), "draft": node["isDraft"]}
            if is_change
            else None
        )
        return self._common(node) | {
            "repository": self.meta,
            "pull_request": {**merged, "html_url": node["url"]} if merged else None,
            "original_author": "",
            "original_author_id": 0,
        }

    def change(self, node: Node, *, alone: bool) -> Node:
        """As lists of pull requests show it; its sizes are only told where it is asked for alone."""
        reviews = self._own_reviews(node)
        sizes = {"additions": node["additions"], "deletions": node["deletions"], "changed_files": node["changedFiles"]}
        return self._common(node) | {
            "draft": node["isDraft"],
            "merged": bool(node["mergedAt"]),
            "merged_at": at(node["mergedAt"]),
            "merged_by": person(node["mergedBy"]) if node["mergedAt"] else None,
            "merge_commit_sha": (node["mergeCommit"] or {}).get("oid"),
            "merge_base": node["baseRefOid"],
            "base": {"label": "main", "ref": "main", "sha": self.tip, "repo_id": self.meta["id"]},
            "head": {
                "label": "work",
                "ref": f"refs/pull/{node['number']}/head",
                "sha": node["headRefOid"],
                "repo_id": -1,
            },
            **({"review_comments": len(reviews)} if reviews else {}),  # a zero is left out
            **(sizes if alone else {}),
        }

    @property
    def tip(self) -> str:
        return next(reversed(self.view.commits))

    def _common(self, node: Node) -> Node:
        return {
            "id": int(node["fullDatabaseId"]),
            "number": node["number"],
            "title": node["title"],
            "body": node["body"],
            "user": person(node["author"]),
            "html_url": node["url"],
            "state": "closed" if node["closedAt"] else "open",
            "is_locked": node["locked"],
            "comments": len(node["_comments"].nodes) + self._counted_reviews(node),
            "labels": [label(one["name"]) for one in node["_labels"].nodes],
            "milestone": milestone(node["milestone"]["title"]) if node["milestone"] else None,
            "assignees": None,
            "created_at": at(node["createdAt"]),
            "updated_at": at(node["updatedAt"]),
            "closed_at": at(node["closedAt"]),
        }

    def _counted_reviews(self, node: Node) -> int:
        """Those sent by the last comment: only then comments and reviews are counted anew."""
        if node["__typename"] != "PullRequest":
            return 0
        on_lines = [comment for thread in node["_reviewThreads"].nodes for comment in thread["_comments"].nodes]
        replies = [comment for comment in on_lines if comment["replyTo"]]
        last = max((comment["createdAt"] for comment in (*node["_comments"].nodes, *replies)), default="")
        return sum(review["submittedAt"] <= last for review in self._own_reviews(node))

    def timeline(self, node: Node) -> list[Node]:
        entries = [self._comment(comment) for comment in node["_comments"].nodes]
        for event in node["_timelineItems"].nodes:
            what = event["__typename"].removesuffix("Event")
            # a merge closes without a word, and a link stands where it leads to
            is_silent = what == "Closed" and event["createdAt"] == node.get("mergedAt")
            is_silent = is_silent or (what == "Connected" and node["__typename"] == "PullRequest")
            if what in TYPES and not is_silent:
                entries.append(self._entry(event, what, node))
        if node["__typename"] == "PullRequest":
            entries += [self._sent(review) for review in self._own_reviews(node)]
        entries.sort(key=lambda entry: (entry["created_at"], entry["id"]))
        return entries

    def _comment(self, comment: Node) -> Node:
        return EMPTY | {
            "id": int(comment["fullDatabaseId"]),
            "type": "comment",
            "user": person(comment["author"]),
            "body": comment["body"],
            "html_url": comment["url"],
            "created_at": at(comment["createdAt"]),
            "updated_at": at(comment["lastEditedAt"] or comment["createdAt"]),
        }

    def _sent(self, review: Node) -> Node:
        sent = {"fullDatabaseId": int(review["fullDatabaseId"]) + HIGH, "createdAt": review["submittedAt"]}
        shown = self._comment({**review, **sent})
        return shown | {"type": "review", "review_id": int(review["fullDatabaseId"])}

    def _entry(self, event: Node, what: str, node: Node) -> Node:
        told: Node = {
            "id": 2 * HIGH + event["_id"],
            "type": TYPES[what],
            "user": person(event["actor"]),
            "html_url": node["url"],
            "created_at": at(event["createdAt"]),
            "updated_at": at(event["createdAt"]),
        }
        return EMPTY | told | self._details(event, what, node)

    def _details(self, event: Node, what: str, node: Node) -> Node:
        if what in ("Labeled", "Unlabeled"):
            return {"label": label(event["label"]["name"]), "body": "1" if what == "Labeled" else ""}
        if what in ("Milestoned", "Demilestoned"):
            where = "milestone" if what == "Milestoned" else "old_milestone"
            return {where: milestone(event["milestoneTitle"])}
        if what in ("Assigned", "Unassigned"):
            return {"assignee": person(event["assignee"]), "removed_assignee": what == "Unassigned"}
        if what in ("ReviewRequested", "ReviewRequestRemoved"):
            asked = event["requestedReviewer"]
            team = {"id": 1, "name": asked["combinedSlug"]} if asked and "combinedSlug" in asked else None
            assignee = None if team else person(asked)
            return {"assignee": assignee, "assignee_team": team, "removed_assignee": what == "ReviewRequestRemoved"}
        if what == "RenamedTitle":
            return {"old_title": event["previousTitle"], "new_title": event["currentTitle"]}
        if what in ("ReadyForReview", "ConvertToDraft"):
            titles = {"old_title": f"WIP: {node['title']}", "new_title": node["title"]}
            return titles if what == "ReadyForReview" else dict(zip(titles, reversed(titles.values()), strict=True))
        return self._other_details(event, what)

    def _other_details(self, event: Node, what: str) -> Node:
        if what == "Locked":
            return {"body": REASONS.get(event["lockReason"], "")}
        if what in ("CrossReferenced", "Connected"):
            other = event["source" if what == "CrossReferenced" else "subject"]
            return {"ref_issue": self.issue(other), "ref_action": "closes"}
        if what == "ReviewDismissed":
            return {"review_id": int(event["review"]["fullDatabaseId"])}
        if what == "HeadRefForcePushed":
            return {"body": json.dumps({"is_force_push": True, "commit_ids": []})}
        return {}

    def _own_reviews(self, node: Node) -> list[Node]:
        """Reviews that are more than a reply: those stand in the review that they answer."""
        return [
            review
            for review in node["_reviews"].nodes
            if not any(comment["replyTo"] for comment in review["_comments"].nodes)
        ]

    def reviews(self, node: Node) -> list[Node]:
        given = {
            event["review"]["fullDatabaseId"]: event["previousReviewState"]
            for event in node["_timelineItems"].nodes
            if event["__typename"] == "ReviewDismissedEvent"
        }
        return [
            {
                "id": int(review["fullDatabaseId"]),
                "user": person(review["author"]),
                "team": None,
                "state": STATES[given.get(review["fullDatabaseId"]) or review["state"]],
                "dismissed": review["state"] == "DISMISSED",
                **self._worth(review, node),
                "body": review["body"],
                "commit_id": node["headRefOid"],
                "comments_count": len(self.review_comments(node, int(review["fullDatabaseId"]))),
                "html_url": review["url"],
                "pull_request_url": node["url"],
                "submitted_at": at(review["submittedAt"]),
                "updated_at": at(review["submittedAt"]),
            }
            for review in self._own_reviews(node)
        ]

    def _worth(self, review: Node, node: Node) -> Node:
        """Stale is what the branch moved away from since; official, a verdict of who had merged something by then."""
        at, author = review["submittedAt"], (review["author"] or {}).get("login")
        events = node["_timelineItems"].nodes
        return {
            "stale": any(it["__typename"] == "HeadRefForcePushedEvent" and it["createdAt"] > at for it in events),
            "official": review["state"] != "COMMENTED" and at >= self.first_merges.get(author, "9"),
        }

    def review_comments(self, node: Node, review: int) -> list[Node]:
        """Whole threads that began in the review, each on a line of its own."""
        found = []
        for place, thread in enumerate(node["_reviewThreads"].nodes, start=1):
            comments = thread["_comments"].nodes
            if int(comments[0]["pullRequestReview"]["fullDatabaseId"]) == review:
                found += [self._line_comment(comment, thread, place, review, node) for comment in comments]
        return found

    def _line_comment(self, comment: Node, thread: Node, place: int, review: int, node: Node) -> Node:
        return {
            "id": int(comment["fullDatabaseId"]),
            "user": person(comment["author"]),
            "resolver": person(thread["resolvedBy"]) if thread["resolvedBy"] else None,
            "body": comment["body"],
            "path": comment["path"],
            "position": place,
            "original_position": 0,
            "pull_request_review_id": review,
            "commit_id": node["headRefOid"],
            "original_commit_id": "",
            "diff_hunk": "",
            "html_url": comment["url"],
            "pull_request_url": node["url"],
            "created_at": at(comment["createdAt"]),
            "updated_at": at(comment["lastEditedAt"] or comment["createdAt"]),
        }

    def _reactions(self, items: list[Node]) -> dict[str, list[Node]]:
        """By `issues/7` and by the id of a comment."""
        found: dict[str, list[Node]] = {}
        for node in items:
            found[f"issues/{node['number']}"] = reacted(node)
            threads = node.get("_reviewThreads")
            on_lines = [comment for thread in threads.nodes for comment in thread["_comments"].nodes] if threads else []
            for comment in (*node["_comments"].nodes, *on_lines):
                found[f"issues/comments/{comment['fullDatabaseId']}"] = reacted(comment)
        return found
