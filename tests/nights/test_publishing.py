"""Write, audit, publish: analysts never see half a night, and a refused night is not lost."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import polars as pl
import pytest
from night_tools import Nights, query

from flows import publishing
from quality.expectations import Expectation

IMPOSSIBLE = Expectation("nobody exists", "core.people", "There are no people.", "SELECT person_id FROM core.people")
BROKEN = Expectation(
    "nonsense", "core.people", "Asks for a column that is not there.", "SELECT nothing FROM core.people"
)
HINT = Expectation("few people", "core.people", "A warning.", "SELECT person_id FROM core.people", severity="warning")


@pytest.fixture
def expecting(monkeypatch):
    def expect(expectation: Expectation) -> None:
        monkeypatch.setattr(publishing, "RELATIONS", (*publishing.RELATIONS, expectation))

    return expect


def test_a_failed_critical_expectation_leaves_the_published_warehouse_untouched(nights, expecting):
    nights.run("commons/almanac")
    before = (nights.data / "warehouse.duckdb").read_bytes()
    expecting(IMPOSSIBLE)
    outcome = nights.run("commons/almanac")

    assert (outcome.published, outcome.exit_code) == (False, 3)
    assert "nobody exists" in outcome.failures[0]
    assert "box:" in outcome.failures[0]
    assert (nights.data / "warehouse.duckdb").read_bytes() == before


def test_a_refused_night_is_in_the_results_of_the_next(nights, expecting, monkeypatch):
    expecting(IMPOSSIBLE)
    refused = nights.run("commons/almanac")
    monkeypatch.undo()
    monkeypatch.setenv("NIGHTS_TOKEN", "a-very-secret-token")
    nights.run("commons/almanac")
    rows = nights.query(
        f"SELECT outcome, n_unexpected > 0, sample_json LIKE '%person_id%' FROM ops.quality_results "
        f"WHERE run_id = '{refused.run_id}' AND expectation = 'nobody exists'"
    )

    assert rows == [("failed", True, True)]
    assert nights.query("SELECT outcome FROM ops.runs ORDER BY run_id") == [("refused",), ("published",)]


def test_a_check_that_cannot_run_is_no_bad_row_and_no_pass(nights, expecting):
    expecting(BROKEN)
    outcome = nights.run("commons/almanac")

    assert outcome.exit_code == 3
    assert "could not run" in outcome.failures[0]
    assert "nothing" in outcome.failures[0]


def test_a_warning_publishes_and_is_told(nights, expecting):
    expecting(HINT)
    outcome = nights.run("commons/almanac")

    assert (outcome.published, outcome.exit_code) == (True, 0)
    assert any("few people" in warning for warning in outcome.warnings)


READER = """
import sys, time, duckdb
path, seen = sys.argv[1], set()
print("ready", flush=True)
while True:
    with duckdb.connect(path, read_only=True) as db:
        n, = db.sql("SELECT count(*) FROM core.people").fetchall()[0]
        seen.add(n == len(db.sql("SELECT person_id FROM core.people").fetchall()))
    print(len(seen), flush=True)
"""


def test_a_reader_in_another_process_is_never_blocked_and_never_sees_half_a_night(first_night, tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    published = (first_night.data / "warehouse.duckdb").read_bytes()
    warehouse.write_bytes(published)
    with subprocess.Popen([sys.executable, "-c", READER, warehouse], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "ready\n"
        for _ in range(20):
            (tmp_path / "draft.duckdb").write_bytes(published)
            with duckdb.connect(str(tmp_path / "draft.duckdb")) as draft:
                draft.execute("DELETE FROM core.comments")
            (tmp_path / "draft.duckdb").replace(warehouse)
            assert reader.stdout.readline() == "1\n"
        assert reader.poll() is None
        reader.terminate()


def test_who_holds_yesterdays_file_keeps_it(nights):
    nights.run("commons/almanac")
    with duckdb.connect(str(nights.data / "nights" / published_nights(nights)[0]), read_only=True) as yesterday:
        nights.run("commons/almanac")

        assert yesterday.sql("SELECT count(*) FROM ops.runs").fetchall() == [(1,)]
        assert nights.query("SELECT count(*) FROM ops.runs") == [(2,)]


def published_nights(nights: Nights) -> list[str]:
    return sorted(path.name for path in (nights.data / "nights").iterdir())


def test_the_report_is_written_with_every_published_night(first_night):
    page = (first_night.data / "report.html").read_text()

    assert "commons/bazaar" in page
    assert "<script src" not in page


def test_tables_and_columns_document_themselves(first_night):
    comments = query(
        first_night.data / "warehouse.duckdb", "SELECT comment FROM duckdb_columns() WHERE schema_name = 'retention'"
    )

    assert all(comment for (comment,) in comments)


def test_every_stamp_has_its_definition(first_night):
    stamped = [
        pl.DataFrame(first_night.query(f"SELECT DISTINCT definition FROM {table}"), schema=["d"], orient="row")
        for table in (
            "retention.newcomers",
            "retention.curves",
            "retention.cohorts",
            "influence.scores",
            "influence.concentration",
        )
    ]
    known = {name for (name,) in first_night.query("SELECT definition FROM ops.definitions")}

    assert {row for frame in stamped for row in frame["d"]} <= known


def test_the_validation_page_stands_beside_the_report_and_loads_nothing(first_night):
    page = (first_night.data / "validation.html").read_text()
    ((n_expectations,),) = first_night.query("SELECT count(*) FROM ops.quality_results")

    assert page.count(">passed</span>") == n_expectations
    assert "src=" not in page
    assert 'href="http' not in page


def test_a_record_in_quarantine_is_remembered_with_its_night_when_it_can_be_read_again():
    from datetime import UTC, datetime

    from transform.ops import quarantine

    first, second = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
    row = {"repo_id": "r", "stream": "issues", "reason": "x"}
    before = quarantine.TABLE.rows(
        {**row, "record_id": "1", "since_at": first}, {**row, "record_id": "2", "since_at": first}
    )
    now = quarantine.TABLE.rows(
        {**row, "record_id": "2", "since_at": second, "is_still_there": True},
        {**row, "record_id": "3", "since_at": second, "is_still_there": True},
    )
    columns = ("record_id", "since_at", "is_still_there", "readable_since_at")
    told = quarantine.carried(now, before, second).sort("record_id").select(columns)

    assert told.rows() == [("1", first, False, second), ("2", first, True, None), ("3", second, True, None)]


def test_a_night_of_a_version_that_knew_no_pages_is_remembered_all_the_same():
    from transform.ops import quarantine

    before = quarantine.TABLE.rows({"record_id": "1"}).drop("source_page", "is_still_there")

    assert quarantine.remembered(before).select("source_page", "is_still_there").rows() == [(None, True)]
