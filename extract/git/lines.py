"""The life of every line: which commit wrote it, and which one took it away or wrote it anew.

The first parents from the root to the tip are replayed, a merge as the sum of what it brought: the lines of a file are
a list of the commits that wrote them, and every hunk is a cut in that list. As with `git blame -w -M`, changes of white
space alone change nothing, and a line that was moved within its file stays who it was. Commits that the project asks
blame to pass over (.git-blame-ignore-revs) leave the lines they rewrite to those who wrote them before.

What was replayed is kept, and the next night goes on behind its tip. Where the tip is not among the first parents any
more, or the list of ignored commits is another, all is replayed.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from extract.git.command import Git, GitFailed
from extract.git.counts import write_durably
from extract.git.mirror import Repository
from extract.git.patches import OPTIONS, Hunk, Patch, commits

FORMAT = 1  # raise it when the same history would be replayed differently
FEWEST_MOVED_CHARACTERS = 20
"""A line with less to it is no sign of a move: git's own bound for blame -M."""
CHECKPOINT_COMMITS = 20_000
"""After so many commits what was replayed is kept, so that a long first night can be interrupted."""
LINES: dict[str, Any] = {"path": pl.String, "born_sha": pl.String, "died_sha": pl.String, "n_lines": pl.Int64}
_STANDING: dict[str, Any] = {"path": pl.String, "born_sha": pl.List(pl.String), "n_lines": pl.List(pl.Int64)}
STILL_THERE = ""
MOST_UNREADABLE = 200  # commits with a lost file that are passed over; each costs a start of git


@dataclass
class Replay:
    """The files at `tip`, each a list of the commits that wrote its lines, and the lines that are gone."""

    tip: str | None = None
    files: dict[str, list[str] | None] = field(default_factory=dict)
    """None: git compared no lines there once, so what stands in the file now is not known."""
    gone: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    complaint: str | None = None
    """What git could not read on the way."""

    def rows(self) -> pl.DataFrame:
        """Lines that share path, birth and death together (LINES)."""
        standing = Counter((path, born, STILL_THERE) for path, births in self.files.items() for born in births or ())
        rows = [(*who, n) for counted in (self.gone, standing) for who, n in counted.items() if n]
        return pl.DataFrame(rows, schema=LINES, orient="row")


@dataclass(frozen=True)
class Reading:
    """Git, the tip to replay to, and the commits to pass over."""

    git: Git
    head: str
    passed_over: frozenset[str]
    folder: Path
    made_with: str
    report: Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Lines:
    """The lives of lines (LINES), and why some are not known."""

    lives: pl.DataFrame
    complaint: str | None = None

    @classmethod
    def not_asked(cls, why: str | None = "they were not asked for") -> Lines:
        return cls(Replay().rows(), why)


def lives_of_lines(
    repository: Repository,
    ignored: list[str],
    cut: set[str],
    folder: Path,
    report: Callable[[str, int, int | None], None],
) -> Lines:
    """Every line the default branch ever had. Where its start is cut off, nobody can say who wrote what was there."""
    if cut:
        return Lines(Replay().rows(), "the clone is shallow")
    replay = line_lives(repository.git, repository.head, ignored, folder, report)
    return Lines(replay.rows(), replay.complaint)


def line_lives(
    git: Git, head: str | None, ignored: list[str], folder: Path, report: Callable[[str, int, int | None], None]
) -> Replay:
    """The replay up to `head`, or to what git cannot read. `folder` is kept between runs."""
    if head is None:
        return Replay()
    made_with = hashlib.sha256(json.dumps([FORMAT, sorted(ignored)]).encode()).hexdigest()
    replay = _loaded(folder, made_with)
    if replay.tip is not None and not _is_first_parent(git, replay.tip, head):
        replay = Replay()
    reading = Reading(git, head, frozenset(ignored), folder, made_with, report)
    n_unreadable = 0
    while replay.tip != head and n_unreadable < MOST_UNREADABLE:
        before = replay.tip
        said = _replay(reading, replay)
        replay.complaint = said or replay.complaint
        if said is not None and replay.tip == before:
            n_unreadable += 1
            if not _passed_over(reading, replay):
                break
    _save(folder, replay, made_with)
    return replay


def _replay(reading: Reading, replay: Replay) -> str | None:
    """Goes on behind the tip; git's complaint if it did not come to the end."""
    done = 0
    try:
        for sha, patches in commits(_printed(reading.git, reading.head, replay.tip)):
            apply(replay, sha, patches, is_ignored=sha in reading.passed_over)
            done += 1
            if done % CHECKPOINT_COMMITS == 0:
                _save(reading.folder, replay, reading.made_with)
                reading.report("line_lives", done, None)
    except GitFailed as failed:
        return failed.said
    reading.report("line_lives", done, done)
    return None


def _passed_over(reading: Reading, replay: Replay) -> bool:
    """Goes on behind a commit that cannot be compared: of the files it touched the lines are not known any more.

    False where not even their names can be read.
    """
    git, behind = reading.git, [f"^{replay.tip}"] if replay.tip else []
    try:
        ahead = git.run("rev-list", "--first-parent", "--reverse", reading.head, *behind, "--")
        sha = ahead.split(b"\n", 1)[0].decode()
        since = replay.tip or git.run("hash-object", "-t", "tree", "--stdin").decode().strip()
        printed = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-status", since, sha, "--")
    except GitFailed:
        return False
    tokens = printed.decode("utf-8", "backslashreplace").split("\0")
    for status, path in zip(tokens[::2], tokens[1::2], strict=False):
        if status == "D":
            replay.files.pop(path, None)
        else:
            replay.files[path] = None
    replay.tip = sha
    return True


