"""The core: who is in it by which rule, who comes and goes, and how long it takes (INF-08, INF-09)."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from metric_stories import act, acts, attention, built, nothing, on_day, only, spells_of, watched

from transform.influence import core_agreement, core_careers, core_members, core_renewal, core_transitions, scores
from transform.influence.core_members import above_quantile, two_means
from transform.statistics.concentration import in_core


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([50, 20, 15, 10, 5], 3),
        ([1, 1, 1, 1, 1], 4),
        ([50, 29, 21], 3),
        ([5, 2, 1], 2),
        ([7, 3, 2, 1, 1, 1, 1], 4),
        ([9], 1),
    ],
)
def test_the_fewest_with_four_fifths_of_the_work(amounts, expected):
    """The fixtures of coronet; 0.79 is less than 0.8."""
    rows = pl.DataFrame({"n": amounts, "g": 0})

    assert rows.select(in_core(pl.col("n"), by=["g"], parts=4, of=5).sum()).item() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0, 0.0], [False] * 2), ([1.0, 1.0, 1.0], [True] * 3), ([1.0, 2, 3, 4, 5, 6], [False] * 5 + [True])],
)
def test_above_the_quantile_is_strict_and_all_alike_are_all_or_none(values, expected):
    rows = pl.DataFrame({"v": values})

    assert rows.select(above_quantile(pl.col("v"))).to_series().to_list() == expected


def test_two_clusters_tell_the_central_from_the_others():
    values = np.array([[9.0, 8], [9.5, 8.2], [1, 1], [1.2, 1], [1, 1.1]])

    assert two_means(values).tolist() == [True, True, False, False, False]
    assert two_means(np.ones((4, 2))) is None
    assert two_means(np.ones((1, 2))) is None


def years(**commits: str):
    """Commits per person and year from lines such as "9 0 3"; the years are 2020, 2021, ..."""
    return [
        act(who, 366 * year + 5 + n / 100, contribution_id=f"{who} {year} {n}")
        for who, line in commits.items()
        for year, amount in enumerate(line.split())
        for n in range(int(amount))
    ]


LONG = watched(snapshot=366 * 5)


def members_of(given, repos=LONG):
    told = acts(*given)
    return built(core_members, told, nothing("influence.scores"), repos)


def test_the_core_by_commits_and_by_having_merged():
    rows = members_of([*years(ada="8", bob="2"), act("cyd", 9, "change_merge")], LONG)

    assert only(rows, is_core_count80=True)["person_id"].to_list() == ["ada"]
    assert rows["is_core_net80q"].null_count() == rows.height
    assert (
        only(rows, person_id="ada")["is_core_role"].item() is None
        or not only(rows, person_id="ada")["is_core_role"].item()
    )


def test_rules_agree_by_kappa():
    told = {"repo_id": "r", "window_start": date(2020, 1, 1), "is_core_kcore": None}
    table = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    rows = [
        {**told, "person_id": str(at), "is_core_count80": one, "is_core_net80q": two}
        for at, (one, two) in enumerate(table)
    ]
    found = built(core_agreement, core_members.TABLE.rows(*rows).lazy())

    assert found.select("n_persons", "n_core", "n_core_by_other", "n_core_by_both").row(0) == (50, 25, 30, 20)
    assert found["kappa"].item() == pytest.approx(0.4)


def test_the_moves_of_the_worked_example():
    """w1 core A, B, periphery C, D; w2 core A, C, periphery B, E."""
    given = [
        *members_rows(2020, core="AB", peripheral="CD"),
        *members_rows(2021, core="AC", peripheral="BE"),
    ]
    found = built(core_transitions, core_members.TABLE.rows(*given).lazy())
    shares = {(a, b): s for a, b, s in found.select("from_state", "to_state", "transition_share").rows()}

    assert shares[("core", "core")] == shares[("core", "peripheral")] == 0.5
    assert shares[("peripheral", "core")] == shares[("peripheral", "absent")] == 0.5
    assert shares[("core", "absent")] == 0


def members_rows(year, *, core="", peripheral="", n=1):
    return [
        {
            "repo_id": "r",
            "window_start": date(year, 1, 1),
            "person_id": who,
            "n_commits": n,
            "is_core_count80": who in core,
            "is_window_complete": True,
        }
        for who in core + peripheral
    ]


def renewal(given):
    told = acts(*given)
    members = built(core_members, told, nothing("influence.scores"), LONG)
    return built(core_renewal, members.lazy(), told, LONG)


def test_how_much_of_the_core_came_lately():
    rows = renewal(years(old="5 5 5 5", new="0 0 0 5"))
    last = only(rows, window_start=date(2023, 1, 1))

    assert last.select("n_core", "arrived_1y_share", "arrived_3y_share", "core_stayed_share").row(0) == (
        2,
        0.5,
        0.5,
        1.0,
    )
    assert last["rank_turnover"].item() is None or 0 <= last["rank_turnover"].item() <= 2


def test_the_leading_organisation_raises_nobody_from_outside():
    ours = {"organisation": "acme", "affiliation_class": "company"}
    given = [*({**one, **ours} for one in years(old="9", hired="9")), *years(guest="9")]
    row = renewal(given).row(0, named=True)

    assert (row["arrived_1y_share"], row["external_1y_share"]) == (pytest.approx(1), pytest.approx(1 / 3))


def test_reversed_ranks_turn_over_wholly():
    rows = renewal(years(a="9 1", b="5 5", c="1 9"))

    assert only(rows, window_start=date(2021, 1, 1))["rank_turnover"].item() == pytest.approx(2)


def careers(given, snapshot=366 * 5):
    told, repos = acts(*given), watched(snapshot=snapshot)
    members = built(core_members, told, nothing("influence.scores"), repos)
    return built(core_careers, members.lazy(), spells_of(given, repos).lazy(), repos).row(0, named=True)


def test_the_way_into_the_core_competes_with_leaving():
    row = careers(years(ada="9 9 9 9 9", bob="1 0 0 0 0"))

    assert (row["n_newcomers"], row["n_risen"]) == (2, 1)
    assert row["n_core_runs"] == 1
    assert row["core_half_life_years"] is None


def test_planted_newcomers_rise_and_old_ones_leave():
    row = careers(years(old="9 9 0 0 0", young="0 0 9 9 0", next="0 0 0 0 9"))

    assert row["n_risen"] == 3
    assert row["core_half_life_years"] == 2


def test_nobody_has_no_core():
    assert members_of([]).height == 0
    assert built(core_transitions, members_of([]).lazy()).height == 0


def test_only_bots_have_none():
    assert members_of([act("robot", day, actor_class="bot") for day in range(5)]).height == 0
    assert on_day(0)
    assert scores.TABLE


def test_who_is_central_in_every_way_is_the_cluster_of_the_core_and_who_is_apart_is_far():
    """Three who know each other and all others; two who know only each other have one step to the farthest they reach."""
    inner = [f"{a}>{b}" for a in "abc" for b in "abc" if a != b]
    outer = [f"p{at}>{'abc'[at % 3]}" for at in range(12)]
    none = [nothing("core.commits"), nothing("raw.commit_files")]
    graph = built(scores, attention(*inner, *outer, "x>y"), acts(), *none, LONG)
    rows = built(core_members, acts(), graph.lazy(), LONG)

    assert sorted(rows.filter("is_core_cik")["person_id"]) == ["a", "b", "c"]
