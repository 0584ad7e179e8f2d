"""retention.first_questions and response_effects: groups are made before the landmark, activity counts after it."""

from __future__ import annotations

import pytest
from metric_stories import on_day, only
from response_stories import Community, change, comment, hour, issue, review

from transform.retention import first_questions, response_effects

LONG = 300.0


def questions(*told, snapshot=LONG, **more):
    return Community(*told, snapshot=snapshot, **more).table(first_questions)


def question(*told, **more):
    """Ada's first question in r."""
    return only(questions(*told, **more), person_id="ada", repo_id="r").row(0, named=True)


@pytest.mark.parametrize(
    ("hours", "band"),
    [(23.9, "within_24h"), (24, "within_7d"), (167.9, "within_7d"), (168, "later"), (719, "later"), (720, "none")],
)
def test_the_bands_of_response_time_end_at_the_landmark(hours, band):
    assert question(issue(1, "ada"), comment("issue:1", "eve", hour(hours)))["response_time"] == band


@pytest.mark.parametrize(
    ("ending", "band"),
    [
        ([issue(1, "ada", closed=29)], "unclear"),
        ([issue(1, "ada", closed=30)], "none"),
        ([issue(1, "ada"), comment("issue:1", "nobody", 5)], "unclear"),
        ([issue(1, "ada", closed=29), comment("issue:1", "eve", 1)], "within_7d"),
    ],
)
def test_what_ended_without_a_known_answer_is_no_silence(ending, band):
    assert question(*ending)["response_time"] == band


@pytest.mark.parametrize(
    ("answers", "who"),
    [
        ([comment("issue:1", "rae", 5)], "insider"),
        ([comment("issue:1", "eve", 5), comment("issue:1", "rae", 6)], "other"),
        ([comment("issue:1", "robot", 5)], "bot_only"),
        ([comment("issue:1", "robot", 5), comment("issue:1", "eve", 31.9)], "other"),
        ([comment("issue:1", "robot", 5), comment("issue:1", "eve", 32)], "bot_only"),
        ([comment("issue:1", "robot", 32)], "none"),
        ([comment("issue:1", "nobody", 5), comment("issue:1", "robot", 4)], "unclear"),
    ],
)
def test_who_answered_first_by_the_landmark(answers, who):
    past = [change(8, "bob", 0), review("change:8", "rae", 1)]

    assert question(issue(1, "ada", 2), *answers, *past)["responder"] == who


@pytest.mark.parametrize(
    ("asked", "became"),
    [
        (change(1, "ada", merged=29.9), "merged"),
        (change(1, "ada", merged=30), "open"),
        (change(1, "ada", closed=29.9), "closed"),
        (issue(1, "ada", closed=3), None),
    ],
)
def test_the_outcome_is_that_of_a_change_at_the_landmark(asked, became):
    assert question(asked)["outcome"] == became


@pytest.mark.parametrize(("day", "active"), [(29.9, False), (30, True), (209.9, True), (210, False)])
def test_activity_counts_for_180_days_from_the_landmark(day, active):
    assert question(issue(1, "ada"), issue(2, "ada", day))["is_active_here"] == active


def test_who_is_silent_at_the_landmark_is_left_in():
    assert question(issue(1, "ada"))["is_active_here"] is False


@pytest.mark.parametrize(
    ("snapshot", "band", "active"),
    [(29.9, None, None), (30, "none", None), (209.9, "none", None), (210, "none", False)],
)
def test_nothing_is_said_before_its_time(snapshot, band, active):
    row = question(issue(1, "ada"), snapshot=snapshot)

    assert (row["response_time"], row["is_active_here"]) == (band, active)


def test_only_the_first_question_of_newcomers_counts():
    rows = questions(issue(2, "ada", 1), issue(1, "ada", 2), comment("issue:2", "old", -5), issue(3, "bob", 200))

    assert rows.select("person_id", "artefact_id").rows() == [("ada", "issue:2"), ("bob", "issue:3")]


def test_who_first_asks_long_after_having_come_is_not_new_any_more():
    assert questions(issue(1, "ada"), comment("issue:1", "bob", 1), issue(2, "bob", 95))["person_id"].to_list() == [
        "ada"
    ]


@pytest.mark.parametrize(("day", "elsewhere"), [(29, False), (30, True), (209.9, True), (210, False)])
def test_activity_in_another_repository_is_told_apart(day, elsewhere):
    told = [issue(1, "ada"), issue(2, "ada", 40), issue(7, "ada", day, repo="q")]
    row = question(*told, repos=("r", "q"))

    assert (row["is_active_here"], row["is_active_elsewhere"]) == (True, elsewhere)


