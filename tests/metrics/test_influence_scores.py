"""influence.scores: whom the attention leads to."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from metric_stories import acts, attention, built, history, nothing, only, watched

from transform.influence import scores

STAR = ("thomas>olaf", "olaf>thomas", "bjorn>olaf", "olaf>bjorn")


def scores_of(interactions, given=(), repos=None, kind="year", network="attention"):
    known = watched() if repos is None else repos
    rows = built(scores, interactions, acts(*given), nothing("core.commits"), nothing("raw.commit_files"), known)
    return only(rows, window_kind=kind, network=network)


def test_the_star_of_coronet_where_isolates_are_those_nobody_answered():
    rows = scores_of(attention(*STAR), history("i1 5", "i2 5", "i3 5", "i4 5"))

    assert dict(rows.select("person_id", "pagerank").rows()) == pytest.approx(
        {
            "olaf": 0.40541,
            "thomas": 0.21396,
            "bjorn": 0.21396,
            "i1": 0.041667,
            "i2": 0.041667,
            "i3": 0.041667,
            "i4": 0.041667,
        },
        abs=1e-5,
    )


def test_attention_flows_to_the_one_who_receives_it():
    rows = scores_of(attention("a>b"))

    assert only(rows, person_id="b")["pagerank"].item() > only(rows, person_id="a")["pagerank"].item()


def test_ties_share_the_middle_of_their_ranks():
    rows = scores_of(attention(*STAR))

    assert dict(rows.select("person_id", "percentile_rank").rows()) == pytest.approx(
        {"thomas": 1 / 3, "bjorn": 1 / 3, "olaf": 5 / 6}
    )


def test_the_same_net_again_counts_less_than_another_net():
    same = pl.concat([attention("a>b"), attention("a>b"), attention("a>c")])
    other = pl.concat([attention("a>b"), attention("a>b", net="review"), attention("a>c")])

    assert (
        only(scores_of(same), person_id="b")["pagerank"].item()
        < only(scores_of(other), person_id="b")["pagerank"].item()
    )


def test_each_year_and_repository_is_a_graph_that_sums_to_one():
    both = pl.concat([attention("a>b", "c>b"), attention("b>a", day=400), attention("a>b", repo_id="q")])
    rows = scores_of(both, repos=watched("r", "q", snapshot=500))

    sums = (
        rows.group_by("repo_id", "window_start")
        .agg(pl.col("pagerank").sum(), pl.col("n_persons").first())
        .sort(pl.all())
    )

    assert sums.rows() == [
        ("q", date(2020, 1, 1), pytest.approx(1), 2),
        ("r", date(2020, 1, 1), pytest.approx(1), 3),
        ("r", date(2021, 1, 1), pytest.approx(1), 2),
    ]


@pytest.mark.parametrize(("snapshot", "complete"), [(366, True), (365, False)])
def test_a_year_is_complete_when_it_ended_by_the_snapshot(snapshot, complete):
    assert set(scores_of(attention("a>b"), repos=watched(snapshot=snapshot))["is_window_complete"]) == {complete}


def test_what_happens_after_the_snapshot_has_not_happened():
    assert scores_of(attention("a>b", day=365)).height == 0


def test_a_repository_without_conversations_has_no_scores():
    assert scores_of(attention(), history("ada 0")).height == 0
