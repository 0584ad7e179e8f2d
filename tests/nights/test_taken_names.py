"""A name that changes hands: the new repository is fetched, the old one stays as it is, marked, also after a rebuild."""

from __future__ import annotations

import pytest
from night_tools import Nights

from flows import commands

NAME, NEW_NAME = "commons/almanac", "commons/yearbook"
MARKED = f"box:{NAME} is another repository now. If this one has a new name, name that to follow it."


@pytest.fixture
def restored(forge):
    yield forge
    forge.restore()


def without_git(nights: Nights, *names: str) -> None:
    """A night of issues and changes alone: the repository that took the name has no history."""
    path = nights.config(*names)
    kept = [line for line in path.read_text().splitlines() if not line.startswith("git_url")]
    path.write_text("\n".join(line + ('\ngit_url = ""' if line.startswith("repo =") else "") for line in kept))
    commands.run((), path, nights.data, nights.forge.world.ends_at.isoformat())


def taken(forge) -> int:
    return forge.world.counts(NAME)["issues"]


def marks(nights: Nights) -> dict[int, str | None]:
    """Reasons of the streams of issues, by how many issues the repository has."""
    rows = nights.query("SELECT held, reason FROM ops.coverage WHERE stream = 'issues'")
    return dict(rows)


def test_the_one_that_lost_its_name_stays_and_is_marked(nights, restored):
    whole = restored.world.counts(NAME)["issues"]
    without_git(nights, NAME)
    restored.rename(NAME, NEW_NAME)
    restored.take_name(NAME, like=NEW_NAME)
    without_git(nights, NAME)

    assert marks(nights) == {whole: MARKED, taken(restored): None}
    commands.rebuild(None, nights.data, restored.world.ends_at.isoformat())
    assert marks(nights) == {whole: MARKED, taken(restored): None}


def test_under_its_new_name_it_is_followed_and_not_marked(nights, restored):
    whole = restored.world.counts(NAME)["issues"]
    without_git(nights, NAME)
    restored.rename(NAME, NEW_NAME)
    restored.take_name(NAME, like=NEW_NAME)
    without_git(nights, NEW_NAME, NAME)

    assert marks(nights) == {whole: None, taken(restored): None}