def test_with_one_repository_there_is_nothing_elsewhere():
    assert question(issue(1, "ada"))["is_active_elsewhere"] is None


def test_elsewhere_is_unknown_while_another_repository_was_not_observed_so_long():
    world = Community(issue(1, "ada"), repos=("r", "q"), snapshot=LONG)
    repos = world["repositories"].collect()
    repos[1, "snapshot_at"] = on_day(209)
    world["repositories"] = repos.lazy()

    assert only(world.table(first_questions), person_id="ada")["is_active_elsewhere"].to_list() == [None]


def crowd(n, active, first, *, answered=None, repo="r", day=0.0, also=None):
    """Newcomers with an issue each, answered after so many days; the first `active` are active on day 60 after it."""
    told = []
    for number in range(first, first + n):
        told.append(issue(number, f"p{number}", day, repo=repo))
        if answered is not None:
            told.append(comment(f"issue:{number}", "eve", day + answered, repo=repo))
        if number < first + active:
            told.append(issue(number + 5000, f"p{number}", day + 60, repo=also or repo))
    return told


def effects(*told, repos=("r",), snapshot=LONG):
    world = Community(*told, repos=repos, snapshot=snapshot)
    world["first_questions"] = world.table(first_questions).lazy()
    return world.table(response_effects)


def effect(*told, level="none", **values):
    repos, snapshot = values.pop("repos", ("r",)), values.pop("snapshot", LONG)
    plain = {"repo_id": "r", "active_in": "same_repository", "exposure": "response_time", "adjustment": "crude"}
    return only(effects(*told, repos=repos, snapshot=snapshot), level=level, **{**plain, **values}).row(0, named=True)


WAITED = [*crowd(20, 12, 1), *crowd(50, 45, 101, answered=0.5)]


def test_the_unanswered_are_compared_with_those_answered_within_a_day():
    row = effect(*WAITED)

    assert (row["reference"], row["n_compared"], row["n_reference"]) == ("within_24h", 20, 50)
    assert (row["difference"], row["difference_lower"], row["difference_upper"]) == pytest.approx(
        (-0.30, -0.521, -0.086), abs=5e-4
    )
    assert (row["odds_ratio"], row["odds_ratio_lower"], row["odds_ratio_upper"]) == pytest.approx(
        (0.1667, 0.0461, 0.6031), abs=5e-5
    )


def test_a_difference_that_only_the_years_make_vanishes_within_them():
    told = [
        *[*crowd(10, 9, 1, day=300), *crowd(20, 18, 101, answered=0.5, day=300)],
        *[*crowd(20, 4, 201, day=400), *crowd(10, 2, 301, answered=0.5, day=400)],
    ]

    assert effect(*told, snapshot=700)["difference"] == pytest.approx(13 / 30 - 20 / 30)
    within = effect(*told, snapshot=700, adjustment="repository_year")
    assert (within["difference"], within["n_strata"]) == (pytest.approx(0, abs=1e-12), 2)


def test_issues_are_compared_with_issues_and_doors_with_doors():
    told = [*WAITED, change(900, "zed"), comment("issue:999", "yen", 0), issue(901, "yen", 1)]

    assert effect(*told)["n_compared"] == 22
    assert effect(*told, adjustment="repository_year")["n_compared"] == 21
    assert effect(*told, adjustment="repository_year_door")["n_compared"] == 20


def test_the_negative_control_asks_for_activity_elsewhere():
    told = [*crowd(20, 12, 1, also="q"), *crowd(50, 45, 101, answered=0.5, also="q")]
    row = effect(*told, repos=("r", "q"), active_in="another_repository")

    assert (row["n_compared_back"], row["n_reference_back"]) == (12, 45)
    assert effect(*told, repos=("r", "q"))["n_compared_back"] == 0


def test_without_another_repository_there_is_no_control():
    assert set(effects(*WAITED)["active_in"]) == {"same_repository"}


def test_whoever_was_not_followed_long_enough_is_in_no_comparison():
    assert effect(*WAITED, issue(900, "late", 91))["n_compared"] == 20


def test_answers_of_insiders_are_compared_with_those_of_others():
    told = [*crowd(12, 6, 1, answered=1), change(800, "bob"), review("change:800", "rae", 1)]
    told += [issue(900, "zed", 2), comment("issue:900", "rae", 3)]
    row = effect(*told, exposure="responder", level="insider")

    assert (row["reference"], row["n_compared"], row["n_reference"]) == ("other", 1, 13)


def test_no_questions_no_effects():
    assert questions().height == 0
    assert effects().height == 0
