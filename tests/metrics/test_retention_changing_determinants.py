"""RET-05b: leaving by what the quarters before held. Quarters of 2020 start on days 0, 91, 182 and 274."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from metric_stories import PARAMETERS, built, fates, only, proposal
from polars.testing import assert_frame_equal

from transform.core import changes, spells
from transform.retention import changing_determinants, social_capital

LOOSE = replace(PARAMETERS, exits_per_term=1)
QUARTERS = [date(2020 + n // 4, 1 + 3 * (n % 4), 1) for n in range(12)]
NO_CHANGES = changes.TABLE.empty().lazy()


def stay(person, first, days, *, left=True, repo="r"):
    plain = {"repo_id": repo, "family": "any", "end_rule": "first_gap", "horizon_days": 90, "is_newcomer": True}
    first_day = date(2020, 1, 1) + timedelta(days=first)
    return {**plain, "person_id": person, "first_day": first_day, "duration_days": days, "is_exit": left}


def seat(person, quarter, repo="r", **known):
    return {"repo_id": repo, "person_id": person, "quarter_start": QUARTERS[quarter], **known}


def model(stays, seats, merges=NO_CHANGES, parameters=LOOSE):
    given = spells.TABLE.rows(*stays).lazy(), social_capital.TABLE.rows(*seats).lazy(), merges
    return built(changing_determinants, *given, parameters=parameters)


def terms(*given, repo="r", **more):
    return {row["term"]: row for row in only(model(*given, **more), repo_id=repo).iter_rows(named=True)}


def stretches(stays, seats, merges=NO_CHANGES):
    given = spells.TABLE.rows(*stays).lazy(), social_capital.TABLE.rows(*seats).lazy(), merges
    rows = changing_determinants.stretches(*given, PARAMETERS).collect().sort("entry_days")
    return rows.select("entry_days", "duration_days", "is_exit", "team_newcomers", "has_merged").rows()


def test_what_a_quarter_held_counts_from_its_end_until_the_next_is_known():
    """Came on day 10: the first quarter is over at age 81, the third at age 264."""
    seats = [seat("ada", 0, team_newcomer_share=0.5), seat("ada", 2, team_newcomer_share=0.25)]

    assert stretches([stay("ada", 10, 300)], seats) == [(81, 264, False, 0.5, 0.0), (264, 300, True, 0.25, 0.0)]


def test_who_left_within_the_first_quarter_in_a_team_is_not_at_risk():
    assert stretches([stay("ada", 10, 81)], [seat("ada", 0)]) == []
    assert len(stretches([stay("ada", 10, 82)], [seat("ada", 0)])) == 1


def test_an_exit_belongs_to_the_last_stretch_alone():
    seats = [seat("ada", 0), seat("ada", 1)]

    assert [row[2] for row in stretches([stay("ada", 0, 400)], seats)] == [False, True]
    assert [row[2] for row in stretches([stay("ada", 0, 400, left=False)], seats)] == [False, False]


@pytest.mark.parametrize(("merged", "expected"), [(90.9, 1.0), (91, 0.0)])
def test_a_merge_counts_from_the_quarter_after_it(merged, expected):
    merges = fates(proposal("ada", 5, 1, merged=merged)[1])

    assert stretches([stay("ada", 0, 150)], [seat("ada", 0)], merges)[0][-1] == expected


def test_a_known_effect_that_comes_and_goes_is_found_within_its_bounds():
    random = np.random.default_rng(3)
    stays, seats = [], []
    for number in range(1500):
        talks, day, left = random.integers(0, 2, 11), 91, False
        for quarter in range(11):  # what quarter q held works from the start of the one after it
            seats.append(seat(f"p{number}", quarter, bridging=0.0 if talks[quarter] else None))
            length = (QUARTERS[quarter + 1] - QUARTERS[quarter]).days if quarter < 10 else 91
            wait = 1 + int(random.exponential(250 / np.exp(-0.7 * talks[quarter])))
            left = wait <= length
            day += min(wait, length)
            if left:
                break
        stays.append(stay(f"p{number}", 0, day, left=left))
    row = terms(stays, seats)["has_partners"]

    assert row["hazard_ratio_lower"] < np.exp(-0.7) < row["hazard_ratio_upper"] < 1
    assert (row["n_persons"], row["clustered_by"]) == (1500, "person")
    assert row["n_stretches"] > 3000


def small():
    """Four persons, of whom the first and third work among newcomers; they leave one after the other."""
    stays = [stay(f"p{n}", 0, 100 + n) for n in range(4)]
    return stays, [seat(f"p{n}", 0, team_newcomer_share=1.0 - n % 2) for n in range(4)]


def test_the_hazard_ratio_of_four_lives_is_as_solved_by_hand():
    row = terms(*small())["team_newcomers"]

    assert row["hazard_ratio"] == pytest.approx((1 + 17**0.5) / 2)


def test_what_is_the_same_for_all_has_no_coefficient_and_says_so():
    rows = terms(*small())

    assert rows["cohesion"]["reason"] == rows["has_merged"]["reason"] == "no variation"
    assert all((row["coefficient"] is None) == (row["reason"] is not None) for row in rows.values())


def test_too_few_exits_give_no_coefficient():
    row = terms(*small(), parameters=PARAMETERS)["team_newcomers"]

    assert (row["coefficient"], row["reason"], row["n_exits"]) == (None, "too few exits", 4)


def test_in_all_every_repository_has_a_baseline_of_its_own():
    stays, seats = small()
    elsewhere = [{**one, "repo_id": "q", "duration_days": one["duration_days"] + 500} for one in stays]
    row = terms(stays + elsewhere, seats + [{**one, "repo_id": "q"} for one in seats], repo="all")["team_newcomers"]

    assert row["hazard_ratio"] == pytest.approx((1 + 17**0.5) / 2)
    assert (row["n_strata"], row["n_persons"]) == (2, 8)


def test_a_sample_takes_persons_with_all_of_their_stretches_whatever_the_order_of_rows():
    stays = [stay(f"p{n}", 0, 200 + n) for n in range(40)]
    seats = [seat(f"p{n}", quarter, team_newcomer_share=n % 3 / 2) for n in range(40) for quarter in (0, 1)]
    parameters = replace(LOOSE, determinants_sample=10)
    ours, theirs = model(stays, seats, parameters=parameters), model(stays[::-1], seats[::-1], parameters=parameters)

    assert set(ours.select("n_persons", "n_sampled", "n_stretches", "sample_cap").rows()) == {(40, 10, 20, 10)}
    assert_frame_equal(ours, theirs)


def test_old_hands_and_who_came_too_late_are_not_in_the_model():
    old = {**stay("old", 0, 300), "is_newcomer": False}
    late = {**stay("late", 0, 0), "is_exit": None, "duration_days": None}

    assert model([old, late], [seat("old", 0), seat("late", 0)]).is_empty()
