"""How well likenesses of names find who is one person, held against mailmaps that people keep by hand.

    python -m benchmarks.identity_quality sympy=PATH scipy=PATH git=PATH [--strict sympy]

The nodes are the distinct (name, address) pairs under commits of the default branch that the mailmap covers. The truth:
the mailmap's proper entry; for repositories named by --strict name and address together tell two persons apart (sympy's
rule, which its CI enforces), for the others the proper name or the proper address alone joins two, as `git shortlog`
counts. One account id or address is one person in any case. What is found: rules A2, B1, B2 and C1 on the addresses as
they were written; the mailmap is not shown to the matcher.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from transform.identity.deciding import ACCEPTED_FROM
from transform.identity.groups import Groups
from transform.identity.matching import Link, Matcher, Signature
from transform.identity.names import normal

Pair = tuple[str, str]
FORMAT = "%x00".join(f"%{role}{what}" for role in "ac" for what in ("n", "e", "N", "E")) + "%x00%at"
NOBODYS = {
    "",
    "none@none",
    "your_email@youremail.com",
    "gitgitgadget@gmail.com",
    "devnull@localhost",
    "noreply@github.com",
}


@dataclass
class History:
    """What a history says of each (name, address): the mailmap's answer, first and last second, number of commits."""

    proper: dict[Pair, Pair]
    spans: dict[Pair, tuple[int, int, int]]
    mapped_addresses: set[str]


@dataclass
class Score:
    found: int = 0
    right: int = 0
    true: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.found + other.found, self.right + other.right, self.true + other.true)

    def words(self) -> str:
        precision, recall = self.right / max(1, self.found), self.right / max(1, self.true)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  ({self.right} of {self.true} true, {self.found} found)"


