"""What is otherwise than last night has a cause; what has none is found. Two copies of one night, the second changed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import duckdb
import polars as pl
import pytest
from night_tools import Nights
from test_command_line import call

from flows import commands, publishing
from transform import nights as comparing
from transform.ops.changes import FORBIDDEN

SNAPSHOT = "(SELECT max(held_until_at) FROM core.repositories)"
ONE_ISSUE = "(SELECT repo_id, number FROM core.issues ORDER BY ALL LIMIT 1)"
OF_ONE_ISSUE = f"(repo_id, artefact_id) IN (SELECT (repo_id, 'issue:' || number) FROM {ONE_ISSUE})"
TOMBSTONE = f"INSERT INTO ops.tombstones BY NAME SELECT repo_id, number, 'deleted' AS reason, 'issue' AS item_kind, {SNAPSHOT} AS noticed_at FROM {ONE_ISSUE}"
ADA = "(SELECT person_id FROM core.aliases WHERE alias_kind = 'email' ORDER BY ALL LIMIT 1)"
SOME_REVIEWS = "kind = 'review' AND hash(contribution_id) % 10 = 0"
REVIEWS = "UPDATE ops.coverage SET source_total = source_total - 200, is_complete = true WHERE stream = 'reviews'"
CAUSES = {
    "nothing": ([], set()),
    "a tombstone": ([TOMBSTONE, f"DELETE FROM core.contributions WHERE {OF_ONE_ISSUE}"], {("vanished", "deleted")}),
    "no tombstone": ([f"DELETE FROM core.contributions WHERE {OF_ONE_ISSUE}"], {("vanished", "unexplained")}),
    "reviews that vanish": ([f"DELETE FROM core.contributions WHERE {SOME_REVIEWS}"], {("vanished", "unexplained")}),
    "reviews that the forge counts no more": (
        [f"DELETE FROM core.contributions WHERE {SOME_REVIEWS}", REVIEWS],
        {("vanished", "deleted")},
    ),
    "times that move": (
        [f"UPDATE core.contributions SET contributed_at = contributed_at + INTERVAL 1 HOUR WHERE {SOME_REVIEWS}"],
        {("moved", "unexplained")},
    ),
    "acts that change hands": (
        [f"UPDATE core.contributions SET person_id = {ADA} WHERE {SOME_REVIEWS}"],
        {("reassigned", "unexplained")},
    ),
    "an account that was deleted": (
        [f"UPDATE core.contributions SET person_id = NULL WHERE person_id = {ADA}"],
        {("reassigned", "deleted")},
    ),
    "authors that are lost": (
        ["UPDATE core.contributions SET person_id = NULL WHERE kind = 'comment'"],
        {("reassigned", "unexplained")},
    ),
    "acts that follow an identity": (
        [
            f"UPDATE core.contributions SET person_id = 'x' WHERE person_id = {ADA}",
            f"UPDATE core.aliases SET person_id = 'x' WHERE person_id = {ADA}",
        ],
        {("reassigned", "identity")},
    ),
    "an earlier look": (
        [
            "UPDATE core.repositories SET held_until_at = '2025-06-01'",
            "DELETE FROM core.contributions WHERE contributed_at >= '2025-06-01'",
        ],
        {("vanished", "as_of")},
    ),
    "another version of what acts are made of": (
        [
            "UPDATE ops.definitions SET definition = 'BOT-01/2' WHERE definition = 'BOT-01/1'",
            f"DELETE FROM core.contributions WHERE {SOME_REVIEWS}",
        ],
        {("vanished", "definition"), ("appeared", "definition")},
    ),
    "another version of what is made of acts": (
        [
            "UPDATE ops.definitions SET definition = 'RET-01/2' WHERE definition = 'RET-01/1'",
            f"DELETE FROM core.contributions WHERE {SOME_REVIEWS}",
        ],
        {("vanished", "unexplained"), ("vanished", "definition"), ("appeared", "definition")},
    ),
    "other words under the same number": (
        [
            "UPDATE ops.definitions SET formula = 'otherwise' WHERE definition = 'BOT-01/1'",
            f"DELETE FROM core.contributions WHERE {SOME_REVIEWS}",
        ],
        {("vanished", "unexplained"), ("changed", "definition")},
    ),
    "a parameter of who is one person": (
        [
            "UPDATE ops.definitions SET parameters_json = replace(parameters_json, '\"likely\"', '\"exact\"')",
            f"UPDATE core.contributions SET person_id = {ADA} WHERE {SOME_REVIEWS}",
        ],
        {("reassigned", "definition")},
    ),
    "a parameter of something else": (
        [
            "UPDATE ops.definitions SET parameters_json = replace(parameters_json, '\"decision_days\": 30', '\"decision_days\": 31')",
            f"UPDATE core.contributions SET person_id = {ADA} WHERE {SOME_REVIEWS}",
        ],
        {("reassigned", "unexplained")},
    ),
}


@pytest.fixture
def changed(first_night, tmp_path):
    """What is told of a second night that differs by these statements."""

    def compare(statements, **how):
        second = tmp_path / "second.duckdb"
        shutil.copy(first_night.data / "warehouse.duckdb", second)
        with duckdb.connect(str(second)) as db:
            db.execute("SET TimeZone = 'UTC'")
            for statement in statements:
                db.execute(statement)
        return comparing.compared(first_night.data / "warehouse.duckdb", second, **how)

    return compare


@pytest.mark.parametrize("what", CAUSES)
def test_a_change_of_acts_has_the_cause_that_explains_it(changed, what):
    statements, expected = CAUSES[what]
    told = changed(statements).filter(subject="contributions").rows(named=True)
    others = changed(statements).filter(subject="definitions").rows(named=True)

    assert {(one["change"], one["cause"]) for one in (*told, *others)} == expected


def test_a_newcomer_who_moves_though_no_act_did_is_unexplained(changed):
    told = changed(["UPDATE retention.newcomers SET first_at = first_at - INTERVAL 1 DAY"])

    assert set(told.select("subject", "change", "cause").rows()) == {("newcomers", "moved", "unexplained")}


def test_a_newcomer_who_vanishes_with_a_deleted_issue_is_explained_by_it(changed):
    opener = f"(SELECT person_id FROM core.contributions WHERE kind = 'issue_open' AND {OF_ONE_ISSUE})"
    gone = f"DELETE FROM retention.newcomers WHERE person_id = {opener}"
    told = changed([TOMBSTONE, gone, f"DELETE FROM core.contributions WHERE {OF_ONE_ISSUE}"]).filter(
        subject="newcomers"
    )

    assert set(told["cause"]) == {"deleted"}


def test_another_program_explains_nothing_and_an_operator_says_why(changed):
    lost = [f"DELETE FROM core.contributions WHERE {SOME_REVIEWS}"]
    accepted = changed(lost, program="another", accepted="the old reader was wrong")

    assert set(changed(lost, program="another")["cause"]) == {"program"} <= set(FORBIDDEN)
    assert set(accepted.select("cause", "accepted_because").rows()) == {("accepted", "the old reader was wrong")}


def test_another_version_of_newcomers_explains_them_and_no_act(changed):
    told = changed(
        [
            "UPDATE ops.definitions SET definition = 'RET-01/2' WHERE definition = 'RET-01/1'",
            "UPDATE retention.newcomers SET first_at = first_at - INTERVAL 1 DAY",
        ]
    )

    assert set(told.filter(subject="newcomers")["cause"]) == {"definition"}


def test_a_night_with_more_columns_is_compared_and_one_that_lacks_some_needs_a_word(changed):
    lacking = ["ALTER TABLE core.contributions DROP COLUMN actor_class"]

    assert changed(["ALTER TABLE core.contributions ADD COLUMN mood VARCHAR"]).is_empty()
    assert changed(lacking).select("subject", "cause").rows() == [("definitions", "program")]
    assert changed(lacking, accepted="a new version").select("cause").rows() == [("accepted",)]


def test_a_repository_that_is_missing_is_unexplained_unless_it_is_held_back(changed):
    (repo_id,) = {
        row[0]
        for row in changed(["DELETE FROM core.repositories WHERE full_name LIKE '%almanac'"]).select("repo_id").rows()
    }
    gone = [f"DELETE FROM {table} WHERE repo_id = '{repo_id}'" for table in ("core.repositories", "core.contributions")]

    assert set(changed(gone).filter(subject="repositories")["cause"]) == {"unexplained"}
    assert set(changed(gone, held=[repo_id])["cause"]) == {"held_back"}


def test_a_night_that_lost_acts_is_not_published_until_the_operator_accepts_it(nights, monkeypatch):
    nights.run("commons/almanac")
    scan = publishing.raw.scan

    def without_comments(folders):
        frames = scan(folders)
        streams = frames["raw.streams"].filter(~pl.col("stream").is_in(["comments", "review_comments"]))
        return {**frames, "raw.comments": frames["raw.comments"].head(0), "raw.streams": streams}

    monkeypatch.setattr(publishing.raw, "scan", without_comments)
    refused = nights.run("commons/almanac")
    accepted = commands.run(
        (),
        nights.config("commons/almanac"),
        nights.data,
        nights.forge.world.ends_at.isoformat(),
        accepted="the forge says so",
    )

    assert (refused.published, accepted.published) == (False, True)
    assert "what changed since the last night is explained" in refused.failures[0]
    said = nights.query("SELECT DISTINCT cause, accepted_because FROM ops.changes WHERE change = 'vanished'")
    assert said == [("accepted", "the forge says so")]


def test_two_nights_are_compared_by_name(nights: Nights):
    first = nights.run("commons/almanac", as_of=datetime(2025, 9, 1, tzinfo=UTC))
    nights.run("commons/almanac")
    several = call("diff", first.run_id[:3], "last", "--data", nights.data)
    answer = json.loads(call("diff", first.run_id, "--data", nights.data, "--json")[1])

    assert (several[0], "is the beginning of several" in several[2]) == (2, True)
    assert {one["cause"] for one in answer["changes"]} == {"new"}
    assert any(one["table"] == "retention.curves" and one["n_changed"] for one in answer["figures"])
