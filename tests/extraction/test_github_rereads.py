"""Stories of the rolling re-read: what changes without a new time of update is found all the same."""

from __future__ import annotations

from extraction_tools import NAME, numbers

from extract import raw


def test_a_reread_that_says_nothing_new_is_not_kept(crawl):
    crawl.night()
    before = {file: file.read_bytes() for file in crawl.folder.rglob("pages/*")}
    crawl.rereads = 10
    crawl.night()

    assert {file: file.read_bytes() for file in crawl.folder.rglob("pages/*")} == before
    assert crawl.stream("again").manifest.facts["rolled"] == 10


def test_a_reread_finds_what_changed_without_a_trace(crawl, hut, undisturbed):
    crawl.night()
    node = hut.view().repositories[NAME]["_by_number"][4]
    title, node["title"] = node["title"], "changed without a trace"
    for rereads in (3, 3):
        crawl.rereads = rereads
        crawl.night()
    node["title"] = title

    assert crawl.rows(raw.ITEMS).filter(number=4)["title"].to_list() == ["changed without a trace"]


def test_a_reread_goes_round(crawl):
    crawl.night()
    crawl.rereads = len(numbers(crawl)) - 2
    crawl.night()
    crawl.night()

    assert crawl.stream("again").manifest.facts["rolled"] == crawl.rereads - 2
