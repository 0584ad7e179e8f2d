"""What the forge shows at an instant: the world as plain dictionaries with GraphQL names, later things hidden.

`updatedAt` is the latest visible thing (opening, comment, review, event), so it moves with every one of them; resolved
threads and reactions move it too, for they come with one of these.
Kept simple and made once for each instant, because answering must be quick.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import Any

from .history import sizes_of_changes
from .ids import commit_node_id, node_id
from .moves import Moves
from .nodes import Node, Rows, instant
from .organisation import Organisation
from .repository import Repository
from .surroundings import review_threads, said, state_of, timeline
from .things import Change, Comment, Issue, Person, Review, ReviewComment, Thread
from .world import World

_ACTOR_PREFIX = {"User": "U", "Bot": "BOT"}


class View:
    """All nodes visible at `as_of`, by repository and by id. `shas` are the commit ids of each repository by mark."""

    def __init__(
        self,
        world: World,
        shas: dict[str, list[str]],
        as_of: datetime,
        web_url: str,
        deleted: Container[tuple[str, int]] = (),
        issues_are_off: bool = False,
        members_only: frozenset[str] = frozenset(),
        moves: Moves | None = None,
        organisation: Organisation | None = None,
    ) -> None:
        self.as_of = as_of
        self._issues_are_off = issues_are_off
        self.members_only = members_only
        self._deleted = deleted
        self.moves = moves or Moves()
        self.organisation = organisation or Organisation(world.people)
        self.until = int(as_of.timestamp())
        self.web_url = web_url
        self.actors = {person.account_id: self._actor(person) for person in world.people}
        self.users_by_email = {
            person.email: self.actors[person.account_id]
            for person in world.people
            if person.account_type == "User" and self.actors[person.account_id]
        }
        self.awaited: list[tuple[Node, str, str]] = []
        """Nodes with a field that shows another node, which may not be there yet: node, field and id of the other."""
        self.by_id: dict[str, Node] = {actor["id"]: actor for actor in self.actors.values() if actor}
        self.dialects: dict[str, Any] = {}
        """What forges of other kinds show of this view, made when first asked for."""
        self.created = {
            repository.full_name.lower(): {
                "issues": [issue.number for issue in repository.issues],
                "changes": [change.number for change in repository.changes],
            }
            for repository in world.repositories.values()
        }
        """Numbers by repository and kind, in the order of opening, what was deleted since included."""
        self.repositories: dict[str, Node] = {}
        self.commits: dict[str, Node] = {}
        for repository in world.repositories.values():
            self.repositories[repository.full_name.lower()] = self._repository(repository, shas[repository.full_name])

    def is_owner(self, name: str) -> bool:
        return any(full_name.partition("/")[0] == name.lower() for full_name in self.repositories)

    def keep(self, node: Node) -> Node:
        self.by_id[node["id"]] = node
        return node

    def _actor(self, person: Person) -> Node | None:
        if person.is_ghost or person.account_id in self.moves.left:
            return None
        return {
            "__typename": person.account_type,
            "id": node_id(_ACTOR_PREFIX[person.account_type], person.account_id),
            "databaseId": person.account_id,
            "login": person.login,
            "name": person.name,
            "url": f"{self.web_url}/{person.login}",
        }

    def _repository(self, repository: Repository, shas: list[str]) -> Node:
        self._here = self._repository_facts(repository)
        self._keep_commits(repository, shas)
        sizes = sizes_of_changes(repository)
        issues = [self._issue(repository, it) for it in repository.issues if it.opened_epoch <= self.until]
        changes = [
            self._change(repository, it, shas, sizes[it.number])
            for it in repository.changes
            if it.opened_epoch <= self.until
        ]
        pushes = [it.committer.epoch for it in repository.commits if it.committer.epoch <= self.until]
        pushed = max([repository.founded_epoch, *pushes])
        for node, name, other in self.awaited:
            node[name] = self.by_id[other]
        self.awaited.clear()
        # what was deleted is still at the other end of events: the forge does not date the others anew
        for gone in [node for node in (*issues, *changes) if self._is_gone(repository, node)]:
            del self.by_id[gone["id"]]
        issues, changes = ([node for node in nodes if node["id"] in self.by_id] for nodes in (issues, changes))
        if self._issues_are_off or "issues" in self.members_only:
            issues = []
        if "changes" in self.members_only:
            changes = []
        self._here |= {
            "updatedAt": instant(max([pushed, *(node["_updated"] for node in [*issues, *changes])])),
            "pushedAt": instant(pushed),
            "_issues": by_update_and_number(issues),
            "_pullRequests": by_update_and_number(changes),
            "_by_number": {node["number"]: node for node in (*issues, *changes)},
        }
        return self.keep(self._here)

    def _is_gone(self, repository: Repository, node: Node) -> bool:
        place = (repository.full_name, node["number"])
        return place in self._deleted or place in self.moves.gone

    def at_name(self, full_name: str) -> Node | None:
        """The repository of this name, or the one that had it, if nobody else has it now."""
        found = self.repositories.get(full_name.lower())
        if full_name.lower() in self.moves.let_go:
            return found
        return found or self.with_id(self.moves.former.get(full_name.lower()))

    def with_id(self, database_id: int | None) -> Node | None:
        return next((node for node in self.repositories.values() if node["databaseId"] == database_id), None)

    def _repository_facts(self, repository: Repository) -> Node:
        return {
            "__typename": "Repository",
            "id": node_id("R", repository.database_id),
            "databaseId": repository.database_id,
            "name": repository.full_name.split("/")[1],
            "nameWithOwner": repository.full_name,
            "url": f"{self.web_url}/{repository.full_name}",
            "isFork": False,
            "isArchived": False,
            "isEmpty": not repository.commits,
            "hasIssuesEnabled": not self._issues_are_off,
            "createdAt": instant(repository.founded_epoch),
            "defaultBranchRef": {"name": "main"},
        }

    def _keep_commits(self, repository: Repository, shas: list[str]) -> None:
        for commit in repository.commits:
            author, sha = commit.author, shas[commit.mark - 1]
            user = self.users_by_email.get(author.email)
            self.commits[sha] = {
                "__typename": "Commit",
                "id": commit_node_id(repository.database_id, sha),
                "oid": sha,
                "author": {"name": author.name, "email": author.email, "date": instant(author.epoch), "user": user},
            }

    def _thread(self, repository: Repository, thread: Thread, prefix: str, place: str) -> Node:
        url = f"{self.web_url}/{repository.full_name}/{place}/{thread.number}"
        comments = [
            ((it.written_epoch, it.database_id), self._comment(repository, it, "IC", f"{url}#issuecomment-"))
            for it in thread.comments
            if it.written_epoch <= self.until
        ]
        events = timeline(self, repository, thread)
        updated = max([thread.opened_epoch, *(key[0] for key, _ in (*comments, *events))])
        comments = [(key, node) for key, node in comments if key[1] not in self.moves.unsaid]
        closed = thread.last("Closed", until=self.until) if thread.is_closed(self.until) else None
        return self.keep(
            {
                "id": node_id(prefix, repository.database_id, thread.database_id),
                "fullDatabaseId": str(thread.database_id),
                "number": thread.number,
                "title": thread.title,
                "body": thread.body,
                "url": url,
                "state": "CLOSED" if closed else "OPEN",
                "createdAt": instant(thread.opened_epoch),
                "closedAt": instant(closed.epoch) if closed else None,
                "author": self.actors[thread.author.account_id],
                "repository": self._here,
                "_comments": Rows(comments),
                "_timelineItems": Rows(events),
                "_created": thread.opened_epoch,
                "_updated": updated,
            }
            | state_of(thread, self.until)
            | said(thread, self.until)
        )

    def _visible(self, epoch: int | None) -> int | None:
        return epoch if epoch is not None and epoch <= self.until else None

    def _issue(self, repository: Repository, issue: Issue) -> Node:
        node = self._thread(repository, issue, "I", "issues")
        node["__typename"] = "Issue"
        last = issue.last("Closed", "Reopened", until=self.until)
        node["stateReason"] = None if last is None else "REOPENED" if last.kind == "Reopened" else last.word
        node["updatedAt"] = instant(node["_updated"])
        return node

    def _change(self, repository: Repository, change: Change, shas: list[str], size: tuple[int, int]) -> Node:
        node = self._thread(repository, change, "PR", "pull")
        dismissed = {id(event.review) for event in change.events if event.epoch <= self.until}
        reviews = [
            ((it.submitted_epoch, it.database_id), self._review(repository, it, node, is_dismissed=id(it) in dismissed))
            for it in change.reviews
            if it.submitted_epoch <= self.until
        ]
        node["_updated"] = max([node["_updated"], *(key[0] for key, _ in reviews)])
        node |= self._merge(change, shas)
        for event in node["_timelineItems"].nodes:
            if event["__typename"] == "MergedEvent":
                event["commit"] = node["mergeCommit"]
        node |= {
            "__typename": "PullRequest",
            "isDraft": change.is_draft(self.until),
            "updatedAt": instant(node["_updated"]),
            "baseRefName": "main",
            "baseRefOid": shas[change.base.mark - 1] if change.base else None,
            "headRefOid": shas[change.commits[-1].mark - 1],
            "additions": size[0],
            "deletions": size[1],
            "changedFiles": len(change.edits),
            "commits": {"totalCount": len(change.commits)},
            "_reviews": Rows(reviews),
            "_reviewThreads": Rows(review_threads(self, repository, change, node)),
            "_closingIssuesReferences": Rows(
                [
                    ((issue.number, 0), self.by_id[node_id("I", repository.database_id, issue.database_id)])
                    for issue in change.closes_by(self.until)
                ]
            ),
        }
        return node

    def _merge(self, change: Change, shas: list[str]) -> Node:
        merged = self._visible(change.merged_epoch)
        if not merged or change.merge_commit is None or change.merged_by is None:
            return {"mergedAt": None, "mergedBy": None, "mergeCommit": None}
        return {
            "state": "MERGED",
            "mergedAt": instant(merged),
            "mergedBy": self.actors[change.merged_by.account_id],
            "mergeCommit": self.commits[shas[change.merge_commit.mark - 1]],
        }

    def _comment(self, repository: Repository, comment: Comment, prefix: str, url: str) -> Node:
        return self.keep(
            {
                "__typename": "IssueComment" if prefix == "IC" else "PullRequestReviewComment",
                "id": node_id(prefix, repository.database_id, comment.database_id),
                "fullDatabaseId": str(comment.database_id),
                "url": f"{url}{comment.database_id}",
                "createdAt": instant(comment.written_epoch),
                "isMinimized": comment.is_minimised,
                "minimizedReason": "off-topic" if comment.is_minimised else None,
                "body": comment.body,
                "author": self.actors[comment.author.account_id],
            }
            | said(comment, self.until)
        )

    def _review(self, repository: Repository, review: Review, change: Node, *, is_dismissed: bool) -> Node:
        comments = [
            ((it.written_epoch, it.database_id), self._line_comment(repository, it, change["url"]))
            for it in review.comments
        ]
        node = self.keep(
            {
                "__typename": "PullRequestReview",
                "id": node_id("PRR", repository.database_id, review.database_id),
                "fullDatabaseId": str(review.database_id),
                "url": f"{change['url']}#pullrequestreview-{review.database_id}",
                "state": "DISMISSED" if is_dismissed else review.state,
                "isMinimized": False,
                "minimizedReason": None,
                "createdAt": instant(review.submitted_epoch),
                "submittedAt": instant(review.submitted_epoch),
                "body": review.body,
                "author": self.actors[review.author.account_id],
                "pullRequest": change,
                "_comments": Rows(comments),
            }
            | said(review, self.until)
        )
        for _, comment in comments:
            comment["pullRequestReview"] = node
        return node

    def _line_comment(self, repository: Repository, comment: ReviewComment, change_url: str) -> Node:
        node = self._comment(repository, comment, "PRRC", f"{change_url}#discussion_r")
        node["path"] = comment.path
        answered = comment.reply_to
        node["replyTo"] = self.by_id[node_id("PRRC", repository.database_id, answered)] if answered else None
        return node


def by_update_and_number(nodes: list[Node]) -> dict[str, Rows]:
    """The two orders a list of issues or changes can be asked for."""
    return {
        "UPDATED_AT": Rows([((node["_updated"], node["number"]), node) for node in nodes]),
        "CREATED_AT": Rows([((node["_created"], node["number"]), node) for node in nodes]),
    }
