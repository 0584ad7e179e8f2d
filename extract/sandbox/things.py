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
class Said:
    """A text people react to and edit. `reactions` are the instants by content and account."""

    reactions: dict[tuple[str, int], int] = field(default_factory=dict, kw_only=True)
    edited_epoch: int | None = field(default=None, kw_only=True)


@dataclass(slots=True, eq=False)
class Comment(Said):
    database_id: int
    author: Person
    written_epoch: int
    body: str
    is_minimised: bool = False


@dataclass(slots=True, eq=False)
class ReviewComment(Comment):
    """On a line. The one that opens a thread is the one that is resolved."""

    path: str = ""
    reply_to: int | None = None
    resolved_epoch: int | None = None
    resolved_by: Person | None = None


@dataclass(slots=True, eq=False)
class Review(Said):
    """`state` is the verdict as given; whether it was dismissed is told by the events."""

    database_id: int
    author: Person
    submitted_epoch: int
    state: str
    body: str
    comments: list[ReviewComment] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Event:
    """Something in the timeline of an issue or change; `kind` is the name of GitHub's type without its "Event"."""

    database_id: int
    kind: str
    actor: Person
    epoch: int
    word: str | None = None
    """The label, milestone, earlier title or team; the reason of a closing or a lock."""
    subject: Person | None = None
    other: Thread | None = field(default=None, repr=False)
    review: Review | None = None


@dataclass(slots=True, eq=False)
class Thread(Said):
    """What issues and changes have in common. What became of it is told by its events."""

    number: int
    database_id: int
    author: Person
    opened_epoch: int
    title: str
    body: str
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list, repr=False)

    def last(self, *kinds: str, until: int = FOR_EVER) -> Event | None:
        """The latest event of these kinds."""
        return next((event for event in reversed(self.events) if event.kind in kinds and event.epoch <= until), None)

    def is_closed(self, until: int = FOR_EVER) -> bool:
        last = self.last("Closed", "Reopened", until=until)
        return last is not None and last.kind == "Closed"

    def is_locked(self, until: int = FOR_EVER) -> bool:
        last = self.last("Locked", "Unlocked", until=until)
        return last is not None and last.kind == "Locked"

    def labels(self, until: int = FOR_EVER) -> list[str]:
        put: dict[str, None] = {}
        for event in self.events:
            if event.word and event.epoch <= until:
                if event.kind == "Labeled":
                    put[event.word] = None
                elif event.kind == "Unlabeled":
                    put.pop(event.word, None)
        return list(put)

    def assignees(self, until: int = FOR_EVER) -> list[Person]:
        given: dict[int, Person] = {}
        for event in self.events:
            if event.subject and event.epoch <= until:
                if event.kind == "Assigned":
                    given[event.subject.account_id] = event.subject
                elif event.kind == "Unassigned":
                    given.pop(event.subject.account_id, None)
        return list(given.values())


@dataclass(slots=True, eq=False)
class Issue(Thread):
    pass


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
    begins_as_draft: bool = False
    closes: dict[Issue, int] = field(default_factory=dict, repr=False)
    """The issues it is for, with the instant of the link."""

    def is_draft(self, until: int = FOR_EVER) -> bool:
        last = self.last("ReadyForReview", "ConvertToDraft", until=until)
        return self.begins_as_draft if last is None else last.kind == "ConvertToDraft"

    def closes_by(self, until: int) -> list[Issue]:
        return [issue for issue, epoch in self.closes.items() if epoch <= until]

    def line_threads(self, until: int = FOR_EVER) -> list[list[ReviewComment]]:
        """Comments on lines by thread, each in order; a thread begins with a comment that answers none."""
        threads: dict[int, list[ReviewComment]] = {}
        for review in self.reviews:
            for comment in review.comments if review.submitted_epoch <= until else ():
                thread = threads[comment.reply_to] if comment.reply_to else []
                thread.append(comment)
                threads[comment.database_id] = thread
        return [thread for first, thread in threads.items() if thread[0].database_id == first]

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(edit for commit in self.commits for edit in commit.edits)
