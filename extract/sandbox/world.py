"""The finished world: people, repositories and the truth about them, and how much of each thing there is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from .repository import Repository
from .things import Person
from .truth import Truth


@dataclass(frozen=True)
class World:
    """What happened until `ends_at`."""

    ends_at: datetime
    people: tuple[Person, ...] = field(repr=False)
    repositories: dict[str, Repository] = field(repr=False)
    truth: Truth = field(repr=False)

    def counts(self, full_name: str, as_of: datetime | None = None) -> dict[str, int]:
        """Things of the repository up to and including `as_of` (default: all), by stream.

        `comments` are those of the threads of issues and changes; `commits` those the default branch reaches;
        `change_commits` the pairs of a change and a commit of base..head.
        """
        until = int((as_of or self.ends_at).timestamp())
        repository = self.repositories[full_name]
        issues = [issue for issue in repository.issues if issue.opened_epoch <= until]
        changes = [change for change in repository.changes if change.opened_epoch <= until]
        comments = [comment for thread in [*issues, *changes] for comment in thread.comments]
        reviews = [review for change in changes for review in change.reviews if review.submitted_epoch <= until]
        return {
            "issues": len(issues),
            "changes": len(changes),
            "comments": sum(comment.written_epoch <= until for comment in comments),
            "reviews": len(reviews),
            "review_comments": sum(len(review.comments) for review in reviews),
            "review_threads": sum(len(change.line_threads(until)) for change in changes),
            "events": sum(self.event_counts(full_name, as_of).values()),
            "closing_links": sum(len(change.closes_by(until)) for change in changes),
            "commits": len(reachable(repository, until)),
            "change_commits": sum(len(change.commits) for change in changes),
        }

    def event_counts(self, full_name: str, as_of: datetime | None = None) -> Counter[str]:
        """Events in the timelines of the repository up to and including `as_of`, by kind and GitHub's name of it."""
        until = int((as_of or self.ends_at).timestamp())
        repository = self.repositories[full_name]
        threads = (*repository.issues, *repository.changes)
        return Counter(event.kind for thread in threads for event in thread.events if event.epoch <= until)


def reachable(repository: Repository, until_epoch: int) -> set[int]:
    """Marks of the commits that the default branch reached at this instant."""
    reached: set[int] = set()
    walk = [commit for commit in repository.main_commits if commit.committer.epoch <= until_epoch]
    while walk:
        commit = walk.pop()
        if commit.mark not in reached:
            reached.add(commit.mark)
            walk.extend(commit.parents)
    return reached
