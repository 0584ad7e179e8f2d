"""What people do beside their acts, at the same instant: triage, drafts, requests, links, reactions.

Nothing here moves anybody's first or last act, and nothing here rolls the dice of the acts: `dice` are its own, so
that the same seed has the same acts whatever the habits. The shares are `Habits` of the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .texts import LABELS, MILESTONES, REACTIONS
from .things import Change, Comment, Issue, Member, Person, Said, Thread

if TYPE_CHECKING:
    from .acts import Desk

RECENT = 30
Habit = Callable[["Desk", Person, int], None]


def follow(desk: Desk, member: Member, epoch: int) -> None:
    """What comes with an act of this member."""
    if member.maintains_from_epoch <= epoch:
        for name, habit in MAINTAINER_HABITS.items():
            if desk.dice.random() < getattr(desk.parameters.habits, f"{name}_share"):
                habit(desk, member.person, epoch)
    own = [change for change in desk.repository.open_changes if change.author == member.person]
    if own and desk.dice.random() < desk.parameters.habits.force_push_share:
        desk.repository.note(own[-1], "HeadRefForcePushed", member.person, epoch)


def recent(desk: Desk, *, is_closed: bool | None = None) -> Thread | None:
    """One of the latest issues and changes that are open, or closed."""
    latest = [*desk.repository.issues[-RECENT:], *desk.repository.changes[-RECENT:]]
    fitting = [thread for thread in latest if is_closed is None or thread.is_closed() == is_closed]
    return desk.dice.choice(fitting) if fitting else None


def label(desk: Desk, person: Person, epoch: int) -> None:
    thread = recent(desk)
    missing = [] if thread is None else [name for name in LABELS if name not in thread.labels()]
    if thread and missing:
        desk.repository.note(thread, "Labeled", person, epoch, word=desk.dice.choice(missing))


def unlabel(desk: Desk, person: Person, epoch: int) -> None:
    thread = recent(desk)
    if thread and thread.labels():
        desk.repository.note(thread, "Unlabeled", person, epoch, word=desk.dice.choice(thread.labels()))


def assign(desk: Desk, person: Person, epoch: int) -> None:
    """Themselves, or the author."""
    thread = recent(desk, is_closed=False)
    who = person if thread is None or thread.author.is_ghost or desk.dice.random() < 0.6 else thread.author
    if thread and who not in thread.assignees():
        desk.repository.note(thread, "Assigned", person, epoch, subject=who)


def unassign(desk: Desk, person: Person, epoch: int) -> None:
    thread = recent(desk)
    if thread and thread.assignees():
        desk.repository.note(thread, "Unassigned", person, epoch, subject=thread.assignees()[0])


def milestone(desk: Desk, person: Person, epoch: int) -> None:
    thread = recent(desk)
    last = thread.last("Milestoned", "Demilestoned") if thread else None
    if thread and last and last.kind == "Milestoned":
        desk.repository.note(thread, "Demilestoned", person, epoch, word=last.word)
    elif thread:
        desk.repository.note(thread, "Milestoned", person, epoch, word=desk.dice.choice(MILESTONES))


def rename(desk: Desk, person: Person, epoch: int) -> None:
    thread = recent(desk, is_closed=False)
    if thread:
        desk.repository.note(thread, "RenamedTitle", person, epoch, word=f"WIP {thread.title}")


def lock(desk: Desk, person: Person, epoch: int) -> None:
    thread = recent(desk, is_closed=True)
    if thread and thread.is_locked():
        desk.repository.note(thread, "Unlocked", person, epoch)
    elif thread:
        reason = desk.dice.choice(("RESOLVED", "TOO_HEATED", "OFF_TOPIC", "SPAM", None))
        desk.repository.note(thread, "Locked", person, epoch, word=reason)


def reopen(desk: Desk, person: Person, epoch: int) -> None:
    """An issue that was closed; one that was opened again before is closed again."""
    again = [issue for issue in desk.repository.issues[-RECENT:] if issue.last("Reopened") and not issue.is_closed()]
    closed = [issue for issue in desk.repository.issues[-RECENT:] if issue.is_closed()]
    if again:
        desk.repository.note(again[0], "Closed", person, epoch, word="COMPLETED")
    elif closed:
        desk.repository.note(desk.dice.choice(closed), "Reopened", person, epoch)


def mark_duplicate(desk: Desk, person: Person, epoch: int) -> None:
    issues = desk.repository.issues[-RECENT:]
    if len(issues) > 1:
        original, duplicate = sorted(desk.dice.sample(issues, 2), key=lambda issue: issue.number)
        desk.repository.note(duplicate, "MarkedAsDuplicate", person, epoch, other=original)


def connect(desk: Desk, person: Person, epoch: int) -> None:
    """A change is linked to an issue by hand; both show it, and the change closes the issue once it is merged."""
    if desk.repository.open_changes and desk.repository.issues:
        link(desk, desk.repository.open_changes[-1], desk.repository.issues[-1], "Connected", person, epoch)


def dismiss(desk: Desk, person: Person, epoch: int) -> None:
    for change in desk.repository.open_changes:
        gone = {event.review for event in change.events if event.review}
        verdicts = [it for it in change.reviews if it not in gone and it.state in ("APPROVED", "CHANGES_REQUESTED")]
        if verdicts:
            desk.repository.note(change, "ReviewDismissed", person, epoch, review=verdicts[0])
            return


def convert_to_draft(desk: Desk, person: Person, epoch: int) -> None:
    change = desk.repository.open_changes[-1] if desk.repository.open_changes else None
    if change:
        kind = "ReadyForReview" if change.is_draft() else "ConvertToDraft"
        desk.repository.note(change, kind, person, epoch)


def unrequest(desk: Desk, person: Person, epoch: int) -> None:
    for change in desk.repository.open_changes:
        asked = change.last("ReviewRequested", "ReviewRequestRemoved")
        if asked and asked.kind == "ReviewRequested":
            removed = {"word": asked.word, "subject": asked.subject}
            desk.repository.note(change, "ReviewRequestRemoved", person, epoch, **removed)
            return


MAINTAINER_HABITS: dict[str, Habit] = {
    "label": label,
    "unlabel": unlabel,
    "assign": assign,
    "unassign": unassign,
    "milestone": milestone,
    "rename": rename,
    "lock": lock,
    "reopen": reopen,
    "duplicate": mark_duplicate,
    "connect": connect,
    "dismiss": dismiss,
    "draft": convert_to_draft,
    "unrequest": unrequest,
}


def introduce(desk: Desk, change: Change) -> None:
    """What an author adds on opening a change: whom they ask for a review, and which issue it is for."""
    habits, epoch = desk.parameters.habits, change.opened_epoch
    if desk.dice.random() < habits.request_share:
        maintainers = [it.person for it in desk.repository.active_members(epoch) if it.maintains_from_epoch <= epoch]
        others = [person for person in maintainers if person != change.author]
        asked = desk.dice.choice(others) if others and desk.dice.random() < 0.8 else None
        team = None if asked else f"{desk.repository.full_name.split('/')[0]}/maintainers"
        desk.repository.note(change, "ReviewRequested", change.author, epoch, word=team, subject=asked)
    if desk.repository.issues and desk.dice.random() < habits.closing_share:
        issue = desk.dice.choice(desk.repository.issues[-RECENT:])
        link(desk, change, issue, "CrossReferenced", change.author, epoch)


def link(desk: Desk, change: Change, issue: Issue, kind: str, person: Person, epoch: int) -> None:
    if issue not in change.closes:
        change.closes[issue] = epoch
        desk.repository.note(issue, kind, person, epoch, other=change)
        if kind == "Connected":
            desk.repository.note(change, kind, person, epoch, other=issue)


def conclude(desk: Desk, change: Change, merger: Person, epoch: int) -> None:
    """With a merge: a draft is declared ready, most threads are resolved, and what the change is for is closed."""
    if change.is_draft():
        desk.repository.note(change, "ReadyForReview", merger, epoch)
    desk.repository.note(change, "Merged", merger, epoch)
    for thread in change.line_threads():
        if desk.dice.random() < desk.parameters.habits.resolved_share:
            thread[0].resolved_epoch, thread[0].resolved_by = epoch, merger
    for issue in change.closes:
        if not issue.is_closed():
            desk.repository.note(issue, "Closed", merger, epoch, word="COMPLETED", other=change)


def respond(desk: Desk, thread: Thread, person: Person, epoch: int) -> None:
    """Who comments may react to an earlier text of the thread, and mend one of their own."""
    own = [comment for comment in thread.comments if comment.author == person and comment.written_epoch < epoch]
    if own and desk.dice.random() < desk.parameters.habits.edit_share:
        own[-1].edited_epoch = epoch
    if desk.dice.random() < desk.parameters.habits.reaction_share:
        kinds: list[Sequence[Said]] = [[thread], before(thread.comments, epoch)]
        if isinstance(thread, Change):
            reviews = [review for review in thread.reviews if review.submitted_epoch < epoch]
            kinds += [reviews, [comment for review in reviews for comment in review.comments]]
        text = desk.dice.choice(desk.dice.choice([texts for texts in kinds if texts]))
        text.reactions.setdefault((desk.dice.choice(REACTIONS), person.account_id), epoch)


def before(comments: Sequence[Comment], epoch: int) -> list[Comment]:
    return [comment for comment in comments if comment.written_epoch < epoch]
