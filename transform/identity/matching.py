"""Which aliases look like one person, by their names and addresses (ID-02, rules B1, B2, C1 and C2).

Near linear: every signature is filed under a few keys, and only what shares a key is compared; a key that many share
says nothing. Each rule looks at the groups that the rules before it made, so that a weak likeness joins nobody whose
full names say otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from rapidfuzz.distance import JaroWinkler

from transform.identity.groups import Groups
from transform.identity.names import GOOGLE, Normal

MOST_OF_A_KEY = 50
"""More aliases than this under one key are a coincidence, not a person."""
LIKELY_CHANCE = 0.05
"""Persons of the same full name to be expected by accident, from which on the name alone is no evidence."""
NEAR_SECONDS = 365 * 86_400
SLIPS = 20
"""A name is a slip where another is under so many times its commits of the address."""
SAME_FIRST, SAME_LAST = 0.9, 0.93
SCORES = {"B1": 0.95, "B2": 0.85, "C1": 0.8, "C2": 0.7}


@dataclass(frozen=True)
class Signature:
    """An alias as it signs: `spans` are the first and last second in each place where it did, `n_commits` how often."""

    alias: str
    normal: Normal
    spans: Mapping[str, tuple[int, int]]
    n_commits: int = 1


@dataclass(frozen=True)
class Link:
    """Two aliases that may be one person. `evidence` says why, and names nobody."""

    alias: str
    other: str
    rule: str
    evidence: str

    @property
    def score(self) -> float:
        return SCORES[self.rule]


Keys = Callable[[Normal], Iterable[str]]


@dataclass
class Matcher:
    """Signatures under matching. `known` ties aliases that other evidence says are one person already."""

    signatures: Sequence[Signature]
    known: Sequence[tuple[str, str]] = ()
    links: list[Link] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.signatures = without_slips(self.signatures)
        self.groups = Groups()
        self.names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.when: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
        for one in self.signatures:
            if one.normal.is_full:
                self.names[one.alias].add(one.normal.tokens)
            self.when[one.alias] += [(place, *span) for place, span in one.spans.items()]
        for alias, other in self.known:
            self.groups.unite(alias, other)
        self.common = Commonness(self.signatures)

    def all_links(self) -> list[Link]:
        """What may be accepted in order of trust, then what only a person can tell."""
        self.same_address()
        self.same_name()
        self.same_handle()
        self.name_as_handle()
        self.similar_names()
        self.doubtful()
        return self.links

    def link(self, one: Signature, other: Signature, rule: str, evidence: str) -> None:
        if self.groups.root(one.alias) != self.groups.root(other.alias):
            self.links.append(Link(min(one.alias, other.alias), max(one.alias, other.alias), rule, evidence))
            self.groups.unite(one.alias, other.alias)

    def same_address(self) -> None:
        for first, *others in self.filed(lambda normal: [normal.address] if normal.address else []).values():
            for other in others:
                self.link(first, other, "B1", "the same address but for case, dots or a tag")

    def same_name(self) -> None:
        for one, other in self.pairs(self.filed(_sorted_name)):
            if self.same_employer(one, other):
                self.link(one, other, "B2", "the same full name and host")
            elif self.is_rare(one) and self.is_near(one, other):
                self.link(one, other, "B2", "the same full name in one repository within a year")
            elif self.is_rare(one, self.years_apart(one, other)):
                self.link(one, other, "B2", "the same full name, too rare for the years between, in one repository")

    def same_handle(self) -> None:
        known = self.common.words
        filed = self.filed(lambda normal: [one for one in normal.handles if is_distinctive(one, known.get(one, 0))])
        for one, other in self.pairs(self.of_two(filed)):
            if self.fits(one, other):
                self.link(one, other, "C1", "the same distinctive handle")

    def name_as_handle(self) -> None:
        """One writes the full name of the other as one word."""
        handles = self.filed(lambda normal: [_letters(one) for one in normal.handles if len(_letters(one)) > 6])
        names = self.filed(_written_together)
        for key in sorted(handles.keys() & names.keys()):
            group = [*names[key], *handles[key]]
            if self.n_groups(group) == 2 and len(group) <= MOST_OF_A_KEY:
                for one, other in ((one, other) for one in names[key] for other in handles[key]):
                    if self.is_rare(one, self.years_apart(one, other)) and self.fits(one, other):
                        self.link(one, other, "C1", "the full name as a handle")

    def similar_names(self) -> None:
        for one, other in self.pairs(self.of_two(self.filed(_first_and_last))):
            if self.is_rare(one) and self.fits(one, other) and self.is_near(one, other):
                self.link(one, other, "C1", "the same first and last name, in one repository within a year")
        for one, other in self.pairs(self.of_two(self.filed(_last))):
            if self.fits(one, other) and self.is_near(one, other):
                self.link(one, other, "C1", "the same last name and a form of the first, within a year")

    def doubtful(self) -> None:
        """For a person to judge: these join nobody."""
        self.groups = self.groups.copy()
        for one, other in self.pairs(self.filed(_sorted_name)):
            self.link(one, other, "C2", "the same full name, but a common one, or years apart")
        handles = self.filed(lambda normal: [one for one in normal.handles if len(one) > 5])
        names = self.filed(_initial_and_last)
        for key in sorted(handles.keys() & names.keys()):
            group = [*names[key], *handles[key]]
            if self.n_groups(group) == 2 and len(group) <= MOST_OF_A_KEY:
                for one, other in ((one, other) for one in names[key] for other in handles[key]):
                    if self.fits(one, other) and not self.full_names(other):
                        self.link(one, other, "C2", "initial and last name as a handle")

    def filed(self, keys: Keys) -> dict[str, list[Signature]]:
        found: dict[str, list[Signature]] = defaultdict(list)
        for one in self.signatures:
            for key in sorted(set(keys(one.normal))):
                found[key].append(one)
        return dict(sorted(found.items()))

    def of_two(self, filed: dict[str, list[Signature]]) -> dict[str, list[Signature]]:
        """Keys that exactly two groups share: with three it cannot be told who is who."""
        return {key: group for key, group in filed.items() if self.n_groups(group) == 2}

    def n_groups(self, signatures: Sequence[Signature]) -> int:
        return len({self.groups.root(one.alias) for one in signatures})

    def pairs(self, filed: dict[str, list[Signature]]) -> Iterator[tuple[Signature, Signature]]:
        for group in filed.values():
            if 1 < len(group) <= MOST_OF_A_KEY:
                for at, other in enumerate(group):
                    yield from ((one, other) for one in group[:at] if self.is_apart(one, other))

    def is_apart(self, one: Signature, other: Signature) -> bool:
        return self.groups.root(one.alias) != self.groups.root(other.alias)

    def full_names(self, one: Signature) -> list[tuple[str, ...]]:
        return [name for alias in self.groups.members(one.alias) for name in self.names.get(alias, ())]

    def fits(self, one: Signature, other: Signature) -> bool:
        """Whether the full names on both sides, if there are any, could be of one person."""
        here, there = self.full_names(one), self.full_names(other)
        return not here or not there or any(is_alike(mine, yours) for mine in here for yours in there)

    def is_rare(self, one: Signature, years: float = 1.0) -> bool:
        """Whether nobody else of the name is to be expected; the longer between two, the more come by."""
        return self.common.chance(one.normal) * max(1.0, years) < LIKELY_CHANCE

    def is_near(self, one: Signature, other: Signature) -> bool:
        """Whether anybody of the two groups was in one repository within a year."""
        return self.years_apart(one, other) <= 1

    def years_apart(self, one: Signature, other: Signature) -> float:
        """Years between the two groups in the repository where they are nearest; infinite where they share none."""
        here = [span for alias in self.groups.members(one.alias) for span in self.when[alias]]
        there = [span for alias in self.groups.members(other.alias) for span in self.when[alias]]
        gaps = [
            max(first, begun) - min(last, ended)
            for place, first, last in here
            for elsewhere, begun, ended in there
            if place == elsewhere
        ]
        return max(0, min(gaps)) / NEAR_SECONDS if gaps else inf

    def same_employer(self, one: Signature, other: Signature) -> bool:
        is_public = one.normal.login is not None or one.normal.host in GOOGLE or not one.normal.address
        return one.normal.host == other.normal.host and not is_public and self.is_rare(one)


def without_slips(signatures: Sequence[Signature]) -> list[Signature]:
    """The same, but a name that an address bore once in a while beside its usual one is none of its person's."""
    usual: dict[str, Signature] = {}
    for one in signatures:
        place = one.normal.address
        if place and one.normal.is_full and (place not in usual or one.n_commits > usual[place].n_commits):
            usual[place] = one
    return [_unnamed(one) if _is_slip(one, usual.get(one.normal.address)) else one for one in signatures]


