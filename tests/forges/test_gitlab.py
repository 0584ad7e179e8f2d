"""Stories of what only GitLab does: its numbers, its notes, its limits, and what it hides."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from common_world import DIALECTS, NOREPLY
from extraction_tools import NAME, PARAMETERS, TOKEN, VARIABLE, Crawl

from extract import raw
from extract.archive import Page
from extract.bundles import bundle, read_groups
from extract.errors import MissingScope, NotUnderstood
from extract.gitlab import queries, talk
from extract.gitlab.read import READER
from extract.gitlab.source import _hidden, repository
from extract.sandbox.community import build_world
from extract.sandbox.faults import Faults
from extract.sandbox.gitlab_schema import MOST_COMPLEX, complexity, parsed
from extract.sandbox.server import SandboxForge

AT = "2026-01-0{}T00:00:00Z"


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory):
    world = build_world(seed=3, parameters=replace(PARAMETERS, noreply=NOREPLY["gitlab"]))
    folder = tmp_path_factory.mktemp("gitlab")
    with SandboxForge(world, folder=folder, tokens=(TOKEN,), dialect=DIALECTS["gitlab"]) as forge:
        yield forge


@pytest.fixture
def crawl(gitlab, tmp_path):
    yield Crawl(gitlab, tmp_path)
    gitlab.faults, gitlab.missing_scope = Faults(), ""
    gitlab.restore()


def user(login: str, number: int, **more: object) -> dict:
    return {"id": f"gid://gitlab/User/{number}", "username": login, "bot": False, **more}


ADA, BOB, GHOST = user("ada", 1), user("bob", 2), user("ghost", 9)


def note(number: int, day: int, author: dict, body: str, action: str | None = None, **more: object) -> dict:
    return {
        "id": f"gid://gitlab/Note/{number}",
        "body": body,
        "createdAt": AT.format(day),
        "lastEditedAt": None,
        "system": action is not None,
        "internal": False,
        "url": "https://gitlab.example.org/n",
        "author": author,
        "resolvable": False,
        "resolved": False,
        "resolvedBy": None,
        "systemNoteMetadata": {"action": action} if action else None,
        "discussion": {"id": f"gid://gitlab/Discussion/d{number}"},
        "position": None,
        "awardEmoji": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        **more,
    }


def read(*notes: dict, **resources: list[dict]) -> dict[str, list[dict]]:
    """The records of a merge request !7 of ada's with these notes."""
    node = {
        "__typename": "MergeRequest", "id": "gid://gitlab/MergeRequest/71", "iid": "7", "title": "t", "description": None,
        "discussionLocked": False, "createdAt": AT.format(1), "updatedAt": AT.format(9), "state": "opened",
        "webUrl": "https://gitlab.example.org/c/h/-/merge_requests/7", "draft": False, "mergedAt": None,
        "userNotesCount": sum(not one["system"] for one in notes), "commitCount": 1, "diffHeadSha": "b" * 40,
        "mergeCommitSha": None, "author": ADA, "mergeUser": None, "milestone": None, "labels": {"nodes": []},
        "diffRefs": None, "diffStatsSummary": None, "notes": {"nodes": list(notes), "pageInfo": {"hasNextPage": False}},
    }  # fmt: skip
    listing = Page({}, 200, {}, AT.format(9), json.dumps({"data": {"project": {"list": {"nodes": [node]}}}}))
    parts = [
        Page({"number": 7, "part": name}, 200, {}, AT.format(9), json.dumps(rows)) for name, rows in resources.items()
    ]
    pages = [(1, bundle("changes", [7], parts, AT.format(9))), (0, listing)]
    records = READER.records("box", "box:5")
    for group in read_groups(pages, "changes"):
        READER.items(group, set(), {}, records)
    assert not records.tables["quarantine"]
    return records.tables


def kinds(tables: dict[str, list[dict]]) -> list[tuple]:
    return [(event["kind"], event["subject_account_id"]) for event in tables["events"]]


