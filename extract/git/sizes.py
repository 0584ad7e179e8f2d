"""How large commits are: `git log --numstat`, read in blocks, in parallel, each commit once in its life.

Most of git's time goes into counting lines, so several git processes count chunks of the list of commits side by side.
One unreadable blob ends git in the middle: what was printed before it is kept, git is started again behind it, and the
commit stays without sizes. Merges have none either: git shows no diff for them.

Which files a commit touched, and how, is told much sooner than by how many lines: `Paths` are read the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import polars as pl

from extract.git.command import Git, GitFailed
from extract.git.counts import Counts
from extract.git.damaged import is_partial
from extract.git.numstat import BOUNDARY, LINES, PATHS, PATHS_ALONE, parse

CHUNK_COMMITS = range(256, 8192)  # large enough that starting git costs nothing, small enough to share out and to lose
CHUNKS_A_JOB = 4  # so that the last chunk does not leave the other jobs idle for long
BATCH_BYTES = 1 << 20
MOST_UNREADABLE = 500  # each costs a few starts of git
MOST_UNREADABLE_IN_PARTIAL = 8  # a clone without contents has hardly any, and git takes seconds to be sure of each


DELTA_CACHE = "core.deltaBaseCacheLimit=192m"
"""Twice git's own: versions of a file are made from one another, and a seventh of the time goes into making them anew."""
TIME_IS_UP = "the time for counting lines is over, and the next run goes on"
Enough = Callable[[], bool]
"""Whether counting has taken as long as it may."""


@dataclass(frozen=True)
class Uncounted:
    """Commits that stay without sizes, and the last thing git said about them."""

    shas: tuple[str, ...] = ()
    complaint: str | None = None


@dataclass(frozen=True)
class Kind:
    """What is asked of each commit: its lines, or the paths of its files alone."""

    options: tuple[str, ...]
    with_lines: bool
    stream: str


SIZES_OF_COMMITS = Kind(LINES, with_lines=True, stream="commit_sizes")
PATHS_OF_COMMITS = Kind(PATHS, with_lines=False, stream="commit_paths")
PATHS_WITHOUT_CONTENTS = Kind(PATHS_ALONE, with_lines=False, stream="commit_paths")


class Patience:
    """How many unreadable commits are passed over before the rest of every chunk is left; shared by threads."""

    def __init__(self, commits: int) -> None:
        self._left = commits
        self._lock = threading.Lock()

    def spend(self) -> None:
        with self._lock:
            self._left -= 1

    @property
    def is_over(self) -> bool:
        return self._left <= 0


def count_sizes(
    git: Git,
    shas: list[str],
    counts: Counts,
    *,
    jobs: int,
    report: Callable[[str, int, int | None], None],
    kind: Kind = SIZES_OF_COMMITS,
    enough: Enough = lambda: False,
) -> Uncounted:
    """Reads the commits (none of them merges) with `jobs` processes; adds to `counts` as it goes."""
    git = git.having(DELTA_CACHE)
    size = min(max(len(shas) // (jobs * CHUNKS_A_JOB), CHUNK_COMMITS.start), CHUNK_COMMITS.stop)
    chunks = [shas[at : at + size] for at in range(0, len(shas), size)]
    patience = Patience(MOST_UNREADABLE_IN_PARTIAL if is_partial(git) else MOST_UNREADABLE)
    uncounted: list[str] = []
    complaint, done = None, 0
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        work = {pool.submit(count_chunk, git, chunk, counts, patience, kind, enough): len(chunk) for chunk in chunks}
        for finished in as_completed(work):
            left = finished.result()
            uncounted += left.shas
            complaint = left.complaint or complaint
            done += work[finished]
            report(kind.stream, done, len(shas))
    return Uncounted(tuple(uncounted), complaint)


def count_chunk(git: Git, shas: list[str], counts: Counts, patience: Patience, kind: Kind, enough: Enough) -> Uncounted:
    """Counts a chunk, passing over commits that git cannot read."""
    left, passed_over, complaint = list(shas), list[str](), None
    while left and not patience.is_over:
        if enough():
            return Uncounted((*passed_over, *left), complaint or TIME_IS_UP)
        counted, said = _count_until_failure(git, left, counts, kind, enough)
        complaint = said or complaint
        if not counted and not enough():  # git may stop before it names the commit it cannot read: the first decides
            counted, _ = _count_until_failure(git, left[:1], counts, kind, enough)
            if not counted:
                patience.spend()
                passed_over.append(left.pop(0))
        left = [sha for sha in left if sha not in counted]
    return Uncounted((*passed_over, *left), complaint)


def _count_until_failure(
    git: Git, shas: list[str], counts: Counts, kind: Kind, enough: Enough
) -> tuple[set[str], str | None]:
    given = "".join(f"{sha}\n" for sha in shas).encode()
    counted: set[str] = set()
    try:
        blocks = git.blocks("log", "-z", *kind.options, "--no-walk=unsorted", "--stdin", given=given)
        for files, sizes in _batches(blocks, with_lines=kind.with_lines):
            counts.keep(files, sizes)
            counted.update(sizes["sha"])
            if enough():
                break
    except GitFailed as failed:
        return counted, failed.said
    return counted, None


def _batches(blocks: Iterator[bytes], *, with_lines: bool) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Parsed batches of whole commits.

    A commit is whole when another follows it or git ended well; the last one before a failure is not to be trusted.
    """
    held, failure = bytearray(), None
    try:
        for block in blocks:
            held += block
            end = held.rfind(BOUNDARY) + 1 if len(held) >= BATCH_BYTES else 0
            if end:
                yield parse(held[:end], with_lines=with_lines)
                del held[:end]
    except GitFailed as failed:
        failure = failed
    whole = held if failure is None else held[: held.rfind(BOUNDARY) + 1]
    if whole:
        yield parse(whole, with_lines=with_lines)
    if failure is not None:
        raise failure
