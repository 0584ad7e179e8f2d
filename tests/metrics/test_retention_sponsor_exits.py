"""retention.sponsor_exits: an organisation that did much withdraws; who goes with it, and who fills in (ORG-04)."""

from __future__ import annotations

from datetime import date

import pytest
from metric_stories import act, acts, built, history, only, spells_of, watched

from transform.retention import newcomers, sponsor_exits

YEAR_2021, YEAR_2022 = 366, 731
FOLLOWED = YEAR_2021 + 455
ACME = {"organisation": "acme", "affiliation_class": "company"}


def spread(person, n, start, end, **more):
    """So many commits evenly over the days."""
    return [act(person, start + (end - start) * at / n, **more) for at in range(n)]


WITHDRAWS = [
    *spread("ada", 40, 0, YEAR_2021, **ACME),
    *spread("bob", 20, 0, YEAR_2021),
    *spread("bob", 27, YEAR_2021, YEAR_2022),
]
"""Sixty commits in the year before, forty of them the sponsor's; 27 after, all of others."""


def exits(given, snapshot=FOLLOWED, newcomers_from=0):
    repos, contributions = watched(snapshot=snapshot, newcomers_from=newcomers_from), acts(*given)
    came = built(newcomers, spells_of(given, repos).lazy(), contributions, repos)
    return built(sponsor_exits, contributions, repos, came.lazy())


def exit_of(given, **more):
    return only(exits(given, **more), organisation="acme").row(0, named=True)


def test_what_others_did_after_and_before_is_the_filling_in_and_what_all_did_the_loss():
    row = exit_of(WITHDRAWS)

    assert (row["state"], row["withdrawn_on"]) == ("withdrawn", date(2021, 1, 1))
    assert (row["peak_share"], row["n_commits_before"], row["n_commits_after"]) == (pytest.approx(2 / 3), 60, 27)
    assert (row["fill_in_ratio"], row["loss_ratio"]) == (pytest.approx(1.35), pytest.approx(0.45))


@pytest.mark.parametrize(("n", "is_sponsor"), [(20, True), (19, False)])
def test_a_quarter_of_the_commits_of_a_year_makes_a_sponsor(n, is_sponsor):
    given = [*spread("ada", n, 0, YEAR_2021, **ACME), *spread("bob", 60, 0, YEAR_2021)]

    assert (exits(given).height == 1) is is_sponsor


@pytest.mark.parametrize(("n", "is_sponsor"), [(12, True), (11, False)])
def test_less_than_a_commit_a_month_carries_no_project(n, is_sponsor):
    assert (exits(spread("ada", n, 0, YEAR_2021, **ACME)).height == 1) is is_sponsor


@pytest.mark.parametrize(("snapshot", "state"), [(YEAR_2021 + 180, "undecided"), (YEAR_2021 + 181, "withdrawn")])
def test_six_whole_quiet_months_are_a_withdrawal_and_five_are_undecided(snapshot, state):
    row = exit_of(WITHDRAWS, snapshot=snapshot)

    assert (row["state"], row["withdrawn_on"] is None) == (state, state != "withdrawn")


def test_a_tenth_of_what_it_did_in_its_best_year_is_as_good_as_nothing():
    best = spread("ada", 120, 0, YEAR_2021, **ACME)
    trickle = [act("ada", YEAR_2021 + 15 + 30 * month, **ACME) for month in range(15)]

    assert exit_of([*best, *trickle])["state"] == "withdrawn"
    assert exit_of([*best, *trickle, *trickle])["state"] == "there"


def test_who_goes_on_for_another_employer_or_on_their_own_has_not_left():
    again = YEAR_2021 + 365
    others = {"organisation": "other.example", "affiliation_class": "company"}
    given = [
        *WITHDRAWS,
        *(act(who, 100, **ACME) for who in ("cyd", "dan", "eve")),
        act("bob", again),
        act("cyd", again),
        act("dan", again, **others),
    ]
    row = exit_of(given)

    assert (row["n_people"], row["n_people_active"], row["n_people_active_for_others"]) == (4, 2, 1)
    assert row["people_active_share"] == 0.5
    assert (row["n_other_people"], row["n_other_people_active"]) == (1, 1)
    assert row["active_difference"] == -0.5


@pytest.mark.parametrize(("day", "n_active"), [(364, 0), (365, 1), (454, 1), (455, 0)])
def test_a_year_later_is_the_quarter_after_the_365th_day(day, n_active):
    assert exit_of([*WITHDRAWS, act("ada", YEAR_2021 + day)], snapshot=FOLLOWED + 9)["n_people_active"] == n_active


def test_what_has_not_been_observed_yet_is_null():
    row = exit_of(WITHDRAWS, snapshot=YEAR_2022 - 1)
    later = exit_of(WITHDRAWS, snapshot=FOLLOWED - 1)

    assert (row["n_commits_before"], row["n_commits_after"], row["loss_ratio"], row["n_people"]) == (
        60,
        None,
        None,
        None,
    )
    assert (later["n_commits_after"], later["n_people"], later["active_difference"]) == (27, None, None)


def test_newcomers_after_are_held_against_newcomers_before():
    given = [*WITHDRAWS, *history("new1 100", "new2 200", "late 400", kind="comment")]

    row = exit_of(given)

    assert (row["n_newcomers_before"], row["n_newcomers_after"], row["inflow_ratio"]) == (4, 1, 0.25)


def test_who_works_for_nobody_known_is_no_sponsor():
    assert exits(spread("bob", 40, 0, YEAR_2021)).is_empty()


def test_where_part_of_the_year_before_is_missing_nothing_is_compared():
    row = exit_of(WITHDRAWS, newcomers_from=30)

    assert (row["n_commits_before"], row["fill_in_ratio"], row["n_people"]) == (None, None, None)
