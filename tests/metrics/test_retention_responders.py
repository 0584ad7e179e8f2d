"""retention.responders and retention.waiting: who answered newcomers, and who of them still waits."""

from __future__ import annotations

from datetime import date

import pytest
from metric_stories import on_day, only
from response_stories import LATER, Community, change, comment, hour, issue, review

from transform.core import affiliations
from transform.influence import scores
from transform.retention import responders, waiting


def ranks(*given):
    told = [
        {"repo_id": "r", "window_start": date(year, 1, 1), "person_id": who, "percentile_rank": rank}
        for who, year, rank in given
    ]
    return scores.TABLE.rows(*told).lazy()


def responders_of(*told, influence=(), **more):
    world = Community(*told, **more)
    world["scores"] = ranks(*influence)
    return world.table(responders)


def waiting_in(*told, **more):
    return Community(*told, **more).table(waiting)["artefact_id"].to_list()


def test_a_responder_is_described_as_they_stood_at_the_answer():
    past = [change(8, "bob", 0, merged=1, merged_by="ian"), issue(9, "bob", 2), comment("issue:9", "ian", 3)]
    rows = responders_of(*past, issue(1, "ada", 4), comment("issue:1", "ian", 5), comment("issue:1", "eve", 6))
    row = only(rows, artefact_id="issue:1").row(0, named=True)

    assert (row["responder_person_id"], row["responder_role"], row["response_kind"]) == ("ian", "insider", "comment")
    assert (row["n_prior_answers_to_newcomers"], row["tenure_days"], row["is_same_affiliation"]) == (2, 4, None)


def test_what_a_responder_does_later_does_not_make_an_insider_of_them():
    rows = responders_of(
        issue(1, "ada"), comment("issue:1", "eve", 1), change(2, "bob", 2), review("change:2", "eve", 3)
    )

    assert only(rows, artefact_id="issue:1")["responder_role"].to_list() == ["other"]


def test_answers_at_one_instant_are_not_before_each_other():
    told = [issue(1, "ada"), issue(2, "bob"), comment("issue:1", "eve", 1), comment("issue:2", "eve", 1)]

    assert responders_of(*told)["n_prior_answers_to_newcomers"].to_list() == [0, 0]


def test_the_rank_is_that_of_the_year_before_the_answer():
    influence = [("eve", 2019, 0.1), ("eve", 2020, 0.5), ("eve", 2021, 0.9)]
    told = [
        issue(1, "ada", 365),
        comment("issue:1", "eve", 365.9),
        issue(2, "bob", 366),
        comment("issue:2", "eve", 366),
    ]
    rows = responders_of(*told, influence=influence, snapshot=500)

    assert rows["prior_year_percentile_rank"].to_list() == [0.1, 0.5]


def test_without_a_graph_of_that_year_the_rank_is_unknown():
    rows = responders_of(issue(1, "ada"), comment("issue:1", "eve", 1), influence=[("eve", 2020, 0.5)])

    assert rows["prior_year_percentile_rank"].to_list() == [None]


def test_only_answers_to_newcomers_count():
    told = [issue(1, "ada"), issue(2, "ada", 90), comment("issue:1", "eve", 1), comment("issue:2", "eve", 91)]

    assert responders_of(*told)["artefact_id"].to_list() == ["issue:1"]


def test_who_waits_is_told_since_when_and_where():
    told = [issue(1, "ada", LATER - 1), comment("issue:1", "robot", LATER - 0.9)]
    row = Community(*told).table(waiting).row(0, named=True)

    assert (row["person_id"], row["opened_at"], row["waiting_hours"]) == ("ada", on_day(LATER - 1), pytest.approx(24))
    assert (row["url"], row["has_bot_response"]) == ("https://forge.test/r/issues/1", True)


@pytest.mark.parametrize(
    "ending",
    [
        comment("issue:1", "eve", hour(1)),
        comment("issue:1", "nobody", hour(1)),
        issue(2, "bob", closed=3),
        issue(3, "robot"),
    ],
)
def test_nobody_waits_who_was_answered_closed_or_is_no_person(ending):
    told = [ending] if ending[0] == "issues" else [issue(1, "ada"), ending]

    assert waiting_in(*told) == []


def test_one_still_waits_who_only_talked_to_themselves_or_to_a_bot():
    assert waiting_in(issue(1, "ada"), comment("issue:1", "ada", 1), comment("issue:1", "robot", 2)) == ["issue:1"]


def test_a_regular_who_waits_is_not_on_the_list():
    assert waiting_in(issue(1, "ada"), comment("issue:1", "eve", 1), issue(2, "ada", 90)) == []


def test_nobody_asked_nobody_waits():
    assert waiting_in() == []
    assert responders_of().height == 0


def spans(*told):
    """Who worked for whom, from which day to which; without an organisation they are volunteers."""
    kinds = {True: "company", False: "volunteer"}
    rows = [
        {
            "person_id": who,
            "organisation": name,
            "affiliation_class": kinds[name is not None],
            "from_at": on_day(start),
            "to_at": None if end is None else on_day(end),
        }
        for who, name, start, end in told
    ]
    return affiliations.TABLE.rows(*rows).lazy()


@pytest.mark.parametrize(
    ("told", "is_same"),
    [
        ([("ada", "acme", 0, None), ("eve", "acme", 0, None)], True),
        ([("ada", "acme", 0, None), ("eve", "other", 0, None)], False),
        ([("ada", "acme", 0, None), ("eve", None, 0, None)], False),
        ([("ada", None, 0, None), ("eve", None, 0, None)], False),
        ([("ada", "acme", 0, None)], None),
        ([("ada", "acme", 0, None), ("eve", "acme", 6, None)], None),
        ([("ada", "acme", 0, None), ("eve", "acme", 0, 5)], None),
        ([("ada", "acme", 0, None), ("eve", "other", 0, 4), ("eve", "acme", 4, None)], True),
    ],
)
def test_whether_both_worked_for_one_organisation_when_it_was_answered(told, is_same):
    world = Community(issue(1, "ada", 4), comment("issue:1", "eve", 5))
    world["scores"], world["affiliations"] = ranks(), spans(*told)

    assert world.table(responders)["is_same_affiliation"].to_list() == [is_same]
