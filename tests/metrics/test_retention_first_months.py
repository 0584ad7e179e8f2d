"""RET-01b: what the first month of a newcomer held. The month is 30 UTC days, the day of the first act included."""

from __future__ import annotations

import pytest
from metric_stories import PARAMETERS, attention, only
from response_stories import Community, change, comment, commit, event, issue

from transform.core import interactions
from transform.retention import first_months


def months(*told, talk=None, **more):
    community = Community(*told, **more)
    community["interactions"] = interactions.TABLE.empty().lazy() if talk is None else talk
    return community.table(first_months)


def month(*told, person="ada", repo="r", **more):
    return only(months(*told, **more), repo_id=repo, person_id=person).row(0, named=True)


def fixed(*told, **more):
    return month(*told, **more)["n_issues_fixed_first_month"]


def test_acts_are_counted_up_to_day_29_and_not_on_day_30():
    row = month(issue(1, "ada", 0), commit("ada", 29.9, 5), change(2, "ada", 30), comment("issue:1", "ada", 3))

    counted = ("n_artefacts_first_month", "n_families_first_month", "n_issues_opened_first_month")
    assert tuple(row[name] for name in counted) == (2, 2, 1)
    assert row["n_changes_opened_first_month"] == 0


@pytest.mark.parametrize(
    ("reason", "by", "work", "expected"),
    [
        ("completed", "eve", {}, 1),
        ("not_planned", "eve", {}, 0),
        (None, "eve", {}, 0),
        ("completed", "ada", {}, 0),
        (None, "eve", {"other_number": 7}, 1),
        (None, "ada", {"sha": "abc"}, 1),
    ],
)
def test_fixed_is_what_was_settled_by_work_or_called_completed_by_somebody_else(reason, by, work, expected):
    closing = event("issue:1", "closed", by, 5)
    closing[1].update(reason=reason, **work)

    assert fixed(issue(1, "ada", 0, closed=5), closing) == expected


@pytest.mark.parametrize(("day", "expected"), [(29.9, 1), (30, 0)])
def test_what_was_fixed_or_merged_after_the_month_is_not_in_it(day, expected):
    closing = event("issue:1", "closed", "eve", day)
    closing[1].update(reason="completed")
    row = month(issue(1, "ada", 0, closed=day), closing, change(2, "ada", 1, merged=day))

    assert (row["n_issues_fixed_first_month"], row["n_changes_merged_first_month"]) == (expected, expected)


def test_closed_opened_and_closed_again_is_fixed_once():
    first, second = event("issue:1", "closed", "eve", 5), event("issue:1", "closed", "eve", 9)
    for closing in (first, second):
        closing[1].update(reason="completed")

    assert fixed(issue(1, "ada", 0, closed=9), first, second) == 1


def test_who_begins_by_commenting_is_told_from_who_begins_by_reporting():
    rows = months(issue(1, "bob", 0), comment("issue:1", "ada", 1), issue(2, "ada", 2))

    assert dict(only(rows, repo_id="r").select("person_id", "is_comment_first").rows()) == {"ada": True, "bob": False}


def test_partners_are_persons_and_each_counts_once():
    talk = attention("bob>ada", "ada>bob", "ada>cyd", day=3)

    assert month(issue(1, "ada", 0), talk=talk)["n_partners_first_month"] == 2
    assert month(issue(1, "ada", 0), talk=attention("bob>ada", day=31))["n_partners_first_month"] == 0


def test_a_month_that_is_not_over_holds_nothing_yet_rather_than_little():
    row = month(issue(1, "ada", 0), snapshot=29)

    numbers = {name: value for name, value in row.items() if name.startswith("n_")}
    assert not row["has_first_month"]
    assert set(numbers.values()) == {None}


def test_in_all_the_month_begins_with_the_first_act_anywhere():
    told = (issue(1, "ada", 0, repo="q"), issue(1, "ada", 20), change(2, "ada", 40))
    rows = months(*told, repos=("r", "q"))

    here, everywhere = (only(rows, repo_id=repo, person_id="ada").row(0, named=True) for repo in ("r", "all"))
    assert (here["n_changes_opened_first_month"], everywhere["n_changes_opened_first_month"]) == (1, 0)
    assert everywhere["n_issues_opened_first_month"] == 2  # the first of q and the first of r are two
    assert everywhere["n_artefacts_first_month"] == 2
    assert PARAMETERS.first_month_days == 30
