"""What is done to repositories, items and accounts: names that change hands, items that go elsewhere, accounts and
comments that are deleted.

Each is a knob that is turned while the forge runs, and turned back by `restore` of the server.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

from .repository import Repository
from .world import World


@dataclass
class Moves:
    """`former` has the ids of repositories by names they had, in lower case. `transferred` has by repository and number
    where an item is now, `converted` the number of the discussion that an issue became. `left` has accounts that were
    deleted since, `unsaid` comments by their database's number: neither moves the time of change of anything. Names in
    `let_go` lead nowhere any more. `confidential` are issues, by repository and number, of forges that know such."""

    former: dict[str, int] = field(default_factory=dict)
    transferred: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    converted: dict[tuple[str, int], int] = field(default_factory=dict)
    left: frozenset[int] = frozenset()
    unsaid: frozenset[int] = frozenset()
    let_go: frozenset[str] = frozenset()
    confidential: frozenset[tuple[str, int]] = frozenset()

    @property
    def gone(self) -> set[tuple[str, int]]:
        """Repository and number of what is listed no more."""
        return {*self.transferred, *self.converted}


def renamed(world: World, full_name: str, name: str) -> World:
    """The same world, but for the name of a repository."""
    repositories = dict(world.repositories)
    moved = copy.copy(repositories.pop(full_name))
    moved.full_name = name
    return replace(world, repositories={**repositories, name: moved})


def taken(world: World, full_name: str, like: Repository) -> World:
    """A world in which somebody else has made a repository of this name: those issues of another one that stand alone."""
    alone = [issue for issue in like.issues if all(event.other is None for event in issue.events)]
    newcomer = Repository(full_name, like.database_id + 1, like.founded_epoch, issues=alone)
    return replace(world, repositories={**world.repositories, full_name: newcomer})
