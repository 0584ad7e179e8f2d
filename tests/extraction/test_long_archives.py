"""Stories of archives that are longer than memory: read in parts, and the same in the end."""

from __future__ import annotations

import pytest
from extraction_tools import Crawl
from page_stories import a_comment, a_page, an_issue, keep, keep_repository, read_back

from extract import shelves
from extract.records import Records
from extract.shelves import Shelves


@pytest.fixture(params=[0, 60, 500])
def short_of_memory(monkeypatch, request) -> int:
    monkeypatch.setattr(shelves, "ROWS_IN_MEMORY", request.param)
    return int(request.param)


def test_read_in_parts_it_is_what_it_is_at_once(crawl, undisturbed, short_of_memory):
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert not list(crawl.folder.rglob("reading"))


def test_read_in_parts_again_it_is_the_same_bytes(crawl, monkeypatch):
    monkeypatch.setattr(shelves, "ROWS_IN_MEMORY", 60)
    crawl.night()
    before = {file: file.read_bytes() for file in crawl.folder.rglob("raw/**/*.parquet")}
    crawl.rebuild()

    assert {file: file.read_bytes() for file in crawl.folder.rglob("raw/**/*.parquet")} == before


def test_no_more_rows_than_those_of_a_page_wait_in_memory(crawl, monkeypatch):
    monkeypatch.setattr(shelves, "ROWS_IN_MEMORY", 60)
    left = []
    shelve = Shelves.shelve

    def watched(self: Shelves, records: Records) -> None:
        shelve(self, records)
        left.append(sum(map(len, records.tables.values())))

    monkeypatch.setattr(Shelves, "shelve", watched)
    crawl.night()

    assert left
    assert max(left) <= 60


def test_what_a_killed_reading_left_is_gone_after_the_next(crawl: Crawl, monkeypatch, undisturbed):
    monkeypatch.setattr(shelves, "ROWS_IN_MEMORY", 60)
    with monkeypatch.context() as patch:
        patch.setattr(Shelves, "__exit__", lambda *_: None)
        patch.setattr(Shelves, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            crawl.night()
    assert list(crawl.folder.rglob("reading/*.parquet"))
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert not list(crawl.folder.rglob("reading"))


@pytest.mark.parametrize("rows_in_memory", [0, 1_000])
def test_a_comment_that_two_items_have_is_the_later_ones(tmp_path, monkeypatch, rows_in_memory):
    monkeypatch.setattr(shelves, "ROWS_IN_MEMORY", rows_in_memory)
    keep_repository(tmp_path)
    then, now = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"
    pages = [
        a_page({"data": {"repository": {"issues": {"nodes": [an_issue(n, a_comment(c), a_comment(9))]}}}}, at)
        for n, c, at in ((1, 7, then), (2, 8, now))
    ]
    keep(tmp_path, "issues", *pages, total=2)

    comments = read_back(tmp_path)["comments"].select("comment_id", "number")
    assert comments.sort("comment_id").rows() == [("comment:7", 1), ("comment:8", 2), ("comment:9", 2)]
