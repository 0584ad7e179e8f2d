"""Corrections are data: what a source says wrongly is replaced while it says so, and loudly not a night longer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from test_command_line import call

from extract import raw
from flows import correcting
from flows.errors import BadConfiguration
from transform.corrections import Correction, corrected

WRONG, RIGHT = datetime(1970, 1, 1, tzinfo=UTC), datetime(2014, 3, 1, 10, tzinfo=UTC)


def frames():
    rows = [{"repo_id": "r", "number": n, "opened_at": WRONG, "title": f"t{n}"} for n in (1, 2)]
    return {"raw.items": raw.ITEMS.rows(*rows).lazy()}


def correction(**more) -> Correction:
    told = {"where": {"number": 1}, "expect": {"opened_at": WRONG}, "put": {"opened_at": RIGHT}, **more}
    return Correction(name="c", repo_id="r", table="items", reason="lost", source="#1", **told)


def opened(wanted: Correction) -> tuple[list, bool]:
    after, told = corrected(frames(), [wanted])
    return after["raw.items"].sort("number").collect()["opened_at"].to_list(), told["is_applied"].item()


def test_a_correction_replaces_what_was_expected_in_its_rows_alone():
    assert opened(correction()) == ([RIGHT, WRONG], True)


def test_a_correction_can_leave_a_row_out():
    assert opened(correction(put={}, is_drop=True)) == ([WRONG], True)


@pytest.mark.parametrize(
    "guard",
    [{"expect": {"opened_at": RIGHT}}, {"where": {"number": 9}}, {"where": {"title": "t1"}, "expect": {"title": "x"}}],
)
def test_a_correction_whose_error_is_gone_changes_nothing_and_says_so(guard):
    assert opened(correction(**guard)) == ([WRONG, WRONG], False)


def test_a_correction_says_what_the_source_says_now():
    _, told = corrected(frames(), [correction(expect={"opened_at": RIGHT})])

    assert "1970-01-01" in told["found_json"].item()
    assert "2014-03-01" in told["expected_json"].item()


GOOD = """
[[corrections]]
name = "one"
repository = "box:commons/almanac"
table = "items"
where = { number = %d }
expect = { title = "%s" }
put = { title = "A better title" }
reason = "The importer lost it."
source = "https://example.org/1"
"""
MISTAKES = {
    "a table nobody knows": (('table = "items"', 'table = "item"'), "there is no raw table 'item'"),
    "a column nobody knows": (("where = { number", "where = { numbr"), "no column numbr"),
    "a value of another type": (("where = { number = 1 }", 'where = { number = "one" }'), "number is BIGINT"),
    "neither put nor drop": (('put = { title = "A better title" }', ""), "either put"),
    "a key": (('put = { title = "A better title" }', "put = { number = 3 }"), "cannot be corrected"),
    "no reason": (("The importer lost it.", " "), "must each say something"),
    "a key of the file": (("reason =", "raison ="), "raison"),
    "no TOML": (("[[corrections]]", "[[corrections"), "cannot be read as corrections"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_file_is_named_before_the_night_begins(tmp_path, mistake):
    (old, new), says = MISTAKES[mistake]
    path = tmp_path / "corrections.toml"
    path.write_text((GOOD % (1, "x")).replace(old, new))

    with pytest.raises(BadConfiguration, match=says):
        correcting.read(path)


def test_a_night_with_a_correction_shows_it_and_one_that_outlived_its_error_is_left_out(nights):
    nights.run("commons/almanac")
    ((number, title),) = nights.query("SELECT number, title FROM core.issues ORDER BY number LIMIT 1")
    file = nights.folder / "corrections.toml"
    config = nights.config("commons/almanac")
    config.write_text('corrections = "corrections.toml"\n' + config.read_text())
    file.write_text(GOOD % (number, title))
    options = ("--config", config, "--data", nights.data, "--as-of", "2026-01-01")

    assert call("rebuild", *options)[0] == 0
    assert nights.query(f"SELECT title FROM core.issues WHERE number = {number}") == [("A better title",)]
    assert nights.query("SELECT is_applied, n_rows FROM ops.corrections") == [(True, 1)]

    file.write_text(GOOD % (number, "what it never said"))
    code, words, _ = call("rebuild", *options)

    assert (code, "corrections still apply" in words) == (3, True)
    assert nights.query(f"SELECT title FROM core.issues WHERE number = {number}") == [("A better title",)]
