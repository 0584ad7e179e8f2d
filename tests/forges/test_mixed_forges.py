"""Several forges in one warehouse: one person on all of them, where an address under commits says so, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
import pytest
from common_world import DIALECTS, world_for
from core_stories import Tables
from extraction_tools import NAME, TOKEN, Crawl

from extract import raw
from extract.sandbox.server import SandboxForge
from extract.source import Source
from transform.parameters import Parameters


@dataclass
class Named(Crawl):
    """A crawl of a forge that the configuration calls something else."""

    @property
    def source(self) -> Source:
        return replace(super().source, forge=f"on_{self.forge.dialect.kind}")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """The world, and core tables of its community as it is on three forges at once."""
    folder = tmp_path_factory.mktemp("mixed")
    for kind, dialect in DIALECTS.items():
        world = world_for(kind, common_with="gitea")
        with SandboxForge(world, folder=folder / kind, tokens=(TOKEN,), dialect=dialect) as forge:
            assert Named(forge, folder / "crawl", git_url=None).night().problems == ()
    given = raw.scan(sorted((folder / "crawl" / "raw").glob("*/*")))
    return world, Tables(given, Parameters(as_of=world.ends_at, run_at=world.ends_at))


def accounts(mixed) -> dict[str, set[str]]:
    """By person, the forges on which they have an account."""
    _, tables = mixed
    rows = tables["aliases"].filter(alias_kind="account").select("person_id", "alias_id").rows()
    found: dict[str, set[str]] = {}
    for person, account in rows:
        found.setdefault(person, set()).add(account.partition(":")[0])
    return found


def test_three_forges_are_three_repositories_in_the_same_tables(mixed):
    _, tables = mixed

    assert sorted(tables["repositories"]["repo_id"].str.split(":").list.first()) == [
        "on_gitea",
        "on_github",
        "on_gitlab",
    ]
    assert tables["issues"].group_by("repo_id").len()["len"].n_unique() == 1


def test_who_commits_with_one_address_is_one_person_on_all_of_them(mixed):
    world, _ = mixed
    repository = world.repositories[NAME]
    shared = {commit.author.email for commit in repository.commits if commit.author.email.endswith("@example.org")}
    everywhere = [forges for forges in accounts(mixed).values() if len(forges) == len(DIALECTS)]

    assert len(everywhere) >= 2
    assert len(everywhere) <= len(shared)


def test_who_never_committed_has_nothing_that_says_so_and_stays_three_people(mixed):
    world, tables = mixed
    repository = world.repositories[NAME]
    committed = {commit.author.email for commit in repository.commits}
    silent = {
        it.author.login for it in repository.issues if it.author.email not in committed and not it.author.is_ghost
    }
    told = tables["people"].filter(pl.col("login").is_in(silent)).group_by("login").len()

    assert silent
    assert set(told["len"]) == {len(DIALECTS)}
