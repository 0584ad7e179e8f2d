"""Files that say something about their repository: whom mailmaps, owners and norms name, and what blame passes over.

Their contents are read even where no other ones are fetched.
"""

from __future__ import annotations

import re

from extract.git.command import Git

MOST_DOCUMENTS = 5_000
DOCUMENTS = (
    ("codeowners", re.compile(r"(|docs/|\.github/|\.gitlab/|\.gitea/|\.forgejo/)CODEOWNERS")),
    ("owners", re.compile(r"(.*/)?OWNERS")),
    ("maintainers", re.compile(r"(|docs?/|\.github/|\.gitlab/)MAINTAINERS([-_.][^/]*)?", re.IGNORECASE)),
    ("governance", re.compile(r"(|docs?/|\.github/|\.gitlab/)GOVERNANCE([-_.][^/]*)?", re.IGNORECASE)),
)
"""Documents that name who holds power, by kind."""
MAILMAP, IGNORED = ".mailmap", ".git-blame-ignore-revs"


def documents(git: Git) -> list[str]:
    """The blobs of all such files at HEAD."""
    printed = git.run("ls-tree", "-r", "-z", "--full-tree", "HEAD").decode("utf-8", "backslashreplace")
    entries = (entry.split("\t", 1) for entry in printed.split("\0") if entry)
    return [told.split(" ")[2] for told, path in entries if _is_document(path)][:MOST_DOCUMENTS]


def _is_document(path: str) -> bool:
    return path in (MAILMAP, IGNORED) or any(place.fullmatch(path) for _, place in DOCUMENTS)
