"""Which commits each change request proposed, from git alone: no request to the forge.

The rule is the forge's own: the commits of its last state that its base has not, at most the 250 oldest. Where that is
empty or a commit is gone: what the merge brought in, then what the default branch has not, then the last commit alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from extract.git.command import Git
from extract.git.graph import Graph

MOST_COMMITS = 250  # GitHub lists no more for one change request
CHANGES = {"number": pl.Int64, "base_sha": pl.String, "head_sha": pl.String, "merge_sha": pl.String}
"""What a forge says about its change requests, one row each (any of the three hashes may be null)."""
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PAIRS = {"number": pl.Int64, "sha": pl.String}


@dataclass(frozen=True)
class Change:
    """One change request; a hash is None when the forge gave none that looks like one."""

    number: int
    base: str | None
    head: str | None
    merge: str | None
    ref: str | None

    def heads(self) -> Iterator[str]:
        """Where its last commit may be, best first: the ref is newer than what the forge said."""
        yield from (sha for sha in (self.ref, self.head) if sha)

    def hashes(self) -> Iterator[str]:
        yield from self.heads()
        yield from (sha for sha in (self.base, self.merge) if sha)


def read_changes(rows: pl.DataFrame, refs: dict[int, str]) -> list[Change]:
    """Rows of CHANGES, with the commit at each one's ref."""
    return [
        Change(number, _hash(base), _hash(head), _hash(merge), refs.get(number))
        for number, base, head, merge in rows.select(list(CHANGES)).iter_rows()
    ]


def _hash(text: str | None) -> str | None:
    return text if text and _HASH.fullmatch(text) else None


def present_commits(git: Git, shas: Iterable[str]) -> set[str]:
    """Those that are commits of this repository."""
    given = "".join(f"{sha}\n" for sha in sorted(set(shas))).encode()
    printed = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=given) if given else b""
    return {sha for sha, kind in (line.split(" ", 1) for line in printed.decode().splitlines()) if kind == "commit"}


def with_parents(git: Git, tips: Iterable[str], without: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Commits from `tips`, none that are reachable from `without`, each with its parents."""
    given = "".join([*(f"{sha}\n" for sha in tips), *(f"^{sha}\n" for sha in without)]).encode()
    printed = git.run("rev-list", "--parents", "--stdin", given=given)
    return [(sha, parents) for sha, *parents in (line.split(" ") for line in printed.decode().splitlines())]


def proposed(change: Change, graph: Graph, tip: str | None, git: Git) -> list[str]:
    """The commits of one change request, in no order; empty when its last commit is not in the repository."""
    head = next((sha for sha in change.heads() if sha in graph), None)
    if head is None:
        return []
    before_merge = graph.first_parent(change.merge) if change.merge and change.merge in graph else None
    for base in (change.base, before_merge, tip):
        if base and base in graph and (found := graph.only_in(head, base)):
            return found if len(found) <= MOST_COMMITS else _oldest(git, base, head)
    return [head]


def _oldest(git: Git, base: str, head: str) -> list[str]:
    printed = git.run("rev-list", "--reverse", "--stdin", given=f"{head}\n^{base}\n".encode())
    return printed.decode().split()[:MOST_COMMITS]


def change_commits(changes: list[Change], graph: Graph, tip: str | None, git: Git) -> tuple[pl.DataFrame, int]:
    """Rows (number, sha), and how many changes have no commit in the repository."""
    found = [(change.number, proposed(change, graph, tip, git)) for change in changes]
    rows = [(number, sha) for number, shas in found for sha in shas]
    missing = sum(not shas for _, shas in found)
    return pl.DataFrame(rows, schema=_PAIRS, orient="row").unique(maintain_order=True), missing
