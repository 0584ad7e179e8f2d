"""Stories of contributions: every act is credited once, to the person who acted."""

from __future__ import annotations

import polars as pl
import pytest
from core_stories import (
    acts,
    address,
    change,
    coauthor,
    comment,
    commit,
    core,
    core_of,
    epoch,
    issue,
    merged,
    on_day,
    proposed,
    review,
    stream,
    told,
)


def test_each_act_is_exactly_one_contribution():
    tables = core(
        items=[issue(1, "ada", 1), merged(2, "bob", 2, on=8)],
        comments=[comment(1, "bob", 3), comment(2, "ada", 5, kind="review_comment", review_id="v")],
        reviews=[review(2, "cyd", 4)],
        commits=[commit("c", "dan", 6)],
    )

    assert acts(tables) == [
        ("ada", "issue_open", "issue:1"),
        ("bob", "change_open", "change:2"),
        ("bob", "comment", "issue:1"),
        ("cyd", "review", "change:2"),
        ("ada", "review_comment", "change:2"),
        ("dan", "commit", "commit:c"),
        ("dan", "change_merge", "change:2"),
    ]


def test_a_merge_commit_is_no_authorship_and_the_merge_of_the_change_is_an_act():
    history = [commit("a", "ada", 1), commit("b", "bob", 2, "a"), commit("m", "dan", 3, "a", "b")]
    tables = core(commits=history, items=[merged(7, "bob", 2, on=3, merge_sha="m")], change_commits=proposed(7, "b"))

    assert acts(tables, "commit", "change_merge") == [
        ("ada", "commit", "commit:a"),
        ("bob", "commit", "change:7"),
        ("dan", "change_merge", "change:7"),
    ]


def test_whoever_only_committed_the_work_of_another_has_not_authored_it():
    assert acts(core(commits=[commit("a", "ada", 1, committer_email_key="bob")])) == [("ada", "commit", "commit:a")]


def test_a_commit_outside_the_default_branch_is_none():
    history = [commit("a", "ada", 1), commit("b", "bob", 2, "a", is_in_default_branch=False)]
    tables = core(commits=history, items=[change(7, "bob", 2)], change_commits=proposed(7, "b"))

    assert acts(tables) == [("ada", "commit", "commit:a"), ("bob", "change_open", "change:7")]


def test_coauthors_are_credited_once_each_and_never_beside_themselves_as_author():
    two_addresses = [address(key, account_id="github:bob", forge="github") for key in ("bob", "bob-at-home")]
    ada = [address(key, account_id="github:ada", forge="github") for key in ("ada", "ada-at-home")]
    tables = core(
        commits=[commit("a", "ada", 1)],
        emails=[*two_addresses, *ada, address("stranger")],
        commit_people=[coauthor("a", key) for key in ("bob", "bob-at-home", "ada-at-home", "ada", "stranger")],
    )
    rows = tables["contributions"].select("person_id", "is_coauthor").rows()

    assert sorted(rows) == [("github:ada", False), ("github:bob", True), ("mail:stranger", True)]


def test_the_coauthor_of_a_merge_commit_or_of_a_branch_is_credited_no_more_than_its_author():
    history = [
        commit("a", "ada", 1),
        commit("m", "dan", 3, "a", "x"),
        commit("b", "ada", 2, "a", is_in_default_branch=False),
    ]

    assert acts(core(commits=history, commit_people=[coauthor("m", "bob"), coauthor("b", "bob")])) == [
        ("ada", "commit", "commit:a")
    ]


def test_a_coauthor_acts_when_the_author_does_and_is_accepted_with_them():
    given = {"commits": [commit("b", "ada", 2, "a")], "commit_people": [coauthor("b", "bob")]}
    rows = core(**given, items=[merged(7, "ada", 3, on=9)], change_commits=proposed(7, "b"))["contributions"]
    times = rows.filter(kind="commit").select("person_id", "contributed_at", "accepted_at", "artefact_id").rows()

    assert times == [(who, on_day(2), on_day(9), "change:7") for who in ("github:ada", "github:bob")]


def test_a_squash_names_its_change_by_the_merge_commit_and_the_squashed_are_none():
    history = [commit("s", "bob", 5), commit("b1", "bob", 2, is_in_default_branch=False)]
    tables = core(commits=history, items=[merged(7, "bob", 2, on=5, merge_sha="s")], change_commits=proposed(7, "b1"))

    assert acts(tables, "commit") == [("bob", "commit", "change:7")]
    assert tables["contributions"].filter(kind="commit")["accepted_at"].to_list() == [on_day(5)]


@pytest.mark.parametrize(("on", "number"), [(4, 7), (5, 7), (6, 7), (3.99, None), (6.01, None)])
def test_a_squash_without_a_merge_commit_names_its_change_at_the_end_of_its_subject_a_day_from_merging(on, number):
    history = [commit("s", "bob", 5, subject_number=7)]
    tables = core(commits=history, items=[merged(7, "bob", 2, on=on)])

    assert tables["commits"]["change_number"].to_list() == [number]


