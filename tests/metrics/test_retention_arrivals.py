"""RET-01c and RET-01d: who is new, by other meanings of new than the first act ever."""

from __future__ import annotations

from datetime import date

import pytest
from metric_stories import acts, built, history, only, spells_of, watched

from transform.retention import arrivals, newcomers, split_cohorts

JANUARY, FEBRUARY, MARCH, APRIL = (date(2020, month, 1) for month in (1, 2, 3, 4))


def arrived(given, unit="month", family="any", repo="r", repos=None):
    repos = watched(snapshot=121) if repos is None else repos
    came = built(newcomers, spells_of(given, repos).lazy(), acts(*given), repos).lazy()
    rows = built(arrivals, came, acts(*given), repos)
    return only(rows, repo_id=repo, family=family, period_unit=unit)


def told(rows, variant):
    return only(rows, variant=variant).select("period_start", "n_persons", "n_arrived", "n_had_been_here").rows()


def test_who_rests_for_a_month_is_new_again_under_period_and_never_under_first_ever():
    rows = arrived(history("ada 0 31 91", "bob 40"))

    assert told(rows, "first_ever") == [(JANUARY, 1, 1, 0), (FEBRUARY, 2, 1, 0), (MARCH, 0, 0, 0), (APRIL, 1, 0, 0)]
    assert told(rows, "period") == [(JANUARY, 1, None, None), (FEBRUARY, 2, 1, 0), (MARCH, 0, 0, 0), (APRIL, 1, 1, 1)]


@pytest.mark.parametrize(("snapshot", "last"), [(59.9, JANUARY), (60, FEBRUARY), (60.5, FEBRUARY)])
def test_a_month_counts_once_it_is_over(snapshot, last):
    """February 2020 ends with day 59."""
    rows = arrived(history("ada 0 32"), repos=watched(snapshot=snapshot))

    assert rows["period_start"].max() == last


def test_units_are_calendar_ones():
    given = history("ada 0 100", "bob 366")

    quarters = arrived(given, "quarter", repos=watched(snapshot=800))
    years = arrived(given, "year", repos=watched(snapshot=800))
    assert told(quarters, "period")[:3] == [
        (JANUARY, 1, None, None),
        (APRIL, 1, 0, 0),
        (date(2020, 7, 1), 0, 0, 0),
    ]
    assert told(years, "first_ever") == [(date(2020, 1, 1), 1, 1, 0), (date(2021, 1, 1), 1, 1, 0)]


def test_where_history_is_missing_nobody_can_say_who_is_new():
    rows = arrived(history("ada 0 40", "bob 70"), repos=watched(snapshot=121, newcomers_from=60))

    assert told(rows, "period")[:3] == [(JANUARY, 1, None, None), (FEBRUARY, 1, None, None), (MARCH, 1, 1, 0)]
    assert told(rows, "first_ever")[1:3] == [(FEBRUARY, 1, None, None), (MARCH, 1, 1, 0)]


def test_arrivals_of_all_repositories_are_persons_not_sums():
    given = history("ada 0 40") + history("ada 1", repo_id="q")
    rows = arrived(given, repo="all", repos=watched("r", "q", snapshot=121))

    assert told(rows, "first_ever")[0] == (JANUARY, 1, 1, 0)


def halves(given, repos=None, family="any"):
    repos = watched(snapshot=2100) if repos is None else repos
    return only(built(split_cohorts, acts(*given), repos), repo_id="r", family=family)


def days(*lives):
    """Lives in days of 2023-01-01, which is day 1096, the first half-year with 36 months before it."""
    return history(*(f"p{n} " + " ".join(str(1096 + day) for day in life) for n, life in enumerate(lives)))


@pytest.mark.parametrize(
    ("n_newcomers", "n_seen_again", "n_retained", "shares"),
    [(67, 20, 12, (0.2985, 0.1791)), (127, 30, 17, (0.2362, 0.1339))],
)
def test_the_shares_of_the_hadoop_study_come_out(n_newcomers, n_seen_again, n_retained, shares):
    """Steinmacher et al. 2013, slides: 67, 20 and 12 on the list; 127, 30 and 17 in the tracker."""
    lives = [(10, 190, 400)] * n_retained + [(10, 190)] * (n_seen_again - n_retained)
    lives += [(10,)] * (n_newcomers - n_seen_again)
    row = halves(days(*lives)).row(0, named=True)

    assert (row["n_newcomers"], row["n_seen_again"], row["n_retained"]) == (n_newcomers, n_seen_again, n_retained)
    assert (row["seen_again_share"], row["retained_share"]) == pytest.approx(shares, abs=5e-5)


def test_members_of_the_36_months_before_are_existing_and_no_newcomers():
    """Day -1096 is 2020-01-01, the first day of the 36 months; the half-year from 2023-07-01 begins 181 days later."""
    rows = halves(days((-1096, 5), (-1, 5), (5,)))

    assert rows.select("half_start", "n_existing", "n_newcomers").rows()[:2] == [
        (date(2023, 1, 1), 2, 1),
        (date(2023, 7, 1), 3, 0),
    ]


@pytest.mark.parametrize(
    ("life", "seen_again", "retained"),
    [
        ((0, 180), 0, 0),  # still the same half-year
        ((0, 181), 1, 0),
        ((0, 364), 1, 0),
        ((0, 365), 0, 0),  # back only after the six months
        ((0, 365, 400), 0, 0),
        ((0, 181, 365), 1, 1),
        ((0, 181, 730), 1, 1),
        ((0, 181, 731), 1, 0),
    ],
)
def test_seen_again_in_the_six_months_after_and_retained_in_the_twelve_after_those(life, seen_again, retained):
    row = halves(days(life), repos=watched(snapshot=2500)).row(0, named=True)

    assert (row["n_newcomers"], row["n_seen_again"], row["n_retained"]) == (1, seen_again, retained)


@pytest.mark.parametrize(("snapshot", "n_rows"), [(1826.9, 0), (1827, 1)])
def test_a_half_year_is_told_once_all_of_its_windows_are_over(snapshot, n_rows):
    """2025-01-01, two years after the half-year began, is day 1827."""
    assert halves(days((0,)), repos=watched(snapshot=snapshot)).height == n_rows


def test_a_half_year_without_36_observed_months_before_it_has_no_row():
    assert halves(days((0,)), repos=watched(snapshot=1900, newcomers_from=1)).is_empty()
