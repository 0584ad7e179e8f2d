"""A list of commits shared out among processes that end together: who is done takes over half of what another has left.

Git makes the versions of a file from one another, so each process goes through one run of the list and keeps its caches
warm; only the last, ever smaller halves begin with cold ones.
"""

from __future__ import annotations

import threading

FEWEST_IN_SHARE = 256
"""Fewer are not worth another start of git."""


class Share:
    """A run of commits that one process goes through from its start, while others may take its end away."""

    def __init__(self, shas: list[str], lock: threading.Lock) -> None:
        self._left, self._lock = shas, lock

    @property
    def left(self) -> list[str]:
        """A copy of what is still to be done."""
        with self._lock:
            return list(self._left)

    @property
    def n_left(self) -> int:
        return len(self._left)

    def advance(self, n: int) -> list[str]:
        """The next `n` commits, or those of them that nobody took; they are done."""
        with self._lock:
            done, self._left[:n] = self._left[:n], []
            return done

    def halve(self) -> list[str]:
        """The later half, which is somebody else's now. The lock is the caller's."""
        at = len(self._left) // 2
        taken, self._left[at:] = self._left[at:], []
        return taken


class Shares:
    """All shares of a list; safe from several threads.

    >>> shares = Shares([f"{at}" for at in range(1000)])
    >>> first, second, third = shares.take(), shares.take(), shares.take()
    >>> first.n_left, second.n_left, third, second.advance(2)
    (500, 500, None, ['500', '501'])
    """

    def __init__(self, shas: list[str]) -> None:
        self._lock = threading.Lock()
        self._waiting = list(shas)
        self._active = list[Share]()

    def take(self) -> Share | None:
        """What nobody goes through yet, else half of the longest share; None where that is not worth it."""
        with self._lock:
            shas, self._waiting = self._waiting, []
            if not shas:
                longest = max(self._active, key=lambda share: share.n_left, default=None)
                if longest is None or longest.n_left < 2 * FEWEST_IN_SHARE:
                    return None
                shas = longest.halve()
            share = Share(shas, self._lock)
            self._active.append(share)
            return share

    def close(self, share: Share) -> list[str]:
        """Nobody goes through this one any more; gives what is left of it."""
        with self._lock:
            self._active.remove(share)
        return share.left
