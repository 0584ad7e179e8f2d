"""Union-find: groups of ids that are one, near linear in their number."""

from __future__ import annotations

from collections.abc import Iterable


class Groups:
    """Groups of ids; an id that was never named is a group of its own."""

    def __init__(self, parents: dict[str, str] | None = None, members: dict[str, list[str]] | None = None) -> None:
        self._parents = parents or {}
        self._members = members or {}

    def root(self, one: str) -> str:
        """The id that stands for the group of another."""
        path = []
        while (above := self._parents.get(one, one)) != one:
            path.append(one)
            one = above
        for passed in path:
            self._parents[passed] = one
        return one

    def members(self, one: str) -> list[str]:
        root = self.root(one)
        return self._members.get(root, [root])

    def unite(self, one: str, other: str) -> str:
        """Makes two groups one; the smaller joins the larger. The root of the new group."""
        root, joining = self.root(one), self.root(other)
        if root == joining:
            return root
        if len(self.members(root)) < len(self.members(joining)):
            root, joining = joining, root
        self._members[root] = [*self.members(root), *self._members.pop(joining, [joining])]
        self._parents[joining] = root
        return root

    def copy(self) -> Groups:
        return Groups(dict(self._parents), {root: list(members) for root, members in self._members.items()})

    def of(self, ids: Iterable[str]) -> dict[str, str]:
        """The root of each id."""
        return {one: self.root(one) for one in ids}
