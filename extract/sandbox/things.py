"""What the sandbox holds: people, threads, reviews and commits. Instants are whole epoch seconds in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field

FOR_EVER = 1 << 62
"""Departure of somebody who never leaves."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account and the addresses it commits with. `unlinked_email` is one the forge does not know."""

    account_id: int
    login: str
    name: str
    email: str
    unlinked_email: str | None = None
    account_type: str = "User"
    is_ghost: bool = False
    is_sponsored: bool = False
    utc_offset_minutes: int = 0


@dataclass(slots=True, eq=False)
class Member:
    """A person in one repository: arrival, departure and what they did there."""

    person: Person
    repository: str
    arrives_epoch: int
    leaves_epoch: int
    is_founder: bool = False
    maintains_from_epoch: int = FOR_EVER
    door: str = ""
    last_act_epoch: int = 0
    acts: int = 0

    def is_active(self, epoch: int) -> bool:
        """Has arrived before, and will act again: an act at this instant moves neither their first nor their last."""
        return self.acts > 0 and self.arrives_epoch < epoch < self.leaves_epoch


@dataclass(slots=True, eq=False)
class Comment:
    database_id: int
    author: Person
    written_epoch: int
    body: str
    is_minimised: bool = False


@dataclass(slots=True, eq=False)
class ReviewComment(Comment):
    path: str = ""
    reply_to: int | None = None


@dataclass(slots=True, eq=False)
class Review:
    database_id: int
    author: Person
    submitted_epoch: int
    state: str
    body: str
    comments: list[ReviewComment] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Thread:
    """What issues and changes have in common."""

    number: int
    database_id: int
    author: Person
    opened_epoch: int
    title: str
    body: str
    comments: list[Comment] = field(default_factory=list)
    closed_epoch: int | None = None


@dataclass(slots=True, eq=False)
class Issue(Thread):
    state_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Author or committer of a commit, as git writes it."""

    name: str
    email: str
    epoch: int
    utc_offset_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """At this share of the file's length, take out `removed` lines and put in the new ones."""

    path: str
    at_share: float
    removed: int
    added: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Commit:
    """A planned commit; `mark` counts from 1 in the order in which the repository got them."""

    mark: int
    ref: str
    author: Signature
    committer: Signature
    message: str
    edits: tuple[Edit, ...] = field(repr=False)
    parents: tuple[Commit, ...] = field(repr=False)  # the whole history hangs on it


@dataclass(slots=True, eq=False)
class Change(Thread):
    """A pull request. `base` is the tip of the default branch it grew on, `commits` are all it proposes."""

    base: Commit | None = None
    commits: list[Commit] = field(default_factory=list, repr=False)
    reviews: list[Review] = field(default_factory=list)
    merged_epoch: int | None = None
    merged_by: Person | None = None
    merge_commit: Commit | None = None
    is_draft: bool = False

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(edit for commit in self.commits for edit in commit.edits)
