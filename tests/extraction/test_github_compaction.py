"""Stories of compaction: the archive grows with what changes and not with the nights, and nothing that counts goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from extraction_tools import Crawl

from extract import partition
from extract.archive import Archive


@pytest.fixture
def many_nights(crawl, hut) -> Crawl:
    """A crawl before the last month, and one on every day of it."""
    for days in range(30, -1, -1):
        hut.as_of = hut.world.ends_at - timedelta(days=days)
        crawl.night()
    return crawl


def pages(crawl: Crawl, stream: str) -> int:
    return sum(1 for _ in (crawl.stream(stream).folder / "pages").iterdir())


def test_after_many_nights_the_archive_holds_few_pages_and_everything(many_nights, undisturbed):
    issues = many_nights.stream("issues").manifest

    assert many_nights.everything() == undisturbed.everything()
    assert len(issues.dropped) > issues.pages / 2
    assert pages(many_nights, "issues") == issues.pages - len(issues.dropped)


def test_raw_made_anew_from_what_is_left_is_the_same(many_nights, undisturbed):
    (folder,) = many_nights.folder.glob("raw/*/*/forge")
    (folder / partition.STAMP).unlink()
    many_nights.night()

    assert many_nights.everything() == undisturbed.everything()


def test_a_night_after_a_compaction_has_nothing_to_do(many_nights, hut):
    before = {file: file.read_bytes() for file in many_nights.folder.rglob("*") if file.is_file()}
    many_nights.night()

    assert {file: file.read_bytes() for file in many_nights.folder.rglob("*") if file.is_file()} == before


def test_one_that_was_stopped_between_manifest_and_files_loses_nothing(tmp_path, undisturbed, many_nights):
    stream = many_nights.stream("changes")
    left = stream.folder / "pages" / f"{stream.manifest.dropped[0]:07d}.json.gz"
    left.write_bytes(b"left behind")

    assert len(list(Archive(stream.folder).newest_first())) == stream.n_kept
    many_nights.night()
    assert many_nights.everything() == undisturbed.everything()
