"""retention.turnover: the example of RET-11, the core, and years that cannot be compared."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from metric_stories import act, acts, built, history, on_day, only, watched

from transform.retention import turnover

YEARS = (0, 366, 731, 1096)  # first days of 2020, 2021, 2022 and 2023
RATES = ("inflow_share", "outflow_share", "turnover_share")
COUNTS = ("n_persons", "n_before", "n_joiners", "n_leavers")


def turnover_of(given, repos=None, **values):
    rows = built(turnover, acts(*given), watched(snapshot=YEARS[2]) if repos is None else repos)
    return only(rows, **{"repo_id": "r", "family": "code", "members": "everybody", **values})


def in_year(rows, year, *columns):
    return only(rows, window_start=date(year, 1, 1)).select(columns or COUNTS).row(0)


def busy(year, **amounts):
    """So many commits of each in that year, counted from 0."""
    return [act(name, YEARS[year] + turn) for name, amount in amounts.items() for turn in range(amount)]


def test_four_then_three_of_whom_two_are_the_same():
    rows = turnover_of(busy(0, a=1, b=1, c=1, d=1) + busy(1, b=1, c=1, e=1))

    assert in_year(rows, 2021) == (3, 4, 1, 2)
    assert in_year(rows, 2021, *RATES) == pytest.approx((1 / 3, 2 / 4, 0.4286), abs=5e-5)


def test_the_first_year_has_nobody_to_compare_with():
    rows = turnover_of(busy(0, a=1))

    assert in_year(rows, 2020) == (1, None, None, None)
    assert in_year(rows, 2020, *RATES) == (None, None, None)


def test_a_year_without_anybody_is_shown_and_not_skipped():
    rows = turnover_of(busy(0, a=1) + busy(2, a=1), watched(snapshot=YEARS[3]))

    assert [in_year(rows, year) for year in (2021, 2022)] == [(0, 1, 0, 1), (1, 0, 1, 0)]
    assert [in_year(rows, year, *RATES) for year in (2021, 2022)] == [(None, 1.0, 1.0), (1.0, None, 1.0)]


@pytest.mark.parametrize(("snapshot", "leavers"), [(YEARS[2], 1), (YEARS[2] - 1, None)])
def test_while_the_year_is_not_over_nobody_has_left(snapshot, leavers):
    rows = turnover_of(busy(0, a=1, b=1) + busy(1, b=1), watched(snapshot=snapshot))

    assert in_year(rows, 2021) == (1, 2, 0, leavers)
    assert in_year(rows, 2021, "outflow_share", "is_window_complete") == (leavers and 0.5, leavers is not None)


def test_a_year_of_which_nothing_was_seen_is_not_there():
    assert turnover_of(busy(0, a=1), watched(snapshot=YEARS[1]))["window_start"].to_list() == [date(2020, 1, 1)]


@pytest.mark.parametrize(("from_day", "before"), [(YEARS[1], 1), (YEARS[1] + 1, None)])
def test_a_year_before_of_which_history_is_missing_is_no_comparison(from_day, before):
    repos = watched(snapshot=YEARS[3], newcomers_from=from_day)
    rows = turnover_of(busy(0, a=1) + busy(1, a=1) + busy(2, a=1), repos)

    assert in_year(rows, 2022, "n_before") == (before,)
    assert in_year(rows, 2021, "n_before") == (None,)


@pytest.mark.parametrize(
    ("amounts", "core", "tied"),
    [
        ((50, 20, 15, 10, 5), 3, 0),
        ((1, 1, 1, 1, 1), 4, 1),
        ((50, 29, 21), 3, 0),
        ((5, 2, 1), 2, 0),
        ((7, 3, 2, 1, 1, 1, 1), 4, 3),
    ],
)
def test_the_core_is_the_fewest_persons_with_80_percent_of_the_acts(amounts, core, tied):
    rows = turnover_of(busy(0, **{f"p{at}": amount for at, amount in enumerate(amounts)}), members="core")

    assert in_year(rows, 2020, "n_persons", "n_tied") == (core, tied)


def test_who_does_less_leaves_the_core_and_stays_among_everybody():
    given = busy(0, ada=8, bob=1) + busy(1, ada=1, bob=9)

    assert in_year(turnover_of(given, members="core"), 2021) == (1, 1, 1, 1)
    assert in_year(turnover_of(given), 2021) == (2, 2, 0, 0)


def test_families_are_apart_and_any_takes_all_of_them():
    given = [act("ada", 0), act("ada", YEARS[1], "comment"), act("bob", YEARS[1])]

    assert in_year(turnover_of(given), 2021) == (1, 1, 1, 1)
    assert in_year(turnover_of(given, family="any"), 2021) == (2, 1, 1, 0)


def test_who_moves_to_another_repository_leaves_it_and_stays_in_all():
    given = [*busy(0, ada=1), act("ada", YEARS[1], repo_id="q")]
    repos = watched("r", "q", snapshot=YEARS[2])

    assert in_year(turnover_of(given, repos), 2021) == (0, 1, 0, 1)
    assert in_year(turnover_of(given, repos, repo_id="all"), 2021) == (1, 1, 0, 0)


def test_one_cut_history_leaves_all_without_a_comparison():
    repos = pl.concat([watched("r", snapshot=YEARS[2]), watched("q", snapshot=YEARS[2], newcomers_from=1)])
    whole = repos.with_columns(observed_from_at=pl.lit(on_day(0)))
    given = busy(0, ada=1) + busy(1, ada=1)

    assert in_year(turnover_of(given, whole), 2021, "n_before") == (1,)
    assert in_year(turnover_of(given, whole, repo_id="all"), 2021, "n_before") == (None,)


def test_new_years_eve_is_in_the_old_year():
    rows = turnover_of(history("ada 365.9 366"))

    assert rows["n_persons"].to_list() == [1, 1]


def test_bots_turn_nothing_over():
    assert turnover_of([act("robot", 0, actor_class="bot")]).is_empty()
