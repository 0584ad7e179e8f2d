"""The lives of lines: who wrote each, and which commit took it away."""

from __future__ import annotations

import pytest
from git_workshop import Workshop

from extract.git.patches import commits

LONG = "a line that is long enough to be told again {}\n"


def lives(mined, path=None):
    """Rows as (path, born, died, lines), commits by their place in the story."""
    rows = mined.table("line_lives").select("path", "born_sha", "died_sha", "n_lines").rows()
    return sorted(row for row in rows if path in (None, row[0]))


def test_a_line_lives_from_the_commit_that_wrote_it_to_the_one_that_wrote_it_anew(workshop, mining):
    first = workshop.commit("1", {"a.py": "one\ntwo\nthree\n"})
    second = workshop.commit("2", {"a.py": "one\nTWO\nthree\nfour\n"})

    assert lives(mining(workshop.folder)) == sorted(
        [("a.py", first, "", 2), ("a.py", first, second, 1), ("a.py", second, "", 2)]
    )


def test_white_space_alone_changes_nothing(workshop, mining):
    first = workshop.commit("1", {"a.py": "if x:\n  one\n"})
    workshop.commit("2", {"a.py": "if x:\n        one\n"})

    assert lives(mining(workshop.folder)) == [("a.py", first, "", 2)]


def test_a_line_that_moved_within_its_file_stays_who_it_was(workshop, mining):
    texts = [LONG.format(at) for at in range(8)]
    first = workshop.commit("1", {"a.py": "".join(texts)})
    workshop.commit("2", {"a.py": "".join([*texts[1:], texts[0]])})

    assert lives(mining(workshop.folder)) == [("a.py", first, "", 8)]


def test_a_renamed_file_keeps_its_lines_and_a_deleted_one_loses_them(workshop, mining):
    first = workshop.commit("1", {"a.py": "".join(LONG.format(at) for at in range(9)), "b.py": "b\n"})
    workshop.git("mv", "a.py", "c.py")
    workshop.git("rm", "-q", "b.py")
    second = workshop.commit("2")

    assert lives(mining(workshop.folder)) == sorted([("b.py", first, second, 1), ("c.py", first, "", 9)])


def test_a_commit_that_blame_passes_over_leaves_the_lines_to_their_writers(workshop, mining):
    first = workshop.commit("1", {"a.py": "one\ntwo\n"})
    bulk = workshop.commit("2", {"a.py": "ONE;\nTWO;\n"})
    listed = workshop.commit("3", {".git-blame-ignore-revs": f"{bulk}\n"})

    assert lives(mining(workshop.folder)) == sorted([(".git-blame-ignore-revs", listed, "", 1), ("a.py", first, "", 2)])


def test_a_merge_brings_what_its_branch_wrote(workshop, mining):
    first = workshop.commit("1", {"a.py": "one\n"})
    workshop.git("checkout", "-q", "-b", "topic")
    workshop.commit("t", {"b.py": "b\n"})
    workshop.git("checkout", "-q", "main")
    workshop.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    merge = workshop.git("rev-parse", "HEAD")

    assert lives(mining(workshop.folder)) == sorted([("a.py", first, "", 1), ("b.py", merge, "", 1)])


@pytest.mark.parametrize(
    "text",
    [
        "-- a/x\n++ b/y\n@@ -1 +1 @@\ncommit 1234\ndiff --git a/z b/z\n",
        "no end of line",
        "\\ No newline at end of file\n",
        "rename from a\rb\n\x0c\x85\n",
        "",
    ],
)
def test_no_line_of_a_file_can_pose_as_a_header(workshop, mining, text):
    first = workshop.commit("1", {"a.txt": "x\n" + text})
    second = workshop.commit("2", {"a.txt": "x\n" + text.upper() + "\nend"})
    mined = mining(workshop.folder)

    standing = sum(n for _, _, died, n in lives(mined) if not died)
    assert standing == len((workshop.folder / "a.txt").read_bytes().split(b"\n"))
    assert {sha for _, born, died, _ in lives(mined) for sha in (born, died)} <= {first, second, ""}


