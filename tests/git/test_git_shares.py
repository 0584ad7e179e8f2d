"""Several processes count one history, and begin before its headers are read."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from extract.errors import NeedsAPerson
from extract.git import ahead as ahead_module
from extract.git import command as command_module
from extract.git import mine as mine_module
from extract.git import shares as shares_module
from extract.git import sizes as sizes_module
from extract.git.shares import Shares


@given(st.integers(0, 3000), st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 9), st.integers(1, 700)))))
def test_every_commit_is_counted_once_whoever_takes_over(n, steps):
    wanted = [f"{at}" for at in range(n)]
    shares, held, done = Shares(wanted), [], []
    for step in [None, *steps]:
        if step is None:
            held += [share for share in [shares.take()] if share is not None]
        elif held:
            done += held[step[0] % len(held)].advance(step[1])

    assert sorted([*done, *(sha for share in held for sha in shares.close(share))], key=int) == wanted


@pytest.fixture
def eager(monkeypatch):
    """Processes that take over from one another as often as can be."""
    monkeypatch.setattr(shares_module, "FEWEST_IN_SHARE", 1)
    monkeypatch.setattr(sizes_module, "BATCH_BYTES", 1)
    monkeypatch.setattr(command_module, "BLOCK_BYTES", 64)
    monkeypatch.setattr(mine_module, "FIRST_LOOK_COMMITS", 2)


@pytest.fixture
def long(workshop):
    """Twelve commits, one of which changes nothing, and one has lost its file."""
    for at in range(12):
        workshop.commit(f"{at}", {} if at == 4 else {f"file{at}": f"{at}\n", "all": "x\n" * at})
    sha = workshop.git("rev-parse", "HEAD:file7")
    (workshop.folder / ".git/objects" / sha[:2] / sha[2:]).unlink()
    return workshop


def test_many_processes_count_what_one_counts(long, mining, eager):
    alone, many = mining(long.folder, into="alone", jobs=1), mining(long.folder, into="many", jobs=4)

    assert_frame_equal(many.table("commits"), alone.table("commits"))
    assert_frame_equal(many.table("commit_files").sort("sha", "path"), alone.table("commit_files").sort("sha", "path"))
    assert_frame_equal(many.streams, alone.streams)
    assert many.stream("commit_sizes")["held"] == 11


def test_lines_are_counted_while_headers_are_read(long, mining, eager, monkeypatch):
    begun, read, count = threading.Event(), mine_module.read, ahead_module.count_shares

    def counting(*given):
        begun.set()
        return count(*given)

    def reading(*given):
        assert begun.wait(60)
        return read(*given)

    monkeypatch.setattr(ahead_module, "count_shares", counting)
    monkeypatch.setattr(mine_module, "read", reading)

    assert mining(long.folder).stream("commit_sizes")["held"] == 11


def test_a_reading_that_fails_ends_the_counting_and_keeps_what_was_counted(long, mining, eager, monkeypatch):
    def failing(*given):
        raise NeedsAPerson("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(mine_module, "read", failing)
        with pytest.raises(NeedsAPerson):
            mining(long.folder)

    assert_frame_equal(mining(long.folder).table("commits"), mining(long.folder, into="new").table("commits"))
