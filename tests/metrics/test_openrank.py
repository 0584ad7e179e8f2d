"""influence.openrank: the worked examples of its variants."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from metric_stories import act, acts, built, fates, proposal, watched

from transform.influence import openrank

JANUARY = date(2020, 1, 1)


def community(*rows):
    told = [
        {
            "repo_id": "r",
            "month": JANUARY,
            "person_id": who,
            "artefact_id": what,
            "amount": amount,
            "merged_month": merged,
        }
        for who, what, amount, merged in rows
    ]
    return dict(values_of(told).select("node", "openrank").iter_rows())


def values_of(told):
    return openrank.community_values(pl.DataFrame(told, schema_overrides={"merged_month": pl.Date}))


def test_a_merged_change_of_one_that_another_commented_and_merged():
    values = community(("u1", "c", 40.679, JANUARY), ("u2", "c", 5.252 + 14.695, JANUARY))

    assert values == pytest.approx({"p u1": 1.34802, "p u2": 0.78472}, abs=1e-5)


def test_nothing_is_lost_and_nothing_comes_from_nowhere():
    """All retentions are equal and all walks whole: the sum of the values is that of the initial ones."""
    acts_of = pl.DataFrame({"repo_id": ["r"] * 3, "person_id": ["a", "b", "b"], "artefact_id": ["x", "x", "y"]})
    nodes = openrank.numbered(acts_of, "i ")
    here = np.arange(len(nodes.names))
    value = openrank.walked(nodes, np.arange(3), here, here + 1.0, np.full(len(here), 0.15), pl.Series([1.0, 2.0, 5.0]))

    assert len(here) == 5
    assert value.sum() == pytest.approx(1 + 2 + 3 + 4 + 5)


def test_repositories_do_not_touch():
    one = [("u1", "c", 40.0, None), ("u2", "c", 5.0, None)]
    told = [
        {
            "repo_id": repo,
            "month": JANUARY,
            "person_id": who,
            "artefact_id": what,
            "amount": amount,
            "merged_month": None,
        }
        for repo in "rq"
        for who, what, amount, _ in one
    ]
    found = values_of(told).filter(node="p u1")

    assert found["openrank"].to_list() == [pytest.approx(community(*one)["p u1"])] * 2


def test_the_month_before_counts_on_and_wears_off():
    opened, fate = proposal("ada", 5, 1)
    rows = built(openrank, acts(opened, act("ada", 40, "comment", artefact_id="change:1")), fates(fate), watched())
    own = rows.filter(variant="community", node_id="ada").sort("month")

    assert own["month"].to_list() == [JANUARY, date(2020, 2, 1)]
    assert own["openrank"][1] < own["openrank"][0]


def test_between_repositories_both_have_values_and_more_activity_has_more():
    more = [act("ada", day, "issue_open", artefact_id=f"issue:{day}") for day in range(1, 9)]
    rows = built(openrank, acts(*more, act("bob", 1, "comment")), fates(), watched())
    value = {row["node_id"]: row["openrank"] for row in rows.filter(variant="global").to_dicts()}

    assert set(value) == {"ada", "bob", "r"}
    assert value["ada"] > value["bob"] > 0


def test_bots_and_silence_have_none():
    assert built(openrank, acts(act("robot", 1, actor_class="bot")), fates(), watched()).height == 0