def test_names_of_files_are_read_whatever_is_in_them(workshop, mining):
    names = ["two words", 'quo"te', "tab\there", "new\nline", "b/a/b", "ü\\n"]
    first = workshop.commit("1", dict.fromkeys(names, "x\n"))
    workshop.commit("2", dict.fromkeys(names, "x\ny\n"))

    assert {row[0] for row in lives(mining(workshop.folder)) if row[1] == first} == set(names)


def story(workshop: Workshop) -> None:
    workshop.commit("1", {"a.py": "".join(LONG.format(at) for at in range(6)), "b.py": "b\nb\n"})
    workshop.commit("2", {"a.py": LONG.format(3) + "new\n", "b.py": "b\n"})


def test_the_next_night_goes_on_where_the_last_one_ended(workshop, mining):
    story(workshop)
    mining(workshop.folder)
    workshop.git("mv", "b.py", "c.py")
    workshop.commit("3", {"a.py": "again\n"})

    assert lives(mining(workshop.folder)) == lives(mining(workshop.folder, into="elsewhere"))


def test_a_rewritten_branch_is_replayed_from_its_start(workshop, mining):
    story(workshop)
    mining(workshop.folder)
    workshop.git("reset", "-q", "--hard", "HEAD~1")
    workshop.commit("other", {"a.py": "other\n"})

    assert lives(mining(workshop.folder)) == lives(mining(workshop.folder, into="elsewhere"))


def test_a_damaged_memory_is_no_memory(workshop, mining, tmp_path):
    story(workshop)
    expected = lives(mining(workshop.folder))
    workshop.commit("3", {"z": "z\n"})
    (tmp_path / "night" / "mirror" / "lines" / "state.json").write_text("{")

    assert lives(mining(workshop.folder), "a.py") == [row for row in expected if row[0] == "a.py"]


def test_what_git_cannot_compare_is_not_known_and_the_rest_is(workshop, mining):
    first = workshop.commit("1", {"a.py": "a\n", "b.py": "b\n"})
    workshop.commit("2", {"a.py": "lost\n"})
    blob = workshop.git("rev-parse", "HEAD:a.py")
    third = workshop.commit("3", {"b.py": "b\nc\n"})
    (workshop.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    mined = mining(workshop.folder)

    assert lives(mined) == sorted([("b.py", first, "", 1), ("b.py", third, "", 1)])
    assert mined.stream("line_lives")["is_complete"] is False
    assert "unable to read" in mined.stream("line_lives")["reason"]


def test_a_shallow_clone_knows_no_lives(workshop, mining, tmp_path):
    story(workshop)
    clone = tmp_path / "clone"
    workshop.git("clone", "-q", "--depth=1", f"file://{workshop.folder}", str(clone))

    assert lives(mining(clone)) == []
    assert mining(clone).stream("line_lives")["reason"] == "The lives of some lines are not known: the clone is shallow"


def test_blocks_may_end_anywhere():
    printed = b"commit aa\n\ndiff --git a/x b/x\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+1\n+2\ncommit bb\n"
    whole = [(sha, [(patch.new, patch.hunks) for patch in patches]) for sha, patches in commits(iter([printed]))]
    torn = commits(bytes([byte]) for byte in printed)

    assert [(sha, [(patch.new, patch.hunks) for patch in patches]) for sha, patches in torn] == whole
    assert [sha for sha, _ in whole] == ["aa", "bb"]


def test_what_was_not_known_last_night_is_not_known_tonight(workshop, mining):
    workshop.commit("1", {"a.py": "a\n"})
    workshop.commit("2", {"a.py": "lost\n"})
    blob = workshop.git("rev-parse", "HEAD:a.py")
    workshop.git("rm", "-q", "a.py")
    workshop.commit("3")
    (workshop.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    mining(workshop.folder)
    fourth = workshop.commit("4", {"b.py": "b\n"})
    tonight = mining(workshop.folder)

    assert lives(tonight) == [("b.py", fourth, "", 1)]
    assert tonight.stream("line_lives")["is_complete"] is False
