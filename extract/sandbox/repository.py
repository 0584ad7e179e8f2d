"""A simulated repository: what was opened, said and committed in it, and what is open right now."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from .things import Change, Commit, Edit, Event, Issue, Member, Person, Signature, Thread

MAIN = "refs/heads/main"
_FIRST_DATABASE_ID = 2_200_000_001  # beyond 32 bits with a sign, as on GitHub today
_DATABASE_ID_STEP = 11


@dataclass(slots=True, eq=False, repr=False)
class Repository:
    """Everything in the order in which it happened. `open_*` is the state while the simulation runs."""

    full_name: str
    database_id: int
    founded_epoch: int
    issues: list[Issue] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    main_commits: list[Commit] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    open_threads: list[Thread] = field(default_factory=list)
    open_changes: list[Change] = field(default_factory=list)
    direct_commits: int = 0
    _ids: itertools.count[int] = field(init=False)
    _event_ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lines: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self._ids = itertools.count(_FIRST_DATABASE_ID + self.database_id % _DATABASE_ID_STEP, _DATABASE_ID_STEP)

    def next_id(self) -> int:
        return next(self._ids)

    def next_number(self) -> int:
        return next(self._numbers)

    def new_lines(self, how_many: int) -> tuple[str, ...]:
        """Lines that occur nowhere else in the repository, so that every diff is what the edits say."""
        return tuple(f"line_{next(self._lines)} = True" for _ in range(how_many))

    @property
    def tip(self) -> Commit:
        return self.main_commits[-1]

    def active_members(self, epoch: int) -> list[Member]:
        return [member for member in self.members.values() if member.is_active(epoch)]

    def commit(
        self,
        *,
        ref: str,
        author: Signature,
        committer: Signature,
        message: str,
        edits: tuple[Edit, ...],
        parents: tuple[Commit, ...],
    ) -> Commit:
        """Adds a commit; the ones to the default branch move its tip."""
        made = Commit(len(self.commits) + 1, ref, author, committer, message, edits, parents)
        self.commits.append(made)
        if ref == MAIN:
            self.main_commits.append(made)
        return made

    def open(self, thread: Thread) -> None:
        self.open_threads.append(thread)
        if isinstance(thread, Change):
            self.changes.append(thread)
            self.open_changes.append(thread)
        elif isinstance(thread, Issue):
            self.issues.append(thread)

    def note(self, thread: Thread, kind: str, actor: Person, epoch: int, **more: Any) -> None:
        """Adds an event to the thread's timeline."""
        thread.events.append(Event(next(self._event_ids), kind, actor, epoch, **more))

    def close(self, thread: Thread, actor: Person, epoch: int, reason: str | None = None) -> None:
        """Takes it from what people turn to; what a merge has closed already is not closed twice."""
        if not thread.is_closed():
            self.note(thread, "Closed", actor, epoch, word=reason)
        self.open_threads.remove(thread)
        if isinstance(thread, Change):
            self.open_changes.remove(thread)