def history(repository: str) -> History:
    git = ["git", "-C", repository, "-c", "mailmap.blob=HEAD:.mailmap"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    run = {"capture_output": True, "check": True, "env": environment}
    said = subprocess.run([*git, "log", "HEAD", f"--format={FORMAT}"], **run).stdout.decode("utf-8", "replace")
    mailmap = subprocess.run([*git, "show", "HEAD:.mailmap"], **run).stdout.decode("utf-8", "replace")
    proper: dict[Pair, Pair] = {}
    spans: dict[Pair, tuple[int, int, int]] = {}
    for line in said.split("\n"):
        parts = line.split("\0")
        if len(parts) == 9:
            at = int(parts[8])
            for name, email, proper_name, proper_email in (parts[:4], parts[4:8]):
                proper[name, email] = (proper_name, proper_email)
                first, last, n = spans.get((name, email), (at, at, 0))
                spans[name, email] = (min(first, at), max(last, at), n + 1)
    return History(proper, spans, set(re.findall(r"<([^<>]*)>", mailmap.lower())))


def covered(told: History) -> list[Pair]:
    """Those of whom the mailmap says something: its silence about the others is no truth."""
    return sorted(
        pair for pair, proper in told.proper.items() if pair != proper or proper[1].lower() in told.mapped_addresses
    )


def truth(pairs: list[Pair], told: History, *, strict: bool) -> list[str]:
    groups, holders = Groups(), dict[tuple[str, ...], str]()
    for at, (name, email) in enumerate(pairs):
        proper_name, proper_email = told.proper[name, email]
        keys = (
            [("person", proper_name, proper_email)]
            if strict
            else [("name", " ".join(proper_name.split()).casefold()), ("mail", proper_email.lower())]
        )
        if login := normal(email, name).login:
            keys += [("login", login), *([("id", email.partition("+")[0])] if "+" in email else [])]
        keys.append(("address", email.lower()))
        for key in keys:
            if key[-1] in NOBODYS:
                continue
            groups.unite(holders.setdefault(key, str(at)), str(at))
    return [groups.root(str(at)) for at in range(len(pairs))]


def found(pairs: list[Pair], told: History) -> tuple[list[str], list[Link], float]:
    """The group of each pair, found among all signatures of the history, as a build does."""
    began = time.perf_counter()
    others = sorted(told.proper.keys() - set(pairs))
    signatures = [
        Signature(str(at), normal(email, name), {"r": told.spans[name, email][:2]}, told.spans[name, email][2])
        for at, (name, email) in enumerate([*pairs, *others])
    ]
    by_login: dict[str, list[str]] = defaultdict(list)
    for one in signatures:
        if one.normal.login:
            by_login[one.normal.login].append(one.alias)
    known = [(group[0], other) for group in by_login.values() for other in group[1:]]
    links = Matcher(signatures, known).all_links()
    groups = Groups()
    for one, other in [*known, *((link.alias, link.other) for link in links if link.score >= ACCEPTED_FROM)]:
        groups.unite(one, other)
    return [groups.root(str(at)) for at in range(len(pairs))], links, time.perf_counter() - began


def by_git(pairs: list[Pair], *, what: int) -> list[str]:
    """Git's own grouping without a mailmap: by name (shortlog) or by address (shortlog -e, but for the name)."""
    return [pair[what].lower() for pair in pairs]


def pairs_of(groups: list[str]) -> set[tuple[int, int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for at, group in enumerate(groups):
        members[group].append(at)
    return {pair for group in members.values() for pair in itertools.combinations(group, 2)}


def is_easy(pairs: list[Pair], one: int, other: int) -> bool:
    """Whether two share a name or an address, but for case and spaces."""
    names = {" ".join(pairs[at][0].split()).casefold() for at in (one, other)}
    return len(names) == 1 or pairs[one][1].lower() == pairs[other][1].lower()


def scores(pairs: list[Pair], real: list[str], guessed: list[str]) -> dict[str, Score]:
    true, said = pairs_of(real), pairs_of(guessed)
    easy_true, easy_said = ({pair for pair in some if is_easy(pairs, *pair)} for some in (true, said))
    sides = {"all": (said, true), "easy": (easy_said, easy_true), "hard": (said - easy_said, true - easy_true)}
    return {name: Score(len(one), len(one & other), len(other)) for name, (one, other) in sides.items()}


def splitting_and_lumping(real: list[str], guessed: list[str]) -> tuple[float, float]:
    """Share of real persons that came out as several, and of groups found that hold several."""

    def torn(inner: list[str], outer: list[str]) -> float:
        parts: dict[str, set[str]] = defaultdict(set)
        for one, other in zip(inner, outer, strict=True):
            parts[one].add(other)
        return sum(len(some) > 1 for some in parts.values()) / len(parts)

    return torn(real, guessed), torn(guessed, real)


def tell(name: str, what: str, told: dict[str, Score], real: list[str], guessed: list[str]) -> None:
    splitting, lumping = splitting_and_lumping(real, guessed)
    print(f"{name}, {what}: splitting {splitting:.3f}, lumping {lumping:.3f}")
    for side, score in told.items():
        print(f"    {side:<5} {score.words()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--strict", action="append", default=[])
    given = parser.parse_args()
    pooled: dict[str, list[dict[str, Score]]] = defaultdict(list)
    for name, _, place in (one.partition("=") for one in given.repositories):
        told = history(place)
        pairs = covered(told)
        real = truth(pairs, told, strict=name in given.strict)
        guessed, links, seconds = found(pairs, told)
        print(f"{name}: {len(pairs)} signatures of {len(set(real))} persons, {len(links)} links in {seconds:.2f} s")
        for what, groups in (
            ("forbenefit", guessed),
            ("git by name", by_git(pairs, what=0)),
            ("git by address", by_git(pairs, what=1)),
        ):
            pooled[what].append(scores(pairs, real, groups))
            tell(name, what, pooled[what][-1], real, groups)
    print("pooled")
    for what, parts in pooled.items():
        for side in ("all", "easy", "hard"):
            print(f"    {what:<15} {side:<5} {total(part[side] for part in parts).words()}")


def total(parts: Iterable[Score]) -> Score:
    return sum(parts, Score())


if __name__ == "__main__":
    main()
