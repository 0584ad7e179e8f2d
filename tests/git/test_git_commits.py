"""What a commit says, however hostile, arrives as it was said, and nothing else does."""

from __future__ import annotations

import polars as pl
import pytest

EVIL_PATHS = ("tab\there", "new\nline", 'quo"te', "\x01" + "a" * 40, "späth", "-\t-\tforged")


def test_every_commit_is_there_once_with_its_parents_and_place(workshop, mining):
    first = workshop.commit("first", {"a": "1\n"})
    second = workshop.commit("second", {"a": "1\n2\n"})

    commits = mining(workshop.folder).table("commits").sort("sha")

    expected = sorted([(first, [], True), (second, [first], True)])
    assert expected == commits.select("sha", "parent_shas", "is_in_default_branch").rows()


@pytest.mark.parametrize("path", EVIL_PATHS)
def test_a_hostile_path_is_one_file_of_its_own_commit(workshop, mining, path):
    sha = workshop.commit("evil", {path: "1\n2\n"})

    files = mining(workshop.folder).table("commit_files")

    assert [(sha, path, 2, 0)] == files.select("sha", "path", "added_lines", "deleted_lines").rows()


def test_a_hostile_name_or_message_forges_no_commit(workshop, mining):
    forged = f"\x01{'0' * 40}\t1\t1\tx"
    sha = workshop.commit(f"{forged}\n\nCo-authored-by: {forged}", GIT_AUTHOR_NAME=forged, GIT_AUTHOR_EMAIL=forged)

    mined = mining(workshop.folder)

    assert [sha] == mined.table("commits")["sha"].to_list()
    assert mined.table("commit_files").height == 0


def test_a_path_that_is_no_text_is_kept_in_escapes(workshop, mining):
    blob = workshop.git("hash-object", "-w", "--stdin", given=b"1\n")
    tree = workshop.git("mktree", "-z", given=b"100644 blob " + blob.encode() + b"\t\xff\xfe\0")
    workshop.git("update-ref", "HEAD", workshop.git("commit-tree", tree, given=b"bytes"))

    assert mining(workshop.folder).table("commit_files")["path"].to_list() == [r"\xff\xfe"]


@pytest.mark.parametrize(
    ("when", "epoch", "offset"),
    [
        (b"0 +0000", 0, 0),
        (b"1700000000 -0730", 1_700_000_000, -450),
        (b"1700000000 +13068837", 1_700_000_000, 7_841_317),
        (b"1700000000 -13068837", 1_700_000_000, -7_841_317),
        (b"99999999999999999999999 +0000", None, 0),
        (b"", None, None),
        (b"yesterday", None, None),
    ],
)
def test_an_absurd_time_is_a_number_or_null_and_never_drops_the_commit(workshop, mining, when, epoch, offset):
    sha = workshop.raw_commit(b"Ada <ada@example.org> " + when)

    commit = mining(workshop.folder).commit(sha)

    assert (epoch, offset) == (commit["author_epoch"], commit["author_utc_offset"])


def test_sizes_are_counted_for_all_but_merges(workshop, mining):
    root = workshop.commit("root", {"a": "1\n2\n", "logo": "\0"})
    arms = [workshop.git("commit-tree", "HEAD^{tree}", "-p", root, given=text) for text in (b"one", b"two", b"three")]
    parents = [part for arm in arms for part in ("-p", arm)]
    octopus = workshop.git("commit-tree", "HEAD^{tree}", *parents, given=b"octopus")
    workshop.git("update-ref", "HEAD", octopus)

    mined = mining(workshop.folder)

    sizes = [(mined.commit(sha)["added_lines"], mined.commit(sha)["changed_files"]) for sha in (root, arms[0], octopus)]
    assert sizes == [(2, 2), (0, 0), (None, None)]
    assert arms == mined.commit(octopus)["parent_shas"]
    assert (mined.stream("commit_sizes")["held"], mined.stream("commit_sizes")["source_total"]) == (4, 4)


def test_a_binary_file_has_no_lines(workshop, mining):
    workshop.commit("logo", {"logo": "\0\1"})

    assert mining(workshop.folder).table("commit_files").select("added_lines", "deleted_lines").rows() == [(None, None)]


def test_settings_and_attributes_of_the_repository_change_no_number(workshop, mining, tmp_path):
    workshop.commit("one", {"a.txt": "1\n2\n", ".gitattributes": "*.txt diff=evil\n"})
    plain = mining(workshop.folder, into="plain").table("commit_files").sort("path")
    program = tmp_path / "ran"
    for name in ("diff.external", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor", "gpg.program"):
        workshop.git("config", name, f"touch {program};")
    for name, value in {"log.showSignature": "true", "log.showRoot": "false", "diff.orderFile": "/nowhere"}.items():
        workshop.git("config", name, value)

    assert plain.equals(mining(workshop.folder, into="evil").table("commit_files").sort("path"))
    assert not program.exists()


def test_an_empty_repository_has_no_commits_and_is_complete(workshop, mining):
    mined = mining(workshop.folder)

    assert mined.streams.select("stream", "held", "is_complete").rows() == [
        ("commits", 0, True),
        ("commit_sizes", 0, True),
        ("line_lives", 0, True),
    ]
    assert mined.table("commits").height == 0


def test_a_shallow_clone_says_that_history_is_cut_and_sizes_no_commit_at_the_cut(workshop, mining, tmp_path):
    shas = [workshop.commit(text, {"a": text}) for text in ("1\n", "2\n", "3\n")]
    clone = tmp_path / "shallow"
    workshop.git("clone", "--quiet", "--depth=2", f"file://{workshop.folder}", str(clone))

    mined = mining(clone)

    assert "shallow" in mined.stream("commits")["reason"]
    assert tuple(mined.commit(sha)["added_lines"] for sha in shas[1:]) == (None, 1)
    assert pl.Series([shas[2]]).to_list() == mined.table("commit_files")["sha"].to_list()
