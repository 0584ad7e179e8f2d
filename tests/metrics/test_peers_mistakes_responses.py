"""Mistakes about answers and waiting that published dashboards make, each told as what these tables do instead."""

from __future__ import annotations

import pytest
from metric_stories import only
from response_stories import Community, change, comment, hour, issue, response, responses, review

from transform.influence import scores
from transform.retention import first_questions, responders, response_times, waiting


def times(*told, **more):
    rows = Community(*told, **more).table(response_times)
    return only(rows, repo_id="r", author_group="newcomer", opened_year="all", responder="any_human").row(0, named=True)


def test_comments_on_issues_that_are_still_open_count():
    """Mistake: comparing with the closing time, which is empty while open, drops every such comment."""
    still_open = response(issue(1, "ada"), comment("issue:1", "eve", 1))
    closed = response(issue(1, "ada", closed=9), comment("issue:1", "eve", 1))

    assert still_open["response_hours"] == closed["response_hours"] == 24


def test_a_comment_is_its_writers_and_not_the_reporters():
    """Mistake: every comment of a thread is booked to whoever opened it."""
    assert response(issue(1, "ada"), comment("issue:1", "eve", 1))["responder_person_id"] == "eve"


@pytest.mark.parametrize("who", ["ada", "robot"])
def test_the_first_comment_of_just_anybody_is_no_response(who):
    """Mistake: the author's own remark, or a bot's greeting, stops the clock."""
    row = response(issue(1, "ada"), comment("issue:1", who, hour(1)), comment("issue:1", "eve", hour(50)))

    assert row["response_hours"] == 50


def test_the_unanswered_stay_in_the_denominator():
    """Mistake: only answered issues are averaged and held against the target, so silence looks like speed."""
    row = times(issue(1, "ada"), comment("issue:1", "eve", hour(1)), issue(2, "bob"), issue(3, "cyd"))

    assert (row["n_eligible_24h"], row["answered_24h_share"]) == (3, pytest.approx(1 / 3))


def test_the_unanswered_stay_in_the_median():
    """Mistake: a median over completed waits, here one hour, where most have never been answered."""
    row = times(issue(1, "ada"), comment("issue:1", "eve", hour(1)), issue(2, "bob"), issue(3, "cyd"))

    assert (row["p50_hours"], row["n_unanswered"]) == (None, 2)


def test_an_issue_nobody_answered_has_no_response_time_made_up_for_it():
    """Mistake: whoever was never answered gets fifteen days, or nought."""
    row = response(issue(1, "ada"), snapshot=100)

    assert (row["response_hours"], row["observed_hours"]) == (None, 2400)


@pytest.mark.parametrize(
    "told",
    [
        [issue(1, "ada", closed=1)],
        [change(1, "ada", closed=1)],
        [change(1, "ada", merged=1, merged_by="ada")],
    ],
)
def test_closing_ones_own_is_no_answer(told):
    """Mistake: any closing is a response, also the author's own."""
    assert response(*told)["responded_at"] is None


def test_a_bot_need_not_be_called_bot():
    """Mistake: bots are those whose login ends in [bot]; the forge says it of others too."""
    row = response(issue(1, "ada"), comment("issue:1", "robot", hour(1)))

    assert (row["responded_at"], row["bot_response_hours"]) == (None, 1)


def test_deleted_accounts_are_not_one_person():
    """Mistake: all deleted accounts are one `ghost`, who asks, answers, and is the busiest of all."""
    told = [issue(1, "nobody"), comment("issue:1", "nobody", 1), issue(2, "ada"), comment("issue:2", "nobody", 1)]
    world = Community(*told)

    assert world["first_responses"].collect()["person_id"].to_list() == ["ada"]
    assert world["first_responses"].collect()["responder_person_id"].to_list() == [None]


def test_an_answer_behind_more_than_a_hundred_comments_is_found():
    """Mistake: nested lists are cut at a hundred, ten or one, without a mark in the data."""
    chatter = [comment("issue:1", "robot", hour(number / 10)) for number in range(1, 150)]

    assert response(issue(1, "ada"), *chatter, comment("issue:1", "eve", hour(20)))["response_hours"] == 20


def test_a_year_in_which_nobody_was_answered_shows_zero_and_does_not_vanish():
    """Mistake: joined from those who were answered, so a silent period is missing instead of 0 %."""
    rows = Community(issue(1, "ada"), issue(2, "bob", 5)).table(response_times)
    row = only(rows, repo_id="r", opened_year="2020", responder="any_human").row(0, named=True)

    assert (row["n_opened"], row["n_answered"], row["answered_7d_share"]) == (2, 0, 0.0)


def test_a_question_too_young_to_be_judged_is_not_a_late_one():
    """Mistake: the unfinished month is compared with whole ones, so the newest always looks worst."""
    row = times(issue(1, "ada"), comment("issue:1", "eve", hour(1)), issue(2, "bob", 99.5), snapshot=100)

    assert (row["n_eligible_24h"], row["answered_24h_share"], row["n_opened"]) == (1, 1.0, 2)


def test_a_first_question_is_the_first_and_not_the_last():
    """Mistake: ranked by time descending, the last contribution is taken for the first."""
    rows = Community(issue(1, "ada"), issue(2, "ada", 10), issue(3, "ada", 20)).table(first_questions)

    assert rows["artefact_id"].to_list() == ["issue:1"]


def test_an_old_hand_is_no_newcomer_because_a_window_begins_late():
    """Mistake: the earliest act inside the window asked for makes newcomers of all who came before it."""
    rows = responses(issue(1, "ada"), comment("issue:1", "eve", 1), issue(2, "ada", 400), snapshot=500)

    assert dict(rows.select("artefact_id", "is_newcomer_at_opening").rows()) == {"issue:1": True, "issue:2": False}


def test_waiting_lists_hold_who_waits_now_and_not_who_was_once_unanswered():
    """Mistake: a growing stock, in which whoever was closed or answered since stays for good."""
    told = [issue(1, "ada", closed=9), issue(2, "bob"), comment("issue:2", "eve", 50), issue(3, "cyd")]

    assert Community(*told).table(waiting)["artefact_id"].to_list() == ["issue:3"]


def test_a_responder_is_not_judged_by_what_they_became_later():
    """Mistake: the role of today, as the forge's association field gives it, is read back into the past."""
    told = [issue(1, "ada"), comment("issue:1", "eve", 1), change(9, "bob", 2), review("change:9", "eve", 3)]
    world = Community(*told)
    world["scores"] = scores.TABLE.empty().lazy()

    assert only(world.table(responders), artefact_id="issue:1")["responder_role"].to_list() == ["other"]
