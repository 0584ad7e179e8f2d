"""influence.networks: who is tied to whom in which window; and scores of graphs that are hardly any."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from metric_stories import PARAMETERS, act, acts, attention, built, history, nothing, on_day, only, watched

from extract import raw
from transform.core import commits
from transform.influence import networks, scores
from transform.influence.windows import in_windows


def ties(interactions=None, given=(), changed=(), repos=None):
    """Arrows and weights; `changed` are (person, path, day)."""
    made = [
        {
            "repo_id": "r",
            "sha": str(at),
            "person_id": who,
            "is_in_default_branch": True,
            "n_parents": 1,
            "authored_at": on_day(day),
        }
        for at, (who, _, day) in enumerate(changed)
    ]
    files = [
        {"repo_id": "r", "sha": str(at), "path": path, "file_class": "code"} for at, (_, path, _) in enumerate(changed)
    ]
    committed = [act(who, day) for who, _, day in changed]
    return built(
        networks,
        attention() if interactions is None else interactions,
        acts(*given, *committed),
        commits.TABLE.rows(*made).lazy(),
        raw.COMMIT_FILES.rows(*files).lazy(),
        watched() if repos is None else repos,
    )


def arrows(rows, net, kind="year"):
    known = only(rows, net=net, window_kind=kind).sort("source_person_id", "target_person_id")
    return {f"{a}>{b}": w for a, b, w in known.select("source_person_id", "target_person_id", "weight").rows()}


def test_acts_are_counted_per_pair_and_network():
    given = pl.concat([attention("a>b", "a>b", "b>a"), attention("a>b", net="review")])

    assert arrows(ties(given), "reply") == {"a>b": 2, "b>a": 1}
    assert arrows(ties(given), "review") == {"a>b": 1}


def test_a_thread_of_three_ties_each_pair_by_a_half():
    said = [act(who, day, "comment", artefact_id="issue:1") for day, who in enumerate("abca")]

    assert arrows(ties(given=said), "thread") == dict.fromkeys(("a>b", "a>c", "b>a", "b>c", "c>a", "c>b"), 0.5)


def test_files_add_up_and_one_of_many_ties_nobody():
    crowd = [(f"p{at}", "everybody", 1) for at in range(51)]

    assert arrows(ties(changed=[("a", "x", 1), ("b", "x", 2), ("a", "y", 1), ("b", "y", 1)]), "cofile") == {
        "a>b": 2,
        "b>a": 2,
    }
    assert arrows(ties(changed=crowd), "cofile") == {}
    assert len(arrows(ties(changed=crowd[:50]), "cofile")) == 50 * 49


def test_who_meets_in_a_year_need_not_meet_in_a_quarter():
    said = [act("a", 10, "comment", artefact_id="issue:1"), act("b", 200, "comment", artefact_id="issue:1")]
    rows = ties(given=said)

    assert arrows(rows, "thread") == {"a>b": 1, "b>a": 1}
    assert arrows(rows, "thread", "quarter") == {}


@pytest.mark.parametrize(
    ("age", "starts"),
    [(1, [365]), (90, [365]), (91, [365, 455]), (365, [365, 455, 545, 635, 725][:5]), (366, [455, 545, 635, 725])],
)
def test_sliding_windows_end_at_the_snapshot_and_every_ninety_days_before(age, starts):
    """The day before the snapshot is in one window, for the next ended 90 days ago."""
    row = pl.LazyFrame({"repo_id": ["r"], "at": [on_day(1000 - age)], "snapshot_at": [on_day(1000)]})
    found = (
        row.pipe(in_windows, "at", PARAMETERS, ("rolling",)).collect()["window_start"].sort(descending=True).to_list()
    )

    assert [(on_day(1000).date() - day).days for day in found] == starts


def scored(interactions, given=(), repos=None, parameters=PARAMETERS):
    none = [nothing("core.commits"), nothing("raw.commit_files")]
    known = watched() if repos is None else repos
    return built(scores, interactions, acts(*given), *none, known, parameters=parameters)


def test_one_person_alone_has_no_scores():
    assert scored(attention(), history("ada 0 30")).height == 0


def test_only_bots_have_none():
    assert scored(attention(), [act("robot", 1, actor_class="bot")]).height == 0


def test_two_who_are_all_there_is_have_defined_values():
    rows = only(scored(attention("a>b")), window_kind="year", network="attention")
    told = {row["person_id"]: row for row in rows.to_dicts()}

    assert (told["a"]["coreness"], told["a"]["betweenness_share"], told["a"]["hub_share"]) == (1, 0.0, 1.0)
    assert told["b"]["authority_share"] == 1.0
    assert told["a"]["eigenvector_centrality"] == pytest.approx(1)


def test_who_is_apart_from_the_largest_part_has_no_eigenvector():
    rows = only(scored(attention("a>b", "b>c", "x>y")), window_kind="year", network="attention")
    null = rows.filter(pl.col("eigenvector_centrality").is_null())["person_id"].to_list()

    assert sorted(null) == ["x", "y"]


def test_quarters_have_pagerank_alone_and_large_graphs_say_how_far_they_were_followed():
    many = attention(*(f"p{at}>hub" for at in range(40)))
    rows = scored(many, parameters=replace(PARAMETERS, path_sources=32))
    year = only(rows, window_kind="year", network="attention")

    assert only(rows, window_kind="quarter")["coreness"].null_count() == only(rows, window_kind="quarter").height
    assert set(year["n_path_sources"]) == {32}
    assert set(year["n_persons"]) == {41}
    assert only(rows, window_kind="rolling")["window_start"].max() == date(2020, 1, 1)


def test_windows_slide_back_as_far_as_there_is_history_and_the_ties_of_the_last_four_are_kept():
    early = attention("a>b", day=10)
    far = watched(snapshot=1000)
    told = only(scored(early, repos=far), window_kind="rolling", network="attention")["window_start"].unique()
    few = only(scored(early, repos=far, parameters=replace(PARAMETERS, rolling_windows=8)), window_kind="rolling")

    assert sorted((on_day(1000).date() - day).days for day in told) == [995, 1085, 1175, 1265]
    assert few["window_start"].n_unique() == 1
    assert only(ties(early, repos=far), window_kind="rolling").height == 0
    late = ties(attention("a>b", day=990), repos=far)
    assert only(late, window_kind="rolling", net="reply")["window_start"].n_unique() == 1


def test_persons_are_near_by_the_steps_between_them():
    """A line a, b, c, and two who are apart."""
    rows = only(scored(attention("a>b", "b>c", "x>y")), window_kind="year", network="attention")
    told = {row["person_id"]: (row["degree"], row["closeness_share"], row["eccentricity"]) for row in rows.to_dicts()}

    assert told["b"] == (2, pytest.approx(2 / 2 * 2 / 4), 1)
    assert told["a"] == (1, pytest.approx(2 / 3 * 2 / 4), 2)
    assert told["x"] == (1, pytest.approx(1 / 1 * 1 / 4), 1)


def test_merging_counts_in_all_networks_and_not_in_attention():
    rows = scored(attention("a>b", net="merge"))

    assert set(rows["network"]) == {"all"}
