"""RET-03c: how long newcomers stay, from the landmark of their first question on. Horizon 90 days, landmark 30."""

from __future__ import annotations

import pytest
from metric_stories import only
from response_stories import Community, change, comment, hour, issue

from transform.retention import first_outcomes, first_questions, group_tests, landmark_curves

LONG = 600.0


def community(*told, **more):
    world = Community(*told, snapshot=LONG, **more)
    for module in (first_questions, first_outcomes):
        world[module.TABLE.name] = world.table(module).lazy()
    return world


def curve(*told, comparison="response_time", group="within_24h", repo="r", **more):
    rows = community(*told, **more).table(landmark_curves)
    rows = only(rows, repo_id=repo, comparison=comparison, group_name=group, end_rule="first_gap")
    return dict(rows.select("days_since_landmark", "survival_share").rows())


def answered(number, who, *days, day=0.0):
    """Asks on the day, is answered by Eve after an hour, and comments on the days that follow."""
    mine = [comment(f"issue:{number}", who, day + later) for later in days]
    return [issue(number, who, day), comment(f"issue:{number}", "eve", day + hour(1)), *mine]


def test_days_count_from_the_landmark_and_the_silent_leave_on_its_first_day():
    shares = curve(*answered(1, "ada", 20, 50), *answered(2, "bob"))

    assert (shares[0], shares[7], shares[30]) == (0.5, 0.5, 0.0)  # bob at once, ada on day 50 - 30


def test_what_happens_after_the_landmark_makes_no_group():
    told = [issue(1, "ada"), comment("issue:1", "ada", 20), comment("issue:1", "eve", 30)]

    assert curve(*told, group="later") == {}
    assert curve(*told, group="none")[0] == 0


def test_who_had_left_before_they_asked_is_in_no_curve():
    """A first change after a silence longer than the horizon comes from somebody who has left by the rule."""
    told = [issue(1, "ada", 0), change(2, "ada", 200, merged=201)]

    assert curve(*told, comparison="first_outcome", group="merged") == {}


def test_the_first_outcome_counts_from_the_end_of_its_ninety_days():
    told = [
        change(1, "ada", 0, merged=5, merged_by="eve"),
        comment("change:1", "ada", 60),
        comment("change:1", "ada", 120),
    ]

    shares = curve(*told, comparison="first_outcome", group="merged")
    assert (shares[0], shares[30]) == (1.0, 0.0)


@pytest.mark.parametrize(("day", "is_judged"), [(480, True), (481, False)])
def test_whose_landmark_lies_less_than_the_horizon_before_the_snapshot_cannot_be_judged(day, is_judged):
    assert bool(curve(*answered(1, "ada", 31, day=day))) == is_judged


def test_in_all_a_person_counts_in_every_repository():
    told = [*answered(1, "ada", 50), issue(1, "ada", 0, repo="q"), comment("issue:1", "eve", hour(1), repo="q")]

    assert curve(*told, repo="all", repos=("r", "q"))[0] == 0.5


def test_the_curves_of_the_landmark_are_tested_as_the_others_are():
    told = [one for n in range(6) for one in answered(n, f"a{n}", 40, 80, 120 + n)]
    told += [issue(n, f"b{n}") for n in range(20, 26)]
    rows = only(community(*told).table(group_tests), repo_id="r", comparison="response_time", weighting="log_rank")

    row = only(rows, end_rule="first_gap").row(0, named=True)
    assert (row["n_groups"], row["n_spells"], row["degrees_of_freedom"]) == (2, 12, 1)
    assert row["p_value"] < 0.01


@pytest.mark.parametrize("told", [[], [issue(1, "robot")], [issue(1, "ada", 590)]])
def test_without_anybody_to_follow_there_is_no_curve(told):
    assert community(*told).table(landmark_curves).is_empty()
