"""retention.first_responses: a wait begins with the question, and only another human ends it."""

from __future__ import annotations

import polars as pl
import pytest
from metric_stories import on_day
from response_stories import (
    FIVE_ISSUES,
    LATER,
    change,
    comment,
    event,
    hour,
    issue,
    line_comment,
    response,
    responses,
    review,
)


def test_the_waits_of_the_worked_example():
    rows = responses(*FIVE_ISSUES, snapshot=hour(100))

    assert rows["response_hours"].to_list() == [1, 5, 30, None, None]
    assert rows["observed_hours"].to_list() == [100, 100, 100, 100, 2]


def test_nobody_answers_themselves():
    assert response(issue(1, "ada"), comment("issue:1", "ada", 1))["response_hours"] is None


@pytest.mark.parametrize("who", ["robot", "guild"])
def test_neither_a_bot_nor_an_organisation_is_an_answer_by_a_human(who):
    assert response(issue(1, "ada"), comment("issue:1", who, 1))["response_hours"] is None


def test_the_first_answer_of_a_bot_is_told_apart():
    row = response(issue(1, "ada"), comment("issue:1", "robot", hour(1)), comment("issue:1", "eve", hour(2)))

    assert (row["bot_response_hours"], row["response_hours"], row["responder_person_id"]) == (1, 2, "eve")


def test_who_is_merged_by_another_has_been_answered():
    row = response(change(1, "ada", merged=hour(3), merged_by="eve"))

    assert (row["response_hours"], row["response_kind"]) == (3, "change_merge")


def test_who_merges_their_own_change_was_not_answered_and_waits_no_longer():
    row = response(change(1, "ada", merged=hour(3), merged_by="ada"))

    assert (row["response_hours"], row["observed_hours"]) == (None, 3)


def test_a_merge_that_the_forge_closes_a_second_earlier_still_answers():
    row = response(change(1, "ada", merged=1 + 1 / 86400, merged_by="eve", closed=1))

    assert row["responded_at"] == on_day(1 + 1 / 86400)


def test_a_closing_by_nobody_knows_whom_ends_the_wait_and_is_no_answer():
    row = response(issue(1, "ada", closed=hour(2)), comment("issue:1", "eve", hour(3)))

    assert (row["response_hours"], row["observed_hours"]) == (None, 2)


def test_a_comment_at_the_instant_of_closing_is_an_answer():
    assert response(issue(1, "ada", closed=1), comment("issue:1", "eve", 1))["response_hours"] == 24


@pytest.mark.parametrize(("at", "answered"), [(4.9, False), (5, True)])
def test_nothing_before_the_question_answers_it(at, answered):
    row = response(issue(1, "ada", day=5), comment("issue:1", "eve", at))

    assert (row["responded_at"] is not None) == answered


def test_what_was_opened_on_the_day_it_was_closed_by_a_wrong_clock_waited_for_no_time():
    assert response(issue(1, "ada", day=5, closed=4))["observed_hours"] == 0


@pytest.mark.parametrize(("opened", "rows"), [(LATER - 0.1, 1), (LATER, 0)])
def test_a_question_is_asked_before_the_snapshot(opened, rows):
    assert responses(issue(1, "ada", day=opened)).height == rows


def test_an_answer_after_the_snapshot_has_not_come_yet():
    row = response(issue(1, "ada"), comment("issue:1", "eve", LATER))

    assert (row["responded_at"], row["observed_until_at"]) == (None, on_day(LATER))


def test_a_deleted_account_leaves_unknown_whether_a_human_answered_so_the_wait_is_cut_there():
    row = response(issue(1, "ada"), comment("issue:1", "nobody", hour(4)), comment("issue:1", "eve", hour(9)))

    assert (row["response_hours"], row["observed_hours"]) == (None, 4)


def test_an_answer_before_a_deleted_account_spoke_stands():
    row = response(issue(1, "ada"), comment("issue:1", "eve", hour(4)), comment("issue:1", "nobody", hour(9)))

    assert row["response_hours"] == 4


def test_nobody_waits_behind_a_deleted_account():
    assert responses(issue(1, "nobody"), issue(2, "robot"), comment("issue:1", "eve", 1)).height == 0


def test_a_comment_on_a_line_is_seen_when_its_review_is_sent():
    sent = review("change:1", "eve", hour(8))
    row = response(change(1, "ada"), line_comment("change:1", "eve", hour(2), sent[1]["review_id"]), sent)

    assert row["response_hours"] == 8


