"""The git history is real, repeatable, and says what the forge says."""

from __future__ import annotations

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extract.sandbox.community import build_world
from extract.sandbox.history import HistoryNotWritten, sizes_of_changes, write_history
from extract.sandbox.parameters import CommunityParameters
from extract.sandbox.server import SandboxForge
from extract.sandbox.texts import HOSTILE_PATHS
from extract.sandbox.world import World

REPOSITORY = "commons/bazaar"
SHORT = CommunityParameters(years=0.5)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True).stdout


def shas(folder: Path, seed: int) -> list[str]:
    world = build_world(seed, parameters=SHORT)
    return write_history(world.repositories[REPOSITORY], world.people, folder)


def test_the_same_seed_gives_the_same_commits_and_another_seed_others(tmp_path: Path):
    first, again, other = shas(tmp_path / "a", seed=7), shas(tmp_path / "b", seed=7), shas(tmp_path / "c", seed=8)

    assert first == again
    assert not set(first) & set(other)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path):
    with pytest.raises(HistoryNotWritten, match="exists already"):
        shas(tmp_path, seed=7)


def test_the_default_branch_reaches_as_many_commits_as_the_truth_says(world: World, bare: Path):
    assert int(git(bare, "rev-list", "--count", "main")) == world.counts(REPOSITORY)["commits"]
    assert git(bare, "fsck", "--strict", "--no-dangling") == ""


def test_base_to_head_is_exactly_what_a_change_proposes(world: World, forge: SandboxForge, bare: Path):
    shas = forge.shas(REPOSITORY)
    for change in random.Random(1).sample(world.repositories[REPOSITORY].changes, 40):
        assert change.base
        base, proposed = shas[change.base.mark - 1], [shas[commit.mark - 1] for commit in change.commits]
        listed = git(bare, "rev-list", "--reverse", f"{base}..refs/pull/{change.number}/head")
        assert listed.split() == proposed


def test_the_sizes_of_a_change_are_those_of_its_diff(world: World, forge: SandboxForge, bare: Path):
    shas, sizes = forge.shas(REPOSITORY), sizes_of_changes(world.repositories[REPOSITORY])
    for change in random.Random(2).sample(world.repositories[REPOSITORY].changes, 40):
        assert change.base
        numbers = git(bare, "diff", "--numstat", shas[change.base.mark - 1], shas[change.commits[-1].mark - 1])
        rows = [line.split("\t")[:2] for line in numbers.splitlines()]
        assert (sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows)) == sizes[change.number]
        assert len(rows) == len(change.edits)


def test_changes_arrive_as_merge_commits_and_as_squash_commits_signed_by_the_forge(bare: Path):
    log = git(bare, "log", "main", "--first-parent", "--format=%p|%an|%cn <%ce>").splitlines()
    by_forge = [line.split("|") for line in log if line.endswith("GitHub <noreply@github.com>")]
    parents = [len(line[0].split()) for line in by_forge]

    assert parents.count(2) > 100
    assert parents.count(1) > 100


def test_one_author_date_is_impossible(bare: Path):
    assert git(bare, "log", "--format=%at", "main").split().count("0") == 1


def test_the_mailmap_joins_the_two_addresses_of_a_founder(bare: Path):
    raw = git(bare, "log", "main", "--format=%ae")
    mapped = git(bare, "-c", "mailmap.blob=main:.mailmap", "log", "main", "--use-mailmap", "--format=%aE")

    assert "@laptop.example.net" in raw
    assert "@laptop.example.net" not in mapped


def test_addresses_are_private_sponsored_and_ordinary_and_some_credit_coauthors(bare: Path):
    log = git(bare, "log", "main", "--format=%ae %b")

    for part in ("@users.noreply.github.com", "@sponsor.example", "@example.org", "[bot]@", "Co-authored-by: "):
        assert part in log


def test_hostile_paths_are_in_the_tree_as_they_are(bare: Path):
    assert set(HOSTILE_PATHS) <= set(git(bare, "ls-tree", "-rz", "--name-only", "main").split("\0"))


def test_no_commit_is_later_than_the_end(bare: Path, world: World):
    newest = int(git(bare, "log", "--all", "-1", "--date-order", "--format=%ct"))

    assert datetime.fromtimestamp(newest, UTC) < world.ends_at
