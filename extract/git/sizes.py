"""How large commits are: `git log --numstat`, read in blocks, in parallel, each commit once in its life.

Most of git's time goes into counting lines, so several git processes count shares of the list of commits side by side.
One unreadable blob ends git in the middle: what was printed before it is kept, git is started again behind it, and the
commit stays without sizes. Merges have none either: git shows no diff for them.

Which files a commit touched, and how, is told much sooner than by how many lines: `Paths` are read the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import polars as pl

from extract.errors import ExtractError
from extract.git.command import Git, GitFailed
from extract.git.counts import Counts
from extract.git.damaged import is_partial
from extract.git.lost import lost_object
from extract.git.numstat import BOUNDARY, LINES, PATHS, PATHS_ALONE, parse
from extract.git.shares import Share, Shares

BATCH_BYTES = 1 << 19
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
    """How many unreadable commits are passed over before the rest of every share is left; shared by threads."""

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
    counting, shares = counting_of(git, shas, counts, report=report, kind=kind, enough=enough), Shares(shas)
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return together(pool.map(lambda _: count_shares(counting, shares), range(jobs)))


def counting_of(
    git: Git,
    shas: list[str],
    counts: Counts,
    *,
    report: Callable[[str, int, int | None], None],
    kind: Kind,
    enough: Enough,
) -> Counting:
    git = git.having(DELTA_CACHE)
    patience = Patience(MOST_UNREADABLE_IN_PARTIAL if is_partial(git) else MOST_UNREADABLE)
    told = Progress(lambda done: report(kind.stream, done, len(shas))).add
    return Counting(git, counts, patience, kind, enough, told)


def together(left: Iterable[Uncounted]) -> Uncounted:
    """What several left uncounted, as one."""
    all_left = list(left)
    complaints = [one.complaint for one in all_left if one.complaint is not None]
    return Uncounted(
        tuple(sha for one in all_left for sha in one.shas),
        complaints[-1] if complaints else None,
        {sha: lost for one in all_left for sha, lost in one.lost.items()},
    )


class Progress:
    """How much is done, by several threads."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._done, self._lock = tell, 0, threading.Lock()

    def add(self, n: int) -> None:
        with self._lock:
            self._done += n
            self._tell(self._done)


def count_shares(counting: Counting, shares: Shares) -> Uncounted:
    """Goes through one share after another, until there is none worth taking."""
    left = list[Uncounted]()
    while (share := shares.take()) is not None:
        uncounted = count_share(counting, share)
        left.append(replace(uncounted, shas=(*uncounted.shas, *shares.close(share))))
    return together(left)


def count_share(counting: Counting, share: Share) -> Uncounted:
    """Counts a share, passing over commits that git cannot read. What it does not come to stays in the share."""
    passed_over, lost, complaint = list[str](), dict[str, str](), None
    while share.n_left and not counting.patience.is_over:
        if counting.enough():
            return Uncounted(tuple(passed_over), complaint or TIME_IS_UP, lost)
        n_counted, said = _count_until_failure(counting, share, share.left)
        if n_counted or not share.n_left or counting.enough():
            complaint = (said if share.n_left else None) or complaint
            continue
        # git may stop before it names the commit it cannot read: the first decides
        n_counted, said_of_first = _count_until_failure(counting, share, share.left[:1])
        complaint = said_of_first or said or complaint
        if not n_counted:
            counting.patience.spend()
            passed_over += share.advance(1)
            if said_of_first is not None and (missing := lost_object(said_of_first)) is not None:
                lost[passed_over[-1]] = missing
    return Uncounted(tuple(passed_over), complaint, lost)


def _count_until_failure(counting: Counting, share: Share, shas: list[str]) -> tuple[int, str | None]:
    """How many of the first commits of the share were counted, and what git said when it failed."""
    given = "".join(f"{sha}\n" for sha in shas).encode()
    n_counted = 0
    try:
        blocks = counting.git.blocks("log", "-z", *counting.kind.options, "--no-walk=unsorted", "--stdin", given=given)
        for files, sizes in _batches(blocks, share, with_lines=counting.kind.with_lines):
            ours = share.advance(sizes.height)
            if ours != sizes["sha"].head(len(ours)).to_list():
                raise ExtractError("git log told of other commits than it was asked for, or in another order.")
            if len(ours) < sizes.height:  # another process has taken over the rest
                sizes = sizes.head(len(ours))
                files = files.join(sizes, on="sha", how="semi", maintain_order="left")
            counting.counts.keep(files, sizes)
            n_counted += len(ours)
            counting.told(len(ours))
            if counting.enough() or not share.n_left:
                break
    except GitFailed as failed:
        return n_counted, failed.said
    return n_counted, None


def _batches(blocks: Iterator[bytes], share: Share, *, with_lines: bool) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Parsed batches of whole commits, the last one as soon as the share is at its end.

    A commit is whole when another follows it or git ended well; the last one before a failure is not to be trusted.
    """
    held, failure = bytearray(), None
    try:
        for block in blocks:
            held += block
            is_due = len(held) >= BATCH_BYTES or held.count(BOUNDARY) >= share.n_left
            end = held.rfind(BOUNDARY) + 1 if is_due else 0
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