def _is_slip(one: Signature, usual: Signature | None) -> bool:
    if usual is None or not one.normal.is_full or one.n_commits * SLIPS > usual.n_commits:
        return False
    return not is_alike(one.normal.tokens, usual.normal.tokens)


def _unnamed(one: Signature) -> Signature:
    return replace(one, normal=replace(one.normal, tokens=()))


class Commonness:
    """How common the parts of names are here: two of a common name are two persons rather than one."""

    def __init__(self, signatures: Sequence[Signature]) -> None:
        self.ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        names: set[tuple[str, str]] = set()
        spoken: dict[str, set[str]] = defaultdict(set)
        for one in signatures:
            for token in one.normal.tokens:
                spoken[token].add(one.alias)
            if one.normal.is_full:
                ends = one.normal.first_and_last
                names.add((min(ends), max(ends)))
                for token in ends:
                    self.ends[token].add((min(ends), max(ends)))
        self.n_names = max(len(names), MOST_OF_A_KEY)
        self.words = {token: len(aliases) for token, aliases in spoken.items()}

    def chance(self, normal: Normal) -> float:
        """Further persons of this first and last name to be expected if the two were drawn apart."""
        first, last = (len(self.ends[token]) for token in normal.first_and_last)
        return first * last / self.n_names


def is_distinctive(handle: str, n_as_name: int) -> bool:
    """Whether a handle is one person's: it has digits and letters enough, or is a word that hardly anybody is called."""
    letters = _letters(handle)
    if letters != handle:
        return len(letters) > 1 and len(handle) > 4 and (len(handle) - len(letters) > 1 or len(letters) > 4)
    return len(handle) > 4 and n_as_name < 2


