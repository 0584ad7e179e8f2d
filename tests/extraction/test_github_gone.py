"""Stories of what is gone: deleted, moved, switched off, or back again."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from extraction_tools import NAME, numbers

from extract import raw
from extract.archive import Page
from extract.github import sweep


def test_what_is_deleted_gets_a_tombstone_and_leaves_the_tables(crawl, hut, undisturbed):
    crawl.night()
    gone = sorted(numbers(crawl))[5]
    hut.delete(NAME, gone)
    crawl.night()
    stones = crawl.rows(raw.TOMBSTONES)

    assert stones.select("number", "reason").rows() == [(gone, "deleted")]
    assert numbers(crawl) == numbers(undisturbed) - {gone}
    assert gone not in set(crawl.rows(raw.COMMENTS)["number"])
    assert crawl.rows(raw.STREAMS)["is_complete"].all()


def test_what_is_deleted_is_kept_apart_for_who_asks_for_an_earlier_instant(crawl, hut):
    crawl.night()
    gone = sorted(numbers(crawl))[5]
    before = crawl.rows(raw.EVENTS).filter(number=gone).height
    hut.delete(NAME, gone)
    crawl.night()
    apart = {
        name: pl.read_parquet(path) for path in crawl.folder.glob("raw/*/*/*/gone/*.parquet") for name in [path.stem]
    }

    assert apart["items"]["number"].to_list() == [gone]
    assert apart["events"].height == before


def test_a_tombstone_is_looked_at_once(crawl, hut):
    crawl.night()
    hut.delete(NAME, min(numbers(crawl)))
    crawl.night()
    spent = hut.requests
    crawl.night()

    assert hut.requests - spent == 2


def test_what_comes_back_has_no_tombstone(crawl, hut, undisturbed):
    crawl.night()
    hut.delete(NAME, min(numbers(crawl)))
    crawl.night()
    hut.restore()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_issues_that_are_switched_off_are_no_deletions(crawl, hut, undisturbed):
    crawl.night()
    hut.switch_issues(on=False)
    spent = hut.requests
    crawl.rereads = 5
    crawl.night()
    assert hut.requests - spent <= 5  # with the rolling re-read of changes, and their reactions
    assert crawl.everything() == undisturbed.everything()

    hut.switch_issues(on=True)
    crawl.night()
    assert crawl.everything() == undisturbed.everything()


def test_what_is_only_refused_is_not_gone():
    refused = [Page({}, status, {}, "2026-01-01T00:00:00Z", "{}") for status in (403, 451)]

    assert [sweep.is_gone(page, 7, NAME) for page in refused] == [False, False]


def test_what_moves_while_we_page_is_here_the_same_night(crawl, hut, undisturbed, monkeypatch):
    began = hut.as_of = hut.world.ends_at - timedelta(days=60)
    ask = sweep.Client.ask

    def slowly(client, *asked, **how):
        hut.as_of = min(hut.as_of + timedelta(days=20), hut.world.ends_at)
        return ask(client, *asked, **how)

    short = [stream.__class__(stream.name, stream.query, stream.connection, 10, 20) for stream in sweep.STREAMS]
    monkeypatch.setattr("extract.github.fetch.STREAMS", tuple(short))
    monkeypatch.setattr(sweep.Client, "ask", slowly)
    crawl.night(until=began)
    opened = undisturbed.rows(raw.ITEMS).filter(pl.col("opened_at") < began)["number"]

    assert set(opened) <= numbers(crawl)
