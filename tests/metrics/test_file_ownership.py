"""influence.file_ownership: who made a file what it is, and who hardly touched it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import built, watched

from extract import raw
from transform.core import commits, people
from transform.influence import file_ownership

NUMBERS = ("n_commits", "n_contributors", "n_major", "n_minor", "ownership_share", "owner_person_id")


def told(by, *, tree=("a.py",), path="a.py", more=(), streams=(), bots=()):
    """The rows where the persons of `by` wrote one commit of `path` each, in their order; `more` are other files of commits."""
    written = [
        {"repo_id": "r", "sha": f"{n:04}", "person_id": person, "is_in_default_branch": True, "n_parents": 1}
        for n, person in enumerate(by)
    ]
    touched = [{"repo_id": "r", "sha": row["sha"], "path": path, "status": "modified"} for row in written]
    return built(
        file_ownership,
        raw.TREE_FILES.rows(*({"repo_id": "r", "path": one, "file_class": "code"} for one in tree)).lazy(),
        raw.COMMIT_FILES.rows(*touched, *({"repo_id": "r", **row} for row in more)).lazy(),
        commits.TABLE.rows(*written).lazy(),
        people.TABLE.rows(
            *({"person_id": one, "actor_class": "bot" if one in bots else "human"} for one in sorted(set(by)))
        ).lazy(),
        watched(),
        raw.STREAMS.rows(*streams).lazy(),
    )


def numbers(rows):
    return rows.select(NUMBERS).row(0)


def test_five_in_a_hundred_of_the_commits_make_a_major_contributor():
    assert numbers(told(["a"] * 37 + ["b"] * 2 + ["c"])) == (40, 3, 2, 1, pytest.approx(0.925), "a")


def test_of_equals_the_first_by_name_owns_the_file():
    assert numbers(told(["b", "a"])) == (2, 2, 2, 0, 0.5, "a")


def test_a_renamed_file_keeps_its_contributors():
    renamed = {"sha": "0001", "path": "b.py", "old_path": "a.py", "status": "renamed"}

    assert numbers(told(["a", "b"], tree=["b.py"], path="a.py", more=[renamed]))[:2] == (2, 2)


def test_what_bots_commit_is_nobodys_and_a_file_of_bots_alone_has_no_owner():
    assert numbers(told(["a", "bot", "bot"], bots=["bot"])) == (1, 1, 1, 0, 1, "a")
    assert numbers(told(["bot"], bots=["bot"])) == (0, 0, 0, 0, None, None)


def test_a_history_that_is_cut_short_gives_reasons_and_no_numbers():
    cut = {"repo_id": "r", "stream": "commits", "is_complete": False, "reason": "half is missing"}
    rows = told(["a"], streams=[cut])

    assert numbers(rows) == (None,) * 6
    assert rows["reason"].to_list() == ["the history is not whole: commits: half is missing"]


def test_every_file_has_its_area():
    rows = told(["a"], tree=["a.py", "src/deep/b.py"])

    assert rows.select("path", "area").rows() == [("a.py", "/"), ("src/deep/b.py", "src/")]


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40), st.randoms())
@settings(max_examples=25, deadline=None)
def test_major_and_minor_are_all_and_no_order_of_commits_matters(by, random):
    rows = told(by)
    shuffled = told(random.sample(by, len(by)))

    assert rows["n_major"].item() + rows["n_minor"].item() == rows["n_contributors"].item() == len(set(by))
    assert rows.select(pl.col(NUMBERS)).equals(shuffled.select(NUMBERS))
