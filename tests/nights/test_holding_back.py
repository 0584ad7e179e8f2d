"""One repository's broken promise is its own: the others are published, and what it last held well stays, marked."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from flows import publishing
from quality.expectations import Expectation

EARLIER = datetime(2025, 10, 1, tzinfo=UTC)
OF_ALMANAC = "SELECT repo_id, contribution_id FROM core.contributions JOIN core.repositories USING (repo_id) WHERE full_name = 'commons/almanac'"
LAST = "SELECT full_name, max(contributed_at) < '2025-10-01' FROM core.contributions JOIN core.repositories USING (repo_id) GROUP BY ALL ORDER BY 1"


@pytest.fixture
def expecting(monkeypatch):
    def expect(sql: str) -> None:
        rule = Expectation("almanac is as we like it", "core.contributions", "A rule it breaks.", sql)
        monkeypatch.setattr(publishing, "RELATIONS", (*publishing.RELATIONS, rule))

    return expect


def test_a_repository_that_breaks_a_promise_keeps_its_last_good_night_and_the_others_go_on(nights, expecting):
    nights.run(as_of=EARLIER)
    expecting(f"{OF_ALMANAC} AND contributed_at >= '{EARLIER}'")
    outcome = nights.run()
    told = nights.query("SELECT repository, is_shown_as_last_good, reason FROM ops.held_back")

    assert (outcome.published, outcome.exit_code) == (True, 4)
    assert nights.query(LAST) == [("commons/almanac", True), ("commons/bazaar", False)]
    assert told == [("box:commons/almanac", True, "core.contributions: almanac is as we like it")]
    assert nights.query("SELECT full_name FROM core.repositories WHERE NOT is_complete") == [("commons/almanac",)]
    assert nights.query("SELECT DISTINCT reason LIKE 'held back%' FROM ops.coverage WHERE NOT is_complete") == [(True,)]
    assert nights.query("SELECT DISTINCT newcomers_from_at = observed_from_at FROM core.repositories") == [(True,)]


def test_what_broke_and_whose_it_was_is_kept_though_the_night_was_published(nights, expecting):
    nights.run(as_of=EARLIER)
    expecting(f"{OF_ALMANAC} AND contributed_at >= '{EARLIER}'")
    nights.run()
    kept = (
        "SELECT attempt, outcome, scope = (SELECT repo_id FROM core.repositories WHERE full_name = 'commons/almanac')"
    )

    assert nights.query(
        f"{kept} FROM ops.quality_results WHERE expectation = 'almanac is as we like it' ORDER BY ALL"
    ) == [(0, "failed", True), (1, "passed", False)]


def test_a_repository_is_back_as_soon_as_it_keeps_its_promises(nights, expecting, monkeypatch):
    nights.run(as_of=EARLIER)
    with monkeypatch.context() as patch:
        rule = Expectation("x", "core.contributions", "x", f"{OF_ALMANAC} AND contributed_at >= '{EARLIER}'")
        patch.setattr(publishing, "RELATIONS", (*publishing.RELATIONS, rule))
        nights.run()
    outcome = nights.run()

    assert outcome.exit_code == 0
    assert nights.query(LAST) == [("commons/almanac", False), ("commons/bazaar", False)]


def test_a_repository_that_was_never_good_is_left_out_and_told(nights, expecting):
    expecting(OF_ALMANAC)
    outcome = nights.run()

    assert (outcome.published, outcome.exit_code) == (True, 4)
    assert "commons/almanac: left out" in outcome.held[0].words
    assert nights.query("SELECT full_name FROM core.repositories") == [("commons/bazaar",)]


def test_where_nobody_is_left_to_hold_back_the_night_is_refused(nights, expecting):
    nights.run("commons/almanac")
    before = (nights.data / "warehouse.duckdb").read_bytes()
    expecting("SELECT repo_id FROM core.contributions")
    outcome = nights.run("commons/almanac")

    assert (outcome.published, outcome.exit_code) == (False, 3)
    assert (nights.data / "warehouse.duckdb").read_bytes() == before


def test_a_repository_whose_tables_cannot_be_built_is_held_back_alone(nights, monkeypatch):
    nights.run()
    scan = publishing.raw.scan

    def doubled(folders):
        """Raw in which every issue of almanac stands twice, unless it is as at the last good night."""
        frames = scan(folders)
        bad = [folder for folder in folders if "last_good" not in folder.parts]
        twice = scan(bad)["raw.items"].join(
            frames["raw.repositories"].filter(full_name="commons/almanac").select("repo_id"), on="repo_id", how="semi"
        )
        return {**frames, "raw.items": pl.concat([frames["raw.items"], twice])}

    monkeypatch.setattr(publishing.raw, "scan", doubled)
    outcome = nights.run()

    assert [(one.ref, one.is_shown_as_last_good) for one in outcome.held] == [("box:commons/almanac", True)]
    assert outcome.published
