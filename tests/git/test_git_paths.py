"""What is there before the lines are counted, and where they are not to be counted at all."""

from __future__ import annotations

from itertools import count

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from extract.git import command as command_module
from extract.git import mine as mine_module
from extract.git import sizes as sizes_module
from extract.git.ahead import Ahead
from extract.git.mine import MIRROR

PATHS = ("sha", "path", "old_path", "status", "file_class")


@pytest.fixture
def moved(workshop):
    """A history with a file that is added, changed, moved as it is, moved and changed, and taken away."""
    text = "".join(f"line {at}\n" for at in range(40))
    workshop.commit("add", {"a": text, "logo": "\0", ".mailmap": "Ada L <ada@lovelace.example> <ada@example.org>\n"})
    workshop.git("mv", "a", "b")
    workshop.commit("move")
    workshop.git("mv", "b", "c")
    workshop.commit("move and change", {"c": text + "more\n"})
    workshop.git("rm", "-q", "c")
    workshop.commit("remove", {"d": "1\n"})
    return workshop


def files(mined):
    return mined.table("commit_files").select(PATHS).sort("sha", "path")


def url(workshop):
    for name in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        workshop.git("config", name, "true")
    return f"file://{workshop.folder}"


def test_headers_and_paths_are_there_while_lines_are_counted(moved, mining, monkeypatch):
    whole = mining(moved.folder, into="at once")
    monkeypatch.setattr(mine_module, "FIRST_LOOK_COMMITS", 2)

    def interrupted(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ahead, "begin", lambda self, pool, processes: None)
        patch.setattr(Ahead, "finished", interrupted)
        with pytest.raises(KeyboardInterrupt):
            mining(moved.folder, into="killed", jobs=1)
    folder = whole.folder.parent.parent / "killed/raw"
    commits, seen = pl.read_parquet(folder / "commits.parquet"), pl.read_parquet(folder / "commit_files.parquet")

    assert commits.select("changed_files", "added_lines").sort("changed_files").rows() == [(1, None)] * 2 + [
        (2, None),
        (3, None),
    ]
    assert seen["added_lines"].null_count() == seen["is_binary"].null_count() == seen.height
    assert_frame_equal(seen.select(PATHS).sort("sha", "path"), files(whole))
    assert_frame_equal(mining(moved.folder, into="killed").table("commit_files"), whole.table("commit_files"))


def test_a_first_look_leaves_nothing_behind(moved, mining, monkeypatch):
    monkeypatch.setattr(mine_module, "FIRST_LOOK_COMMITS", 2)
    looked = mining(moved.folder)

    assert_frame_equal(looked.table("commits"), mining(moved.folder, into="at once").table("commits"))
    assert {path.name for path in (looked.folder.parent / "mirror/paths").iterdir()} <= {"state.json"}


def test_when_time_is_up_the_next_night_counts_on(moved, mining, monkeypatch):
    monkeypatch.setattr(sizes_module, "BATCH_BYTES", 1)
    monkeypatch.setattr(command_module, "BLOCK_BYTES", 64)
    asked = count()
    first = mining(moved.folder, enough=lambda: next(asked) > 2, jobs=1)
    stream = first.stream("commit_sizes")

    assert 0 < stream["held"] < 4
    assert "the time for counting lines is over" in stream["reason"]
    assert first.stream("commits")["is_complete"]
    assert_frame_equal(mining(moved.folder).table("commits"), mining(moved.folder, into="at once").table("commits"))


def test_without_contents_paths_are_known_and_lines_are_not_missed(moved, mining):
    mined, whole = mining(url(moved), with_contents=False), mining(moved.folder, into="whole")
    changed = mined.table("commits")["sha"].to_list()[1]

    assert {row["stream"] for row in mined.streams.to_dicts()} == {"commits"}
    assert mined.table("commits")["added_lines"].null_count() == 4
    assert_frame_equal(files(mined).filter(pl.col("sha") != changed), files(whole).filter(pl.col("sha") != changed))
    assert mined.table("commit_files").filter(sha=changed)["status"].sort().to_list() == ["added", "deleted"]


def test_without_contents_only_the_documents_about_the_repository_are_fetched(moved, mining, monkeypatch):
    mined = mining(url(moved), with_contents=False)
    listed = moved.git(
        "-C", str(mined.folder.parent / "mirror" / MIRROR), "cat-file", "--batch-check", "--batch-all-objects"
    )
    monkeypatch.setattr(mine_module, "read", None)

    assert [line.split()[0] for line in listed.splitlines() if " blob " in line] == [
        moved.git("rev-parse", "HEAD:.mailmap")
    ]
    assert mined.table("commits")["author_email_key"].n_unique() == 1
    assert_frame_equal(mining(url(moved), with_contents=False).streams, mined.streams)


def test_contents_that_were_left_out_are_fetched_when_they_are_wanted(moved, mining):
    mining(url(moved), with_contents=False)
    later = mining(url(moved))

    assert later.streams["is_complete"].all()
    assert_frame_equal(later.table("commits"), mining(moved.folder, into="whole").table("commits"))


def test_both_times_have_their_zones(workshop, mining):
    sha = workshop.commit("x", GIT_AUTHOR_DATE="1700000000 -0730", GIT_COMMITTER_DATE="1700000100 +0545")
    row = mining(workshop.folder).commit(sha)

    assert (row["author_utc_offset"], row["committer_utc_offset"], row["committer_epoch"]) == (-450, 345, 1_700_000_100)