def is_alike(mine: tuple[str, ...], yours: tuple[str, ...]) -> bool:
    """Whether two full names could be one person's: the same last name, and a first name that is a form of the other."""
    if sorted("".join(mine)) == sorted("".join(yours)):
        return True
    for first, last, other_first, other_last in (
        (mine[0], mine[-1], yours[0], yours[-1]),
        (mine[0], mine[-1], yours[-1], yours[0]),
    ):
        if last == other_last or JaroWinkler.normalized_similarity(last, other_last) >= SAME_LAST:
            short, long = sorted((first, other_first), key=len)
            if long.startswith(short) or JaroWinkler.normalized_similarity(short, long) >= SAME_FIRST:
                return True
    return False


def _letters(handle: str) -> str:
    return re.sub(r"\d", "", handle)


def _sorted_name(normal: Normal) -> list[str]:
    return [" ".join(sorted(normal.tokens))] if normal.is_full else []


def _first_and_last(normal: Normal) -> list[str]:
    return [" ".join(sorted(normal.first_and_last))] if normal.is_full and len(normal.tokens[0]) > 1 else []


def _last(normal: Normal) -> list[str]:
    return [normal.tokens[-1]] if normal.is_full and len(normal.tokens[-1]) > 3 and len(normal.tokens[0]) > 2 else []


def _initial_and_last(normal: Normal) -> list[str]:
    if not normal.is_full or len(normal.tokens[-1]) < 4 or len(normal.tokens[0]) < 2:
        return []
    return [normal.tokens[0][0] + normal.tokens[-1]]


def _written_together(normal: Normal) -> set[str]:
    if not normal.is_full or sum(map(len, normal.tokens)) < 7:
        return set()
    first, *rest = normal.tokens
    *before, last = normal.tokens
    return {"".join(normal.tokens), "".join(rest) + first, last + "".join(before), first + last, last + first}
