"""What `git log -p -U0` prints, read by counts: which lines of which file a commit took away and put in.

A hunk says how many lines follow it, and they are taken by that number: no line of a file can pose as a header.

    commit 3f1c...
    diff --git a/old b/new
    rename from old
    rename to new
    --- a/old
    +++ b/new
    @@ -3,1 +3,2 @@
    -gone
    +new
    +newer
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

OPTIONS = (
    "--first-parent", "-m", "--reverse", "--patch", "--unified=0", "--inter-hunk-context=0", "--ignore-all-space",
    "--find-renames=50%", "-l1000", "--no-color", "--no-ext-diff", "--no-textconv", "--no-notes", "--no-relative",
    "--no-function-context", "--diff-algorithm=default", "--ignore-submodules=all", "--submodule=short", "-O/dev/null",
    "--src-prefix=a/", "--dst-prefix=b/", "--format=commit %H",
)  # fmt: skip
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


@dataclass(frozen=True)
class Hunk:
    """`at`: place of the first line in the new file, from 0; `gone` and `new` are the texts without their signs."""

    at: int
    gone: list[bytes]
    new: list[bytes]


@dataclass
class Patch:
    """One file of a commit. `old` is None where it was not there before, `new` where it is not there any more.

    Both are None where nothing but the mode changed. `is_binary`: git compares no lines.
    """

    old: str | None = None
    new: str | None = None
    is_binary: bool = False
    hunks: list[Hunk] = field(default_factory=list)


class _Lines:
    """Lines of blocks, one after the other, or many at once."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._lines: list[bytes] = []
        self._at = 0
        self._held = b""
        self._is_over = False

    def _more(self) -> bool:
        if self._is_over:
            return False
        block = next(self._blocks, None)
        self._is_over = block is None
        text = self._held + (block or b"")
        *fresh, self._held = text.split(b"\n") if not self._is_over else (*text.split(b"\n"), b"")
        if self._is_over and fresh and not fresh[-1]:
            fresh.pop()
        self._lines = self._lines[self._at :] + fresh
        self._at = 0
        return True

    def peek(self) -> bytes | None:
        while self._at >= len(self._lines):
            if not self._more():
                return None
        return self._lines[self._at]

    def skip(self) -> None:
        self._at += 1

    def take(self, n: int) -> list[bytes]:
        """The next n lines without their sign; fewer where the text ends early."""
        while len(self._lines) - self._at < n and self._more():
            pass
        taken = self._lines[self._at : self._at + n]
        self._at += len(taken)
        if (following := self.peek()) is not None and following.startswith(b"\\"):  # no newline at the end of the file
            self._at += 1
        return taken


def commits(blocks: Iterator[bytes]) -> Iterator[tuple[str, list[Patch]]]:
    """Every commit with its patches. The last one before a failure of git is not handed out."""
    lines = _Lines(blocks)
    sha, patches = None, list[Patch]()
    while (line := lines.peek()) is not None:
        if line.startswith(b"commit "):
            if sha is not None:
                yield sha, patches
            sha, patches = line[7:].decode("ascii", "replace"), []
            lines.skip()
        elif line.startswith(b"diff --git "):
            lines.skip()
            patches.append(_patch(lines))
        else:
            lines.skip()
    if sha is not None:
        yield sha, patches


def _patch(lines: _Lines) -> Patch:
    patch = Patch()
    while (line := lines.peek()) is not None:
        if line.startswith(b"@@ "):
            lines.skip()
            patch.hunks.append(_hunk(line, lines))
        elif line.startswith((b"commit ", b"diff --git ")):
            break
        else:
            lines.skip()
            if not patch.hunks:
                _head(line, patch)
    return patch


def _head(line: bytes, patch: Patch) -> None:
    if line.startswith(b"--- "):
        patch.old = _path(line[4:], prefix=2)
    elif line.startswith(b"+++ "):
        patch.new = _path(line[4:], prefix=2)
    elif line.startswith(b"rename from "):
        patch.old = _path(line[12:])
    elif line.startswith(b"rename to "):
        patch.new = _path(line[10:])
    elif line.startswith(b"Binary files "):
        patch.is_binary = True


def _hunk(line: bytes, lines: _Lines) -> Hunk:
    found = _HUNK.match(line)
    if found is None:
        return Hunk(0, [], [])
    n_gone, start, n_new = (1 if text is None else int(text) for text in found.groups())
    gone = lines.take(n_gone) if n_gone else []
    new = lines.take(n_new) if n_new else []
    return Hunk(start if n_new == 0 else start - 1, gone, new)


def _path(written: bytes, prefix: int = 0) -> str | None:
    r"""A path as git writes it, which may be quoted and end in a tab; None for the file that is not there.

    >>> _path(b'"a/tab\\tb\\303\\274"', prefix=2), _path(b"/dev/null"), _path(b"b/two words\t", prefix=2)
    ('tab\tbü', None, 'two words')
    """
    if written == b"/dev/null":
        return None
    if written.startswith(b'"') and written.rstrip(b"\t").endswith(b'"'):
        written = _ESCAPE.sub(_meant, written.rstrip(b"\t")[1:-1])
    else:
        written = written.removesuffix(b"\t")
    return written[prefix:].decode("utf-8", "backslashreplace")


def _meant(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 255]) if len(code) == 3 else _LETTERS.get(code, code)
