"""What must hold of answers and waits, whatever was said."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import watched
from polars.testing import assert_frame_equal
from response_stories import Community, change, comment, issue, review

from transform.influence import scores
from transform.retention import (
    first_outcomes,
    first_questions,
    first_responses,
    funnel,
    outcome_effects,
    responders,
    response_effects,
    response_times,
    waiting,
)

MODULES = (
    first_responses,
    response_times,
    first_outcomes,
    outcome_effects,
    waiting,
    funnel,
    responders,
    first_questions,
    response_effects,
)
PEOPLE = st.sampled_from(["ada", "bob", "cyd", "nobody"])
DAYS = st.integers(0, 24 * 300).map(lambda hours: hours / 24)
REPOS = ("r", "q")


@st.composite
def tales(draw):
    """Up to eight questions, some closed or merged, and what was said on them, in two repositories."""
    told = []
    for number in range(draw(st.integers(1, 8))):
        who, day, repo = draw(PEOPLE), draw(DAYS), draw(st.sampled_from(REPOS))
        end = draw(st.none() | st.integers(0, 900).map(lambda hours, day=day: day + hours / 24))
        if draw(st.booleans()):
            told.append(issue(number, who, day, closed=end, repo=repo))
        elif draw(st.booleans()):
            told.append(change(number, who, day, merged=end, merged_by=draw(PEOPLE), repo=repo))
        else:
            told.append(change(number, who, day, closed=end, repo=repo))
        kind, row = told[-1]
        for after in draw(st.lists(st.integers(-9, 900), max_size=3, unique=True)):
            says = draw(st.sampled_from([comment, review])) if kind == "changes" else comment
            told.append(says(row["artefact_id"], draw(PEOPLE), day + after / 24, repo=repo))
    return told


def every_table(told):
    world = Community(*told, repos=REPOS, snapshot=280.4)
    world["scores"] = scores.TABLE.empty().lazy()
    tables = []
    for module in MODULES:
        rows = world.table(module)
        assert not rows.select(module.TABLE.key).is_duplicated().any(), str(module.TABLE)
        world[module.TABLE.name] = rows.lazy()
        tables.append(rows)
    return tables


FEW = settings(max_examples=6, deadline=None)


@given(tales(), st.randoms())
@FEW
def test_the_order_of_rows_changes_no_answer(told, random):
    for one, other in zip(every_table(told), every_table(random.sample(told, len(told))), strict=True):
        assert_frame_equal(one, other)


@given(tales())
@FEW
def test_a_bot_that_opens_things_changes_no_answer_at_all(told):
    bot = [
        issue(900, "robot", 0),
        comment("issue:900", "robot", 1),
        change(901, "robot", 3, merged=4, merged_by="robot"),
    ]

    for one, other in zip(every_table(told), every_table(told + bot), strict=True):
        assert_frame_equal(one, other)


@given(tales())
@FEW
def test_a_chatting_bot_changes_only_what_is_said_of_bots(told):
    chatter = [
        comment(row["artefact_id"], "robot", 250, repo=row["repo_id"]) for name, row in told if "opened_at" in row
    ]
    about_bots = ("bot_responded_at", "bot_response_hours")

    assert_frame_equal(every_table(told)[0].drop(about_bots), every_table(told + chatter)[0].drop(about_bots))


@given(tales(), st.integers(-900, 900))
@FEW
def test_moving_everything_by_whole_days_moves_no_wait(told, days):
    moved = [(name, {key: later(value, days) for key, value in row.items()}) for name, row in told]
    waits = [
        *first_responses.TABLE.key,
        "response_hours",
        "observed_hours",
        "is_newcomer_at_opening",
        "is_insider_known",
    ]
    before = Community(*told, repos=REPOS, snapshot=280.4)
    after = MovedCommunity(*moved, repos=REPOS, snapshot=280.4 + days)

    assert_frame_equal(before.table(first_responses).select(waits), after.table(first_responses).select(waits))


class MovedCommunity(Community):
    """Watched from so long before that nobody is an old hand, wherever the days were moved to."""

    def __setitem__(self, name, frame):
        long_ago = pl.lit(watched().collect()["observed_from_at"][0])
        super().__setitem__(name, frame.with_columns(newcomers_from_at=long_ago) if name == "repositories" else frame)


def later(value, days):
    return value + timedelta(days=days) if hasattr(value, "tzinfo") else value


@given(tales())
@FEW
def test_every_question_is_answered_or_observed_and_no_wait_is_negative(told):
    rows = every_table(told)[0]
    answered = rows.drop_nulls("responded_at")

    assert (answered["response_hours"] <= answered["observed_hours"]).all()
    assert (rows["observed_hours"] >= 0).all()
    assert (answered["responder_person_id"] != answered["person_id"]).all()
    insiders = rows.drop_nulls("insider_response_hours")
    assert (insiders["response_hours"] <= insiders["insider_response_hours"]).all()


@pytest.mark.parametrize(
    "told",
    [
        [],
        [issue(1, "ada")],
        [issue(1, "robot"), comment("issue:1", "robot", 1), change(2, "robot", 1, merged=2, merged_by="robot")],
        [issue(1, "nobody"), comment("issue:1", "nobody", 1)],
        [issue(1, "ada"), issue(2, "bob", 3), comment("issue:1", "bob", 1)],
        [change(1, "ada"), review("change:1", "bob", 1)],
    ],
    ids=["nothing", "one person", "only bots", "only deleted accounts", "only issues", "no merges"],
)
def test_little_is_no_exception(told):
    assert len(every_table(told)) == len(MODULES)


def test_where_everybody_is_an_old_hand_there_are_waits_and_no_newcomers():
    world = Community(issue(1, "ada"), comment("issue:1", "eve", 1), change(2, "ada", 3))
    world["newcomers"] = world["newcomers"].filter(pl.lit(value=False))
    waits = world.table(first_responses)
    world["first_responses"] = waits.lazy()

    assert waits["is_newcomer_at_opening"].to_list() == [False, False]
    assert [world.table(module).height for module in (waiting, first_questions, first_outcomes)] == [0, 0, 0]


def test_a_repository_that_was_never_whole_has_no_waits():
    world = Community(issue(1, "ada"), comment("issue:1", "eve", 1))
    repos = world["repositories"].with_columns(snapshot_at="observed_from_at")
    world["repositories"] = repos

    assert world.table(first_responses).height == 0
