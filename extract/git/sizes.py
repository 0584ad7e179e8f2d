"""How large commits are: `git log --numstat`, read in blocks, in parallel, each commit once in its life.

Most of git's time goes into counting lines, so several git processes count chunks of the list of commits side by side.
One unreadable blob ends git in the middle: what was printed before it is kept, git is started again behind it, and the
commit stays without sizes. Merges have none either: git shows no diff for them.

Which files a commit touched, and how, is told much sooner than by how many lines: `Paths` are read the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import polars as pl

from extract.git.command import Git, GitFailed
from extract.git.counts import Counts
from extract.git.damaged import is_partial
from extract.git.lost import lost_object
from extract.git.numstat import BOUNDARY, LINES, PATHS, PATHS_ALONE, parse

FEWEST_IN_CHUNK = 256
BATCH_BYTES = 1 << 20
MOST_UNREADABLE = 500  # each costs a few starts of git
MOST_UNREADABLE_IN_PARTIAL = 8  # a clone without contents has hardly any, and git takes seconds to be sure of each
DELTA_CACHE = "core.deltaBaseCacheLimit=256m"
"""Git's own is 96m: versions of a file are made from one another, and a tenth of the time goes into making them anew."""
TIME_IS_UP = "the time for counting lines is over, and the next run goes on"
Enough = Callable[[], bool]
"""Whether counting has taken as long as it may."""


@dataclass(frozen=True)
class Uncounted:
    """Commits that stay without sizes, and the last thing git said about them. Of the `lost` ones git named an
    object that is not there: no other try will change that."""

    shas: tuple[str, ...] = ()
    complaint: str | None = None
    lost: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.lost.keys() >= set(self.shas)


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


@dataclass(frozen=True)
class Counting:
    """What all processes share; `told` is called with how many commits came in."""

    git: Git
    counts: Counts
    patience: Patience
    kind: Kind
    enough: Enough
    told: Callable[[int], None]


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
    patience = Patience(MOST_UNREADABLE_IN_PARTIAL if is_partial(git) else MOST_UNREADABLE)
    told = Progress(lambda done: report(kind.stream, done, len(shas))).add
    counting = Counting(git, counts, patience, kind, enough, told)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        left = list(pool.map(lambda chunk: count_chunk(counting, chunk), chunks_of(shas, jobs)))
    complaints = [one.complaint for one in left if one.complaint is not None]
    return Uncounted(
        tuple(sha for one in left for sha in one.shas),
        complaints[-1] if complaints else None,
        {sha: lost for one in left for sha, lost in one.lost.items()},
    )


class Progress:
    """How much is done, by several threads."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._done, self._lock = tell, 0, threading.Lock()

    def add(self, n: int) -> None:
        with self._lock:
            self._done += n
            self._tell(self._done)


def chunks_of(shas: list[str], jobs: int) -> list[list[str]]:
    """Shares for `jobs` processes: large ones first, since every start of git begins with cold caches; then ever smaller
    ones, so that nobody waits long for the last.

    >>> [len(chunk) for chunk in chunks_of(["a"] * 10_000, 2)], len(chunks_of(["a"] * 10_000, 1))
    ([4000, 2400, 1440, 864, 625, 625, 46], 1)
    """
    if jobs == 1:
        return [shas] if shas else []
    chunks, at = list[list[str]](), 0
    while at < len(shas):
        size = max(2 * (len(shas) - at) // (5 * jobs // 2), len(shas) // (8 * jobs), FEWEST_IN_CHUNK)
        chunks.append(shas[at : at + size])
        at += size
    return chunks


def count_chunk(counting: Counting, shas: list[str]) -> Uncounted:
    """Counts a chunk, passing over commits that git cannot read."""
    left, passed_over, lost, complaint = list(shas), list[str](), dict[str, str](), None
    while left and not counting.patience.is_over:
        if counting.enough():
            return Uncounted((*passed_over, *left), complaint or TIME_IS_UP, lost)
        counted, said = _count_until_failure(counting, left)
        complaint = said or complaint
        if not counted and not counting.enough():
            # git may stop before it names the commit it cannot read: the first decides
            counted, said = _count_until_failure(counting, left[:1])
            if not counted:
                counting.patience.spend()
                passed_over.append(left.pop(0))
                if said is not None and (missing := lost_object(said)) is not None:
                    lost[passed_over[-1]] = missing
        left = [sha for sha in left if sha not in counted]
    return Uncounted((*passed_over, *left), complaint, lost)


def _count_until_failure(counting: Counting, shas: list[str]) -> tuple[set[str], str | None]:
    given = "".join(f"{sha}\n" for sha in shas).encode()
    counted: set[str] = set()
    try:
        blocks = counting.git.blocks("log", "-z", *counting.kind.options, "--no-walk=unsorted", "--stdin", given=given)
        for files, sizes in _batches(blocks, with_lines=counting.kind.with_lines):
            counting.counts.keep(files, sizes)
            counted.update(sizes["sha"])
            counting.told(sizes.height)
            if counting.enough():
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
