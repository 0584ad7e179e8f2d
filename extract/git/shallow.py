"""Where a shallow clone was cut: commits that look like the first ones and are not."""

from __future__ import annotations

from pathlib import Path

from extract.git.command import Git


def cut_commits(git: Git) -> set[str]:
    """Commits whose parents were left out; none in a whole clone. Their diff would be the whole tree."""
    if git.run("rev-parse", "--is-shallow-repository").strip() != b"true":
        return set()
    place = git.run("rev-parse", "--git-path", "shallow").decode("utf-8", "surrogateescape").rstrip("\n")
    return set(Path(place).read_text(encoding="ascii", errors="replace").split())
