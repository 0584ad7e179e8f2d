"""Stories of what Gitea's pages say: pure functions from what was received to records."""

from __future__ import annotations

import json

import pytest

from extract.archive import Page
from extract.bundles import bundle, read_groups
from extract.git.people import Keys
from extract.gitea.read import READER
from extract.gitea.source import noreply_hosts

AT = "2026-01-0{}T01:00:00+01:00"
ADA, BOB, GHOST = {"id": 1, "login": "ada"}, {"id": 2, "login": "bob"}, {"id": -1, "login": "Ghost"}


def entry(number: int, day: int, user: dict, kind: str, body: str = "", **more: object) -> dict:
    empty = dict.fromkeys(("label", "milestone", "old_milestone", "assignee", "assignee_team", "ref_issue"))
    told = {"removed_assignee": False, "old_title": "", "new_title": "", "ref_action": "none", "review_id": 0}
    made = {"id": number, "type": kind, "user": user, "body": body, "html_url": "u", "ref_commit_sha": ""}
    return {**empty, **told, **made, "created_at": AT.format(day), "updated_at": AT.format(day), **more}


def review(number: int, user: dict, state: str, **more: object) -> dict:
    told = {"id": number, "user": user, "state": state, "dismissed": False, "body": "", "html_url": "u"}
    told |= {"stale": False, "official": False}
    return {**told, "submitted_at": AT.format(2), "updated_at": AT.format(2), **more}


def on_line(number: int, day: int, user: dict, review_id: int, place: int = 1) -> dict:
    told = {"id": number, "user": user, "resolver": None, "body": "", "path": "a", "position": place, "html_url": "u"}
    dates = {"created_at": AT.format(day), "updated_at": AT.format(day)}
    return {**told, **dates, "original_position": 0, "pull_request_review_id": review_id}


def read(kind: str = "change", node: dict | None = None, **parts: list[dict]) -> dict[str, list[dict]]:
    """The records of #7 of ada's with these parts."""
    said = {
        "number": 7, "title": "t", "body": "", "user": ADA, "html_url": "u", "state": "open", "is_locked": False,
        "comments": 0, "labels": [], "milestone": None, "created_at": AT.format(1), "updated_at": AT.format(9),
        "closed_at": None, "original_author": "",
    }  # fmt: skip
    if kind == "change":
        ends = {"merge_base": "b" * 40, "head": {"sha": "c" * 40}, "base": {"sha": "d" * 40}, "draft": False}
        said |= {**ends, "merged": False, "merged_at": None, "merged_by": None, "merge_commit_sha": None}
        said |= {"review_comments": 0}
    listing = Page({}, 200, {}, AT.format(9), json.dumps([{**said, **(node or {})}]))
    pages = [Page({"number": 7, "part": name}, 200, {}, AT.format(9), json.dumps(rows)) for name, rows in parts.items()]
    records = READER.records("box", "box:5")
    for group in read_groups([(1, bundle(f"{kind}s", [7], pages, AT.format(9))), (0, listing)], f"{kind}s"):
        READER.items(group, set(), {}, records)
    assert not records.tables["quarantine"]
    return records.tables


REFERENCE = {"number": 3, "pull_request": {"merged_at": AT.format(4)}, "repository": {"id": 5}}


@pytest.mark.parametrize(
    ("told", "events"),
    [
        (entry(1, 2, BOB, "label", "1", label={"name": "bug"}), [("labelled", "bug")]),
        (entry(1, 2, BOB, "label", "", label={"name": "bug"}), [("unlabelled", "bug")]),
        (
            entry(1, 2, BOB, "milestone", milestone={"title": "2"}, old_milestone={"title": "1"}),
            [("demilestoned", None), ("milestoned", None)],
        ),
        (entry(1, 2, BOB, "assignees", assignee=ADA), [("assigned", None)]),
        (entry(1, 2, BOB, "change_title", old_title="WIP: a", new_title="a"), [("ready_for_review", None)]),
        (
            entry(1, 2, BOB, "change_title", old_title="a", new_title="[wip] b"),
            [("converted_to_draft", None), ("renamed", None)],
        ),
        (entry(1, 2, BOB, "pull_push", '{"is_force_push":true,"commit_ids":["a","b"]}'), [("head_force_pushed", None)]),
        (entry(1, 2, BOB, "pull_push", '{"is_force_push":false,"commit_ids":["a"]}'), []),
        (entry(1, 2, BOB, "merge_pull"), [("merged", None), ("closed", None)]),
        (entry(1, 2, BOB, "delete_branch", old_ref="x"), []),
    ],
)
def test_an_entry_of_the_timeline_is_an_event_or_nothing(told, events):
    tables = read(timeline=[told])

    assert [(event["kind"], event.get("label")) for event in tables["events"]] == events


