"""Stories of numbers: a forge may count issues and changes apart, so that #3 and !3 are two things."""

from __future__ import annotations

from core_stories import change, comment, core, event, issue


def told():
    return {
        "items": [issue(3, "ada", 0), change(3, "bob", 1, events_total=1)],
        "comments": [
            comment(3, "cyd", 2, item_kind="issue", comment_id="of the issue"),
            comment(3, "dan", 3, item_kind="change", comment_id="of the change"),
        ],
        "events": [
            event(3, "ready_for_review", "bob", 4, item_kind="change"),
            event(3, "labelled", "dan", 5, item_kind="issue", label="bug"),
        ],
    }


def test_comments_are_on_the_one_of_two_that_has_their_number():
    where = dict(core(**told())["comments"].select("comment_id", "artefact_id").iter_rows())

    assert where == {"of the issue": "issue:3", "of the change": "change:3"}


def test_events_are_in_the_timeline_of_the_one_of_two():
    rows = core(**told())["events"].select("kind", "artefact_id").rows()

    assert sorted(rows) == [("labelled", "issue:3"), ("ready_for_review", "change:3")]


def test_what_an_issue_has_under_the_number_makes_no_change_a_draft():
    events = [event(3, "ready_for_review", "bob", 4, item_kind="issue")]
    changes = core(items=told()["items"], events=events)["changes"]

    assert changes["ready_at"].to_list() == changes["opened_at"].to_list()


def test_a_comment_of_what_is_not_held_is_left_out():
    lonely = comment(3, "cyd", 2, item_kind="change")

    assert core(items=[issue(3, "ada", 0)], comments=[lonely])["comments"].is_empty()
