"""influence.truck_factor and influence.absence_factors: how few would have to leave."""

from __future__ import annotations

import polars as pl
import pytest
from metric_stories import act, acts, built, nothing, on_day, only, watched

from extract import raw
from transform.core import commits, people
from transform.influence import absence_factors, truck_factor
from transform.influence.truck_factor import greedy


def degrees(*did):
    """Degrees of authorship from a file's events such as "x added"."""
    rows = [
        {"repo_id": "r", "file": "f", "person_id": who, "status": what, "authored_at": on_day(at), "sha": str(at)}
        for at, (who, what) in enumerate(line.split() for line in did)
    ]
    found = truck_factor.authorship(pl.LazyFrame(rows))
    chosen = set(truck_factor.authors_of_files(found).collect()["person_id"])
    return dict(found.select("person_id", "doa").collect().rows()), chosen


def test_the_degrees_of_authorship_of_two_who_share_a_file():
    doa, chosen = degrees("x added", *["x modified"] * 2, *["y modified"] * 3)

    assert doa == pytest.approx({"x": 4.2740, "y": 3.4323}, abs=1e-4)
    assert chosen == {"x", "y"}


def test_the_degrees_of_authorship_of_one_who_helped():
    doa, chosen = degrees("x added", *["x modified"] * 5, "y modified")

    assert doa == pytest.approx({"x": 4.9885, "y": 2.8818}, abs=1e-4)
    assert chosen == {"x"}


def test_two_leave_before_half_are_orphans():
    pairs = [("f1", "X"), ("f2", "X"), ("f2", "Y"), ("f3", "Y"), ("f4", "Z")]

    assert greedy(pairs, 4) == (2, 1)


def test_half_is_still_covered():
    assert greedy([("f1", "X"), ("f2", "Y")], 4) == (1, 1)
    assert greedy([("f1", "X"), ("f2", "Y")], 5) == (0, 2)


def test_of_equals_the_first_by_name_leaves():
    assert greedy([("f1", "b"), ("f2", "a"), ("f3", "a"), ("f4", "b"), ("f4", "a")], 4) == greedy(
        [("f4", "a"), ("f4", "b"), ("f3", "a"), ("f2", "a"), ("f1", "b")], 4
    )


def factor_of(tree, files, streams=(), by="ada"):
    """From paths of the tree and rows (sha, path, old path, status)."""
    told = [dict(zip(("sha", "path", "old_path", "status"), row, strict=True)) for row in files]
    written = [
        {"repo_id": "r", "sha": sha, "person_id": by, "is_in_default_branch": True, "n_parents": 1}
        for sha in sorted({row["sha"] for row in told})
    ]
    rows = built(
        truck_factor,
        raw.TREE_FILES.rows(*({"repo_id": "r", "path": path, "file_class": "code"} for path in tree)).lazy(),
        raw.COMMIT_FILES.rows(*({"repo_id": "r", **row} for row in told)).lazy(),
        commits.TABLE.rows(*written).lazy(),
        people.TABLE.rows({"person_id": by, "actor_class": "bot" if by == "robot" else "human"}).lazy(),
        watched(),
        raw.STREAMS.rows(*streams).lazy(),
    )
    return rows.select("truck_factor", "n_files", "n_authored_files", "coverage_share", "reason").row(0)


ADDED = ("1", "a.py", None, "added")


def test_a_renamed_file_is_still_whose_it_was():
    assert factor_of(["c.py"], [ADDED, ("2", "b.py", "a.py", "renamed"), ("3", "c.py", "b.py", "renamed")])[:4] == (
        1,
        1,
        1,
        0.0,
    )


def test_a_history_that_is_cut_short_gives_no_number():
    cut = {"repo_id": "r", "stream": "commits", "is_complete": False, "reason": "half is missing"}
    factor, _, _, coverage, reason = factor_of(["a.py"], [ADDED], [cut])

    assert (factor, coverage) == (None, None)
    assert reason == "the history is not whole: commits: half is missing"


def test_an_empty_tree_and_one_of_bots_have_none():
    assert factor_of([], [ADDED])[4] == "there are no files that count"
    assert factor_of(["a.py"], [ADDED], by="robot")[4] == "no human is known to have written a file"


CHAOSS = (1000, 202, 90, 33, 332, 343, 42, 433)


def factors(given, holders="persons", family="any"):
    rows = only(built(absence_factors, acts(*given), watched()), holders=holders, family=family)
    return rows.select("absence_factor", "n_tied", "unknown_share", "is_unknown_large").row(0)


def work(amounts, **more):
    return [
        act(
            f"p{who}",
            day=n / 10_000,
            contribution_id=f"{who} {n}",
            **{name: value[who] for name, value in more.items()},
        )
        for who, amount in enumerate(amounts)
        for n in range(amount)
    ]


def test_the_example_of_chaoss_needs_two():
    assert factors(work([amount // 10 for amount in CHAOSS]))[0] == 2


def test_eight_equal_organisations_make_four_and_one_with_half_makes_one():
    names = [f"o{at}" for at in range(8)]
    company = ["company"] * 8

    assert factors(work([1] * 8, organisation=names, affiliation_class=company), "organisations")[:2] == (4, 4)
    assert factors(work([4, 1, 3], organisation=names[:3], affiliation_class=company[:3]), "organisations")[0] == 1


def test_volunteers_are_one_holder_or_one_each():
    told = {"organisation": ["o", None, None], "affiliation_class": ["company", "volunteer", "volunteer"]}

    assert factors(work([2, 2, 2], **told), "organisations")[0] == 1
    assert factors(work([2, 2, 2], **told), "organisations_and_volunteers")[0] == 2


def test_the_unknown_are_nobodys_and_may_leave_no_factor():
    told = {"organisation": ["o", None], "affiliation_class": ["company", "unknown"]}

    assert factors(work([1, 3], **told), "organisations") == (None, 0, 0.75, True)
    assert factors(work([9, 1], **told), "organisations") == (1, 0, 0.1, False)


def test_nobody_is_no_row():
    assert built(absence_factors, nothing("core.contributions"), watched()).height == 0
