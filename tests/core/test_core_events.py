"""Stories of timelines: who did what, what of it is triage, who closed, and when a change was a draft."""

from __future__ import annotations

import pytest
from core_stories import acts, change, comment, core, event, issue, merged, on_day, stream

TRIAGE = ("label", "assign", "milestone", "lock", "close", "reopen")


def triage(*events, items=None, **more):
    items = items or [issue(1, "ada", 1)]
    return acts(core(items=items, events=list(events), **more), *TRIAGE)


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        ("labelled", "label"),
        ("unlabelled", "label"),
        ("assigned", "assign"),
        ("unassigned", "assign"),
        ("milestoned", "milestone"),
        ("demilestoned", "milestone"),
        ("locked", "lock"),
        ("unlocked", "lock"),
        ("closed", "close"),
        ("reopened", "reopen"),
    ],
)
def test_a_step_on_what_somebody_else_opened_is_triage(kind, act):
    assert triage(event(1, kind, "bob", 2)) == [("bob", act, "issue:1")]
    assert triage(event(1, kind, "ada", 2)) == []


@pytest.mark.parametrize("kind", ["renamed", "cross_referenced", "review_requested", "merged", "head_force_pushed"])
def test_other_events_are_no_triage(kind):
    assert triage(event(1, kind, "bob", 2)) == []


def test_several_labels_put_on_at_once_are_one_step():
    labels = [event(1, "labelled", "bob", 2, label=name, event_id=name) for name in ("bug", "good first issue")]

    assert triage(*labels, event(1, "labelled", "bob", 2.5)) == [("bob", "label", "issue:1")] * 2


@pytest.mark.parametrize("by_whom", [{"other_number": 7}, {"sha": "a" * 40}])
def test_what_a_merge_or_a_commit_closed_is_no_step_of_its_own(by_whom):
    assert triage(event(1, "closed", "bob", 2, **by_whom)) == []


@pytest.mark.parametrize(("day", "n_steps"), [(4, 1), (4 + 86_398 / 86_400, 1), (5 - 1 / 86_400, 0), (5, 0)])
def test_the_closing_that_comes_with_a_merge_is_the_merges(day, n_steps):
    closing = event(1, "closed", "dan", day)

    assert triage(closing, items=[merged(1, "ada", 1, 5)]) == [("dan", "close", "change:1")] * n_steps


def test_a_deleted_account_may_have_triaged_what_a_known_person_opened():
    deleted = [issue(1, "ada", 1), issue(2, None, 1)]
    events = [event(1, "labelled", None, 2), event(2, "labelled", None, 2), event(2, "labelled", "bob", 3)]

    assert triage(*events, items=deleted) == [(None, "label", "issue:1"), ("bob", "label", "issue:2")]


def test_bots_are_named_as_such():
    tables = core(items=[issue(1, "ada", 1)], events=[event(1, "labelled", "robot", 2), event(1, "assigned", "bob", 3)])

    assert tables["events"].sort("occurred_at")["actor_class"].to_list() == ["bot", "human"]
    assert tables["contributions"].filter(family="triage")["actor_class"].sort().to_list() == ["bot", "human"]


def test_who_comes_in_by_triage_is_a_newcomer_by_that_door():
    tables = core(items=[issue(1, "ada", 1)], events=[event(1, "labelled", "bob", 2)], comments=[comment(1, "bob", 3)])
    doors = tables["spells"].filter(person_id="github:bob").unique("family")

    assert dict(doors.select("family", "door").iter_rows()) == dict.fromkeys(("any", "talk", "triage"), "triage")


def test_the_timeline_ends_at_the_snapshot():
    events = [event(1, "labelled", "bob", 500), event(1, "closed", "bob", 700)]
    item = issue(1, "ada", 1, closed_at=on_day(700))
    tables = core(items=[item], events=events, streams=[stream("issues", 600), stream("events", 600, held=2)])

    assert tables["events"]["kind"].to_list() == ["labelled"]
    assert tables["issues"].select("closed_at", "closed_by_person_id").row(0) == (None, None)
    assert tables["coverage"].filter(stream="events")["n_after_snapshot"].item() == 1


def test_the_last_closing_tells_who_closed_and_why():
    events = [
        event(1, "closed", "bob", 2, reason="completed"),
        event(1, "reopened", "ada", 3),
        event(1, "closed", "cyd", 4, reason="not_planned"),
    ]
    closed = core(items=[issue(1, "ada", 1, closed_at=on_day(4))], events=events)["issues"]
    opened = core(items=[issue(1, "ada", 1)], events=events[:2])["issues"]

    assert closed.select("closed_by_person_id", "close_reason").row(0) == ("github:cyd", "not_planned")
    assert opened.select("closed_by_person_id", "close_reason").row(0) == (None, None)


def test_a_merged_change_is_closed_by_who_merged_it():
    row = core(items=[merged(1, "ada", 1, 5)], events=[event(1, "closed", "dan", 5)])["changes"].row(0, named=True)

    assert row["closed_by_person_id"] == row["merged_by_person_id"] == "github:dan"


def test_an_event_points_at_persons():
    asked = event(1, "review_requested", "ada", 2, subject="bob")
    row = core(items=[change(1, "ada", 1)], events=[asked])["events"].row(0, named=True)

    assert (row["person_id"], row["subject_person_id"]) == ("github:ada", "github:bob")


READY, DRAFT = "ready_for_review", "converted_to_draft"


@pytest.mark.parametrize(
    ("turns", "more", "ready", "days"),
    [
        ([], {}, 10, 0),
        ([], {"is_draft": True}, None, 990),
        ([], {"is_draft": True, "closed_at": on_day(15)}, None, 5),
        ([(READY, 14)], {}, 14, 4),
        ([(DRAFT, 12), (READY, 15)], {}, 10, 3),
        ([(READY, 11), (DRAFT, 12), (READY, 15)], {}, 11, 4),
        ([(DRAFT, 12)], {"closed_at": on_day(20)}, 10, 8),
        ([(READY, 11), (DRAFT, 12)], {"is_draft": True}, 11, 1 + 988),
        ([(READY, 1200)], {}, None, 990),
        ([(READY, 11), (DRAFT, 1200)], {"is_draft": True}, 11, 1),
        ([], {"events_total": None}, None, None),
    ],
)
def test_a_change_was_a_draft_until_it_was_ready_and_from_when_it_was_a_draft_again(turns, more, ready, days):
    given = {"events_total": len(turns), "is_draft": False, **more}
    events = [event(1, kind, "ada", day) for kind, day in turns]
    row = core(items=[change(1, "ada", 10, **given)], events=events)["changes"].row(0, named=True)

    assert row["ready_at"] == (None if ready is None else on_day(ready))
    assert row["draft_days"] == (None if days is None else pytest.approx(days))
