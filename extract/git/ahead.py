"""Lines are counted from the first moment on, beside the reading of headers and paths: git's list of commits is there at
once, and counting takes most of the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from extract.git.command import GitFailed
from extract.git.counts import Counts
from extract.git.mirror import Repository
from extract.git.shares import Shares
from extract.git.sizes import SIZES_OF_COMMITS, Counting, Enough, Uncounted, count_shares, counting_of, together


class Ahead:
    """Commits that are being counted already."""

    def __init__(self, counting: Counting, shas: list[str], *, lends_a_hand: bool) -> None:
        self._counting, self._shares, self._lends_a_hand = counting, Shares(shas), lends_a_hand
        self._working = list[Future[Uncounted]]()

    def begin(self, pool: ThreadPoolExecutor, processes: int) -> None:
        self._working = [pool.submit(count_shares, self._counting, self._shares) for _ in range(processes)]

    def finished(self) -> Uncounted:
        """Waits for all, where more may count by counting too; what stays uncounted."""
        own = [count_shares(self._counting, self._shares)] if self._lends_a_hand else []
        return together([*own, *(each.result() for each in self._working)])


@contextmanager
def counting_ahead(
    repository: Repository,
    counts: Counts,
    without: Collection[str],
    *,
    jobs: int,
    at_least: int | None,
    enough: Enough,
    report: Callable[[str, int, int | None], None],
) -> Iterator[Ahead | None]:
    """Counts the default branch with all of `jobs` processes but one, which joins in once headers and paths are read; with
    a single one, while they are read. None where fewer than `at_least` are to be counted, or lines are not asked for
    (None). What raises, or is interrupted, ends the counting."""
    known = {*without, *counts.sizes()["sha"]}
    todo = [] if at_least is None else [sha for sha in commits_alone(repository) if sha not in known]
    if at_least is None or len(todo) < at_least:
        yield None
        return
    stopped = threading.Event()
    counting = counting_of(
        repository.git, todo, counts, report=report, kind=SIZES_OF_COMMITS, enough=lambda: stopped.is_set() or enough()
    )
    at_once = max(1, jobs - 1)
    with ThreadPoolExecutor(at_once) as pool:
        ahead = Ahead(counting, todo, lends_a_hand=jobs > 1)
        try:
            ahead.begin(pool, at_once)
            yield ahead
        finally:
            stopped.set()


def commits_alone(repository: Repository) -> list[str]:
    """Commits of the default branch that are no merges, newest first; none where git cannot walk it to its end."""
    if repository.head is None:
        return []
    try:
        printed = repository.git.run("rev-list", "--no-merges", "--end-of-options", repository.head, "--")
    except GitFailed:  # a commit is missing: the headers' own complaint says which
        return []
    return printed.decode().split()