def test_a_comment_on_a_line_without_a_review_is_seen_at_once():
    row = response(change(1, "ada"), line_comment("change:1", "eve", hour(2)))

    assert (row["response_hours"], row["response_kind"]) == (2, "review_comment")


def test_an_insider_is_who_has_merged_or_reviewed_the_work_of_others_before():
    past = [change(8, "bob", 0, merged=1, merged_by="ian"), change(9, "bob", 0), review("change:9", "rae", 1)]
    for insider in ("ian", "rae"):
        row = response(issue(1, "ada", 2), comment("issue:1", "bob", 3), comment("issue:1", insider, 4), *past)

        assert (row["response_hours"], row["is_responder_insider"], row["insider_response_hours"]) == (24, False, 48)


def test_the_first_review_ever_does_not_make_an_insider_of_itself():
    row = response(change(1, "ada"), review("change:1", "eve", 1))

    assert (row["is_responder_insider"], row["insider_responded_at"]) == (False, None)


def test_reviewing_or_merging_ones_own_change_makes_nobody_an_insider():
    own = [change(2, "eve", 0, merged=1, merged_by="eve"), review("change:2", "eve", 0.5)]

    assert response(issue(1, "ada", 2), comment("issue:1", "eve", 3), *own)["insider_responded_at"] is None


def test_whether_insiders_do_not_answer_is_unknown_while_none_is_known():
    rows = responses(issue(1, "ada", 1), issue(2, "ada", 3), change(3, "bob", 0), review("change:3", "rae", 2))

    assert dict(rows.select("artefact_id", "is_insider_known").rows()) == {
        "change:3": False,
        "issue:1": False,
        "issue:2": True,
    }


@pytest.mark.parametrize(("day", "is_new"), [(0, True), (89.9, True), (90, False)])
def test_a_newcomer_is_new_for_90_days(day, is_new):
    rows = responses(issue(1, "ada", 0), issue(2, "ada", day), snapshot=500)

    assert rows.filter(artefact_id="issue:2")["is_newcomer_at_opening"].to_list() == [is_new]


def test_of_answers_at_one_instant_the_same_is_first_whatever_the_order():
    told = [comment("issue:1", who, 1) for who in ("eve", "hal", "bob", "gus", "dan", "cyd")]

    assert {response(issue(1, "ada"), *rest)["responder_person_id"] for rest in (told, told[::-1])} == {"bob"}


def test_the_same_number_in_two_repositories_is_two_questions():
    rows = responses(
        issue(1, "ada"), issue(1, "ada", repo="q"), comment("issue:1", "eve", 1, repo="q"), repos=("r", "q")
    )

    assert rows.select("repo_id", "response_hours").sort("repo_id").rows() == [("q", 24), ("r", None)]


def test_no_questions_no_rows():
    assert responses().height == 0
    assert responses(comment("issue:1", "robot", 1)).select(pl.len()).item() == 0


@pytest.mark.parametrize(
    ("kind", "told"), [("labelled", "label"), ("closed", "state_change"), ("reopened", "state_change")]
)
def test_a_label_or_a_change_of_state_by_somebody_else_shows_that_they_looked(kind, told):
    row = response(issue(1, "ada", closed=1 if kind == "closed" else None), event("issue:1", kind, "eve", 1))

    assert (row["response_hours"], row["response_kind"], row["responder_person_id"]) == (24, told, "eve")


@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_a_closing_by_the_author_or_by_nobody_knows_whom_answers_nothing(who):
    row = response(issue(1, "ada", closed=1), event("issue:1", "closed", who, 1))

    assert (row["responded_at"], row["observed_hours"]) == (None, 24)


def test_a_label_by_nobody_knows_whom_is_no_sign_of_anything():
    row = response(issue(1, "ada"), event("issue:1", "labelled", "nobody", 1), comment("issue:1", "eve", 2))

    assert row["response_hours"] == 48


def test_a_label_by_a_bot_is_a_bots_answer():
    row = response(issue(1, "ada"), event("issue:1", "labelled", "robot", 1))

    assert (row["responded_at"], row["bot_response_hours"]) == (None, 24)


@pytest.mark.parametrize("kind", ["renamed", "cross_referenced", "milestoned", "locked"])
def test_what_is_done_in_passing_is_no_answer(kind):
    assert response(issue(1, "ada"), event("issue:1", kind, "eve", 1))["responded_at"] is None
