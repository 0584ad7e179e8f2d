"""retention.determinants: what of the first month goes with staying longer?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from metric_stories import PARAMETERS, act, acts, built, only, spells_of, watched
from polars.testing import assert_frame_equal

from transform.core import spells
from transform.retention import determinants, newcomers

LOOSE = replace(PARAMETERS, exits_per_term=1)


def lives(*told):
    """Spells and first months of lives told as (days, whether left, acts in the first month, door)."""
    plain = {"repo_id": "r", "family": "any", "end_rule": "first_gap", "horizon_days": 90, "is_newcomer": True}
    people = [{**plain, "person_id": f"p{n}"} for n in range(len(told))]
    stays = [
        {**person, "duration_days": days, "is_exit": left, "door": door}
        for person, (days, left, _, door) in zip(people, told, strict=True)
    ]
    months = [
        {
            "repo_id": "r",
            "family": "any",
            "person_id": person["person_id"],
            "n_contributions_first_month": acts,
            "n_active_days_first_month": None if acts is None else 1,
        }
        for person, (_, _, acts, _) in zip(people, told, strict=True)
    ]
    return spells.TABLE.rows(*stays), newcomers.TABLE.rows(*months)


def model_of(*told, parameters=LOOSE):
    stays, months = lives(*told)
    rows = built(determinants, stays.lazy(), months.lazy(), parameters=parameters)
    return {row["term"]: row for row in only(rows, repo_id="r").iter_rows(named=True)}


def by_hand():
    """The model solved by hand: leaving on four days, the first and third with twice the acts."""
    return [(31, True, 2, "commit"), (32, True, 1, "commit"), (33, True, 2, "commit"), (34, True, 1, "commit")]


def crowd(n=400, effect=-0.5):
    """Twice the acts of the first month multiply the hazard of leaving by exp(effect)."""
    random = np.random.default_rng(20200101)
    doubled = random.integers(0, 4, n)
    days = 31 + random.exponential(100 / np.exp(effect * doubled)).astype(int)
    return [(int(day), bool(day < 400), int(2**k), "issue") for day, k in zip(days, doubled, strict=True)]


def test_the_hazard_ratio_of_four_lives_is_as_solved_by_hand():
    row = model_of(*by_hand())["contributions_doubled"]

    assert row["hazard_ratio"] == pytest.approx((1 + 17**0.5) / 2)
    assert (row["n_persons"], row["n_exits"], row["reason"]) == (4, 4, None)


def test_a_known_effect_is_found_within_its_bounds():
    row = model_of(*crowd())["contributions_doubled"]

    assert row["hazard_ratio_lower"] < np.exp(-0.5) < row["hazard_ratio_upper"]
    assert row["hazard_ratio_upper"] < 1


@pytest.mark.parametrize(("days", "persons"), [(30, 4), (31, 5)])
def test_who_left_within_the_first_month_is_not_in_the_model(days, persons):
    assert model_of(*by_hand(), (days, True, 1, "commit"))["later_year"]["n_persons"] == persons


def test_who_came_too_late_for_a_first_month_is_not_in_the_model():
    assert model_of(*by_hand(), (50, True, None, "commit"))["later_year"]["n_persons"] == 4


def test_every_term_without_a_coefficient_says_why():
    rows = model_of(*by_hand())

    assert rows["door_commit"]["reason"] == "reference"
    assert rows["door_issue"]["reason"] == rows["later_year"]["reason"] == "no variation"
    assert all((row["coefficient"] is None) == (row["reason"] is not None) for row in rows.values())


def test_too_few_exits_for_the_terms_give_no_coefficient():
    enough = model_of(*crowd(200), parameters=replace(PARAMETERS, exits_per_term=150))
    too_few = model_of(*crowd(200), parameters=replace(PARAMETERS, exits_per_term=1000))

    assert enough["contributions_doubled"]["reason"] is None
    assert too_few["contributions_doubled"]["reason"] == "too few exits"


def test_a_sample_is_drawn_by_who_people_are_and_not_by_the_order_of_rows():
    parameters = replace(LOOSE, determinants_sample=100)
    stays, months = lives(*crowd())
    ours = built(determinants, stays.lazy(), months.lazy(), parameters=parameters)
    theirs = built(determinants, stays.reverse().lazy(), months.reverse().lazy(), parameters=parameters)

    assert set(ours.select("n_persons", "n_sampled").rows()) == {(400, 100)}
    assert_frame_equal(ours, theirs)


def test_in_all_every_repository_has_a_baseline_of_its_own():
    stays, months = lives(*by_hand())
    elsewhere = {"repo_id": pl.lit("q")}
    both = stays.vstack(stays.with_columns(**elsewhere, duration_days=pl.col("duration_days") + 100))
    rows = built(determinants, both.lazy(), months.vstack(months.with_columns(**elsewhere)).lazy(), parameters=LOOSE)
    row = only(rows, repo_id="all", term="contributions_doubled").row(0, named=True)

    assert row["hazard_ratio"] == pytest.approx((1 + 17**0.5) / 2)
    assert (row["n_strata"], row["n_persons"], row["clustered_by"]) == (2, 8, "person")


def test_errors_go_by_repository_where_there_are_ten():
    stays, months = lives(*by_hand())
    ten = [stays.with_columns(repo_id=pl.lit(f"r{n}")) for n in range(10)]
    theirs = [months.with_columns(repo_id=pl.lit(f"r{n}")) for n in range(10)]
    rows = built(determinants, pl.concat(ten).lazy(), pl.concat(theirs).lazy(), parameters=LOOSE)

    assert set(only(rows, repo_id="all")["clustered_by"]) == {"repository"}


@pytest.mark.parametrize("given", [[], [act("robot", 5, actor_class="bot")], [act("late", 300)], [act("once", 0)]])
def test_where_nobody_outlasted_a_month_there_is_no_model(given):
    stays = spells_of(given).lazy()
    months = built(newcomers, stays, acts(*given), watched()).lazy()

    assert built(determinants, stays, months).is_empty()
