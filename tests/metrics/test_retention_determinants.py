"""retention.determinants: what of the first month goes with staying longer?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from metric_stories import PARAMETERS, act, acts, built, only, spells_of, watched
from polars.testing import assert_frame_equal

from transform.core import spells
from transform.retention import determinants, first_months, newcomers

LOOSE = replace(PARAMETERS, exits_per_term=1)
NO_MONTHS = first_months.TABLE.empty().lazy()


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
    rows = built(determinants, stays.lazy(), months.lazy(), NO_MONTHS, parameters=parameters)
    return {row["term"]: row for row in only(rows, repo_id="r", period="whole").iter_rows(named=True)}


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


def test_terms_that_say_almost_the_same_have_no_ratios_and_the_others_do():
    """Active days are acts but for one person in four hundred."""
    stays, months = lives(*((*told[:3], ("issue", "commit")[at % 2]) for at, told in enumerate(crowd())))
    one_less = pl.col("n_contributions_first_month") - (pl.int_range(pl.len()) == 7).cast(pl.Int64)
    months = months.with_columns(n_active_days_first_month=one_less)
    rows = built(determinants, stays.lazy(), months.lazy(), NO_MONTHS, parameters=LOOSE)
    said = {row["term"]: row["reason"] for row in only(rows, repo_id="r", period="whole").iter_rows(named=True)}

    assert (said["contributions_doubled"], said["active_days_doubled"]) == ("collinear", "collinear")
    assert sorted([str(said["door_issue"]), str(said["door_commit"])]) == ["None", "reference"]


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
    ours = built(determinants, stays.lazy(), months.lazy(), NO_MONTHS, parameters=parameters)
    theirs = built(determinants, stays.reverse().lazy(), months.reverse().lazy(), NO_MONTHS, parameters=parameters)

    assert set(ours.select("n_persons", "n_sampled").rows()) == {(400, 100)}
    assert_frame_equal(ours, theirs)


def test_in_all_every_repository_has_a_baseline_of_its_own():
    stays, months = lives(*by_hand())
    elsewhere = {"repo_id": pl.lit("q")}
    both = stays.vstack(stays.with_columns(**elsewhere, duration_days=pl.col("duration_days") + 100))
    arrived = months.vstack(months.with_columns(**elsewhere))
    rows = built(determinants, both.lazy(), arrived.lazy(), NO_MONTHS, parameters=LOOSE)
    row = only(rows, repo_id="all", term="contributions_doubled").row(0, named=True)

    assert row["hazard_ratio"] == pytest.approx((1 + 17**0.5) / 2)
    assert (row["n_strata"], row["n_persons"], row["clustered_by"]) == (2, 8, "person")


def test_errors_go_by_repository_where_there_are_ten():
    stays, months = lives(*by_hand())
    ten = [stays.with_columns(repo_id=pl.lit(f"r{n}")) for n in range(10)]
    theirs = [months.with_columns(repo_id=pl.lit(f"r{n}")) for n in range(10)]
    rows = built(determinants, pl.concat(ten).lazy(), pl.concat(theirs).lazy(), NO_MONTHS, parameters=LOOSE)

    assert set(only(rows, repo_id="all")["clustered_by"]) == {"repository"}


@pytest.mark.parametrize("given", [[], [act("robot", 5, actor_class="bot")], [act("late", 300)], [act("once", 0)]])
def test_where_nobody_outlasted_a_month_there_is_no_model(given):
    stays = spells_of(given).lazy()
    months = built(newcomers, stays, acts(*given), watched()).lazy()

    assert built(determinants, stays, months, NO_MONTHS).is_empty()


def stepped(n=3000):
    """Twice the acts halve the hazard of leaving up to day 90, and do nothing after it."""
    random = np.random.default_rng(7)
    doubled = random.integers(0, 2, n)
    early = random.exponential(60 * 2.0**doubled)
    days = np.where(early < 60, early, 60 + random.exponential(200, n)).astype(int) + 31
    return [(int(day), True, int(2**k), "issue") for day, k in zip(days, doubled, strict=True)]


def periods_of(told, **more):
    stays, months = lives(*told)
    rows = built(determinants, stays.lazy(), months.lazy(), NO_MONTHS, parameters=replace(LOOSE, **more))
    rows = only(rows, repo_id="r", term="contributions_doubled")
    return {row["period"]: row for row in rows.iter_rows(named=True)}


def test_a_ratio_that_changes_with_time_is_told_for_each_period():
    rows = periods_of(stepped())

    assert list(rows) == ["30-90", "365 on", "90-365", "whole"]
    assert rows["whole"]["proportionality_p_value"] < 0.05
    assert rows["30-90"]["hazard_ratio_lower"] < 0.5 < rows["30-90"]["hazard_ratio_upper"] < 1
    assert rows["90-365"]["hazard_ratio_lower"] < 1 < rows["90-365"]["hazard_ratio_upper"]


def test_who_left_before_a_period_is_not_in_it_and_who_left_after_it_has_not_left_yet():
    rows = periods_of(stepped())

    assert sum(rows[period]["n_exits"] for period in ("30-90", "90-365", "365 on")) == rows["whole"]["n_exits"] == 3000


def test_a_ratio_that_holds_is_told_once():
    assert list(periods_of(crowd())) == ["whole"]


def test_every_horizon_has_its_model_and_only_the_main_one_is_split():
    stays, months = lives(*stepped())
    both = stays.vstack(stays.with_columns(horizon_days=pl.lit(365, pl.Int32)))
    parameters = replace(LOOSE, sensitivity_days=(90, 365))
    rows = built(determinants, both.lazy(), months.lazy(), NO_MONTHS, parameters=parameters)

    assert set(only(rows, horizon_days=365)["period"]) == {"whole"}
    assert set(only(rows, horizon_days=90)["period"]) > {"whole", "30-90"}


def test_what_happened_in_the_month_of_arrival_is_a_term_of_all_families_together():
    stays, months = lives(*crowd())
    fixed = [
        {"repo_id": "r", "person_id": f"p{n}", "n_issues_fixed_first_month": n % 2, "n_partners_first_month": n % 3}
        for n in range(400)
    ]
    known = first_months.TABLE.rows(*fixed).lazy()
    code = pl.lit("code")
    rows = built(
        determinants,
        pl.concat([stays, stays.with_columns(family=code)]).lazy(),
        pl.concat([months, months.with_columns(family=code)]).lazy(),
        known,
        parameters=LOOSE,
    )
    reasons = only(rows, repo_id="r", term="issue_fixed", period="whole").select("family", "reason").rows()

    assert dict(reasons) == {"any": None, "code": "no variation"}


def test_the_cap_on_the_sample_stands_on_every_row():
    assert {row["sample_cap"] for row in model_of(*by_hand()).values()} == {PARAMETERS.determinants_sample}
