"""What `git log --raw --numstat` prints, read by position: which files a commit touched, how, and by how many lines.

Without --numstat the files are the same and their lines unknown; that takes a seventh of the time.

A path holds any byte but NUL, and is never empty. So an empty token is always the start of a commit, and every other
token is known by its place: no path can pose as a commit, a status or a count. A commit, NUL shown as |:

    ||3f1c...|\\n:100644 100644 9ae1... 77b2... R087|old|new|:000000 100644 0000... 1269... A|logo|2\\t1\\t|old|new|-\\t-\\tlogo|
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

PATHS = (
    "--raw", "--no-abbrev", "--find-renames=50%", "-l1000", "--no-ext-diff", "--no-textconv", "--no-notes",
    "--no-relative", "--ignore-submodules=none", "-O/dev/null", "--format=%x00%H",
)  # fmt: skip
PATHS_ALONE = (*PATHS, "--find-renames=100%")
"""Where contents are not there to be compared: a file that moved as it was is found all the same."""
LINES = (*PATHS, "--numstat", "--diff-algorithm=default", "--no-indent-heuristic")
"""The heuristic moves hunks to where they read better, and leaves their sizes as they are."""
BOUNDARY = b"\0\0"
"""Nowhere but between two commits."""
STATUSES = {"A": "added", "C": "copied", "D": "deleted", "M": "modified", "R": "renamed", "T": "retyped"}
FILES: dict[str, Any] = {
    "sha": pl.String,
    "path": pl.String,
    "old_path": pl.String,
    "status": pl.String,
    "added_lines": pl.Int64,
    "deleted_lines": pl.Int64,
}
SIZES = {"sha": pl.String, "added_lines": pl.Int64, "deleted_lines": pl.Int64, "changed_files": pl.Int64}


def parse(printed: bytes | bytearray, *, with_lines: bool = True) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Files (FILES) and sizes (SIZES) of whole commits; `with_lines` as --numstat was asked for.

    >>> text = "aa|\\n:1 2 3 4 M|read\\tme|:1 2 3 4 A|logo|2\\t1\\tread\\tme|-\\t-\\tlogo|||bb|".replace("|", chr(0))
    >>> parse((chr(0) + text).encode())[1].rows()
    [('aa', 2, 1, 2), ('bb', 0, 0, 0)]
    """
    read = _Read()
    tokens = iter(printed.decode("utf-8", "backslashreplace").split("\0"))
    if with_lines:
        read.sort(tokens)
    else:
        read.sort_paths(tokens)
    files = read.files()
    of_commits = files.group_by("sha").agg(pl.col("added_lines", "deleted_lines").sum(), changed_files=pl.len())
    commits = pl.DataFrame({"sha": read.commits}, schema={"sha": pl.String})
    sizes = commits.join(of_commits, on="sha", how="left", maintain_order="left")
    numbers = pl.col("added_lines", "deleted_lines", "changed_files")
    counted = sizes.with_columns(numbers.fill_null(0).cast(pl.Int64))
    unknown = pl.lit(None, pl.Int64)
    return files, counted if with_lines else counted.with_columns(added_lines=unknown, deleted_lines=unknown)


class _Read:
    """Tokens sorted into columns, a value a file."""

    def __init__(self) -> None:
        self.commits: list[str] = []
        self._shas: list[str] = []
        self._paths: list[str] = []
        self._old_paths: list[str | None] = []
        self._letters: list[str | None] = []
        self._added: list[str | None] = []
        self._deleted: list[str | None] = []

    def sort(self, tokens: Iterator[str]) -> None:
        sha, letters = "", dict[str, str]()
        for token in tokens:
            if token.startswith((":", "\n:")):
                letter = token[token.rindex(" ") + 1]
                path = next(tokens)
                letters[next(tokens) if letter in "RC" else path] = letter
            elif "\t" in token:
                added, deleted, path = token.split("\t", 2)
                self._old_paths.append(None if path else next(tokens))
                path = path or next(tokens)
                self._shas.append(sha)
                self._paths.append(path)
                self._letters.append(letters.get(path))
                self._added.append(added)
                self._deleted.append(deleted)
            elif token:
                sha, letters = token, {}
                self.commits.append(sha)

    def sort_paths(self, tokens: Iterator[str]) -> None:
        sha = ""
        for token in tokens:
            if token.startswith((":", "\n:")):
                letter = token[token.rindex(" ") + 1]
                path = next(tokens)
                is_new = letter in "RC"
                self._old_paths.append(path if is_new else None)
                self._paths.append(next(tokens) if is_new else path)
                self._shas.append(sha)
                self._letters.append(letter)
                self._added.append(None)
                self._deleted.append(None)
            elif token:
                sha = token
                self.commits.append(sha)

    def files(self) -> pl.DataFrame:
        """One row per commit and path; a dash (binary) is no count, and a malformed tree can hold a name twice."""
        text = {"sha": self._shas, "path": self._paths, "old_path": self._old_paths, "status": self._letters}
        counts = {"added_lines": self._added, "deleted_lines": self._deleted}
        files = pl.DataFrame({**text, **counts}, schema=dict.fromkeys(FILES, pl.String))
        letters = pl.col("status").replace_strict(STATUSES, default=None, return_dtype=pl.String)
        numbers = pl.col("added_lines", "deleted_lines").cast(pl.Int64, strict=False)
        return files.with_columns(letters, numbers).unique(["sha", "path"], keep="first", maintain_order=True)