def _printed(git: Git, head: str, since: str | None) -> Iterator[bytes]:
    given = "".join(f"{name}\n" for name in (head, *([f"^{since}"] if since else []))).encode()
    return git.blocks("log", *OPTIONS, "--stdin", given=given)


def _is_first_parent(git: Git, old: str, head: str) -> bool:
    """Whether the old tip is one of the first parents of the head: the list behind it then starts at its child."""
    try:
        last = git.run("rev-list", "--first-parent", "--reverse", "--parents", head, f"^{old}", "--").split(b"\n", 1)[0]
    except GitFailed:  # the old tip is not there any more
        return False
    return old == head or (b" " in last and last.split(b" ")[1].decode() == old)


def apply(replay: Replay, sha: str, patches: list[Patch], *, is_ignored: bool) -> None:
    """What one commit did to the files. Renames first, for two files may have changed names with each other."""
    before = {patch.old: replay.files.pop(patch.old, []) for patch in patches if patch.old is not None}
    for patch in patches:
        births = [] if patch.old is None else before[patch.old]
        if patch.is_binary:
            continue
        births = None if births is None else _after(replay.gone, births, patch, sha, is_ignored=is_ignored)
        if patch.new is not None:
            replay.files[patch.new] = births
    replay.tip = sha


def _after(
    gone: Counter[tuple[str, str, str]], births: list[str], patch: Patch, sha: str, *, is_ignored: bool
) -> list[str] | None:
    """The births of the file's lines after the patch; None where it does not fit what is known of the file."""
    path = patch.old or patch.new or ""
    taken = _taken(births, patch.hunks)
    if taken is None:
        return None
    moved = _moved(taken, patch.hunks) if len(patch.hunks) > 1 else {}
    for hunk, old in zip(patch.hunks, taken, strict=True):
        new = _inherited(old, len(hunk.new), sha) if is_ignored else [sha] * len(hunk.new)
        births[hunk.at : hunk.at + len(old)] = new
        for born in old[len(new) :] if is_ignored else old:
            gone[path, born, sha] += 1
    for place, born in moved.items():
        if births[place] == sha and not is_ignored:
            births[place] = born
            gone[path, born, sha] -= 1
    return births


def _taken(births: list[str], hunks: list[Hunk]) -> list[list[str]] | None:
    """The births of the lines that each hunk takes away; None where a hunk reaches beyond the file."""
    shift, taken = 0, []
    for hunk in hunks:
        start = hunk.at - shift
        old = births[start : start + len(hunk.gone)]
        if start < 0 or start > len(births) or len(old) != len(hunk.gone):
            return None
        taken.append(old)
        shift += len(hunk.new) - len(hunk.gone)
    return taken


def _inherited(old: list[str], n_new: int, sha: str) -> list[str]:
    """Of a commit that is passed over: a line that stands where one stood is still that one's."""
    return [*old[:n_new], *[old[-1] if old else sha] * (n_new - len(old))]


def _moved(taken: list[list[str]], hunks: list[Hunk]) -> dict[int, str]:
    """Where a line that one hunk took away came back in another: its place in the new file, and its birth."""
    away: dict[bytes, list[str]] = {}
    for hunk, old in zip(hunks, taken, strict=True):
        for text, born in zip(hunk.gone, old, strict=True):
            key = b"".join(text[1:].split())
            if len(key) >= FEWEST_MOVED_CHARACTERS:
                away.setdefault(key, []).append(born)
    found = {}
    for hunk in hunks if away else ():
        for offset, text in enumerate(hunk.new):
            if waiting := away.get(b"".join(text[1:].split())):
                found[hunk.at + offset] = waiting.pop(0)
    return found


def _save(folder: Path, replay: Replay, made_with: str) -> None:
    """Both tables, then the state that names them; killed in between, the next run replays from what it names."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = {
        path: [(born, len(list(same))) for born, same in groupby(births or ())] for path, births in replay.files.items()
    }
    standing = pl.DataFrame(
        [
            (path, None, None) if births is None else (path, [b for b, _ in runs[path]], [n for _, n in runs[path]])
            for path, births in replay.files.items()
        ],
        schema=_STANDING,
        orient="row",
    )
    gone = pl.DataFrame([(*who, n) for who, n in replay.gone.items() if n], schema=LINES, orient="row")
    write_durably(folder / f"{replay.tip}.standing.parquet", standing.write_parquet)
    write_durably(folder / f"{replay.tip}.gone.parquet", gone.write_parquet)
    state = json.dumps({"made_with": made_with, "tip": replay.tip, "complaint": replay.complaint}).encode()
    write_durably(folder / "state.json", lambda file: file.write(state))
    for old in folder.glob("*.parquet"):
        if not old.name.startswith(f"{replay.tip}."):
            old.unlink()


def _loaded(folder: Path, made_with: str) -> Replay:
    """What was replayed last; nothing where there is none, it was replayed otherwise, or it cannot be read."""
    try:
        state = json.loads((folder / "state.json").read_bytes())
        if state["made_with"] != made_with:
            return Replay()
        standing = pl.read_parquet(folder / f"{state['tip']}.standing.parquet")
        gone = pl.read_parquet(folder / f"{state['tip']}.gone.parquet")
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return Replay()
    files: dict[str, list[str] | None] = {}
    for path, born, n in standing.iter_rows():
        files[path] = None if born is None else [b for b, times in zip(born, n, strict=True) for _ in range(times)]
    counted: Counter[tuple[str, str, str]] = Counter(
        {(path, born, died): n for path, born, died, n in gone.iter_rows()}
    )
    return Replay(state["tip"], files, counted, state.get("complaint"))