def test_a_reason_of_a_lock_is_the_body_of_its_entry():
    assert read(timeline=[entry(1, 2, BOB, "lock", "Too heated")])["events"][0]["reason"] == "too_heated"


def test_what_a_merge_closed_names_the_change_that_said_so_and_was_merged_just_then():
    says_so = entry(1, 2, ADA, "pull_ref", ref_issue=REFERENCE, ref_action="closes")
    tables = read("issue", timeline=[says_so, entry(2, 4, BOB, "close"), entry(3, 5, BOB, "close")])
    ends = [(event["kind"], event.get("other_number")) for event in tables["events"]]

    assert ends == [("cross_referenced", 3), ("closed", 3), ("closed", None)]
    assert [(link["number"], link["other_number"]) for link in tables["closing_links"]] == [(3, 7)]


def test_what_is_being_written_or_only_asked_for_is_no_review():
    rows = [review(1, BOB, "PENDING"), review(2, BOB, "REQUEST_REVIEW"), review(3, BOB, "APPROVED")]

    assert [(one["review_id"], one["state"]) for one in read(reviews=rows)["reviews"]] == [("review:3", "approved")]


def test_a_dismissed_review_tells_what_it_was_in_the_event():
    row = review(3, BOB, "REQUEST_CHANGES", dismissed=True)
    tables = read(reviews=[row], timeline=[entry(9, 3, ADA, "dismiss_review", review_id=3)])

    assert tables["reviews"][0]["state"] == "dismissed"
    assert [(event["review_id"], event["state"]) for event in tables["events"]] == [("review:3", "changes_requested")]


def test_a_review_says_whether_it_is_stale_and_official_and_a_reply_says_neither():
    row = review(3, BOB, "APPROVED", stale=True, official=True)
    tables = read(reviews=[row], review_comments=[on_line(12, 4, ADA, 3)])

    assert [(one["review_id"], one.get("is_stale"), one.get("is_official")) for one in tables["reviews"]] == [
        ("review:3", True, True),
        ("review:12", None, None),
    ]


def test_a_review_was_sent_when_the_timeline_says_so_not_when_it_was_begun():
    tables = read(reviews=[review(3, BOB, "COMMENT")], timeline=[entry(9, 5, BOB, "review", review_id=3)])

    assert tables["reviews"][0]["submitted_at"].day == 5


def test_a_reply_stands_in_the_review_it_answers_and_is_a_review_of_its_own():
    comments = [on_line(11, 1, BOB, 3), on_line(12, 4, ADA, 3), on_line(13, 5, BOB, 3, place=2)]
    tables = read(reviews=[review(3, BOB, "COMMENT")], review_comments=comments)
    told = [(one["comment_id"][15:], one["review_id"], one["reply_to_id"]) for one in tables["comments"]]

    assert told == [
        ("11", "review:3", None),
        ("12", "review:12", "review_comment:11"),
        ("13", "review:13", None),
    ]
    assert [(one["review_id"], one["state"]) for one in tables["reviews"][1:]] == [
        ("review:12", "commented"),
        ("review:13", "commented"),
    ]


def test_the_number_of_review_comments_is_that_of_reviews():
    node = {"comments": 5, "review_comments": 2}

    assert read(node=node)["items"][0]["comments_total"] == 3


def test_a_change_began_at_its_merge_base_for_the_base_is_the_branch_as_it_is_now():
    assert read()["items"][0]["base_sha"] == "b" * 40


def test_the_ghost_and_who_is_only_named_by_an_import_are_nobody():
    assert read(node={"user": GHOST})["items"][0]["author_account_id"] is None
    assert read(node={"original_author": "stranger"})["items"][0]["author_account_id"] is None


def test_a_noreply_address_names_an_account_by_its_login():
    keys = Keys(b"", "box", noreply_hosts("https://code.example.org/a/b"))

    assert keys.account("ada@noreply.code.example.org") == ("box", None, "ada")
