"""Stories of the archive: a page that counts is there, whenever the machine stops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from extraction_tools import Crawl
from page_stories import a_page

from extract import archive
from extract.archive import Archive
from extract.errors import ArchiveDamaged, ArchiveForeign
from extract.github import fetch


class Killed(BaseException):
    """The machine stops here."""


def dies_at(call: int, patch: pytest.MonkeyPatch) -> list[Path]:
    """From this file on nothing is put in its place any more; gives the files that were to be."""
    replace, done = Path.replace, []

    def dying(part: Path, target: Path) -> Path:
        done.append(target)
        if len(done) >= call:
            raise Killed
        return replace(part, target)

    patch.setattr(Path, "replace", dying)
    return done


def small_pages(patch: pytest.MonkeyPatch) -> None:
    sizes = {"issues": (40, 9), "changes": (50, 8)}
    streams = [fetch.Stream(s.name, s.query, s.connection, *sizes[s.name]) for s in fetch.STREAMS]
    patch.setattr(fetch, "STREAMS", tuple(streams))


def test_a_page_is_on_disk_before_the_manifest_counts_it(tmp_path, monkeypatch):
    written, write = [], archive.write_durably
    monkeypatch.setattr(
        archive, "write_durably", lambda path, content: (written.append(path.name), write(path, content))
    )
    Archive(tmp_path).append([a_page({"n": 1}), a_page({"n": 2})], watermark="w")

    assert written == ["0000000.json.gz", "0000001.json.gz", "manifest.json"]


def survives(crawl: Crawl, call: int) -> bool:
    """Whether the night ended before its so many-th write, at which the machine would have stopped."""
    with pytest.MonkeyPatch.context() as patch:
        small_pages(patch)
        dies_at(call, patch)
        try:
            crawl.night()
        except Killed:
            return False
    return True


def test_killed_at_any_write_the_next_night_is_as_if_nothing_had_been(hut, undisturbed, tmp_path, monkeypatch):
    expected, call = undisturbed.everything(), 1
    small_pages(monkeypatch)
    while not survives(crawl := Crawl(hut, tmp_path / str(call)), call):
        crawl.night()
        assert crawl.everything() == expected, f"killed at write {call}"
        call += 1

    assert call > 20  # fewer writes would be no story


def test_a_page_that_no_manifest_counts_never_happened(tmp_path, monkeypatch):
    first = Archive(tmp_path)
    first.append([a_page({"n": 1})])
    dies_at(2, monkeypatch)
    with pytest.raises(Killed):
        first.append([a_page({"n": "lost"})])
    monkeypatch.undo()
    again = Archive(tmp_path)
    again.append([a_page({"n": 2})])

    assert [page.data() for _, page in again.newest_first()] == [{"n": 2}, {"n": 1}]


def test_pages_come_newest_first_and_whole(tmp_path):
    pages = [a_page({"n": number, "text": "ä\ud800\u2028"}) for number in range(12)]
    Archive(tmp_path).append(pages[:5])
    Archive(tmp_path).append(pages[5:])

    assert list(Archive(tmp_path).newest_first()) == list(reversed(list(enumerate(pages))))


def test_the_manifest_is_left_alone_when_nothing_changes(tmp_path, monkeypatch):
    one = Archive(tmp_path)
    one.append([a_page({})], watermark="w")
    monkeypatch.setattr(archive, "write_durably", lambda *_: pytest.fail("written without need"))
    one.acknowledge(watermark="w")


def flipped(content: bytes) -> bytes:
    return content[:12] + bytes(byte ^ 0xFF for byte in content[12:30]) + content[30:]


@pytest.mark.parametrize("damage", [lambda _: b"", lambda it: it[: len(it) // 2], flipped, lambda _: b"[]"])
def test_a_damaged_page_is_told_by_its_path_and_what_to_do(tmp_path, damage):
    Archive(tmp_path).append([a_page({"n": "a page with something in it"})])
    page = tmp_path / "pages" / "0000000.json.gz"
    page.write_bytes(damage(page.read_bytes()))

    with pytest.raises(ArchiveDamaged, match=r"0000000\.json\.gz is counted but cannot be read.*fetch its stream anew"):
        list(Archive(tmp_path).newest_first())


def test_so_is_a_lost_one(tmp_path):
    Archive(tmp_path).append([a_page({})])
    (tmp_path / "pages" / "0000000.json.gz").unlink()

    with pytest.raises(ArchiveDamaged, match="is counted but cannot be read"):
        list(Archive(tmp_path).newest_first())


@pytest.mark.parametrize("content", ["", "[]", "[1, 2]", '"text"', '{"format": 1, "pages": 3, "unheard": 1}'])
def test_a_manifest_that_is_none_is_told(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(ArchiveDamaged, match=r"manifest\.json"):
        Archive(tmp_path)


@pytest.mark.parametrize("more", [{}, {"a_new_field": 1}])
def test_a_manifest_of_another_version_is_not_called_damaged(tmp_path, more):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 2, "pages": 3, **more}))

    with pytest.raises(ArchiveForeign, match=r"has format 2, this version reads 1\. Run the version that wrote it"):
        Archive(tmp_path)
