"""The graph of commits, once in memory, for questions that would cost one `git rev-list` each.

Exact: the answers are those of `git rev-list base..head`, also where commits are older than their parents (there git,
which walks by date, can list a commit too many).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from functools import cached_property


class Graph:
    """Commits and their parents; a parent that is not among the commits (missing, shallow) ends a walk."""

    def __init__(self, commits: Iterable[tuple[str, Iterable[str]]], tip: str | None) -> None:
        listed = [(sha, tuple(parents)) for sha, parents in commits]
        self.shas = [sha for sha, _ in listed]
        self._at = {sha: at for at, sha in enumerate(self.shas)}
        self._parents = [tuple(self._at[sha] for sha in parents if sha in self._at) for _, parents in listed]
        chain = list(self._first_parents(tip))[::-1]
        self._place = {commit: place for place, commit in enumerate(chain)}
        self._arrived = self._arrivals(chain)

    def __contains__(self, sha: str) -> bool:
        return sha in self._at

    def first_parent(self, sha: str) -> str | None:
        parents = self._parents[self._at[sha]]
        return self.shas[parents[0]] if parents else None

    def only_in(self, head: str, base: str) -> list[str]:
        """Commits reachable from `head` and not from `base`, in no order; both are in the graph."""
        start, stop = self._at[head], self._at[base]
        place = self._place.get(stop)
        found = self._difference(start, stop) if place is None else self._beyond(start, place)
        return [self.shas[at] for at in found]

    @cached_property
    def _height(self) -> list[int]:
        return heights(self._parents)

    def _arrivals(self, chain: list[int]) -> dict[int, int]:
        """For each commit of the default branch, the place on its first-parent chain where it came in, oldest 0."""
        arrived: dict[int, int] = {}
        for place, commit in enumerate(chain):
            waiting = [commit]
            while waiting:
                at = waiting.pop()
                if at not in arrived:
                    arrived[at] = place
                    waiting.extend(self._parents[at])
        return arrived

    def _first_parents(self, tip: str | None) -> Iterator[int]:
        at = self._at.get(tip or "")
        while at is not None:
            yield at
            at = next(iter(self._parents[at]), None)

    def _beyond(self, start: int, place: int) -> set[int]:
        """Commits from `start` that came into the default branch after `place`, or never."""
        found: set[int] = set()
        waiting = [start]
        while waiting:
            at = waiting.pop()
            if at not in found and self._arrived.get(at, place + 1) > place:
                found.add(at)
                waiting.extend(self._parents[at])
        return found

    def _difference(self, start: int, stop: int) -> list[int]:
        """The same for any two commits: from the highest down, so that a commit is judged after all its children."""
        seen, unwanted, found = {start, stop}, {stop}, list[int]()
        waiting = [(-self._height[at], at) for at in seen]
        heapq.heapify(waiting)
        wanted_waiting = len(seen) - 1
        while wanted_waiting:
            at = heapq.heappop(waiting)[1]
            is_unwanted = at in unwanted
            if not is_unwanted:
                wanted_waiting -= 1
                found.append(at)
            for parent in self._parents[at]:
                wanted_waiting += self._reach(parent, is_unwanted, seen, unwanted, waiting)
        return found

    def _reach(
        self, parent: int, is_unwanted: bool, seen: set[int], unwanted: set[int], waiting: list[tuple[int, int]]
    ) -> int:
        """Queues a parent once, and hands unwantedness down. Returns the change in wanted commits still queued."""
        is_new, was_wanted = parent not in seen, parent not in unwanted
        if is_new:
            seen.add(parent)
            heapq.heappush(waiting, (-self._height[parent], parent))
        if is_unwanted:
            unwanted.add(parent)
        is_wanted = was_wanted and not is_unwanted
        return int(is_wanted) - int(was_wanted and not is_new)


def heights(parents: list[tuple[int, ...]]) -> list[int]:
    """Longest way down to a commit without parents: always greater than every parent's.

    >>> heights([(1, 2), (2,), ()])
    [2, 1, 0]
    """
    height = [-1] * len(parents)
    for start in range(len(parents)):
        waiting = [start]
        while waiting:
            at = waiting[-1]
            if height[at] >= 0:
                waiting.pop()
                continue
            unknown = [parent for parent in parents[at] if height[parent] < 0]
            if unknown:
                waiting.extend(unknown)
            else:
                height[at] = 1 + max((height[parent] for parent in parents[at]), default=-1)
                waiting.pop()
    return height
