"""Stories of nights: what the forge has is what the warehouse has, whatever happened on the way."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import timedelta

import pytest
from night_tools import TOKEN, VARIABLE

from extract.github.client import Client
from flows import clock, commands, publishing, steps
from transform.tables import TABLES

CORE = ("issues", "changes", "reviews", "comments", "commits", "contributions", "interactions", "people")


def every_bit(night) -> dict[str, tuple]:
    """How many rows each table has, and what all their values come to, but for what is told of the run itself."""
    measured = [table for table in TABLES if table.schema != "ops" or table.name in ("headlines", "definitions")]
    return {str(table): night.query(f"SELECT count(*), bit_xor(hash(t)) FROM {table} AS t")[0] for table in measured}


def core_rows(night) -> dict[str, list[tuple]]:
    return {table: sorted(night.query(f"SELECT * FROM core.{table}"), key=str) for table in CORE}


@pytest.mark.parametrize("name", ["commons/bazaar", "commons/almanac"])
def test_every_record_of_the_forge_is_in_the_warehouse(first_night, world, name):
    truth = world.counts(name)
    held = dict(
        first_night.query(
            f"SELECT stream, held FROM ops.coverage JOIN core.repositories USING (repo_id) WHERE full_name = '{name}'"
        )
    )

    assert {stream: held[stream] for stream in truth} == truth
    assert first_night.query("SELECT count(*) FROM ops.coverage WHERE NOT is_complete") == [(0,)]


def test_newcomers_are_those_who_arrived_by_the_door_they_came_in(first_night, world):
    truth = {it.login: it.door for it in world.truth.newcomers("commons/bazaar")}
    seen = dict(
        first_night.query(
            "SELECT login, door FROM retention.newcomers JOIN core.people USING (person_id) "
            "JOIN core.repositories USING (repo_id) WHERE full_name = 'commons/bazaar' AND family = 'any'"
        )
    )

    assert {login: seen.get(login) for login in truth} == truth


def test_bots_and_deleted_accounts_are_no_newcomers(first_night, world):
    logins = {
        login
        for (login,) in first_night.query("SELECT login FROM retention.newcomers JOIN core.people USING (person_id)")
    }

    assert not logins & ({*world.truth.bots, *world.truth.ghosts} | {f"{bot}[bot]" for bot in world.truth.bots})
    assert first_night.query("SELECT count(*) FROM core.contributions WHERE person_id IS NULL")[0][0] > 0


def test_impossible_times_are_kept_and_replaced(first_night):
    rows = first_night.query(
        "SELECT author_epoch, is_time_fixed, authored_at = committed_at FROM core.commits WHERE author_epoch = 0"
    )

    assert rows == [(0, True, True)] * 2


def test_a_second_night_with_nothing_new_asks_a_handful_and_adds_nothing(nights):
    nights.run()
    before, spent, pages = core_rows(nights), nights.forge.requests, sorted(nights.data.rglob("*.json.gz"))
    outcome = nights.run()

    assert core_rows(nights) == before
    assert sorted(nights.data.rglob("*.json.gz")) == pages
    assert nights.forge.requests - spent <= 5 * 2
    assert sum(one.n_requests for one in outcome.settled) == nights.forge.requests - spent


def test_nights_at_rising_times_add_up_to_one_run(nights, first_night):
    nights.share_secret_of(first_night)
    for days in (400, 200, 199, 0):
        nights.forge.as_of = nights.forge.world.ends_at - timedelta(days=days)
        assert nights.run(as_of=nights.forge.as_of).published

    assert core_rows(nights) == core_rows(first_night)


def test_a_forge_that_fails_half_way_costs_nothing_but_time(nights, first_night, monkeypatch):
    nights.share_secret_of(first_night)
    monkeypatch.setattr(steps.extract, "retries", 0)
    fail_after(nights.forge, pages=7, monkeypatch=monkeypatch)
    broken = nights.run()
    monkeypatch.undo()
    monkeypatch.setenv(VARIABLE, TOKEN)
    nights.forge.fail_next(0)

    assert (broken.failures, broken.exit_code) == ((), 1)
    assert "502" in broken.settled[0].problems[0]
    assert nights.run().exit_code == 0
    assert core_rows(nights) == core_rows(first_night)


def fail_after(forge, pages, monkeypatch):
    """The forge answers so many queries, and 502 from then on."""
    ask, left = Client.ask, iter(range(pages))

    def failing(self, *given, **how):
        if next(left, None) is None:
            forge.fail_next(100)
        return ask(self, *given, **how)

    monkeypatch.setattr(Client, "ask", failing)
    monkeypatch.setattr(clock, "wait", lambda seconds: None)


def test_a_night_that_the_forge_refuses_leaves_newcomers_what_they_were(nights, monkeypatch):
    newcomers = "SELECT repo_id, person_id, first_at FROM retention.newcomers ORDER BY ALL"
    nights.run()
    before = nights.query(newcomers)
    monkeypatch.setenv(VARIABLE, "a-token-that-has-expired")
    outcome = nights.run()

    assert outcome.published
    assert nights.query("SELECT DISTINCT is_complete FROM core.repositories") == [(False,)]
    assert nights.query(newcomers) == before


def test_one_bad_repository_leaves_the_others_published_and_is_told(nights):
    outcome = nights.run("commons/almanac", "commons/nowhere")

    assert (outcome.published, outcome.exit_code) == (True, 4)
    assert "commons/nowhere" in outcome.settled[1].problems[0]
    assert nights.query("SELECT full_name FROM core.repositories") == [("commons/almanac",)]
    assert "commons/nowhere" in nights.query("SELECT problems FROM ops.runs")[0][0]


def test_a_rebuild_needs_no_network_and_gives_the_same_to_the_last_bit(nights, first_night):
    nights.run()
    before = every_bit(nights)
    shutil.rmtree(nights.data / "raw")
    nights.forge.answers_html = True
    spent = nights.forge.requests
    outcome = commands.rebuild(None, nights.data, nights.forge.world.ends_at.isoformat())

    assert (outcome.exit_code, nights.forge.requests) == (0, spent)
    assert every_bit(nights) == before


def test_the_token_is_in_no_file_and_no_answer(nights, capfd):
    nights.run("commons/almanac")
    nights.forge.answers_html = True
    nights.run("commons/almanac")
    written = [path for path in nights.data.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]

    assert written == []
    assert TOKEN not in "".join(capfd.readouterr())


def test_names_and_addresses_never_enter_the_warehouse(first_night):
    content = (first_night.data / "warehouse.duckdb").read_bytes()

    assert b"@example.org" not in content
    assert b"@sponsor.example" not in content


def test_a_repository_under_two_names_is_taken_once_and_told(nights):
    outcome = nights.run("commons/almanac", "Commons/Almanac")

    assert outcome.exit_code == 4
    assert "under another name" in "".join(problem for one in outcome.settled for problem in one.problems)
    assert nights.query("SELECT full_name FROM core.repositories") == [("commons/almanac",)]


def test_a_night_in_which_all_failed_is_on_record(nights):
    assert nights.run("commons/nowhere").exit_code == 1
    nights.run("commons/almanac")

    assert nights.query("SELECT outcome FROM ops.runs ORDER BY run_id") == [("failed",), ("published",)]


def test_a_night_that_is_told_to_stop_stops_whatever_is_made_of_the_signal_on_the_way(nights, monkeypatch):
    def build(*_):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except BaseException as error:
            raise ConnectionError("the server was stopped too") from error

    monkeypatch.setattr(publishing, "build", build)

    with pytest.raises(KeyboardInterrupt):
        nights.run()