@pytest.mark.parametrize(
    ("action", "body", "told"),
    [
        ("assignee", "assigned to @bob", [("assigned", "@bob")]),
        ("assignee", "assigned to @bob, @cyd and @dan", [("assigned", f"@{who}") for who in ("bob", "cyd", "dan")]),
        ("assignee", "assigned to @bob and unassigned @ada", [("assigned", "@bob"), ("unassigned", "@ada")]),
        ("reviewer", "requested review from @bob.b", [("review_requested", "@bob.b")]),
        ("reviewer", "removed review request for @bob", [("review_request_removed", "@bob")]),
        ("title", "changed title from **{-a-}** to **{+b+}**", [("renamed", None)]),
        ("title", "marked this merge request as **draft**", [("converted_to_draft", None)]),
        ("title", "unmarked as a **Work In Progress**", [("ready_for_review", None)]),
        ("locked", "locked the discussion in this merge request", [("locked", None)]),
        ("description", "changed the description", []),
        ("commit", "added 3 commits", []),
    ],
)
def test_a_system_note_is_an_event_and_no_comment(action, body, told):
    tables = read(note(5, 2, BOB, body, action))

    assert [(event["kind"], event.get("subject_account_id")) for event in tables["events"]] == told
    assert tables["comments"] == []


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("mentioned in merge request !3", ("change", 3, "box:5")),
        ("mentioned in issue #4", ("issue", 4, "box:5")),
        ("mentioned in issue other/project#4", ("issue", 4, None)),
        ("mentioned in commit 54f7727c", (None, None, None)),
    ],
)
def test_a_reference_names_what_is_at_the_other_end(text, end):
    event = read(note(5, 2, BOB, text, "cross_reference"))["events"][0]

    assert (event.get("other_kind"), event.get("other_number"), event.get("other_repo_id")) == end


def test_who_takes_back_an_approval_dismisses_their_own():
    tables = read(
        note(5, 2, BOB, "approved this merge request", "approved"), note(6, 3, BOB, "unapproved", "unapproved")
    )

    assert [(review["review_id"], review["state"]) for review in tables["reviews"]] == [("review:5", "dismissed")]
    assert [(event["kind"], event["state"]) for event in tables["events"]] == [("review_dismissed", "approved")]


def test_notes_on_lines_that_came_together_are_one_review():
    on_line = {"position": {"filePath": "a"}, "resolvable": True}
    tables = read(note(5, 2, BOB, "x", **on_line), note(6, 2, BOB, "y", **on_line), note(7, 3, BOB, "z", **on_line))

    assert [(review["review_id"], review["state"]) for review in tables["reviews"]] == [
        ("review:5", "commented"),
        ("review:7", "commented"),
    ]
    assert [comment["review_id"] for comment in tables["comments"]] == ["review:5", "review:5", "review:7"]


def test_a_note_that_is_in_no_discussion_stands_alone():
    comments = read(note(5, 2, BOB, "x", discussion=None), note(6, 3, BOB, "y", discussion=None))["comments"]

    assert [comment["reply_to_id"] for comment in comments] == [None, None]


def test_a_merge_closes_too_though_gitlab_notes_only_the_merge():
    row = {"id": 4, "user": {"id": 2, "username": "bob"}, "created_at": AT.format(4), "state": "merged"}
    tables = read(resource_state_events=[row])

    assert [(event["event_id"], event["kind"]) for event in tables["events"]] == [
        ("state:4", "merged"),
        ("state:4:closed", "closed"),
    ]


def test_internal_notes_are_nobodys_business_and_the_ghost_is_nobody():
    tables = read(note(5, 2, BOB, "secret", internal=True), note(6, 3, GHOST, "gone"))

    assert [(comment["comment_id"], comment["author_account_id"]) for comment in tables["comments"]] == [
        ("comment:6", None)
    ]
    assert tables["items"][0]["comments_total"] == 1


def test_notes_that_do_not_fit_are_followed_to_their_end(crawl, gitlab, tmp_path, monkeypatch):
    crawl.night()
    monkeypatch.setattr(talk, "NOTES_A_PAGE", 1)
    monkeypatch.setattr(talk, "ROWS_A_PAGE", 2)
    tiny = Crawl(gitlab, tmp_path / "tiny")
    tiny.night()

    assert tiny.everything() == crawl.everything()


def test_an_answer_that_is_half_is_asked_for_again(crawl, gitlab, tmp_path):
    whole = Crawl(gitlab, tmp_path / "whole")
    whole.night()
    gitlab.faults = Faults(half_data=0.7)
    crawl.night()

    assert crawl.everything() == whole.everything()


def test_a_page_that_is_too_much_shrinks(crawl, gitlab, tmp_path):
    whole = Crawl(gitlab, tmp_path / "whole")
    whole.night()
    gitlab.faults = Faults(most_nodes=7)
    crawl.night()

    assert crawl.everything() == whole.everything()


