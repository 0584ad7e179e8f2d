"""What `--where` understands, and what it says about the rest: nothing typed becomes SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.contract import INSTANT, Column, Table
from transform.columns import FAMILY
from transform.explanation.filters import BadFilter, parse, written

TABLE = Table(
    schema="core",
    name="things",
    grain="one row per thing",
    key=("name",),
    columns=(
        Column("name", pl.String, "Name."),
        FAMILY,
        Column("day", pl.Int32, "Day.", nullable=True),
        Column("held_share", pl.Float64, "Share.", nullable=True),
        Column("is_done", pl.Boolean, "Done."),
        Column("from_day", pl.Date, "Day."),
        Column("seen_at", INSTANT, "Seen."),
        Column("labels", pl.List(pl.String), "Labels."),
    ),
)
THINGS = (
    ("ada", "any", 1, 0.5, True, date(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)),
    ("bob", "code", None, None, False, date(2024, 2, 1), datetime(2024, 2, 1, 12, tzinfo=UTC)),
    ("d'oh", "talk", 90, 1.0, True, date(2024, 3, 1), datetime(2024, 3, 1, tzinfo=UTC)),
)


def found(where: str | None) -> str:
    """The names of the things that match."""
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA core")
        for statement in TABLE.ddl():
            db.execute(statement)
        db.executemany("INSERT INTO core.things VALUES (?, ?, ?, ?, ?, ?, ?, [])", THINGS)
        asked = parse(where, TABLE)
        rows = db.execute(f"SELECT name FROM core.things AS here WHERE {asked.sql} ORDER BY 1", asked.values).fetchall()
    return " ".join(name for (name,) in rows)


@pytest.mark.parametrize(
    ("where", "names"),
    [
        (None, "ada bob d'oh"),
        ("name = 'ada'", "ada"),
        ("name = 'd''oh'", "d'oh"),
        ("name != 'ada' and is_done = true", "d'oh"),
        ("family in ('code', 'talk')", "bob d'oh"),
        ("name not in ('ada')", "bob d'oh"),
        ("day >= 90 or day is null", "bob d'oh"),
        ("not (day is not null)", "bob"),
        ("name = 'ada' or name = 'bob' and is_done = true", "ada"),
        ("held_share between 0.4 and 0.9", "ada"),
        ("from_day > '2024-01-31'", "bob d'oh"),
        ("seen_at < '2024-02-01T12:00:00Z'", "ada"),
        ("seen_at >= '2024-02-01T14:00:00+02:00'", "bob d'oh"),
        ("name like '%o%'", "bob d'oh"),
        ("NAME = 'ada'".lower(), "ada"),
    ],
)
def test_a_filter_finds_what_it_asks_for(where, names):
    assert found(where) == names


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("nme = 'ada'", "Did you mean name?"),
        ("name = ada", "a text between '...'"),
        ("family = 'cod'", "one of any, code"),
        ("day = 'soon'", "day is a whole number"),
        ("is_done = 1", "true or false"),
        ("from_day = '2024-13-01'", "a day such as"),
        ("seen_at > 'x'", "an instant such as"),
        ("name = 'ada' name", "where it should end"),
        ("name", "there must be ="),
        ("(name = 'ada'", "')'"),
        ("name = 'ada", "cannot be read from"),
        ("name = 'ada'; DROP TABLE core.things", "cannot be read from"),
        ("day in ()", "compared with ')'"),
        ("day like '1%'", "like asks a column of text"),
        ("labels = 'x'", "holds lists"),
        ("= 3", "There must be a column"),
        ("not " * 60 + "is_done = true", "Write it flatter"),
    ],
)
def test_a_filter_that_cannot_be_is_told_with_what_can(where, words):
    with pytest.raises(BadFilter, match=words.translate({ord(sign): f"\\{sign}" for sign in "()?."})):
        parse(where, TABLE)


@given(st.text(max_size=40))
def test_whatever_stands_between_quotes_is_a_value_and_never_sql(text):
    where = written({"name": text})

    assert parse(where, TABLE).values == [text]
    assert text not in parse(where, TABLE).sql or text in '(here."name" = ?)'


@given(st.text(alphabet="()='<>!,; andornotisnullname0.-", max_size=60))
def test_any_text_is_a_filter_or_is_refused(text):
    try:
        asked = parse(text, TABLE)
    except BadFilter:
        return
    assert asked.sql.count("?") == len(asked.values)
