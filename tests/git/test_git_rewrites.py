"""From the old tip to the new one: only what is new is read, and what left the default branch is marked, not forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from git_workshop import new_workshop
from test_git_nights import assert_same

from extract.errors import NeedsAPerson
from extract.git import log as log_module
from extract.git.command import Git

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def url(workshop):
    return f"file://{workshop.folder}"


def lost(mined):
    return set(mined.table("lost_commits")["sha"])


def read_commits(monkeypatch):
    """How many commits each reading of headers gave, from now on."""
    counts, cut = [], log_module._cut
    monkeypatch.setattr(log_module, "_cut", lambda held: (counts.append(cut(held)[0].height), cut(held))[1])
    return counts


def test_only_what_is_new_is_read(workshop, mining, monkeypatch):
    for at in range(5):
        workshop.commit(f"{at}", {"a": f"{at}\n"})
    mining(workshop.folder)
    new = workshop.commit("new\n\nReviewed-by: Bob <bob@example.org>")
    counts = read_commits(monkeypatch)
    again = mining(workshop.folder)

    assert sum(counts) == 1
    assert (again.stream("commits")["held"], lost(again)) == (6, set())
    assert again.table("commit_people")["sha"].to_list() == [new]
    assert_same(again, mining(workshop.folder, into="at once"))


def test_a_merge_of_older_commits_is_read_whole(workshop, mining):
    root = workshop.commit("root")
    side = workshop.git("commit-tree", "HEAD^{tree}", "-p", root, given=b"side", GIT_COMMITTER_DATE="1600000000 +0000")
    workshop.commit("tip")
    mining(workshop.folder)
    workshop.git("merge", "--quiet", "--no-ff", side, "-m", "merge")

    assert_same(mining(workshop.folder), mining(workshop.folder, into="at once"))


@pytest.mark.parametrize("changed", ["mailmap", "keys", "links"])
def test_what_changes_the_reading_of_old_commits_reads_them_again(workshop, mining, changed):
    workshop.commit("old", GIT_AUTHOR_EMAIL="ada@old.example")
    mining(workshop.folder)
    files = {".mailmap": "Ada <ada@example.org> <ada@old.example>\n"} if changed == "mailmap" else {"a": "1\n"}
    workshop.commit("new", files)
    more = {"secret": b"other"} if changed == "keys" else {}

    assert_same(mining(workshop.folder, **more), mining(workshop.folder, into="at once", **more))


def rewritten(workshop, how):
    """Four commits, the last two of which leave the default branch."""
    shas = [workshop.commit(text, {"a": f"{text}\n"}) for text in ("1", "2", "3", "4")]
    yield shas
    if how == "force-pushed":
        workshop.git("reset", "--quiet", "--hard", shas[1])
        workshop.commit("other", {"b": "1\n"})
    if how == "cut back":
        workshop.git("reset", "--quiet", "--hard", shas[1])
    if how == "another default branch":
        workshop.git("checkout", "--quiet", "-b", "trunk", shas[1])
    yield shas


@pytest.mark.parametrize("how", ["force-pushed", "cut back", "another default branch"])
@pytest.mark.parametrize("place", [url, lambda workshop: workshop.folder], ids=["url", "folder"])
def test_commits_that_left_the_default_branch_are_marked_lost(workshop, mining, how, place):
    story = rewritten(workshop, how)
    next(story)
    mining(place(workshop))
    shas = next(story)
    after = mining(place(workshop), until=LATER)

    assert lost(after) == set(shas[2:])
    assert after.table("lost_commits")["lost_at"].to_list() == [LATER] * 2
    assert not set(shas[2:]) & set(after.table("commits")["sha"])
    assert tuple(after.stream("lost_commits")[name] for name in ("held", "is_complete", "reason")) == (2, True, None)
    assert after.stream("commits")["is_complete"]
    assert_same(after, mining(place(workshop), into="at once"))


def test_what_was_lost_stays_lost_until_it_comes_back(workshop, mining):
    root = workshop.commit("root")
    tip = workshop.commit("tip")
    mining(workshop.folder)
    workshop.git("reset", "--quiet", "--hard", root)
    mining(workshop.folder, until=LATER)
    workshop.commit("other")
    still = mining(workshop.folder).table("lost_commits")
    workshop.git("reset", "--quiet", "--hard", tip)
    back = lost(mining(workshop.folder))

    assert still.select("sha", "lost_at").rows() == [(tip, LATER)]
    assert (tip in back, len(back)) == (False, 1)


def test_a_lost_commit_is_remembered_when_git_has_forgotten_it(workshop, mining):
    root = workshop.commit("root")
    tip = workshop.commit("tip", {"a": "1\n"})
    mining(workshop.folder)
    workshop.git("reset", "--quiet", "--hard", root)
    workshop.git("reflog", "expire", "--expire=now", "--all")
    workshop.git("gc", "--quiet", "--prune=now")

    assert lost(mining(workshop.folder)) == {tip}


def test_a_repository_made_anew_under_its_old_name_loses_all_it_had(workshop, mining, tmp_path):
    old = {workshop.commit("one", {"a": "1\n"}), workshop.commit("two")}
    mining(url(workshop))
    workshop.folder.rename(tmp_path / "old")
    anew = new_workshop(workshop.folder)
    root = anew.commit("another beginning", {"b": "1\n"})
    after = mining(url(anew))

    assert (lost(after), after.table("commits")["sha"].to_list()) == (old, [root])
    assert_same(after, mining(url(anew), into="at once"))


def test_a_repository_that_was_emptied_loses_all_it_had(workshop, mining, tmp_path):
    root = workshop.commit("root")
    mining(url(workshop))
    workshop.folder.rename(tmp_path / "old")
    new_workshop(workshop.folder)

    assert lost(mining(url(workshop))) == {root}


def test_a_reading_that_was_cut_loses_nothing(workshop, mining):
    shas = [workshop.commit(text) for text in "abc"]
    mining(workshop.folder)
    workshop.commit("d")
    missing = workshop.folder / ".git/objects" / shas[0][:2] / shas[0][2:]
    kept = missing.read_bytes()
    missing.unlink()
    damaged = mining(workshop.folder)
    missing.write_bytes(kept)
    repaired = mining(workshop.folder)

    assert (lost(damaged), lost(repaired)) == (set(), set())
    assert not damaged.stream("commits")["is_complete"]
    assert repaired.stream("commits")["is_complete"]


def test_a_clone_that_became_shallow_loses_nothing_and_one_made_whole_is_read(workshop, mining, tmp_path):
    shas = [workshop.commit(text, {"a": f"{text}\n"}) for text in "abc"]
    mining(workshop.folder)
    place = tmp_path / "shallow"
    workshop.git("clone", "--quiet", "--depth=1", url(workshop), str(place))
    shallow = mining(place)
    assert (lost(shallow), shallow.stream("commits")["held"]) == (set(), 1)
    workshop.git("-C", str(place), "fetch", "--quiet", "--unshallow")
    whole = mining(place)

    assert (lost(whole), whole.stream("commits")["held"]) == (set(), len(shas))


def test_a_memory_that_does_not_add_up_is_not_believed(workshop, mining, tmp_path):
    workshop.commit("a")
    mining(workshop.folder)
    workshop.commit("b")
    mining(workshop.folder)
    history = tmp_path / "night/mirror/history"
    (first,) = history.glob("*.commits.parquet")
    pl.read_parquet(first).head(1).write_parquet(first)
    workshop.commit("c")

    assert_same(mining(workshop.folder), mining(workshop.folder, into="at once"))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"generation": 9, "tip": "x", "made_with": "y"}'])
def test_the_memory_may_be_damaged(workshop, mining, tmp_path, damage):
    workshop.commit("a")
    mining(workshop.folder)
    (tmp_path / "night/mirror/history/state.json").write_bytes(damage)
    workshop.commit("b")

    assert_same(mining(workshop.folder), mining(workshop.folder, into="at once"))


def test_a_night_with_nothing_new_asks_git_for_refs_and_no_commit(workshop, mining, monkeypatch):
    workshop.commit("a")
    mining(url(workshop))
    ran, run = [], Git.run
    monkeypatch.setattr(Git, "run", lambda git, *given, **more: ran.append(given[0]) or run(git, *given, **more))
    monkeypatch.setattr(Git, "blocks", None)
    mining(url(workshop))

    asked = {"ls-remote", "for-each-ref", "config", "symbolic-ref", "rev-parse"}
    assert (ran.count("ls-remote"), set(ran) - asked) == (1, set())


def test_a_folder_that_is_gone_is_said_and_loses_nothing(workshop, mining, tmp_path):
    workshop.commit("a")
    mining(workshop.folder)
    workshop.folder.rename(tmp_path / "away")
    with pytest.raises(NeedsAPerson):
        mining(workshop.folder)
    (tmp_path / "away").rename(workshop.folder)

    assert lost(mining(workshop.folder)) == set()