def test_an_item_that_cannot_be_had_is_quarantined_and_tried_again(crawl, gitlab, tmp_path):
    whole = Crawl(gitlab, tmp_path / "whole")
    whole.night()
    gitlab.faults = Faults(poisoned=frozenset({4}))
    crawl.night()
    spoilt = crawl.rows(raw.QUARANTINE).select("stream", "record_id").rows()
    streams = dict(crawl.rows(raw.STREAMS).select("stream", "reason").iter_rows())

    assert sorted(spoilt) == [("changes", "4"), ("issues", "4")]
    assert crawl.rows(raw.ITEMS).height == whole.rows(raw.ITEMS).height - 2
    assert "delivered" in streams["issues"]
    gitlab.faults = Faults()
    crawl.night()
    assert crawl.everything() == whole.everything()


@pytest.mark.parametrize("stream", ["issues", "changes"])
def test_no_query_costs_more_than_who_has_no_token_may_spend(stream):
    sizes = {"first": 50, "nested": talk.NOTES_A_PAGE}
    asked = [queries.changed(stream), queries.by_number(stream), queries.MORE_NOTES[stream], queries.numbers(stream)]
    costs = [complexity(parsed(query), sizes) for query in asked]
    commits = complexity(parsed(queries.authors_of_commits(talk.COMMITS_A_LOOK)), {})

    assert max([*costs, commits]) <= 200 < MOST_COMPLEX


def test_the_scope_that_is_missing_is_named(crawl, gitlab):
    gitlab.missing_scope = "read_api"
    with pytest.raises(MissingScope, match=f"scope read_api of the token in {VARIABLE}"):
        crawl.night()


def test_an_instance_that_is_too_old_is_told_with_the_version_it_needs(crawl, monkeypatch):
    monkeypatch.setattr(queries, "NEWEST", queries.NEWEST.replace("count", "cuont"))
    with pytest.raises(NotUnderstood, match=r"needed is GitLab 16\.0 or later"):
        crawl.night()


def test_an_instance_that_does_not_show_authors_of_commits_is_read_without(crawl, monkeypatch):
    monkeypatch.setattr(queries, "authors_of_commits", lambda count: "query Q { project(fullPath: 1) { nothing } }")
    crawl.git_url = None
    told = crawl.night()

    assert told.problems == ()
    assert "does not show whose commits" in crawl.notes[0]


def project(**more: object) -> Page:
    shown = {"visibility": "public", "permissions": {"project_access": None, "group_access": None}, **more}
    return Page({}, 200, {}, AT.format(1), json.dumps(shown))


def test_what_is_for_members_is_missing_unless_one_is_a_member_or_it_is_there():
    private = {"merge_requests_access_level": "private"}
    member = {"permissions": {"project_access": None, "group_access": {"access_level": 20}}}
    guest = {"permissions": {"project_access": {"access_level": 10}, "group_access": None}, "visibility": "private"}

    assert "members only" in talk.members_only(project(**private).data())["changes"]
    assert talk.members_only(project(**private, **member).data()) == {}
    assert list(talk.members_only(project(**guest).data())) == ["changes"]
    assert _hidden(project(issues_access_level="disabled")) == {"issues": ""}
    assert _hidden(project(issues_access_level="enabled")) == talk.members_only(project().data()) == {}


def test_groups_may_be_nested_and_pages_of_a_project_lead_to_it():
    assert repository("group/sub/project/-/merge_requests/7") == "group/sub/project"
    assert repository("group/project.git") == "group/project"


def test_confidential_issues_are_left_out_and_counted(crawl, gitlab):
    secret = [issue.number for issue in gitlab.world.repositories[NAME].issues[1:4]]
    gitlab.make_confidential(NAME, *secret)
    crawl.night()
    told = crawl.rows(raw.ITEMS).filter(kind="issue")

    assert crawl.notes == [f"box:{NAME}: 3 confidential issues are left out."]
    assert told.height == len(gitlab.world.repositories[NAME].issues) - len(secret)
    assert not {2, 3, 4} & {*told["number"]}, "GitLab counts issues apart: these are the second to fourth"
    assert crawl.rows(raw.STREAMS).filter(stream="issues")["is_complete"].all()


def test_an_issue_that_becomes_confidential_leaves_the_tables_and_comes_back_when_it_is_not(crawl, gitlab, tmp_path):
    crawl.night()
    before = crawl.everything()
    gitlab.make_confidential(NAME, gitlab.world.repositories[NAME].issues[1].number)
    crawl.night()
    assert 2 not in {*crawl.rows(raw.ITEMS).filter(kind="issue")["number"]}
    assert crawl.rows(raw.TOMBSTONES).select("item_kind", "number").rows() == [("issue", 2)]

    gitlab.restore()
    crawl.night()
    assert crawl.everything() == before
