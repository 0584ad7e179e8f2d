"""Stories of backfills: a window of the past, forecast, resumable, and beside the nightly runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import time

import polars as pl
import pytest
from extraction_tools import NAME, Crawl

from extract import raw
from extract.errors import OutOfQuota
from extract.github import fetch, sweep
from extract.github import source as github
from extract.sandbox.faults import Faults
from extract.source import Window


@pytest.fixture
def window(hut) -> Window:
    """Two months in the middle of six."""
    ends_at = hut.world.ends_at.replace(microsecond=0)
    return Window(ends_at - timedelta(days=120), ends_at - timedelta(days=60))


@pytest.fixture
def opened_in(undisturbed, window):
    return undisturbed.rows(raw.ITEMS).filter(pl.col("opened_at").is_between(window.since, window.until, closed="left"))


def backfill(crawl: Crawl, window: Window):
    return github.backfill(crawl.source, window, crawl.around())


def same_rows(crawl: Crawl, undisturbed: Crawl, table, numbers) -> bool:
    return crawl.rows(table).rows() == undisturbed.rows(table).filter(pl.col("number").is_in(numbers)).rows()


def test_what_was_opened_in_the_window_is_here_whole_and_nothing_else(crawl, undisturbed, window, opened_in):
    told = backfill(crawl, window)
    numbers = opened_in["number"].implode()

    assert told.problems == ()
    assert 0 < len(opened_in) < len(undisturbed.rows(raw.ITEMS))
    assert all(same_rows(crawl, undisturbed, table, numbers) for table in (raw.ITEMS, raw.COMMENTS, raw.REVIEWS))


def test_it_is_marked_as_the_part_it_is(crawl, window):
    backfill(crawl, window)
    streams = crawl.rows(raw.STREAMS)

    assert not streams["is_complete"].any()
    assert streams["complete_until_at"].null_count() == len(streams)
    assert all(window.bounds[0] in reason for reason in streams["reason"])


def test_the_forecast_counts_the_items_and_is_not_below_the_cost(crawl, hut, window, opened_in):
    spent = hut.requests
    told = github.forecast(crawl.source, window, crawl.around())
    asked = hut.requests - spent
    spent = hut.requests
    backfill(crawl, window)
    cost = hut.requests - spent - asked  # a backfill begins with a forecast

    assert (told.n_issues + told.n_changes, asked) == (len(opened_in), 2)
    assert cost <= told.requests <= 2 * cost + 3


def test_a_forecast_writes_nothing(crawl, window):
    github.forecast(crawl.source, window, crawl.around())

    assert not [path for path in crawl.folder.rglob("*") if path.is_file()]


def test_the_forecast_is_kept_beside_the_cost(crawl, window, opened_in):
    backfill(crawl, window)
    (kept,) = crawl.stream("backfill").manifest.facts["done"]

    assert kept["bounds"] == window.bounds
    assert kept["n_items"] == len(opened_in)
    assert kept["cost"]["requests"] <= kept["forecast"]["requests"]
    assert kept["cost"]["bytes"] == sum(page.stat().st_size for page in crawl.folder.rglob("backfill/pages/*"))


def test_a_stopped_backfill_goes_on_at_its_page(crawl, hut, undisturbed, window, opened_in, monkeypatch):
    monkeypatch.setattr(sweep, "ITEMS_PER_REQUEST", 5)
    hut.faults = Faults(points=7, window_seconds=1_000, now=time)
    with pytest.raises(OutOfQuota):
        backfill(crawl, window)
    held = set(crawl.rows(raw.ITEMS)["number"])
    reason = crawl.rows(raw.STREAMS)["reason"][0]
    hut.faults = Faults()
    backfill(crawl, window)

    assert 0 < len(held) < len(opened_in)
    assert f"{len(opened_in) - len(held)} items of a backfill are to go" in reason
    assert same_rows(crawl, undisturbed, raw.ITEMS, opened_in["number"].implode())
    assert len(crawl.stream("backfill").manifest.facts["done"]) == 1


def test_a_backfill_that_is_stopped_while_it_lists_goes_on_at_the_page_of_the_list(
    crawl, hut, undisturbed, window, opened_in, monkeypatch
):
    monkeypatch.setattr(sweep, "NUMBERS_PER_REQUEST", 4)
    hut.faults = Faults(points=6, window_seconds=1_000, now=time)
    with pytest.raises(OutOfQuota):
        backfill(crawl, window)
    stopped = crawl.stream("backfill").manifest.window
    hut.faults, asked = Faults(), []
    monkeypatch.setattr(fetch.Client, "ask", watched(fetch.Client.ask, asked))
    backfill(crawl, window)

    assert stopped["listing"][1] is not None
    assert next(variables["after"] for variables in asked if "order" in variables) == stopped["listing"][1]
    assert same_rows(crawl, undisturbed, raw.ITEMS, opened_in["number"].implode())


def watched(ask, asked):
    def noting(client, query, variables, *more, **how):
        asked.append(variables)
        return ask(client, query, variables, *more, **how)

    return noting


def test_a_night_before_or_after_it_gives_what_nights_alone_give(crawl, hut, undisturbed, window):
    backfill(crawl, window)
    crawl.night()
    assert crawl.everything() == undisturbed.everything()
    marks = [crawl.stream(name).manifest.watermark for name in ("issues", "changes")]
    spent = hut.requests
    backfill(crawl, Window(None, window.until))

    assert crawl.everything() == undisturbed.everything()
    assert [crawl.stream(name).manifest.watermark for name in ("issues", "changes")] == marks
    assert hut.requests > spent


def test_without_an_end_it_goes_up_to_its_own_start(crawl, hut, undisturbed):
    backfill(crawl, Window(None, None))
    again = backfill(crawl, Window(None, None))

    assert crawl.rows(raw.ITEMS).rows() == undisturbed.rows(raw.ITEMS).rows()
    assert again.problems == ()


def test_an_empty_window_is_no_error(crawl, hut):
    before = hut.world.repositories[NAME].founded_epoch - 1_000_000
    empty = Window(datetime.fromtimestamp(before).astimezone(), datetime.fromtimestamp(before + 10).astimezone())
    told = backfill(crawl, empty)

    assert told.problems == ()
    assert len(crawl.rows(raw.ITEMS)) == 0
