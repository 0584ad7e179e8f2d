"""SourceCred as an optional scheme: CredRank against the walk written out in full, and the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from core_stories import RUN_AT, Tables, change, comment, commit, issue, merged, on_day, proposed, review, told
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import PARAMETERS

from transform.influence import sourcecred
from transform.statistics.credrank import Edges, credrank

WEEKS = 4
POSTS, PERSONS = 3, 2
ENDS = st.integers(0, POSTS + PERSONS - 1)


def written_out(mint, edges):
    """Every node of the published description, the accumulators and the seed too; the eigenvector by least squares."""
    n_posts, slots = len(mint), PERSONS * WEEKS
    size = n_posts + slots + WEEKS + 1
    seed, walk = size - 1, np.zeros((size, size))
    out = {}
    for source, target, week, weight in edges:
        ends = [end if end < n_posts else n_posts + (end - n_posts) * WEEKS + week for end in (source, target)]
        out.setdefault(ends[0], []).append((ends[1], weight))
    for node, ties in out.items():
        along = 0.9 if node < n_posts else 0.3
        for target, weight in ties:
            walk[node, target] += along * weight / sum(weight for _, weight in ties)
    for slot in range(slots):
        week = slot % WEEKS
        walk[n_posts + slot, n_posts + slots + week] += 0.4
        for near in (week - 1, week + 1):
            walk[n_posts + slot, n_posts + slot - week + min(max(near, 0), WEEKS - 1)] += 0.1
    walk[seed, :n_posts] = np.array(mint) / sum(mint)
    walk[:seed, seed] = 1 - walk[:seed].sum(axis=1)
    equations = np.vstack([walk.T - np.eye(size), np.ones(size)])
    stationary = np.linalg.lstsq(equations, np.append(np.zeros(size), 1), rcond=None)[0]
    paid = stationary[n_posts : n_posts + slots]
    return (paid / paid.sum() * sum(mint)).reshape(PERSONS, WEEKS)


@given(st.lists(st.tuples(ENDS, ENDS, st.integers(0, WEEKS - 1), st.integers(1, 4)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_it_is_the_walk_that_was_published_with_every_node_written_out(some):
    edges = [(POSTS, 0, 1, 2), (0, POSTS, 1, 4), *some]
    mint = [4.0, 1.0, 0.0]
    columns = [np.array(column) for column in zip(*edges, strict=True)]
    cred = credrank(np.array(mint), Edges(*columns[:3], columns[3].astype(float)), WEEKS)
    found = np.zeros((PERSONS, WEEKS))
    found[cred.person, cred.week] = cred.value

    assert found == pytest.approx(written_out(mint, edges), abs=1e-5)
    assert found.sum() == pytest.approx(5)


@pytest.mark.parametrize("mint", [[0.0], []])
def test_where_nothing_mints_there_is_no_cred(mint):
    none = np.zeros(0, dtype=np.int64)

    assert len(credrank(np.array(mint), Edges(none, none, none, np.zeros(0)), 1).value) == 0


ASKED_FOR = replace(PARAMETERS, as_of=RUN_AT, run_at=RUN_AT + timedelta(hours=1), is_sourcecred_built=True)


def cred_of(parameters=ASKED_FOR, **rows):
    raw = told(**rows)
    tables = Tables(raw, parameters)
    given = [raw[name] if name in raw else tables[name[5:]].lazy() for name in sourcecred.TABLE.inputs]
    return sourcecred.TABLE.checked(sourcecred.build(*given, parameters=parameters).collect())


REVIEWED = {"items": [change(1, "ada", 5)], "reviews": [review(1, "bob", 6)]}


def test_cred_is_what_changes_and_reviews_mint_and_most_of_it_is_the_authors():
    rows = cred_of(**REVIEWED)
    cred = dict(rows.select("person_id", "cred").rows())

    assert sum(cred.values()) == pytest.approx(4 + 1, abs=1e-6)
    assert max(cred, key=cred.get) == "github:ada"
    assert rows["cred_share"].sum() == pytest.approx(1)


def test_a_reference_brings_cred_to_whom_it_names_and_a_bot_has_none():
    linked = cred_of(
        items=[issue(1, "cyd", 3), merged(2, "ada", 5, 6)],
        closing_links=[{"repo_id": "r", "number": 2, "other_repo_id": "r", "other_number": 1}],
        comments=[comment(2, "robot", 6)],
        commits=[commit("a", "ada", 5)],
        change_commits=proposed(2, "a"),
    )

    assert linked.filter(linked["person_id"].str.contains("cyd"))["cred"].sum() > 0
    assert not linked["person_id"].str.contains("robot").any()


def test_nobody_asked_for_it_and_nobody_is_there():
    assert cred_of(PARAMETERS, **REVIEWED).height == 0
    assert cred_of().height == 0
    assert cred_of(items=[issue(1, "ada", 5)]).height == 0


@pytest.mark.parametrize(("day", "year"), [(0.5, 0), (361, 0), (367, 0), (368, 366)])
def test_a_week_is_of_the_year_that_most_of_its_days_are_in(day, year):
    """The week from 27 December 2020 (day 361) to 2 January 2021 has five of them in 2020."""
    rows = cred_of(items=[change(1, "ada", day)])

    assert rows["window_start"].to_list() == [on_day(year).date()]


def test_what_is_written_after_the_snapshot_is_not_there():
    assert cred_of(items=[change(1, "ada", 4000)]).height == 0
