"""influence.problems_solved: who solved what for somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from core_stories import RUN_AT, Tables, comment, commit, event, issue, merged, on_day, proposed, told
from metric_stories import PARAMETERS

from transform.influence import problems_solved

NOW = replace(PARAMETERS, as_of=RUN_AT, run_at=RUN_AT + timedelta(hours=1))


def solved(**rows):
    raw = told(**rows)
    tables = Tables(raw, NOW)
    given = [raw[name] if name in raw else tables[name[5:]].lazy() for name in problems_solved.TABLE.inputs]
    found = problems_solved.TABLE.checked(problems_solved.build(*given, parameters=NOW).collect())
    return [
        (who.removeprefix("github:"), how, what)
        for who, how, what in found.select("person_id", "solved_by", "artefact_id").rows()
    ]


def closing(number, other):
    return {"repo_id": "r", "number": number, "other_repo_id": "r", "other_number": other}


def closed(number, by, day, opener="ada", **more):
    ends = {"closed_at": on_day(day)}
    return {"items": [issue(number, opener, 5, **ends)], "events": [event(number, "closed", by, day, **more)]}


@pytest.mark.parametrize(("author", "found"), [("bob", [("bob", "change", "issue:1")]), ("ada", []), ("robot", [])])
def test_a_merged_change_solves_the_issue_of_somebody_else(author, found):
    assert solved(items=[issue(1, "ada", 5), merged(2, author, 6, 7)], closing_links=[closing(2, 1)]) == found


@pytest.mark.parametrize("told_by", [{"other_number": 2, "other_kind": "change"}, {"sha": "a"}, {"other_number": 2}])
def test_the_closing_tells_which_change_did_it_where_there_is_no_link(told_by):
    story = {
        "items": [issue(1, "ada", 5, closed_at=on_day(7)), merged(2, "bob", 6, 7)],
        "events": [event(1, "closed", "dan", 7, **told_by)],
        "commits": [commit("a", "bob", 6)],
        "change_commits": proposed(2, "a"),
    }

    assert solved(**story) == [("bob", "change", "issue:1")]


def test_whoever_wrote_last_before_the_opener_closed_it_gave_the_answer():
    said = [
        comment(1, "cyd", 6),
        comment(1, "bob", 7),
        comment(1, "ada", 8),
        comment(1, "robot", 8.5),
        comment(1, "dan", 10),
    ]

    assert solved(**closed(1, "ada", 9), comments=said) == [("bob", "answer", "issue:1")]


@pytest.mark.parametrize(
    "story",
    [
        closed(1, "cyd", 9),
        closed(1, "ada", 9, reason="not_planned"),
        closed(1, "ada", 9, reason="duplicate"),
        {"items": [issue(1, "ada", 5)]},
    ],
)
def test_what_others_closed_or_nobody_or_in_vain_was_not_answered(story):
    assert solved(**story, comments=[comment(1, "bob", 7)]) == []


def test_an_issue_that_a_change_of_its_opener_closed_was_answered_by_nobody():
    story = closed(1, "ada", 9)
    story["items"] += [merged(2, "ada", 6, 9)]

    assert solved(**story, comments=[comment(1, "bob", 7)], closing_links=[closing(2, 1)]) == []
