"""The commits of a change request are the forge's: what its last state has and its base has not."""

from __future__ import annotations

import random

import polars as pl
import pytest
from git_workshop import new_workshop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.git import changes as changes_module
from extract.git.changes import CHANGES
from extract.git.graph import Graph


def asked(*rows):
    return pl.DataFrame(rows, schema=CHANGES, orient="row")


def commits_of(mined, number=1):
    return set(mined.table("change_commits").filter(pl.col("number") == number)["sha"])


def branch(workshop, base, *texts):
    workshop.git("checkout", "--quiet", "--detach", base)
    shas = [workshop.commit(text, {text: text}) for text in texts]
    workshop.git("checkout", "--quiet", "main")
    return shas


def history(workshop, seed, commits=40):
    """A tangled history: forks, merges either way round, several roots; main is its last commit.

    Its clocks run forward: where they do not, git rev-list itself errs.
    """
    pick, stream = random.Random(seed), []
    for mark in range(1, commits + 1):
        count = pick.choice((0, 1, 1, 1, 1, 2, 2, 3)) if mark > 1 else 0
        parents = pick.sample(range(max(1, mark - 8), mark), min(count, mark - 1, 8))
        lines = [f"reset refs/heads/c{mark}", f"commit refs/heads/c{mark}", f"mark :{mark}"]
        lines += [f"committer A <a> {mark // 3} +0000", "data 1", "x"]
        stream += lines + [f"{'merge' if at else 'from'} :{parent}" for at, parent in enumerate(parents)] + [""]
    workshop.git("fast-import", "--quiet", "--force", given="\n".join(stream).encode())
    workshop.git("update-ref", "refs/heads/main", f"refs/heads/c{commits}")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_the_graph_says_what_git_rev_list_says(tmp_path_factory, seed):
    workshop = new_workshop(tmp_path_factory.mktemp("history") / "source")
    history(workshop, seed)
    listed = [line.split() for line in workshop.git("rev-list", "--parents", "--all").splitlines()]
    graph = Graph([(sha, parents) for sha, *parents in listed], workshop.git("rev-parse", "main"))
    pick = random.Random(seed)
    for _ in range(12):
        head, base = (pick.choice(listed)[0] for _ in range(2))
        assert set(workshop.git("rev-list", f"{base}..{head}").split()) == set(graph.only_in(head, base))


def test_a_change_is_what_its_head_has_and_its_base_has_not(workshop, mining):
    root = workshop.commit("root", {"a": "1\n"})
    shas = branch(workshop, root, "one", "two")
    later = workshop.commit("later", {"a": "2\n"})
    workshop.refs(pr1=shas[-1])

    mined = mining(workshop.folder, changes=asked((1, later, None, None)))

    assert set(shas) == commits_of(mined)
    assert not mined.commit(shas[0])["is_in_default_branch"]
    assert mined.commit(shas[0])["added_lines"] == 1


def test_a_change_merged_before_it_was_asked_for_is_what_the_merge_brought(workshop, mining):
    root = workshop.commit("root")
    shas = branch(workshop, root, "one", "two")
    workshop.git("merge", "--quiet", "--no-ff", shas[-1], "-m", "merge")
    merge = workshop.git("rev-parse", "HEAD")
    workshop.refs(pr1=shas[-1])

    assert set(shas) == commits_of(mining(workshop.folder, changes=asked((1, merge, None, merge))))


@pytest.mark.parametrize("base", ["0" * 40, None, "--output=x", "HEAD", "main"])
def test_without_a_base_the_default_branch_is_the_base(workshop, mining, base):
    shas = branch(workshop, workshop.commit("root"), "one")
    workshop.refs(pr1=shas[-1])

    assert set(shas) == commits_of(mining(workshop.folder, changes=asked((1, base, None, None))))


def test_a_change_with_nothing_of_its_own_is_its_last_commit(workshop, mining):
    workshop.commit("root")
    tip = workshop.commit("tip")
    workshop.refs(pr1=tip)

    assert {tip} == commits_of(mining(workshop.folder, changes=asked((1, tip, None, None))))


def test_a_base_on_another_branch_is_a_base_too(workshop, mining):
    root = workshop.commit("root")
    release = branch(workshop, root, "release")[0]
    workshop.git("branch", "release", release)
    fix = branch(workshop, release, "fix")[0]
    workshop.refs(pr1=fix)

    assert {fix} == commits_of(mining(workshop.folder, changes=asked((1, release, None, None))))


def test_a_head_without_a_ref_counts_when_its_commit_is_here(workshop, mining):
    root = workshop.commit("root")
    head = branch(workshop, root, "one")[0]
    workshop.git("branch", "feature", head)

    assert {head} == commits_of(mining(workshop.folder, changes=asked((1, root, head, None))))


def test_gitlab_keeps_its_changes_elsewhere(workshop, mining):
    root = workshop.commit("root")
    head = branch(workshop, root, "one")[0]
    workshop.git("update-ref", "refs/merge-requests/1/head", head)

    assert {head} == commits_of(mining(workshop.folder, changes=asked((1, root, None, None))))


def test_a_change_whose_commits_are_gone_is_told(workshop, mining):
    root = workshop.commit("root")

    mined = mining(workshop.folder, changes=asked((1, root, "1" * 40, None)))

    assert set() == commits_of(mined)
    assert "1 of 1 changes" in mined.stream("change_commits")["reason"]
    assert not mined.stream("change_commits")["is_complete"]


def test_of_a_long_change_the_oldest_are_listed(workshop, mining, monkeypatch):
    monkeypatch.setattr(changes_module, "MOST_COMMITS", 2)
    root = workshop.commit("root")
    shas = branch(workshop, root, "one", "two", "three")
    workshop.refs(pr1=shas[-1])

    assert set(shas[:2]) == commits_of(mining(workshop.folder, changes=asked((1, root, None, None))))


def test_without_a_forge_only_the_default_branch_is_read(workshop, mining):
    root = workshop.commit("root")
    workshop.refs(pr1=branch(workshop, root, "one")[0])

    mined = mining(workshop.folder)

    assert [root] == mined.table("commits")["sha"].to_list()
    assert not (mined.folder / "change_commits.parquet").exists()


def test_commits_of_all_branches_are_kept_when_asked_for_and_say_that_they_are_of_no_default(workshop, mining):
    root = workshop.commit("root")
    side = branch(workshop, root, "side")[0]
    workshop.git("branch", "feature", side)
    default = mining(workshop.folder).table("commits")
    everything = mining(workshop.folder, all_branches=True)

    assert default["sha"].to_list() == [root]
    assert set(everything.table("commits").select("sha", "is_in_default_branch").rows()) == {
        (root, True),
        (side, False),
    }
    assert everything.commit(side)["added_lines"] == 1
    assert everything.stream("commits")["held"] == 1
    assert mining(workshop.folder).table("commits")["sha"].to_list() == [root]
