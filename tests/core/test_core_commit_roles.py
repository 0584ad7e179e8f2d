"""Stories of who did what for a commit, and who shares its credit (ID-03)."""

from __future__ import annotations

from typing import Any

import pytest
from core_stories import Row, acts, address, coauthor, commit, core, epoch, merged, proposed


def trailer(role: str, key: str, sha: str = "a") -> Row:
    return {"repo_id": "r", "sha": sha, "role": role, "email_key": key}


def roles(tables: Any, sha: str = "a") -> list[tuple[str | None, str, float | None]]:
    rows = tables["commit_roles"].filter(sha=sha).sort("role", "alias_id")
    found = rows.select("person_id", "role", "credit_share").rows()
    return [(person and person.removeprefix("github:"), role, credit) for person, role, credit in found]


def test_every_trailer_is_a_role_and_only_writers_have_credit():
    said = [trailer(role, "bob") for role in ("signed_off", "reviewed", "acked", "tested", "reported")]
    tables = core(commits=[commit("a", "ada", 1)], commit_people=said)

    assert roles(tables) == [
        ("bob", "acked", None),
        ("ada", "author", 1.0),
        ("bob", "reported", None),
        ("bob", "reviewed", None),
        ("bob", "signed_off", None),
        ("bob", "tested", None),
    ]


def test_whom_trailers_alone_know_has_a_role_and_is_no_person_yet():
    emails = [address("ada", forge="github", account_id="github:ada"), address("x", is_only_named=True)]
    tables = core(commits=[commit("a", "ada", 1)], commit_people=[trailer("tested", "x")], emails=emails)

    assert roles(tables)[-1] == (None, "tested", None)
    assert tables["people"].filter(person_id="mail:x").is_empty()


def test_a_committer_is_told_where_another_person_wrote():
    tables = core(commits=[commit("a", "ada", 1, committer_email_key="bob"), commit("b", "ada", 2)])

    assert roles(tables) == [("ada", "author", 1.0), ("bob", "committer", None)]
    assert roles(tables, "b") == [("ada", "author", 1.0)]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_an_author_and_n_coauthors_have_equal_parts(n):
    others = ("bob", "cyd", "dan")[:n]
    tables = core(commits=[commit("a", "ada", 1)], commit_people=[coauthor("a", key) for key in others])

    assert [credit for _, _, credit in roles(tables)] == pytest.approx([1 / (n + 1)] * (n + 1))


def test_one_person_under_two_addresses_has_one_part():
    emails = [address(key, forge="github", account_id=f"github:{key[:3]}") for key in ("ada", "bob", "bob-at-home")]
    named = [coauthor("a", "bob"), coauthor("a", "bob-at-home"), coauthor("a", "ada")]
    tables = core(commits=[commit("a", "ada", 1)], commit_people=named, emails=emails)

    expected = [("ada", "author", 0.5), ("ada", "coauthor", 0), ("bob", "coauthor", 0.5), ("bob", "coauthor", 0)]
    assert roles(tables) == expected


def test_a_program_takes_no_credit_from_a_human_and_all_of_what_it_wrote_alone():
    tables = core(
        commits=[commit("a", "ada", 1), commit("b", "robot", 2, "a")],
        commit_people=[coauthor("a", "robot"), coauthor("b", "ada")],
    )

    assert roles(tables) == [("ada", "author", 1.0), ("robot", "coauthor", 0)]
    assert roles(tables, "b") == [("robot", "author", 0), ("ada", "coauthor", 1.0)]


def test_who_wrote_what_a_squash_took_in_shares_its_credit_and_counts_as_coauthor():
    history = [
        commit("a", "ada", 5),
        commit("x", "ada", 2, is_in_default_branch=False),
        commit("y", "bob", 3, "x", is_in_default_branch=False),
    ]
    change = merged(7, "ada", 2, on=5, merge_sha="a")
    tables = core(commits=history, items=[change], change_commits=proposed(7, "x", "y"))

    assert tables["commits"].filter("is_squash")["sha"].to_list() == ["a"]
    assert roles(tables) == [("ada", "author", 0.5), ("bob", "squashed", 0.5)]
    assert acts(tables, "commit") == [("ada", "commit", "change:7"), ("bob", "commit", "change:7")]


@pytest.mark.parametrize(("written_anew", "expected"), [(True, []), (False, ["y"])])
def test_a_rebase_that_writes_all_commits_anew_is_no_squash(written_anew, expected):
    """A rebase keeps author and author time; a squash has its own time, or took somebody's work in with another's."""
    times = {"author_epoch": epoch(2)} if written_anew else {}
    history = [
        commit("a", "ada", 5, author_epoch=epoch(3)),
        commit("x", "bob", 2, is_in_default_branch=False),
        commit("z", "ada", 3, "x", is_in_default_branch=False),
        commit("y", "bob", 5, "a", **times),
    ]
    change = merged(7, "bob", 2, on=5, merge_sha="y")
    tables = core(commits=history, items=[change], change_commits=proposed(7, "x", "z"))

    assert tables["commits"].filter("is_squash")["sha"].to_list() == expected


def test_a_change_that_was_merged_as_it_was_has_no_squash():
    history = [commit("a", "ada", 1), commit("b", "bob", 2, "a"), commit("m", "dan", 3, "a", "b")]
    tables = core(commits=history, items=[merged(7, "bob", 2, on=3, merge_sha="m")], change_commits=proposed(7, "b"))

    assert tables["commits"].filter("is_squash").is_empty()
