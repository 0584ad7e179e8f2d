"""Who belongs to the organisation that owns the repository: known from the day on which the forge showed it (ORG-03)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import polars as pl
import pytest

from extract import membership
from extract.errors import NeedsAPerson, TryAgain
from extract.membership import follow
from extract.raw_organisations import MEMBERSHIPS, ORGANISATIONS

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
DATED = "gitlab"
"""The forge that says since when somebody belongs."""


def later(crawl, days: int) -> None:
    crawl.clock = (JUNE + timedelta(days=days, seconds=one) for one in count())


def paid(hut) -> list[str]:
    return [f"box:{one.account_id}" for one in hut.world.people if one.is_sponsored and not one.is_ghost]


def test_the_first_night_shows_who_belongs_and_from_when_that_is_known(undisturbed, running):
    rows = undisturbed.rows(MEMBERSHIPS)
    is_dated = running.dialect.kind == DATED

    assert sorted(rows["account_id"]) == sorted(paid(running)) != []
    assert (rows["first_seen_at"] >= JUNE).all()
    assert rows["missed_at"].null_count() == rows.height
    assert rows["since_at"].null_count() == (0 if is_dated else rows.height)
    assert undisturbed.rows(ORGANISATIONS)["place"].to_list() == ["box:commons"]


def test_it_is_asked_again_after_thirty_days_and_not_before(crawl, hut):
    crawl.night()
    for days, looks in ((29, 1), (31, 2), (32, 2)):
        later(crawl, days)
        crawl.night()
        asked = {page.asked["look"] for _, page in crawl.stream(membership.STREAM).newest_first()}
        assert len(asked) == looks


def test_who_is_not_shown_any_more_left_between_two_looks(crawl, hut):
    crawl.night()
    left = next(one for one in hut.world.people if one.is_sponsored and not one.is_ghost)
    hut.organisation.left.add(left.login)
    later(crawl, 40)
    crawl.night()
    rows = crawl.rows(MEMBERSHIPS)
    theirs = rows.filter(account_id=f"box:{left.account_id}").row(0, named=True)

    assert theirs["last_seen_at"] < JUNE + timedelta(days=1) < JUNE + timedelta(days=40) <= theirs["missed_at"]
    assert rows.filter(pl.col("missed_at").is_null()).height == len(paid(hut)) - 1


def test_a_rebuild_without_a_network_says_the_same(crawl):
    crawl.night()
    before = crawl.rows(MEMBERSHIPS)
    crawl.rebuild()

    assert crawl.rows(MEMBERSHIPS).equals(before)


@pytest.mark.parametrize(("error", "asked_again"), [(TryAgain, True), (NeedsAPerson, False)])
def test_what_cannot_be_had_stops_nothing_and_is_told(tmp_path, error, asked_again):
    notes: list[str] = []

    def refused():
        raise error("No.")

    membership.look(tmp_path, JUNE, refused, notes.append)
    asked: list[int] = []
    membership.look(tmp_path, JUNE + timedelta(days=1), lambda: asked.append(1) or [], notes.append)

    assert (len(notes), bool(asked)) == (1, asked_again)


def test_who_comes_back_was_away_in_between():
    known: dict = {}
    for day, members in enumerate(({"a": None}, {}, {"a": None})):
        follow(known, members, JUNE + timedelta(days=day))

    spans = [(one["first_seen_at"].day, one["last_seen_at"].day, one["missed_at"]) for one in known["a"]]
    assert spans == [(1, 1, JUNE + timedelta(days=1)), (3, 3, None)]


def test_a_token_that_may_not_see_organisations_reads_all_the_rest(crawl, hut):
    if hut.dialect.kind != "gitea":
        pytest.skip("what is asked elsewhere needs no scope of its own")
    hut.missing_scope = "read:organization"

    assert crawl.night().problems == ()
    assert [note for note in crawl.notes if "read:organization" in note] == crawl.notes[-1:]
    assert crawl.rows(MEMBERSHIPS).is_empty()
