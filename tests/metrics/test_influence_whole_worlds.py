"""What must hold in every table about influence at once, in worlds with hardly anything in them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_stories import comment, commit, event, issue, merged, proposed, review, told
from whole_worlds import INFLUENCE, PARAMETERS, broken, built

ALL = replace(PARAMETERS, is_sourcecred_built=True)
NAMES = [str(module.TABLE) for module in INFLUENCE]


def lines(*given):
    """Lines of a file from (who brought them in, who took them away or nothing, how many)."""
    rows = {"repo_id": "r", "path": "src/a.py", "file_class": "code"}
    return [{**rows, "born_sha": born, "died_sha": died, "n_lines": n} for born, died, n in given]


def touched(*pairs):
    return [{"repo_id": "r", "sha": sha, "path": path, "file_class": "code", "status": "added"} for sha, path in pairs]


TREE = [{"repo_id": "r", "path": "src/a.py", "file_class": "code"}]
NOBODY_KNOWN = {
    "empty": {},
    "only bots": {
        "items": [issue(1, "robot", 5), merged(2, "robot", 6, 7, merged_by="robot")],
        "comments": [comment(1, "robot", 8)],
        "commits": [commit("a", "robot", 1), commit("b", "robot", 300, "a")],
        "reviews": [review(2, "robot", 7, state="approved")],
    },
    "only deleted accounts": {"items": [issue(1, None, 5)], "comments": [comment(1, None, 8)]},
}
SELF = {
    "items": [issue(1, "ada", 5, closed_at=None), merged(2, "ada", 6, 7, merged_by="ada")],
    "comments": [comment(1, "ada", 8), comment(2, "ada", 200)],
    "reviews": [review(2, "ada", 6.5, state="approved")],
    "commits": [commit("a", "ada", 1), commit("b", "ada", 6, "a"), commit("c", "ada", 400, "b")],
    "change_commits": proposed(2, "b"),
    "commit_files": touched(("a", "src/a.py"), ("b", "src/a.py")),
    "tree_files": TREE,
    "line_lives": lines(("a", "b", 3), ("b", "", 5)),
}
"""One person, who answers, reviews, merges and rewrites only what is theirs."""
PAIRS = {
    "items": [issue(1, "ada", 5), issue(2, "cyd", 5)],
    "comments": [comment(1, "bob", 6), comment(1, "ada", 7), comment(2, "dan", 6), comment(2, "cyd", 7)],
    "events": [event(1, "closed", "bob", 9)],
}
"""Two and two, who never meet."""
STRANGERS = {
    "items": [issue(number, who, 40 * number) for number, who in enumerate(("ada", "bob", "cyd"), 1)],
    "commits": [commit("a", "dan", 1)],
}
"""Nobody is answered by anybody."""
GIT_ALONE = {
    "items": [],
    "commits": [commit("a", "ada", 1), commit("b", "bob", 300, "a"), commit("c", "ada", 500, "b")],
    "commit_files": touched(("a", "src/a.py"), ("b", "src/a.py"), ("c", "src/a.py")),
    "tree_files": TREE,
    "line_lives": lines(("a", "b", 3), ("b", "c", 2), ("c", "", 4)),
}
WORLDS = {
    **NOBODY_KNOWN,
    "one person, self-loops only": SELF,
    "two parts": PAIRS,
    "nobody tied to anybody": STRANGERS,
    "git alone": GIT_ALONE,
}


@pytest.fixture(scope="module")
def worlds():
    return {name: built(told(**rows), ALL, INFLUENCE) for name, rows in WORLDS.items()}


@pytest.mark.parametrize("name", WORLDS)
def test_every_table_of_a_thin_world_keeps_its_promise(worlds, name):
    found = {str(module.TABLE): broken(module.TABLE, worlds[name][str(module.TABLE)]) for module in INFLUENCE}

    assert {table: faults for table, faults in found.items() if faults} == {}


@pytest.mark.parametrize("name", NOBODY_KNOWN)
def test_where_no_human_is_known_nobody_is_measured(worlds, name):
    """The merges and files of bots are counted, but no person is."""
    counted = ("influence.gatekeepers", "influence.truck_factor", "influence.formal_power")
    rows = {table: worlds[name][table] for table in NAMES}

    assert {table: found.height for table, found in rows.items() if found.height and table not in counted} == {}
    assert worlds[name]["influence.gatekeepers"]["n_gatekeepers"].sum() == 0
    assert worlds[name]["influence.truck_factor"]["truck_factor"].drop_nulls().is_empty()
    assert worlds[name]["influence.truck_factor"]["reason"].null_count() == 0


@pytest.mark.parametrize("module", INFLUENCE, ids=lambda module: module.TABLE.name)
def test_a_table_that_can_be_without_rows_says_why(worlds, module):
    is_empty = [name for name, tables in worlds.items() if tables[str(module.TABLE)].is_empty()]

    assert not is_empty or module.TABLE.may_be_empty


def test_who_only_meets_themselves_is_tied_to_nobody_and_has_what_needs_no_other(worlds):
    tables = worlds["one person, self-loops only"]
    gate = tables["influence.gatekeepers"].row(0, named=True)

    assert {name: tables[name].height for name in ("influence.networks", "influence.scores")} == {
        "influence.networks": 0,
        "influence.scores": 0,
    }
    assert (gate["n_gatekeepers"], gate["effective_gatekeepers"], gate["self_merge_share"]) == (0, None, 1)
    assert tables["influence.truck_factor"]["truck_factor"].to_list() == [1]
    assert tables["influence.founding_claim"].is_empty()
    assert set(tables["influence.concentration"]["n_persons"]) == {1}


def test_in_two_parts_every_pair_has_ranks_and_one_has_no_eigenvector(worlds):
    year = worlds["two parts"]["influence.scores"].filter(window_kind="year", network="attention")

    assert year["percentile_rank"].to_list() == pytest.approx([0.5] * 4)
    assert year["eigenvector_centrality"].null_count() == 2
    assert year["closeness_share"].to_list() == pytest.approx([1 / 3] * 4)
    assert worlds["two parts"]["influence.founding_claim"]["rank_correlation"].null_count() == len(
        worlds["two parts"]["influence.founding_claim"]
    )


def test_where_nobody_answers_there_is_no_attention_and_git_alone_has_the_rest(worlds):
    assert worlds["nobody tied to anybody"]["influence.scores"].filter(network="attention").is_empty()
    git = worlds["git alone"]
    assert git["influence.scores"]["network"].unique().to_list() == ["all"]
    assert git["influence.ownership"].filter(area="all")["lines_share"].to_list() == [1]
    assert git["influence.gatekeepers"].is_empty()