def test_the_number_in_a_subject_means_no_issue_no_open_change_no_merge_and_no_side_branch():
    numbers = {"m": 7, "side": 7, "i": 1, "o": 9}
    more = {"side": {"is_in_default_branch": False}, "m": {"parent_shas": ["i", "o"]}}
    history = [commit(sha, "bob", 5, **{"subject_number": n, **more.get(sha, {})}) for sha, n in numbers.items()]
    tables = core(commits=history, items=[issue(1, "ada", 2), merged(7, "bob", 2, on=5), change(9, "bob", 2)])

    assert tables["commits"]["change_number"].to_list() == [None] * 4


def test_of_several_changes_with_a_commit_the_first_that_was_merged_brought_it_in():
    items = [change(5, "bob", 2), merged(8, "bob", 3, on=4), merged(7, "bob", 3, on=6), change(9, "bob", 3)]
    tables = core(
        commits=[commit("b", "bob", 2), commit("c", "bob", 2.5)],
        items=items,
        change_commits=[*proposed(5, "b", "c"), *proposed(7, "b"), *proposed(8, "b"), *proposed(9, "c")],
    )

    assert acts(tables, "commit") == [("bob", "commit", "change:7"), ("bob", "commit", "change:5")]


def test_a_direct_commit_is_accepted_when_it_is_committed():
    history = [commit("root", "ada", 0), commit("a", "ada", 1, "root", committer_epoch=epoch(4))]
    rows = core(commits=history)["contributions"].sort("contributed_at")

    assert rows.select("contributed_at", "accepted_at").row(1) == (on_day(1), on_day(4))


def test_a_deleted_account_is_one_ghost_in_each_artefact_and_never_one_for_all():
    comments = [comment(1, None, 3), comment(1, None, 4), comment(2, None, 5), comment(2, "ada", 6)]
    rows = core(items=[issue(1, "ada", 1), issue(2, "ada", 2)], comments=comments)["contributions"]

    said = rows.filter(kind="comment").sort("contributed_at").select("person_id", "ghost_id").rows()
    assert said == [
        (None, "ghost:r/issue:1"),
        (None, "ghost:r/issue:1"),
        (None, "ghost:r/issue:2"),
        ("github:ada", None),
    ]


def test_a_deleted_account_is_no_person_and_its_acts_stay_in_the_totals():
    items = [issue(1, None, 1), merged(2, None, 2, on=3, merged_by=None)]
    tables = core(items=items, comments=[comment(1, None, 4)], reviews=[review(2, None, 3)])

    assert [who for who, *_ in acts(tables)] == [None] * 4
    assert tables["contributions"]["actor_class"].to_list() == [None] * 4
    assert [kind for _, kind, _ in acts(tables, "change_merge")] == []


def test_bots_and_organisations_are_kept_and_marked():
    rows = core(items=[issue(1, "robot", 1), issue(2, "guild", 2), issue(3, "ada", 3)])["contributions"]

    assert rows.sort("contributed_at")["actor_class"].to_list() == ["bot", "organisation", "human"]


@pytest.mark.parametrize(("day", "count"), [(999.99, 1), (1000, 0), (1001, 0)])
def test_what_happens_at_or_after_the_snapshot_has_not_happened(day, count):
    told_late = {"comments": [comment(1, "ada", day)], "reviews": [review(2, "ada", day)]}
    late = [commit("a", "ada", 0), commit("b", "ada", day, "a")]
    tables = core(items=[issue(1, "bob", 1), change(2, "bob", 1), issue(3, "ada", day)], commits=late, **told_late)

    assert [tables[name].height for name in ("comments", "reviews")] == [count] * 2
    assert [tables[name].height - 1 for name in ("issues", "commits")] == [count] * 2


@pytest.mark.parametrize(("day", "is_merged"), [(999.99, True), (1000, False), (1001, False)])
def test_closing_or_merging_after_the_snapshot_has_not_happened_yet(day, is_merged):
    tables = core(items=[merged(2, "ada", 1, on=day), issue(3, "ada", 1, closed_at=on_day(day))])
    row = tables["changes"].row(0, named=True)

    assert (row["is_merged"], row["merged_at"] is not None, row["closed_at"] is not None) == (is_merged,) * 3
    assert (tables["issues"]["closed_at"][0] is not None) == is_merged
    assert (len(acts(tables, "change_merge")), tables["interactions"].height) == (is_merged, is_merged)
    assert (tables["contributions"].filter(kind="change_open")["accepted_at"][0] is not None) == is_merged


def test_the_same_numbers_in_two_repositories_are_kept_apart():
    other = [{**one, "repo_id": "q"} for one in (issue(1, "bob", 2), commit("a", "bob", 2))]
    given = told(
        repositories=[{"repo_id": name, "created_at": on_day(0)} for name in ("r", "q")],
        streams=[stream("issues") | {"repo_id": name} for name in ("r", "q")],
        items=[issue(1, "ada", 1), other[0]],
        commits=[commit("a", "ada", 1), other[1]],
    )
    rows = core_of(given)["contributions"]

    assert rows["contribution_id"].is_unique().all()
    assert sorted(rows.select("repo_id", "person_id").unique().rows()) == [("q", "github:bob"), ("r", "github:ada")]
    assert rows.filter(pl.col("kind") == "commit").height == 2
