"""Mirrors of repositories that have lost files: all history, and all contents that are still there.

A server that misses one blob refuses the whole fetch. Asked for history without contents it answers; the contents are
then fetched in lots. A refused lot is asked for again without the blob that the server names, or else in halves, until
the lost ones are alone. What stays missing has no sizes, no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from extract.git.command import Git, GitFailed

WITHOUT_CONTENTS = "--filter=blob:none"
LOT_BLOBS = 5000
REFUSALS = 200  # about ten lost blobs a lot; beyond that the rest is left
_LOST = re.compile(r"corrupt|unable to read|bad object|missing (blob|object)|could not get object", re.IGNORECASE)
_PROMISES = r"^(remote\..*\.(promisor|partialclonefilter)|extensions\.partialclone)$"


def lost_objects(said: str) -> bool:
    """Whether a refused fetch reads as if the server's repository had lost objects."""
    return _LOST.search(said) is not None


def fetch_contents(folder: Path, mirror: Git, fetch: Callable[[list[str]], None]) -> None:
    """Fetches the blobs that a mirror without contents misses, then makes it a mirror like any other.

    `fetch` gets the blobs of a lot and raises GitFailed when it is refused. Interrupted, the next run does it again.
    """
    missing = missing_blobs(mirror)
    lots = [missing[at : at + LOT_BLOBS] for at in range(0, len(missing), LOT_BLOBS)]
    refusals = 0
    while lots and refusals < REFUSALS:
        lot = lots.pop()
        try:
            fetch(lot)
        except GitFailed as refused:  # told by the sizes that stay null
            refusals += 1
            lots += smaller(lot, refused.said)
    forget_promises(folder, mirror)


def forget_promises(folder: Path, mirror: Git) -> None:
    """Git takes ten seconds a lost blob to see whether anybody promised it; nobody does."""
    for promise in (folder / "objects" / "pack").glob("*.promisor"):
        promise.unlink()
    for name in mirror.run("config", "--name-only", "--get-regexp", _PROMISES).decode().splitlines():
        mirror.run("config", "--unset-all", name)


def smaller(lot: list[str], said: str) -> list[list[str]]:
    """A refused lot without the blobs that the refusal names, or in halves; nothing where one blob was refused.

    >>> smaller(["aa", "bb", "cc"], "upload-pack: not our ref bb"), smaller(["aa", "cc"], "refused")
    ([['aa', 'cc']], [['aa'], ['cc']])
    """
    rest = [blob for blob in lot if blob not in said]
    half = len(lot) // 2
    parts = [rest] if len(rest) < len(lot) else [lot[:half], lot[half:]] if half else []
    return [part for part in parts if part]


def missing_blobs(mirror: Git) -> list[str]:
    """Objects that the mirror's history names and does not have."""
    found: list[str] = []
    held = b""
    for block in mirror.blocks("rev-list", "--objects", "--missing=print", "--all"):
        *lines, held = (held + block).split(b"\n")
        found += [line[1:].decode() for line in lines if line.startswith(b"?")]
    return found


def is_partial(mirror: Git) -> bool:
    """Whether contents were left out of this mirror and not yet asked for."""
    try:
        return bool(mirror.run("config", "--get-regexp", _PROMISES))
    except GitFailed:  # no such setting
        return False
