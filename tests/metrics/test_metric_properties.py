"""What must hold for any history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import PARAMETERS, act, acts, attention, built, spells_of, watched
from polars.testing import assert_frame_equal

from extract import raw
from transform.columns import KINDS
from transform.core import commits, spells
from transform.influence import concentration, scores
from transform.retention import (
    break_transitions,
    breaks,
    cohorts,
    curves,
    determinants,
    early_warnings,
    first_months,
    first_outcomes,
    first_questions,
    group_curves,
    group_tests,
    newcomers,
)

TALES = st.lists(
    st.builds(
        act,
        st.sampled_from(["ada", "bob", "cyd"]),
        st.integers(0, 24 * 600).map(lambda hours: hours / 24),
        st.sampled_from(KINDS),
        repo_id=st.sampled_from(["r", "q"]),
    ),
    min_size=1,
    max_size=25,
)
FEW = settings(max_examples=12, deadline=None)
NO_LANDMARKS = (first_questions.TABLE.empty().lazy(), first_outcomes.TABLE.empty().lazy())
NO_COMMITS = (commits.TABLE.empty().lazy(), raw.COMMIT_FILES.empty().lazy())
NO_MONTHS = first_months.TABLE.empty().lazy()
OF_SPELLS = {curves: (), group_curves: (), group_tests: NO_LANDMARKS}
TALK = attention("ada>bob", "bob>cyd", "cyd>bob", "ada>cyd", day=20)


def every_table(given, repos):
    """All tables of one history, each with its promise checked, as frames in key order."""
    contributions = acts(*given)
    stays = built(spells, contributions, repos)
    ranks = built(scores, TALK, contributions, *NO_COMMITS, repos)
    tables = [built(table, stays.lazy(), contributions, repos) for table in (newcomers, cohorts)]
    return [
        stays,
        ranks,
        *tables,
        *(built(table, stays.lazy(), *more) for table, more in OF_SPELLS.items()),
        built(determinants, stays.lazy(), tables[0].lazy(), NO_MONTHS),
        rests := built(breaks, contributions, repos),
        built(break_transitions, rests.lazy()),
        built(early_warnings, contributions, repos),
        built(concentration, contributions, ranks.lazy(), repos),
    ]


def assert_same(ours, others):
    for one, other in zip(ours, others, strict=True):
        assert_frame_equal(one, other)


@given(TALES, st.randoms())
@FEW
def test_the_order_of_rows_changes_nothing(tale, random):
    repos = watched("r", "q", snapshot=500.4, newcomers_from=100)

    assert_same(every_table(tale, repos), every_table(random.sample(tale, len(tale)), repos))


@given(TALES)
@FEW
def test_a_bot_changes_nothing(tale):
    repos = watched("r", "q", snapshot=500.4, newcomers_from=100)
    bot = [act("robot", day, kind, actor_class="bot") for day, kind in ((0, "comment"), (3, "commit"), (450, "review"))]

    assert_same(every_table(tale, repos), every_table(tale + bot, repos))


@given(TALES, st.integers(-2000, 2000))
@settings(max_examples=25, deadline=None)
def test_moving_everything_by_whole_days_moves_no_duration(tale, days):
    moved = [{**one, "contributed_at": one["contributed_at"] + timedelta(days=days)} for one in tale]
    kept = [*spells.TABLE.key, "duration_days", "is_exit", "is_newcomer", "door"]

    before = spells_of(tale, watched("r", "q", snapshot=500.4, newcomers_from=100))
    after = spells_of(moved, watched("r", "q", snapshot=500.4 + days, newcomers_from=100 + days))

    assert_frame_equal(before.select(kept), after.select(kept))


@given(TALES, st.integers(0, 24 * 600), st.integers(0, 24 * 200))
@settings(max_examples=40, deadline=None)
def test_looking_longer_never_removes_or_moves_an_exit_by_first_gap(tale, hours, more):
    earlier = exits(spells_of(tale, watched("r", "q", snapshot=hours / 24)))
    later = exits(spells_of(tale, watched("r", "q", snapshot=(hours + more) / 24)))

    assert earlier <= later


def exits(rows):
    gone = rows.filter(pl.col("end_rule") == "first_gap", pl.col("is_exit"))
    return set(gone.select("repo_id", "person_id", "family", "end_day").rows())


@given(TALES)
@FEW
def test_keys_are_unique_and_every_spell_is_decided_or_says_that_it_is_not(tale):
    tables = every_table(tale, watched("r", "q", snapshot=500.4))
    stays = tables[0]

    for module, rows in zip(
        (
            spells,
            scores,
            newcomers,
            cohorts,
            *OF_SPELLS,
            determinants,
            breaks,
            break_transitions,
            early_warnings,
            concentration,
        ),
        tables,
        strict=True,
    ):
        assert not rows.select(module.TABLE.key).is_duplicated().any()
    assert (stays["is_exit"].is_not_null() == stays["duration_days"].is_not_null()).all()


def test_no_events_give_no_rows():
    assert [rows.height for rows in every_table([], watched(snapshot=1))] == [0] * 12


@pytest.mark.parametrize("days", [(90,), (30, 90, 365)])
def test_every_horizon_asked_for_has_spells_and_the_main_one_always(days):
    parameters = replace(PARAMETERS, horizon_days=180, sensitivity_days=days)

    assert set(spells_of([act("ada", 0)], parameters=parameters)["horizon_days"]) == {180, *days}
