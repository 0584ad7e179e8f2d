"""retention.group_curves and retention.group_tests: do those who came another way stay as long?"""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from metric_stories import PARAMETERS, WORKED_EXAMPLE, act, built, history, only, spells_of, watched
from published_spells import LEUKAEMIA, days

from transform.core import spells
from transform.retention import first_outcomes, first_questions, group_curves, group_tests

NO_LANDMARKS = (first_questions.TABLE.empty().lazy(), first_outcomes.TABLE.empty().lazy())
INPUTS = {group_curves: (), group_tests: NO_LANDMARKS}
HERE = {"repo_id": "r", "family": "any", "end_rule": "first_gap"}


def curves_of(stays, **values):
    return only(built(group_curves, stays.lazy()), **{**HERE, **values})


def compared_of(stays, **values):
    return only(built(group_tests, stays.lazy(), *NO_LANDMARKS), **{**HERE, "weighting": "log_rank", **values})


def at_days(rows, column="survival_share"):
    return dict(rows.select("day", column).rows())


def stays(*told, **more):
    """Spells told as (group of doors, days, whether left)."""
    plain = {**HERE, "horizon_days": 90, "is_newcomer": True, "entry_days": 0}
    return spells.TABLE.rows(
        *(
            {**plain, "person_id": f"p{n}", "door": door, "duration_days": day, "is_exit": is_exit, **more}
            for n, (door, day, is_exit) in enumerate(told)
        )
    )


def trial(**more):
    doors = zip(("issue", "commit"), LEUKAEMIA.values(), strict=True)
    told = [
        (door, day, is_exit)
        for door, two in doors
        for is_exit, words in zip((True, False), two, strict=True)
        for day in days(words)
    ]
    return stays(*told, **more)


def test_every_door_has_the_curve_of_those_who_came_through_it():
    given = [*history("ada 0 50 300", "bob 10"), *history("eve 0 60", "fay 20", kind="comment")]
    rows = curves_of(spells_of(given), comparison="door")

    assert at_days(only(rows, group_name="commit")) == {
        0: 0.5,
        7: 0.5,
        30: 0.5,
        60: 0.0,
        90: 0.0,
        180: 0.0,
        365: 0.0,
    } | {
        730: 0.0,
        1095: 0.0,
    }
    assert at_days(only(rows, group_name="comment"))[30] == 0.5


def test_a_curve_ends_where_nobody_was_followed_any_further():
    rows = curves_of(spells_of(history(*WORKED_EXAMPLE)), comparison="door")

    assert at_days(rows) == pytest.approx({0: 0.8, 7: 0.8, 30: 0.8, 60: 0.4, 90: 0.4, 180: 0.4})
    assert at_days(rows, "n_at_risk") == {0: 5, 7: 4, 30: 4, 60: 3, 90: 1, 180: 1}


def test_years_of_arrival_are_told_apart_by_bands():
    rows = curves_of(
        spells_of(history("ada 0", "bob 400", "eve 900"), watched(snapshot=2000)), comparison="cohort_band"
    )

    assert set(rows["group_name"]) == {"2019-2021", "2022-2024"}
    assert set(only(rows, group_name="2019-2021")["n_persons"]) == {2}


def test_old_hands_are_at_risk_from_the_day_on_which_observation_began():
    """Old came 20 days before, so at 20 days of age; who had gone by then was never seen there."""
    given = history("old 10 60 120", "gone 5 10", "new 40 50")
    rows = curves_of(spells_of(given, watched(newcomers_from=30)), comparison="arrival")

    assert set(only(rows, group_name="old hand")["n_persons"]) == {1}
    assert at_days(only(rows, group_name="old hand"))[60] == 1
    assert at_days(only(rows, group_name="newcomer"))[30] == 0


@pytest.mark.parametrize(("first", "entry"), [(29, 1), (30, 0), (0, 30)])
def test_age_at_entry_counts_from_the_first_act_to_the_beginning_of_observation(first, entry):
    rows = only(spells_of([act("ada", first)], watched(newcomers_from=30)), **HERE)

    assert rows["entry_days"].to_list() == [entry]


def test_in_all_a_person_enters_on_the_latest_beginning_that_found_them_there():
    given = [act("ada", 0, repo_id="r"), act("ada", 0, repo_id="q"), act("bob", 70, repo_id="q")]
    repos = pl.concat([watched("r", newcomers_from=30), watched("q", newcomers_from=60)])
    rows = only(spells_of(given, repos), **{**HERE, "repo_id": "all"})

    assert dict(rows.select("person_id", "entry_days").rows()) == {"ada": 60, "bob": 0}


