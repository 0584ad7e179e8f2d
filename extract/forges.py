"""The registry of forges: one line each. A forge is a function from a source to its raw partition."""

from __future__ import annotations

from collections.abc import Callable

from extract.git import source as git
from extract.github import source as github
from extract.source import Extracted, Source, Surroundings

FORGES: dict[str, Callable[[Source, Surroundings], Extracted]] = {
    "github": github.extract,
    "git": git.extract,
}

REREAD: dict[str, Callable[[Source, Surroundings, str], None]] = {
    "github": github.reread,
    "git": git.reread,
}
"""The same without a network: raw from what the archive holds, for a partition by its place in archive and raw."""
