"""Which links between aliases hold: in order of trust, as far as no rule forbids it, and within caps.

Two accounts of one forge are never one person, nor a program and a human, nor what somebody said is apart. A group that
grows beyond the caps is taken to pieces again: its likenesses wait for a person in quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from transform.identity.groups import Groups

ACCEPTED_FROM = 0.8
MOST_NAMES, MOST_ADDRESSES = 8, 15
PRECEDENCE = {"H": 0, "A3": 1, "A4": 2, "B1": 3, "B2": 4, "C1": 5, "C2": 6}
CAPPED = frozenset({"B1", "B2", "C1"})


@dataclass(frozen=True)
class Candidate:
    """A link between two nodes: accounts with the addresses that name them, or lone addresses."""

    node: str
    other: str
    rule: str
    score: float


@dataclass(frozen=True)
class Node:
    """What is known of one: the account it is, if any, whether a program, its addresses and keyed names."""

    forge: str | None = None
    is_machine: bool = False
    n_addresses: int = 1
    names: frozenset[str] = frozenset()


@dataclass
class Cluster:
    """A group under construction."""

    forges: set[str]
    is_machine: bool
    n_addresses: int
    names: set[str]

    @classmethod
    def of(cls, node: Node) -> Cluster:
        return cls({node.forge} if node.forge else set(), node.is_machine, node.n_addresses, set(node.names))

    @property
    def is_over(self) -> bool:
        return len(self.names) > MOST_NAMES or self.n_addresses > MOST_ADDRESSES

    def joined(self, other: Cluster) -> Cluster:
        addresses = self.n_addresses + other.n_addresses
        return Cluster(self.forges | other.forges, self.is_machine, addresses, self.names | other.names)


@dataclass
class Decider:
    """Candidates in any order; `apart` are pairs of nodes that somebody said are two persons."""

    nodes: Mapping[str, Node]
    apart: Iterable[tuple[str, str]] = ()
    groups: Groups = field(default_factory=Groups)

    def decide(self, candidates: Sequence[Candidate]) -> list[tuple[str, str]]:
        """Status and reason of each candidate, in their order."""
        told = self._pass(candidates, frozenset())
        over = {self.groups.root(node) for node in self.nodes if self._cluster(node).is_over}
        if not over:
            return told
        quarantined = frozenset(
            at for at, one in enumerate(candidates) if one.rule in CAPPED and self.groups.root(one.node) in over
        )
        return self._pass(candidates, quarantined)

    def _pass(self, candidates: Sequence[Candidate], quarantined: frozenset[int]) -> list[tuple[str, str]]:
        self.groups = Groups()
        self._clusters: dict[str, Cluster] = {}
        self._enemies: dict[str, set[str]] = {}
        for one, other in self.apart:
            self._enemies.setdefault(one, set()).add(other)
            self._enemies.setdefault(other, set()).add(one)
        told = [("", "")] * len(candidates)
        order = sorted(range(len(candidates)), key=lambda at: _trust(candidates[at]))
        for at in order:
            too_big = "its group would have more names or addresses than one person has"
            told[at] = ("quarantined", too_big) if at in quarantined else self._judged(candidates[at])
        return told

    def _judged(self, one: Candidate) -> tuple[str, str]:
        here, there = self.groups.root(one.node), self.groups.root(one.other)
        if one.score < ACCEPTED_FROM:
            reason = self._forbidden(here, there) if here != there else ""
            return ("forbidden", reason) if reason else ("queued", "not sure enough to be believed without a person")
        if here == there:
            return "accepted", ""
        reason = self._forbidden(here, there)
        if reason:
            return "forbidden", reason
        joined = self._cluster(here).joined(self._cluster(there))
        self._clusters[self.groups.unite(here, there)] = joined
        return "accepted", ""

    def _forbidden(self, here: str, there: str) -> str:
        mine, yours = self._cluster(here), self._cluster(there)
        if mine.forges & yours.forges:
            return f"two accounts of one forge ({', '.join(sorted(mine.forges & yours.forges))}) are two persons"
        if mine.is_machine != yours.is_machine:
            return "one is a program, the other is not"
        members = set(self.groups.members(there))
        if any(self._enemies.get(one, set()) & members for one in self.groups.members(here)):
            return "somebody decided that they are two persons"
        return ""

    def _cluster(self, node: str) -> Cluster:
        root = self.groups.root(node)
        return self._clusters.get(root) or Cluster.of(self.nodes.get(root, Node()))


def _trust(one: Candidate) -> tuple[int, float, str, str]:
    return PRECEDENCE[one.rule], -one.score, one.node, one.other


def canonical(members: Iterable[str]) -> str:
    """The id of a person: the first of its accounts, else the first of its addresses."""
    return min(members, key=lambda one: (one.startswith("mail:"), one))
