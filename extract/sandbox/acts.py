"""What a member does in one act. Every act can be seen from outside at exactly the instant it is done.

An act that finds nothing to act upon becomes another: no change to merge, review; none to review, comment; no thread,
open an issue. Each function returns the kind of act that was really done. The commits of a change carry the instant of
its opening as author time, so that neither a newcomer's door nor their first act depends on the merge.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from . import commits, habits
from .parameters import DAY_SECONDS, CommunityParameters
from .repository import Repository
from .texts import HOSTILE_TITLES, OBJECTS, REMARKS, TOPICS, VERBS, VERDICTS
from .things import Change, Comment, Issue, Member, Review, ReviewComment, Thread

RECENT_THREADS = 30
RECENT_CHANGES = 15
RIPE_SECONDS = DAY_SECONDS
RIPE_FOR_ITS_AUTHOR_SECONDS = 7 * DAY_SECONDS
Act = Callable[["Desk", Member, int], str]


class Desk:
    """What an act needs to hand: the repository, the dice and the parameters."""

    def __init__(
        self, repository: Repository, rng: random.Random, dice: random.Random, parameters: CommunityParameters
    ) -> None:
        self.repository = repository
        self.rng = rng
        self.dice = dice
        self.parameters = parameters

    def happens(self, share: float) -> bool:
        return self.rng.random() < share

    def title(self) -> str:
        if self.happens(self.parameters.hostile_share):
            return self.rng.choice(HOSTILE_TITLES)
        return f"{self.rng.choice(VERBS)} {self.rng.choice(OBJECTS)} of the {self.rng.choice(TOPICS)}"

    def remark(self, thread: Thread) -> str:
        remark = self.rng.choice(REMARKS)
        return f"@{thread.author.login} {remark}" if self.happens(0.2) and not thread.author.is_ghost else remark


def open_issue(desk: Desk, member: Member, epoch: int) -> str:
    repository = desk.repository
    repository.open(
        Issue(
            repository.next_number(), repository.next_id(), member.person, epoch, desk.title(), desk.rng.choice(REMARKS)
        )
    )
    return "issue"


def comment(desk: Desk, member: Member, epoch: int) -> str:
    threads = desk.repository.open_threads[-RECENT_THREADS:]
    if not threads:
        return open_issue(desk, member, epoch)
    thread = desk.rng.choice(threads)
    say(desk, thread, member, epoch)
    if isinstance(thread, Issue) and member.maintains_from_epoch <= epoch and desk.happens(0.5):
        reason = desk.rng.choice(("COMPLETED", "COMPLETED", "NOT_PLANNED"))
        desk.repository.close(thread, member.person, epoch, reason)
    return "comment"


def say(desk: Desk, thread: Thread, member: Member, epoch: int) -> None:
    comment_id = desk.repository.next_id()
    thread.comments.append(
        Comment(comment_id, member.person, epoch, desk.remark(thread), is_minimised=desk.happens(0.01))
    )
    habits.respond(desk, thread, member.person, epoch)


def open_change(desk: Desk, member: Member, epoch: int) -> str:
    repository = desk.repository
    change = Change(
        repository.next_number(), repository.next_id(), member.person, epoch, desk.title(), desk.rng.choice(REMARKS)
    )
    change.begins_as_draft = desk.happens(0.04)
    commits.propose(desk, change)
    repository.open(change)
    habits.introduce(desk, change)
    return "change"


def review(desk: Desk, member: Member, epoch: int) -> str:
    others = [change for change in desk.repository.open_changes[-RECENT_CHANGES:] if change.author != member.person]
    if not others:
        return comment(desk, member, epoch)
    change = desk.rng.choice(others)
    states = ("COMMENTED", "APPROVED", "CHANGES_REQUESTED", "DISMISSED")
    weights = (30, 45, 22, 3) if member.maintains_from_epoch <= epoch else (70, 25, 5, 0)
    state = desk.rng.choices(states, weights)[0]
    verdict = Review(desk.repository.next_id(), member.person, epoch, state, desk.rng.choice(VERDICTS))
    change.reviews.append(verdict)
    remark_on_lines(desk, change, verdict)
    return "review"


def remark_on_lines(desk: Desk, change: Change, verdict: Review) -> None:
    """None to three comments on lines, or one that answers an earlier comment."""
    earlier = [remark for review in change.reviews for remark in review.comments]
    if earlier and desk.happens(0.3):
        answered = desk.rng.choice(earlier)
        verdict.state, verdict.body = "COMMENTED", ""
        verdict.comments.append(_line_comment(desk, change, verdict, answered))
        return
    for _ in range(desk.rng.choices((0, 1, 2, 3), (55, 25, 15, 5))[0]):
        verdict.comments.append(_line_comment(desk, change, verdict, None))


def _line_comment(desk: Desk, change: Change, verdict: Review, answered: ReviewComment | None) -> ReviewComment:
    path = answered.path if answered else desk.rng.choice(change.edits).path
    return ReviewComment(
        desk.repository.next_id(),
        verdict.author,
        verdict.submitted_epoch,
        desk.rng.choice(REMARKS),
        path=path,
        reply_to=answered.database_id if answered else None,
    )


def decide(desk: Desk, member: Member, epoch: int) -> str:
    """Merges the oldest ripe change, or closes it with a comment; what a deleted account proposed is never merged."""
    change = next((change for change in desk.repository.open_changes if is_ripe(change, member, epoch)), None)
    if change is None:
        return review(desk, member, epoch)
    if change.author.is_ghost or not desk.happens(desk.parameters.merged_share):
        say(desk, change, member, epoch)
        desk.repository.close(change, member.person, epoch)
        return "comment"
    commits.merge(desk, change, member, epoch)
    habits.conclude(desk, change, member.person, epoch)
    desk.repository.close(change, member.person, epoch)
    return "merge"


def is_ripe(change: Change, member: Member, epoch: int) -> bool:
    age_seconds = epoch - change.opened_epoch
    return age_seconds >= (RIPE_FOR_ITS_AUTHOR_SECONDS if change.author == member.person else RIPE_SECONDS)


def push(desk: Desk, member: Member, epoch: int) -> str:
    commits.push(desk, member, epoch)
    return "commit"


ACTS: dict[str, Act] = {
    "issue": open_issue,
    "comment": comment,
    "change": open_change,
    "review": review,
    "merge": decide,
    "commit": push,
}
