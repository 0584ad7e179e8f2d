"""Stories of damage: a page, a manifest, a disk; told by its path, set aside, mended by the next run."""

from __future__ import annotations

import pytest

from extract.archive import Archive
from extract.errors import ArchiveDamaged, CannotWrite


@pytest.mark.parametrize("stream", ["repository", "issues", "changes"])
def test_a_damaged_page_is_set_aside_and_its_stream_fetched_anew(crawl, undisturbed, stream):
    crawl.night()
    folder = crawl.stream(stream).folder
    page = next((folder / "pages").iterdir())
    page.write_bytes(page.read_bytes()[:40])
    (next(crawl.folder.glob("raw/*/*/forge")) / "stamp.json").unlink()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert len(crawl.notes) == 1
    assert page.name in crawl.notes[0]
    assert (folder.with_name(f"{stream}.damaged-1") / "pages" / page.name).exists()


def test_damage_that_a_rebuild_finds_is_mended_by_the_next_run(crawl, undisturbed):
    crawl.night()
    page = next((crawl.stream("changes").folder / "pages").iterdir())
    page.write_bytes(page.read_bytes()[:-9])
    with pytest.raises(ArchiveDamaged, match=page.name):
        crawl.rebuild()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_rebuild_reads_everything_anew_and_gives_the_same_bytes(crawl):
    crawl.night()
    before = {file: file.read_bytes() for file in crawl.folder.glob("raw/*/*/forge/*")}
    next(crawl.folder.glob("raw/*/*/forge/items.parquet")).write_bytes(b"spoilt")
    crawl.rebuild()

    assert {file: file.read_bytes() for file in before} == before


def test_a_manifest_that_is_none_is_set_aside_too(crawl, undisturbed):
    crawl.night()
    folder = crawl.stream("issues").folder
    (folder / "manifest.json").write_text("{")
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert Archive(folder).manifest.pages > 0


def test_a_full_disk_is_told_and_loses_nothing(crawl, undisturbed, monkeypatch):
    full = OSError(28, "No space left on device")

    def no_space(descriptor: int) -> None:
        raise full

    monkeypatch.setattr("extract.archive.os.fsync", no_space)
    with pytest.raises(CannotWrite, match=r"cannot be written: No space left on device. Free space"):
        crawl.night()
    monkeypatch.undo()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
