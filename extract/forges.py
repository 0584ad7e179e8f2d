"""The registry of forges: one line each. A forge is a function from a source to its raw partition."""

from __future__ import annotations

from collections.abc import Callable

from extract.git import source as git
from extract.github import source as github
from extract.source import Extracted, Forecast, Source, Surroundings, Window

FORGES: dict[str, Callable[[Source, Surroundings], Extracted]] = {
    "github": github.extract,
    "git": git.extract,
}

BACKFILL: dict[str, Callable[[Source, Window, Surroundings], Extracted]] = {"github": github.backfill}
"""What was opened in a window; a git history comes whole with every run and needs none."""

FORECAST: dict[str, Callable[[Source, Window, Surroundings], Forecast]] = {"github": github.forecast}
"""What a backfill will cost."""

REREAD: dict[str, Callable[[Source, Surroundings, str], None]] = {
    "github": github.reread,
    "git": git.reread,
}
"""The same without a network: raw from what the archive holds, for a partition by its place in archive and raw."""
