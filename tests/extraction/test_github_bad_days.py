"""Stories of bad days: whatever breaks on the way, everything that the forge has is here in the end."""

from __future__ import annotations

import json
from time import time

import pytest
from extraction_tools import NAME

from extract.errors import NotUnderstood, TryAgain
from extract.github import queries
from extract.sandbox import handler
from extract.sandbox.faults import Faults


@pytest.mark.parametrize("kind", ["bad_gateway", "half_json", "half_data", "cut_connection"])
def test_what_breaks_on_its_way_is_asked_for_again(crawl, hut, undisturbed, kind):
    hut.faults = Faults(**{kind: 0.5})
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert crawl.slept


def test_it_is_asked_for_ever_more_slowly_and_not_for_ever(crawl, hut):
    hut.faults = Faults(bad_gateway=1.0, at_most=1_000)
    with pytest.raises(TryAgain, match="kept answering 502"):
        crawl.night()

    assert crawl.slept == sorted(crawl.slept)
    assert len(crawl.slept) < 10


def test_all_at_once_is_no_different(patient, hut, undisturbed):
    hut.faults = Faults(
        bad_gateway=0.1, half_json=0.1, half_data=0.1, cut_connection=0.1, most_nodes=20, points=15, now=time
    )
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_who_answers_too_late_is_asked_again(crawl, hut, undisturbed, monkeypatch):
    monkeypatch.setattr("extract.github.client.TIMEOUT_SECONDS", 1)
    hut.faults = Faults(slow=0.4, at_most=1)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert crawl.slept


def test_a_query_that_is_not_understood_is_told_at_once(crawl, hut, monkeypatch):
    monkeypatch.setattr(queries, "NEWEST", queries.NEWEST.replace("totalCount", "totalCuont"))
    with pytest.raises(NotUnderstood, match="totalCuont"):
        crawl.night()

    assert crawl.slept == []


def test_unchanged_answers_of_rest_cost_no_body(crawl, hut, monkeypatch):
    crawl.night()
    sent, send = [], handler.Handler._send_json
    monkeypatch.setattr(
        handler.Handler, "_send_json", lambda self, status, *rest: (sent.append(status), send(self, status, *rest))
    )
    crawl.night()

    assert sent == [304, 200]
    assert json.loads(next(crawl.stream("repository").newest_first())[1].body)["full_name"] == NAME
