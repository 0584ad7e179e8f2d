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

    def __init__(self, counting: Counting, shas: list[str]) -> None:
        self._counting, self._shares = counting, Shares(shas)
        self._working = list[Future[Uncounted]]()

    def begin(self, pool: ThreadPoolExecutor, processes: int) -> None:
        self._working = [pool.submit(count_shares, self._counting, self._shares) for _ in range(processes)]

    def finished(self) -> Uncounted:
        """Lends a hand, and waits for all; what stays uncounted."""
        own = count_shares(self._counting, self._shares)
        return together([own, *(each.result() for each in self._working)])


@contextmanager
def counting_ahead(
    repository: Repository,
    counts: Counts,
    without: Collection[str],
    *,
    jobs: int,
    at_least: int,
    enough: Enough,
    report: Callable[[str, int, int | None], None],
) -> Iterator[Ahead | None]:
    """Counts the default branch with all processes but one, which is left for the reading of headers and paths. None
    where there is no second process, or fewer than `at_least` are to be counted. What raises, or is interrupted, ends
    the counting."""
    known = {*without, *counts.sizes()["sha"]} if jobs > 1 else set()
    todo = [sha for sha in commits_alone(repository) if sha not in known] if jobs > 1 else []
    if jobs == 1 or len(todo) < at_least:
        yield None
        return
    stopped = threading.Event()
    counting = counting_of(
        repository.git, todo, counts, report=report, kind=SIZES_OF_COMMITS, enough=lambda: stopped.is_set() or enough()
    )
    with ThreadPoolExecutor(jobs - 1) as pool:
        ahead = Ahead(counting, todo)
        try:
            ahead.begin(pool, jobs - 1)
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
