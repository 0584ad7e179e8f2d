"""core.spells: when did a person come, by which door, and did they leave?"""

from __future__ import annotations

import polars as pl
import pytest
from metric_stories import WORKED_EXAMPLE, act, acts, history, on_day, only, spells_of, watched

from transform.core import repositories

IN_CODE = {"repo_id": "r", "family": "code", "end_rule": "first_gap"}


def durations(rule):
    rows = only(spells_of(history(*WORKED_EXAMPLE)), **{**IN_CODE, "end_rule": rule})
    return {
        person: (days, is_exit) for person, days, is_exit in rows.select("person_id", "duration_days", "is_exit").rows()
    }


def test_first_gap_ends_a_spell_at_the_first_long_silence():
    assert durations("first_gap") == {
        "A": (60, True),
        "B": (0, True),
        "C": (255, False),
        "D": (50, True),
        "E": (75, False),
        "F": (None, None),
    }


def test_terminal_ends_a_spell_at_the_last_act_so_who_came_back_never_left():
    assert durations("terminal") == {
        "A": (275, False),
        "B": (0, True),
        "C": (255, False),
        "D": (50, True),
        "E": (75, False),
        "F": (None, None),
    }


@pytest.mark.parametrize(("second", "left"), [(90, True), (89, False)])
def test_a_silence_as_long_as_the_horizon_is_leaving_and_one_day_less_is_not(second, left):
    later = " ".join(str(day) for day in range(second, 365, 60))

    assert only(spells_of(history(f"ada 0 {later}")), **IN_CODE)["is_exit"].to_list() == [left]


def test_neither_another_family_nor_another_person_breaks_a_silence():
    rows = spells_of([act("ada", 0), act("ada", 40, "comment"), act("bob", 50), act("bob", 20, "review")])
    ends = only(rows, repo_id="r", end_rule="first_gap").select("person_id", "family", "duration_days", "is_exit")

    assert ends.filter(pl.col("is_exit")).drop("is_exit").rows() == [
        ("ada", "any", 40),
        ("ada", "code", 0),
        ("ada", "talk", 0),
        ("bob", "any", 30),
        ("bob", "code", 0),
        ("bob", "review", 0),
    ]


def test_whoever_was_active_last_week_has_not_left():
    assert only(spells_of(history("ada 270 358")), **IN_CODE)["is_exit"].to_list() == [False]


@pytest.mark.parametrize(("first", "decidable"), [(275, True), (276, False)])
def test_who_came_less_than_a_horizon_before_the_snapshot_is_undecidable(first, decidable):
    spell = only(spells_of(history(f"ada {first}")), **IN_CODE)

    assert spell["is_exit"].is_not_null().to_list() == [decidable]
    assert spell["duration_days"].is_null().to_list() == [not decidable]


def test_the_first_act_makes_the_newcomer_not_the_last():
    spell = only(spells_of(history("ada 200 3.5 3 100")), **IN_CODE)

    assert spell["first_at"].to_list() == [on_day(3)]


def test_each_family_has_its_own_first_act_and_an_old_hand_may_be_new_to_code():
    story = [act("p", 10, "issue_open"), act("p", 40, "change_open"), act("p", 45, "commit")]
    rows = only(spells_of(story, watched(newcomers_from=30)), repo_id="r", end_rule="first_gap")

    assert rows.select("family", "first_at", "is_newcomer", "door").rows() == [
        ("any", on_day(10), False, "issue"),
        ("code", on_day(40), True, "issue"),
        ("talk", on_day(10), False, "issue"),
    ]


def test_who_acted_on_the_instant_newcomers_count_from_is_one():
    rows = only(spells_of(history("new 30", "old 29.9"), watched(newcomers_from=30)), **IN_CODE)

    assert rows.select("person_id", "is_newcomer").rows() == [("new", True), ("old", False)]


@pytest.mark.parametrize(
    ("kind", "artefact", "door"),
    [
        ("issue_open", "issue:1", "issue"),
        ("comment", "issue:1", "comment"),
        ("change_open", "change:1", "change"),
        ("review", "change:1", "review"),
        ("review_comment", "change:1", "review"),
        ("change_merge", "change:1", "merge"),
        ("commit", "commit:abc", "commit"),
        ("commit", "change:1", "change"),
    ],
)
def test_the_door_is_the_kind_of_the_first_act_and_a_commit_of_a_change_came_by_the_change(kind, artefact, door):
    rows = spells_of([act("ada", 0, kind, artefact_id=artefact), act("ada", 1, "comment", artefact_id="issue:9")])

    assert set(rows["door"]) == {door}


def test_of_two_acts_at_one_instant_the_lower_artefact_number_comes_first():
    story = [act("ada", 0, "comment", artefact_id="issue:10"), act("ada", 0, "issue_open", artefact_id="issue:9")]

    assert set(spells_of(story)["door"]) == {"issue"}


@pytest.mark.parametrize(
    "stranger",
    [
        act("bot", 5, actor_class="bot"),
        act(None, 5, actor_class=None),
        act("late", 365),
        act("org", 5, actor_class="organisation"),
    ],
    ids=["bot", "deleted account", "after the snapshot", "organisation"],
)
def test_only_humans_before_the_snapshot_have_spells(stranger):
    assert set(spells_of([*history("ada 0"), stranger])["person_id"]) == {"ada"}


def test_in_all_repositories_together_acts_anywhere_keep_a_person_there():
    story = history("ada 0 140") + history("ada 70 210 280", repo_id="q")
    exits = only(spells_of(story, watched("r", "q")), family="any", end_rule="first_gap").select("repo_id", "is_exit")

    assert exits.rows() == [("all", False), ("q", True), ("r", True)]


def test_in_all_repositories_a_newcomer_must_be_one_wherever_they_acted():
    story = history("ada 10", "bob 10") + history("ada 50", "bob 150", repo_id="q")
    repos = [
        {"repo_id": name, "snapshot_at": on_day(365), "newcomers_from_at": on_day(day)}
        for name, day in (("r", 0), ("q", 100))
    ]
    rows = only(
        spells_of(story, repositories.TABLE.rows(*repos).lazy()), repo_id="all", family="any", end_rule="terminal"
    )

    assert rows.select("person_id", "is_newcomer").rows() == [("ada", False), ("bob", True)]


def test_all_repositories_are_seen_until_the_earliest_snapshot_of_theirs():
    repos = [
        {"repo_id": name, "snapshot_at": on_day(day), "newcomers_from_at": on_day(0)}
        for name, day in (("r", 365), ("q", 200))
    ]
    rows = spells_of(history("ada 0 250", "bob 210"), repositories.TABLE.rows(*repos).lazy())

    assert only(rows, repo_id="all", family="any", end_rule="terminal").select(
        "person_id", "last_day", "snapshot_at"
    ).rows() == [("ada", on_day(0).date(), on_day(200))]


def test_nobody_in_nothing_out():
    assert spells_of([]).height == 0
    assert acts().collect().height == 0


def test_a_repository_that_was_never_crawled_whole_does_not_hold_the_others_back():
    whole = {"repo_id": "r", "observed_from_at": on_day(0), "snapshot_at": on_day(365), "newcomers_from_at": on_day(0)}
    never = {**whole, "repo_id": "q", "snapshot_at": on_day(0)}
    story = history("ada 0 250") + history("bob 10", repo_id="q")
    rows = spells_of(story, repositories.TABLE.rows(whole, never).lazy())

    persons = only(rows, family="any", end_rule="first_gap").select("repo_id", "person_id")
    assert persons.rows() == [("all", "ada"), ("r", "ada")]
