"""Which files a commit touched, and how: renames are followed, binary files have no lines, every path has a class."""

from __future__ import annotations

from itertools import permutations, product

import polars as pl
import pytest

from extract import raw_git
from extract.git import sizes
from extract.git.classes import file_class

TEXT = "".join(f"line {at}\n" for at in range(10))
EVIL = ("\x01" + "a" * 40, "0\t0\tx", ":100644 100644 a b M", "\n:100644 100644 a b R100", "-\t-\t", "a" * 40)


def files_of(mined, sha):
    columns = ("path", "old_path", "status", "added_lines", "deleted_lines", "is_binary")
    return mined.table("commit_files").filter(sha=sha).sort("path").select(columns).rows()


def test_every_file_says_what_became_of_it(workshop, mining):
    first = workshop.commit("first", {"gone": "1\n", "kept": "1\n2\n", "logo": "\0"})
    workshop.git("rm", "--quiet", "gone")
    second = workshop.commit("second", {"kept": "1\n", "logo": "\0\1"})

    mined = mining(workshop.folder)

    added = [("gone", None, "added", 1, 0, False), ("kept", None, "added", 2, 0, False)]
    assert files_of(mined, first) == [*added, ("logo", None, "added", None, None, True)]
    assert files_of(mined, second) == [
        ("gone", None, "deleted", 0, 1, False),
        ("kept", None, "modified", 0, 1, False),
        ("logo", None, "modified", None, None, True),
    ]


@pytest.mark.parametrize(("old", "path"), [("old", "new"), *product(["old"], EVIL), *permutations(EVIL[:4], 2)])
def test_a_renamed_file_is_one_file_with_both_names_however_hostile(workshop, mining, old, path):
    workshop.commit("first", {old: TEXT})
    workshop.git("mv", "--", old, path)
    sha = workshop.commit("second", {path: TEXT + "more\n", "other": "1\n"})

    mined = mining(workshop.folder)

    expected = [(path, old, "renamed", 1, 0, False), ("other", None, "added", 1, 0, False)]
    assert files_of(mined, sha) == sorted(expected)
    assert (mined.commit(sha)["added_lines"], mined.commit(sha)["changed_files"]) == (2, 2)
    assert mined.table("commits").height == 2


@pytest.mark.parametrize("batch_bytes", [1, 50, 200])
def test_no_path_can_pose_as_the_place_between_two_commits(workshop, mining, monkeypatch, batch_bytes):
    for at, path in enumerate(EVIL):
        workshop.commit(f"{at}", {path: TEXT})
        workshop.git("mv", "--", path, f"{path}{at}")
        workshop.commit(f"{at} again")
    whole = mining(workshop.folder, into="whole").table("commit_files").sort("sha", "path")
    monkeypatch.setattr(sizes, "BATCH_BYTES", batch_bytes)
    monkeypatch.setattr("extract.git.command.BLOCK_BYTES", 7)

    assert whole.equals(mining(workshop.folder, into="cut").table("commit_files").sort("sha", "path"))


def test_a_copy_is_a_new_file(workshop, mining):
    workshop.commit("first", {"a": TEXT})
    sha = workshop.commit("second", {"b": TEXT})

    assert files_of(mining(workshop.folder), sha) == [("b", None, "added", 10, 0, False)]


def test_renames_do_not_hang_on_the_operators_or_the_repositorys_settings(workshop, mining):
    workshop.commit("first", {"old": TEXT})
    workshop.git("mv", "old", "new")
    sha = workshop.commit("second")
    for name, value in {"diff.renames": "false", "diff.renameLimit": "1", "core.bigFileThreshold": "1"}.items():
        workshop.git("config", name, value)

    assert files_of(mining(workshop.folder), sha) == [("new", "old", "renamed", 0, 0, False)]
    assert mining(workshop.folder).table("commit_files")["is_binary"].sum() == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/main.rs", "code"),
        ("Lib/Parser.PY", "code"),
        ("src/history.c", "code"),
        ("src/test_parser.py", "tests"),
        ("pkg/parser_test.go", "tests"),
        ("t/t0001-init.sh", "tests"),
        ("src/latest.java", "code"),
        ("ui/app.spec.ts", "tests"),
        ("README", "docs"),
        ("docs/conf.py", "docs"),
        ("Documentation/RelNotes/2.0.txt", "docs"),
        ("CHANGES.md", "docs"),
        ("package.json", "configuration"),
        (".github/workflows/test.yml", "configuration"),
        ("requirements-dev.txt", "configuration"),
        ("Makefile", "configuration"),
        ("package-lock.json", "generated"),
        ("api/service.pb.go", "generated"),
        ("web/app.min.js", "generated"),
        ("vendor/lib/test_it.py", "vendored"),
        ("third_party/zlib/zlib.h", "vendored"),
        ("logo.png", "other"),
        ("", "other"),
    ],
)
def test_the_class_of_a_file_is_told_by_its_path(path, expected):
    assert pl.DataFrame({"path": [path]}).select(file_class(pl.col("path"))).item() == expected
    assert expected in raw_git.FILE_CLASSES
