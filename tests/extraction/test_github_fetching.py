"""Stories of fetching: everything the forge has, as it was sent, and no secret on the way."""

from __future__ import annotations

import re
import traceback
from dataclasses import replace
from datetime import timedelta

import pytest
from extraction_tools import NAME, TOKEN, VARIABLE

from extract import raw
from extract.errors import BadToken, TryAgain
from extract.github import fetch, queries
from extract.sandbox import handler


@pytest.fixture
def tiny_pages(monkeypatch):
    tiny = [
        replace(one, query=re.sub(r"first: \d+", "first: 2", one.query), first=5, nested=2) for one in fetch.STREAMS
    ]
    monkeypatch.setattr(fetch, "STREAMS", tuple(tiny))


@pytest.fixture
def rests_of_one(monkeypatch):
    """What did not fit comes one by one, so that a rest has rests."""
    for lists in queries.MORE.values():
        for name, query in lists.items():
            undeclared = re.sub(r", \$(first|nested): Int!", "", query)
            monkeypatch.setitem(lists, name, re.sub(r"first: (\d+|\$\w+)", "first: 1", undeclared))


def test_every_record_of_the_forge_is_here(undisturbed, hut):
    truth = {name: count for name, count in hut.world.counts(NAME).items() if "commit" not in name}
    streams = undisturbed.rows(raw.STREAMS)

    assert dict(streams.select("stream", "held").iter_rows()) == truth
    assert dict(streams.select("stream", "source_total").iter_rows()) == truth
    assert streams["is_complete"].all()


def test_titles_are_what_people_wrote_however_hostile(undisturbed, hut):
    repository = hut.world.repositories[NAME]
    written = {thread.number: thread.title for thread in (*repository.issues, *repository.changes)}

    assert dict(undisturbed.rows(raw.ITEMS).select("number", "title").iter_rows()) == written


def test_nested_lists_are_followed_to_their_end(crawl, undisturbed, tiny_pages, rests_of_one):
    crawl.night()

    assert crawl.stream("changes").manifest.pages > 3 * undisturbed.stream("changes").manifest.pages
    assert crawl.everything() == undisturbed.everything()


def test_a_page_is_kept_as_it_was_sent(crawl, monkeypatch):
    sent, as_json = [], handler.as_json
    monkeypatch.setattr(handler, "as_json", lambda body: (sent.append(as_json(body)), sent[-1])[1])
    crawl.night()
    kept = [page.body.encode() for name in ("issues", "changes") for _, page in crawl.stream(name).newest_first()]

    assert kept
    assert set(kept) <= set(sent)


def test_nights_at_rising_times_are_one_crawl(crawl, hut, undisturbed, tiny_pages):
    for days in (120, 40, 39, 3, 0):
        hut.as_of = hut.world.ends_at - timedelta(days=days)
        crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_window_ends_where_the_run_began_however_much_later_the_forge_is(crawl, hut, undisturbed):
    began = hut.world.ends_at - timedelta(days=60)
    crawl.night(until=began)

    assert crawl.stream("issues").manifest.watermark == began.isoformat()
    assert set(crawl.rows(raw.STREAMS)["complete_until_at"]) == {began}
    crawl.night()
    assert crawl.everything() == undisturbed.everything()


def test_what_happens_while_we_read_is_there_the_next_night(crawl, hut, undisturbed, tiny_pages, monkeypatch):
    began = hut.as_of = hut.world.ends_at - timedelta(days=60)
    ask = fetch.Client.ask

    def slowly(client, *asked, **how):
        hut.as_of = min(hut.as_of + timedelta(days=2), hut.world.ends_at)
        return ask(client, *asked, **how)

    monkeypatch.setattr(fetch.Client, "ask", slowly)
    crawl.night(until=began)
    hut.as_of = hut.world.ends_at
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_the_overlap_is_an_hour_whatever_the_zone_of_the_watermark():
    assert fetch._since("2026-01-01T05:00:00+05:00") == "2025-12-31T23:00:00Z"


def test_a_quiet_night_asks_twice_and_writes_nothing(crawl, hut):
    crawl.night()
    before, spent = {file: file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()}, hut.requests
    told = crawl.night()

    assert (told.requests, hut.requests - spent) == (2, 2)
    assert {file: file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()} == before


def test_without_an_address_for_git_there_is_no_git(crawl, hut):
    spent = hut.git_requests
    told = crawl.night()

    assert (hut.git_requests, told.problems) == (spent, ())
    assert not list(crawl.folder.rglob("*git*"))


class MetGit(TryAgain):
    """Git would be asked now."""


@pytest.mark.parametrize(
    ("git_url", "has_token"),
    [
        (None, True),
        ("{forge}/commons/hut.git", True),
        ("{forge}/commons/hut", False),
        ("{forge}.example.org/commons/hut.git", False),
        ("https://mirror.example.org/commons/hut.git", False),
        ("/srv/commons/hut.git", False),
    ],
)
def test_git_gets_the_token_only_where_the_address_is_the_forges_own(crawl, hut, monkeypatch, git_url, has_token):
    asked = []

    def mine(where, *, http_headers, **_):
        asked.append((where, http_headers))
        raise MetGit

    monkeypatch.setattr("extract.mining.mine", mine)
    crawl.git_url = None if git_url is None else git_url.format(forge=hut.web_url)
    with pytest.raises(MetGit):
        crawl.night()

    assert asked[0][0] == (crawl.git_url or f"{hut.web_url}/commons/hut.git")
    assert bool(asked[0][1]) == has_token


def test_the_token_is_in_no_file_and_in_no_description(crawl, hut):
    crawl.night()
    hut.answers_html = True
    shown = [repr(crawl.source), repr(crawl.around()), str(crawl.around())]
    with pytest.raises(Exception, match="does not answer like the API") as caught:
        crawl.night()
    shown += traceback.format_exception(caught.value)
    written = [file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()]

    assert not [text for text in shown if TOKEN in text or "a-secret-for-hashes" in text]
    assert not [content for content in written if TOKEN.encode() in content]


def test_a_refused_token_is_named_by_its_variable_alone(crawl):
    crawl.token = "a-wrong-token"
    with pytest.raises(BadToken, match=VARIABLE) as caught:
        crawl.night()

    assert "a-wrong-token" not in "".join(traceback.format_exception(caught.value))
