"""What must hold for any history in the tables about newcomers and who stays."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import act, acts, built, fates, on_day, only, proposal, spells_of, watched
from polars.testing import assert_frame_equal

from transform.columns import KINDS
from transform.retention import (
    cohorts,
    contributor_types,
    curve_summaries,
    curves,
    ltc_conversion,
    newcomers,
    other_definitions,
    quasi_contributors,
    second_contributions,
    turnover,
)

TALES = st.lists(
    st.builds(
        act,
        st.sampled_from(["ada", "bob", "cyd"]),
        st.integers(0, 24 * 600).map(lambda hours: hours / 24),
        st.sampled_from(KINDS),
        repo_id=st.sampled_from(["r", "q"]),
        artefact_id=st.sampled_from(["change:1", "change:2", "issue:3", "commit:abc"]),
    ),
    min_size=1,
    max_size=25,
)
CHANGES = fates(*(proposal("ada", 0, number, repo_id=repo)[1] for number in (1, 2) for repo in ("r", "q")))
FLOWS = ("n_persons", "n_before", "n_joiners", "n_leavers")
FEW = settings(max_examples=12, deadline=None)
MANY = settings(max_examples=60, deadline=None)


def every_table(given, repos):
    """The tables of one history by module, each with its promise checked, in key order."""
    contributions = acts(*given)
    stays = spells_of(given, repos).lazy()
    types = built(contributor_types, contributions, CHANGES, repos)
    drawn = built(curves, stays)
    came = [built(module, stays, contributions, repos).lazy() for module in (newcomers, cohorts)]
    return {
        curve_summaries: built(curve_summaries, drawn.lazy()),
        second_contributions: built(second_contributions, stays, contributions, repos),
        contributor_types: types,
        quasi_contributors: built(quasi_contributors, types.lazy(), repos),
        ltc_conversion: built(ltc_conversion, types.lazy(), repos),
        other_definitions: built(other_definitions, contributions, repos, stays, *came),
        turnover: built(turnover, contributions, repos),
    }


def watching(moved=0):
    return watched("r", "q", snapshot=500.4 + moved, newcomers_from=100 + moved)


def assert_same(ours, others):
    assert list(ours) == list(others)
    for module, rows in ours.items():
        assert_frame_equal(rows, others[module])


@given(TALES, st.randoms())
@FEW
def test_the_order_of_rows_changes_nothing(tale, random):
    assert_same(every_table(tale, watching()), every_table(random.sample(tale, len(tale)), watching()))


@given(TALES)
@FEW
def test_a_bot_changes_nothing(tale):
    bot = [
        act("robot", day, kind, actor_class="bot") for day, kind in ((0, "comment"), (130, "commit"), (450, "review"))
    ]

    assert_same(every_table(tale, watching()), every_table(tale + bot, watching()))


@given(TALES, st.integers(-2000, 2000))
@FEW
def test_moving_everything_by_whole_days_moves_no_second_contribution(tale, days):
    moved = [{**one, "contributed_at": one["contributed_at"] + timedelta(days=days)} for one in tale]

    before, after = every_table(tale, watching()), every_table(moved, watching(days))

    of_all_years = [
        table[second_contributions].filter(pl.col("cohort") == "all").drop("snapshot_at") for table in (before, after)
    ]
    assert_frame_equal(*of_all_years)


@given(TALES)
@FEW
def test_returns_grow_with_the_days(tale):
    rows = every_table(tale, watching())[second_contributions]
    steps = rows.select(pl.col("n_returned", "returned_share").diff().over("repo_id", "family", "cohort"))

    assert (steps["n_returned"].drop_nulls() >= 0).all()
    assert (steps["returned_share"].drop_nulls() >= 0).all()


@pytest.mark.parametrize(
    "tale",
    [
        [],
        [act("robot", 200, actor_class="bot")],
        [act(None, 200)],
        [act("ada", 200)],
        [act("ada", 200, "issue_open")],
        [act("ada", 10), act("bob", 20)],
    ],
    ids=["nothing", "only a bot", "only a deleted account", "one person", "only an issue", "only old hands"],
)
def test_a_thin_history_gives_tables_that_keep_their_promise(tale):
    for module, rows in every_table(tale, watching()).items():
        assert not rows.select(module.TABLE.key).is_duplicated().any()


def waits_by_hand(tale, repo):
    """Days from the first to the second contribution of every newcomer to the repository; None without one."""
    waits = []
    for person in {one["person_id"] for one in tale}:
        mine = [one for one in tale if (one["person_id"], one["repo_id"]) == (person, repo)]
        mine = [one for one in mine if one["contributed_at"] < on_day(500.4)]
        if not mine or min(one["contributed_at"] for one in mine) < on_day(100):
            continue
        first = min(one["contributed_at"].date() for one in mine)
        known = {one["artefact_id"] for one in mine if one["contributed_at"].date() == first}
        later = [one["contributed_at"].date() for one in mine if one["artefact_id"] not in known]
        waits.append((min(later) - first).days if later else None)
    return waits


@given(TALES)
@MANY
def test_newcomers_and_their_second_contributions_are_as_counted_by_hand(tale):
    rows = built(second_contributions, spells_of(tale, watching()).lazy(), acts(*tale), watching())
    rows = only(rows, family="any", cohort="all", day=90)

    for repo in ("r", "q"):
        waits = waits_by_hand(tale, repo)
        expected = [(len(waits), sum(wait is not None and wait <= 90 for wait in waits))] if waits else []
        assert only(rows, repo_id=repo).select("n_newcomers", "n_returned").rows() == expected


@given(TALES)
@MANY
def test_who_joined_and_who_left_are_as_counted_by_hand(tale):
    before, now = ({one["person_id"] for one in tale if one["contributed_at"].year == year} for year in (2020, 2021))
    rows = built(turnover, acts(*tale), watched("r", "q", snapshot=731))
    rows = only(rows, repo_id="all", family="any", members="everybody", window_start=date(2021, 1, 1))

    compared = (len(before), len(now - before), len(before - now)) if before else (None, None, None)
    assert rows.select(FLOWS).rows() == ([(len(now), *compared)] if before or now else [])