def test_late_entry_of_spells_gives_the_curve_of_r():
    """entry 1, 2, 4, 0, 0 and durations 2, 10, 5, 4, 3, all leaving: 2/3, 4/9, 2/9, 1/9, 0."""
    given = [(entry, day) for entry, day in zip([1, 2, 4, 0, 0], [2, 10, 5, 4, 3], strict=True)]
    told = [
        {**HERE, "person_id": str(n), "horizon_days": 90, "entry_days": entry, "duration_days": day, "is_exit": True}
        for n, (entry, day) in enumerate(given)
    ]
    rows = only(built(group_curves, spells.TABLE.rows(*told).lazy()), comparison="arrival")

    assert at_days(rows)[7] == pytest.approx(1 / 9)
    assert at_days(rows, "n_at_risk")[7] == 1


def test_the_leukaemia_trial_told_as_two_doors():
    rows = built(group_tests, trial().lazy(), *NO_LANDMARKS)
    here = only(rows, repo_id="r", comparison="door")

    assert dict(here.select("weighting", "chi_squared").rows()) == pytest.approx(
        {"log_rank": 16.7929, "wilcoxon": 13.457852, "tarone_ware": 15.123575, "peto": 14.084139}, abs=1e-4
    )
    assert set(here.select("n_groups", "n_spells", "n_exits", "degrees_of_freedom").rows()) == {(2, 42, 30, 1)}


def test_in_all_repositories_are_strata_and_a_person_counts_in_each():
    both = trial().vstack(trial(repo_id="q")).lazy()
    rows = only(built(group_tests, both, *NO_LANDMARKS), comparison="door", weighting="log_rank")
    found = dict(rows.select("repo_id", "chi_squared").rows())

    assert found["all"] == pytest.approx(found["r"] + found["q"])
    assert dict(rows.select("repo_id", "n_strata").rows()) == {"r": 1, "q": 1, "all": 2}


def test_a_question_asked_of_many_repositories_has_its_p_values_raised():
    quiet = stays(("issue", 5, True), ("commit", 5, True), ("issue", 9, True), ("commit", 9, True))
    rows = only(
        built(
            group_tests,
            trial().vstack(quiet.with_columns(repo_id=quiet["repo_id"].str.replace("r", "q"))).lazy(),
            *NO_LANDMARKS,
        ),
        comparison="door",
        weighting="log_rank",
    )
    raised = {repo: (p, adjusted) for repo, p, adjusted in rows.select("repo_id", "p_value", "adjusted_p_value").rows()}

    assert raised["r"][1] == pytest.approx(2 * raised["r"][0])
    assert raised["q"] == (1, 1)
    assert raised["all"][1] is None


def test_one_door_is_compared_with_nothing():
    assert compared_of(spells_of(history(*WORKED_EXAMPLE)), comparison="door").is_empty()


def test_where_nobody_left_there_is_no_statistic():
    row = compared_of(stays(("issue", 5, False), ("commit", 9, False)), comparison="door").row(0, named=True)

    assert (row["chi_squared"], row["p_value"], row["adjusted_p_value"], row["fewest_expected"]) == (None,) * 4


@pytest.mark.parametrize("table", [group_curves, group_tests])
@pytest.mark.parametrize("given", [[], [act("robot", 5, actor_class="bot")], [act("late", 300)]])
def test_without_anybody_to_judge_there_are_no_rows(table, given):
    assert built(table, spells_of(given).lazy(), *INPUTS[table]).is_empty()


def test_employed_newcomers_and_volunteers_have_curves_of_their_own_by_the_first_act():
    given = [
        *history("ada 0 50", affiliation_class="company"),
        *history("bob 10", affiliation_class="volunteer"),
        *history("cyd 10", affiliation_class="unknown"),
        act("bob", 60, affiliation_class="company"),
    ]
    rows = only(curves_of(spells_of(given), comparison="affiliation"), day=30)

    assert dict(rows.select("group_name", "survival_share").rows()) == {
        "company": 1.0,
        "volunteer": 1.0,
        "unknown": 0.0,
    }


def test_whether_the_employed_stay_longer_is_tested():
    by_door = {"issue": "company", "commit": "volunteer"}
    employed = trial().with_columns(affiliation_class=pl.col("door").replace_strict(by_door))

    rows = [
        compared_of(one, comparison=name).row(0, named=True)
        for one, name in ((trial(), "door"), (employed, "affiliation"))
    ]
    assert rows[0]["chi_squared"] == pytest.approx(rows[1]["chi_squared"])
    assert rows[1]["n_groups"] == 2


def test_a_curve_comes_with_its_half_life_and_its_restricted_mean():
    rows = curves_of(spells_of(history(*WORKED_EXAMPLE)), comparison="door", group_name="commit")

    assert at_days(rows, "half_life_days")[90] is None  # five persons are too few to show one
    shown = only(
        built(
            group_curves, spells_of(history(*WORKED_EXAMPLE)).lazy(), parameters=replace(PARAMETERS, fewest_at_risk=1)
        ),
        **HERE,
        comparison="door",
    )
    assert at_days(shown, "half_life_days")[90] == 60
    assert at_days(shown, "restricted_mean_days")[90] == pytest.approx(58)
