"""The commits of the simulation: proposed in a change, pushed by founders and maintainers, merged or squashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .people import FORGE
from .repository import MAIN
from .texts import PATHS
from .things import Change, Commit, Edit, Member, Person, Signature

if TYPE_CHECKING:
    from .acts import Desk

IMPOSSIBLE_DATE_AT_DIRECT_COMMIT = 3
"""The third direct commit of a repository says it was written in 1970, as a few in every old history do."""


def push(desk: Desk, member: Member, epoch: int) -> None:
    """A commit straight to the default branch; the first of all makes the tree."""
    repository = desk.repository
    repository.direct_commits += 1
    is_impossible = repository.direct_commits == IMPOSSIBLE_DATE_AT_DIRECT_COMMIT
    committer = signature(desk, member.person, epoch)
    author = Signature(committer.name, committer.email, 0) if is_impossible else committer
    is_first = not repository.main_commits
    edits = first_tree(desk) if is_first else edits_of(desk, how_many_commits=1)[0]
    message = "Begin" if is_first else desk.title() + coauthors(desk, member.person, epoch)
    parents = () if is_first else (repository.tip,)
    repository.commit(ref=MAIN, author=author, committer=committer, message=message, edits=edits, parents=parents)


def first_tree(desk: Desk) -> tuple[Edit, ...]:
    return tuple(Edit(path, 0.0, 0, desk.repository.new_lines(desk.rng.randint(5, 25))) for path in PATHS)


def propose(desk: Desk, change: Change) -> None:
    """One to three commits on top of the default branch; each touches other files, so that their sizes add up."""
    repository, epoch = desk.repository, change.opened_epoch
    change.base = repository.tip
    ref = f"refs/pull/{change.number}/head"
    parent = change.base
    author = signature(desk, change.author, epoch)
    for edits in edits_of(desk, how_many_commits=desk.rng.choices((1, 2, 3), (60, 28, 12))[0]):
        message = desk.title() + coauthors(desk, change.author, epoch)
        parent = repository.commit(
            ref=ref, author=author, committer=author, message=message, edits=edits, parents=(parent,)
        )
        change.commits.append(parent)


def merge(desk: Desk, change: Change, merger: Member, epoch: int) -> None:
    """By a merge commit of the merger, or by a squash commit of the author if they are still there to act."""
    author = desk.repository.members.get(change.author.account_id)
    is_there = author is None or author.is_active(epoch)  # bots are no members, and always there
    is_squashed = is_there and desk.happens(desk.parameters.squash_share)
    change.merge_commit = squashed(desk, change, epoch) if is_squashed else merged(desk, change, merger, epoch)
    change.merged_epoch, change.merged_by = epoch, merger.person


def squashed(desk: Desk, change: Change, epoch: int) -> Commit:
    listed = "".join(f"\n* {commit.message.splitlines()[0]}\n" for commit in change.commits)
    return desk.repository.commit(
        ref=MAIN,
        author=signature(desk, change.author, epoch),
        committer=Signature(FORGE.name, FORGE.email, epoch),
        message=f"{change.title} (#{change.number})\n{listed}" + coauthors(desk, change.author, epoch),
        edits=change.edits,
        parents=(desk.repository.tip,),
    )


def merged(desk: Desk, change: Change, merger: Member, epoch: int) -> Commit:
    return desk.repository.commit(
        ref=MAIN,
        author=signature(desk, merger.person, epoch),
        committer=Signature(FORGE.name, FORGE.email, epoch),
        message=f"Merge pull request #{change.number} from {change.author.login}/work\n\n{change.title}",
        edits=change.edits,
        parents=(desk.repository.tip, change.commits[-1]),
    )


def coauthors(desk: Desk, author: Person, epoch: int) -> str:
    """Sometimes a trailer that credits another member, who is there before and after this instant."""
    if not desk.happens(desk.parameters.coauthor_share):
        return ""
    others = [
        member.person
        for member in desk.repository.active_members(epoch)
        if member.person != author and not member.person.is_ghost
    ]
    if not others:
        return ""
    other = desk.rng.choice(others)
    return f"\n\nCo-authored-by: {other.name} <{other.email}>"


def signature(desk: Desk, person: Person, epoch: int) -> Signature:
    uses_other_machine = person.unlinked_email is not None and desk.happens(0.3)
    email = person.unlinked_email if uses_other_machine and person.unlinked_email else person.email
    return Signature(person.name, email, epoch, person.utc_offset_minutes)


def edits_of(desk: Desk, *, how_many_commits: int) -> list[tuple[Edit, ...]]:
    """Edits of one or two files for each commit; no file twice."""
    sizes = [desk.rng.choices((1, 2), (70, 30))[0] for _ in range(how_many_commits)]
    paths = iter(desk.rng.sample(PATHS, sum(sizes)))
    return [tuple(_edit(desk, next(paths)) for _ in range(size)) for size in sizes]


def _edit(desk: Desk, path: str) -> Edit:
    rng = desk.rng
    return Edit(path, rng.random(), rng.randint(0, 3), desk.repository.new_lines(rng.randint(1, 8)))
