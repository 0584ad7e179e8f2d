"""Every derived check has been seen to fail: a warehouse is broken in one place, and that check says so."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from quality.contract import INSTANT, BrokenPromise, Column, Table
from quality.expectations import derived
from quality.runner import EmptySuite, audit

PEOPLE = Table(
    schema="core",
    name="people",
    grain="one row per person",
    key=("person_id",),
    columns=(Column("person_id", pl.String, "The person."),),
)
SCORES = Table(
    schema="core",
    name="scores",
    grain="one row per person",
    key=("person_id",),
    is_large=True,
    columns=(
        Column("person_id", pl.String, "The person.", references="core.people.person_id"),
        Column("kind", pl.String, "Kind.", one_of=("a", "b")),
        Column("score_share", pl.Float64, "Score.", unit="share", nullable=True, at_least=0, at_most=1),
        Column("scored_at", INSTANT, "When."),
    ),
)
GOOD = "('ada', 'a', 0.5, now())"


@pytest.fixture
def judged(tmp_path):
    def judge(*rows: str, loose: bool = False) -> dict[str, tuple[str, int, str]]:
        path = tmp_path / "warehouse.duckdb"
        with duckdb.connect(str(path)) as db:
            db.execute("CREATE SCHEMA core")
            for statement in (*PEOPLE.ddl(), *SCORES.ddl()):
                db.execute(statement.replace(" NOT NULL", "") if loose else statement)
            db.execute("INSERT INTO core.people VALUES ('ada'), ('bob')")
            for row in rows:
                db.execute(f"INSERT INTO core.scores VALUES {row}")
        verdicts = audit(path, list(derived([PEOPLE, SCORES])))
        return {
            str(it.expectation): (it.outcome, it.n_unexpected, it.sample) for it in verdicts if it.outcome != "passed"
        }

    return judge


def test_a_kept_promise_passes(judged):
    assert judged(GOOD) == {}


def test_an_empty_table_is_a_broken_promise(judged):
    assert list(judged()) == ["core.scores: has rows"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("('ada', 'c', 0.5, now())", "kind is none of the known values"),
        ("('ada', 'a', 1.5, now())", "score_share is above 1"),
        ("('ada', 'a', -0.5, now())", "score_share is below 0"),
        ("('ada', 'a', 'nan', now())", "score_share is not a number"),
        ("('ada', 'a', 'inf', now())", "score_share is not a number"),
        ("('ada', 'a', '-inf', now())", "score_share is below 0"),
        ("('ada', NULL, 0.5, now())", "kind is null"),
    ],
)
def test_a_bad_value_is_named_with_its_row(judged, row, problem):
    outcome, count, sample = judged(row, loose=True)["core.scores: columns keep their promise"]

    assert (outcome, count) == ("failed", 1)
    assert problem in sample
    assert "ada" in sample


def test_an_unknown_value_is_null_and_no_fault(judged):
    assert judged("('ada', 'a', NULL, now())") == {}


def test_a_key_that_stands_twice_is_found(judged):
    outcome, count, sample = judged(GOOD, GOOD)["core.scores: key is unique"]

    assert (outcome, count) == ("failed", 1)
    assert '"copies": 2' in sample


def test_a_reference_to_nobody_is_found(judged):
    found = judged("('eve', 'a', 0.5, now())")

    assert list(found) == ["core.scores: person_id exists in core.people"]


def test_a_million_bad_rows_are_counted_and_ten_are_shown(judged):
    rows = "('ada', 'x', 0.5, now()), " * 200 + "('ada', 'x', 0.5, now())"
    _, count, sample = judged(rows)["core.scores: columns keep their promise"]

    assert count == 201
    assert sample.count('"person_id"') == 10


def test_an_audit_that_expects_nothing_is_an_error(tmp_path):
    with pytest.raises(EmptySuite, match="expects nothing"):
        audit(tmp_path / "any.duckdb", [])


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (SCORES.rows({}).drop("kind"), "missing columns"),
        (SCORES.rows({}).with_columns(more=1), "nobody promised"),
        (SCORES.rows({}).with_columns(pl.lit(1).alias("kind")), "kind is Int32, promised String"),
        (SCORES.rows({}).with_columns(kind=pl.lit(None, pl.String)), "kind is null in 1 rows"),
    ],
)
def test_the_writer_refuses_rows_that_do_not_fit(rows, problem):
    with pytest.raises(BrokenPromise, match=problem):
        SCORES.checked(rows)


def test_a_declaration_that_cannot_be_true_is_refused_at_import():
    with pytest.raises(ValueError, match="must name columns"):
        Table(schema="s", name="t", grain="g", key=("nothing",), columns=SCORES.columns)
    with pytest.raises(ValueError, match="is an instant"):
        Column("seen_at", pl.String, "When.")


def test_a_comment_cannot_end_the_statement_it_stands_in():
    hostile = Column("name", pl.String, "it's '); DROP TABLE x; --")
    table = Table(schema="s", name="t", grain="one row", key=("name",), columns=(hostile,))
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA s")
        for statement in table.ddl():
            db.execute(statement)

        assert db.sql("SELECT comment FROM duckdb_columns() WHERE table_name = 't'").fetchall() == [(hostile.doc,)]
