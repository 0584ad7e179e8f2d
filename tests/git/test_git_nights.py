"""Night after night: nothing twice, nothing lost, whatever happens in between."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from extract.git import counts as counts_module
from extract.git import mine as mine_module
from extract.git import sizes
from extract.git.counts import Counts
from extract.git.numstat import FILES, SIZES


def tables(mined):
    keys = {
        "commits": ["sha"],
        "commit_files": ["sha", "path"],
        "commit_people": ["sha", "role", "email_key"],
        "emails": ["email_key"],
    }
    more = {"commit_links": ["sha", "named_sha"], "norm_documents": ["sha", "path"], "blame_ignored": ["sha"]}
    return {name: mined.table(name).sort(key) for name, key in {**keys, **more}.items()}


def assert_same(left, right):
    for name, rows in tables(left).items():
        assert_frame_equal(rows, tables(right)[name])


def test_two_nights_give_what_one_would(workshop, mining):
    workshop.commit("1", {"a": "1\n"})
    mining(workshop.folder)
    workshop.commit("2", {"a": "2\n", "b": "1\n"})

    assert_same(mining(workshop.folder), mining(workshop.folder, into="at once"))


def test_a_size_is_counted_once_in_its_life(workshop, mining):
    workshop.commit("1", {"a": "1\n"})
    mining(workshop.folder)
    workshop.commit("2", {"a": "2\n"})

    assert [seen for seen in mining(workshop.folder).reports if seen[0] == "commit_sizes"] == [("commit_sizes", 1, 1)]


def test_a_rewritten_history_leaves_no_file_of_the_old_one(workshop, mining):
    workshop.commit("1", {"a": "1\n"})
    mining(workshop.folder)
    workshop.git("commit", "--quiet", "--amend", "--message=other")

    again = mining(workshop.folder)

    assert again.table("commits")["sha"].to_list() == again.table("commit_files")["sha"].to_list()
    assert_same(again, mining(workshop.folder, into="at once"))


def test_nothing_is_read_again_when_nothing_moved(workshop, mining, monkeypatch):
    workshop.commit("1", {"a": "1\n"})
    first = mining(workshop.folder)
    monkeypatch.setattr(mine_module, "read", None)

    assert_frame_equal(first.streams, mining(workshop.folder).streams)


@pytest.mark.parametrize("changed", [{"secret": b"other"}, {"forge": "work"}, {"noreply_hosts": ()}])
def test_other_keys_are_another_reading(workshop, mining, changed):
    workshop.commit("1", GIT_AUTHOR_EMAIL="7+ada@users.noreply.github.com")
    first = mining(workshop.folder).table("emails")

    assert not first.equals(mining(workshop.folder, **changed).table("emails"))


def test_a_lost_table_is_written_again(workshop, mining):
    workshop.commit("1", {"a": "1\n"})
    first = mining(workshop.folder)
    before = tables(first)
    (first.folder / "commits.parquet").unlink()

    assert_frame_equal(before["commits"], tables(mining(workshop.folder))["commits"])


@pytest.mark.parametrize("survived", range(18))
def test_killed_at_any_write_the_next_night_is_right(workshop, mining, monkeypatch, survived):
    workshop.commit("1", {"a": "1\n"})
    workshop.commit("2", {"a": "2\n", "b": "2\n"})
    writes = iter(range(survived))

    def dying(path: Path, write: object) -> None:
        if next(writes, None) is None:
            path.with_name(path.name + ".draft").write_bytes(b"half")
            raise KeyboardInterrupt
        write_durably(path, write)

    write_durably = counts_module.write_durably
    with monkeypatch.context() as patch:
        for module in ("counts", "history", "publish"):
            patch.setattr(f"extract.git.{module}.write_durably", dying)
        with pytest.raises(KeyboardInterrupt):
            mining(workshop.folder)
    assert_same(mining(workshop.folder), mining(workshop.folder, into="at once"))


def test_the_cache_may_be_deleted_or_damaged(workshop, mining, tmp_path):
    workshop.commit("1", {"a": "1\n"})
    mining(workshop.folder)
    (tmp_path / "night/mirror/counts/state.json").write_bytes(b'{"format": 1, "pa')
    workshop.commit("2", {"a": "2\n"})
    mining(workshop.folder)
    shutil.rmtree(tmp_path / "night/mirror")
    workshop.commit("3", {"a": "3\n"})

    assert_same(mining(workshop.folder), mining(workshop.folder, into="at once"))


def test_many_small_parts_become_one_with_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(counts_module, "MANY_PARTS", 3)
    counts = Counts(tmp_path)
    for sha in ("a", "b", "c"):
        files = pl.DataFrame([(sha, "f", None, "added", 1, 1)], FILES, orient="row")
        counts.keep(files, pl.DataFrame([(sha, 1, 1, 1)], SIZES, orient="row"))
    counts.merge_parts()

    assert len(list(tmp_path.iterdir())) == 3  # state, files, sizes
    assert Counts(tmp_path).sizes()["sha"].sort().to_list() == ["a", "b", "c"]


@pytest.mark.parametrize("batch_bytes", [1, 50, 1000])
def test_where_blocks_are_cut_changes_nothing(workshop, mining, monkeypatch, batch_bytes):
    for at in range(8):
        workshop.commit(f"{at}", {f"{at}{name}": "1\n" * at for name in range(at)})
    whole = mining(workshop.folder, into="whole")
    monkeypatch.setattr(sizes, "BATCH_BYTES", batch_bytes)
    monkeypatch.setattr("extract.git.log.BATCH_BYTES", batch_bytes)
    monkeypatch.setattr("extract.git.command.BLOCK_BYTES", 7)

    assert_same(whole, mining(workshop.folder, into="cut"))
