"""A forge is a module, a dialect of the sandbox and a line in the registry: with these three a night runs, and no more."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest
from anvil import FORGE
from anvil_dialect import ANVIL
from extraction_tools import NAME, PARAMETERS, TOKEN, VARIABLE, Crawl

from extract import raw
from extract.errors import MissingScope
from extract.forges import FORGES
from extract.sandbox.community import build_world
from extract.sandbox.server import SandboxForge
from flows import commands
from flows.settings import Settings, sources

CONFIG = """
[[forges]]
name = "smithy"
kind = "anvil"
base_url = "{url}"
token_env = ["{variable}"]

[[repositories]]
repo = "smithy:{name}"
"""


@pytest.fixture(scope="module")
def smithy(tmp_path_factory):
    """A running Anvil, and the one line that registers it."""
    world = build_world(seed=3, parameters=replace(PARAMETERS, years=0.3))
    patch = pytest.MonkeyPatch()
    patch.setitem(FORGES, FORGE.kind, FORGE)
    patch.setenv(VARIABLE, TOKEN)
    with SandboxForge(world, tmp_path_factory.mktemp("smithy"), tokens=(TOKEN,), dialect=ANVIL) as forge:
        yield forge
    patch.undo()


@pytest.fixture(scope="module")
def night(smithy, tmp_path_factory):
    """The outcome of a run as from the command line, and its folder."""
    folder = tmp_path_factory.mktemp("night")
    config = folder / "forbenefit.toml"
    config.write_text(CONFIG.format(url=smithy.web_url, variable=VARIABLE, name=NAME))
    return commands.run((), config, folder / "data", smithy.world.ends_at.isoformat()), folder / "data"


def asked(data, sql: str) -> list[tuple]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as db:
        return db.sql(sql).fetchall()


def test_a_new_forge_gives_a_published_night_with_all_that_it_has(night, smithy):
    outcome, data = night
    truth = smithy.world.counts(NAME)
    held = dict(asked(data, "SELECT stream, held FROM ops.coverage"))

    assert outcome.exit_code == 0
    assert {name: held[name] for name in ("issues", "changes", "comments", "commits")} == {
        name: truth[name] for name in ("issues", "changes", "comments", "commits")
    }
    assert asked(data, "SELECT count(*) > 0 FROM retention.newcomers") == [(True,)]
    assert asked(data, "SELECT bool_and(is_complete) FROM ops.coverage") == [(True,)]


def test_its_second_night_asks_little_and_what_is_deleted_gets_a_tombstone(smithy, tmp_path):
    crawl = Crawl(smithy, tmp_path)
    crawl.night()
    assert crawl.night().requests <= 5

    smithy.delete(NAME, smithy.world.repositories[NAME].issues[2].number)
    crawl.night()
    assert crawl.rows(raw.TOMBSTONES)["reason"].to_list() == ["deleted"]
    smithy.restore()


def test_its_web_addresses_are_recognised(smithy):
    source = sources(Settings(), (f"{smithy.web_url}/{NAME}/tickets/3",))[0]

    assert (source.kind, source.name) == ("anvil", NAME)


def test_it_is_known_by_its_errors(smithy, tmp_path):
    smithy.missing_scope = "reading"
    with pytest.raises(MissingScope, match=f"scope reading of the token in {VARIABLE}"):
        Crawl(smithy, tmp_path).night()
    smithy.missing_scope = ""
