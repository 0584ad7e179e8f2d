"""Stories of items that cannot be had: named, put aside, tried again; the others go on."""

from __future__ import annotations

import pytest
from extraction_tools import numbers

from extract import raw
from extract.github import queries, sweep
from extract.sandbox import handler
from extract.sandbox.faults import Faults


@pytest.fixture
def poisoned(crawl, hut, undisturbed):
    """A night with an issue and a change that no answer can hold."""
    items = undisturbed.rows(raw.ITEMS)
    chosen = [items.filter(kind=kind)["number"][3] for kind in ("issue", "change")]
    hut.faults = Faults(poisoned=frozenset(chosen))
    crawl.night()
    return set(chosen)


def test_a_poisoned_item_is_quarantined_by_its_number_and_the_others_are_here(crawl, undisturbed, poisoned):
    spoilt = crawl.rows(raw.QUARANTINE)

    assert numbers(crawl) == numbers(undisturbed) - poisoned
    assert {int(number) for number in spoilt["record_id"]} == poisoned
    assert all("502" in reason for reason in spoilt["reason"])


def test_a_poisoned_item_makes_its_stream_incomplete(crawl, poisoned):
    streams = dict(crawl.rows(raw.STREAMS).select("stream", "reason").iter_rows())

    assert "delivered" in streams["issues"]
    assert "delivered" in streams["changes"]


def test_the_next_night_tries_a_poisoned_item_again(crawl, hut, undisturbed, poisoned):
    hut.faults = Faults()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_nested_list_that_cannot_be_followed_is_named_and_tried_again(crawl, hut, undisturbed, monkeypatch):
    answer = handler.answer

    def failing(view, request, *, points_used=0):
        said = answer(view, request, points_used=points_used)
        is_rest = "MoreIssueComments" in request["query"]
        return {"data": None, "errors": [{"message": "Something went wrong"}]} if is_rest else said

    monkeypatch.setattr(queries, "ISSUES", queries.ISSUES)
    short = [stream.__class__(stream.name, stream.query, stream.connection, 20, 2) for stream in sweep.STREAMS]
    monkeypatch.setattr("extract.github.fetch.STREAMS", tuple(short))
    monkeypatch.setattr(handler, "answer", failing)
    crawl.night()
    monkeypatch.setattr(handler, "answer", answer)
    spoilt = crawl.rows(raw.QUARANTINE).filter(stream="comments")

    assert len(spoilt) > 0
    assert numbers(crawl) == numbers(undisturbed)
    assert "delivered" in dict(crawl.rows(raw.STREAMS).select("stream", "reason").iter_rows())["comments"]
    crawl.night()
    assert crawl.everything() == undisturbed.everything()
