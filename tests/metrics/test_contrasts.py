"""Two groups compared, crude and within strata, against published values."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.contrasts import contrasts

BERKELEY = {
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}
"""Men admitted and rejected, women admitted and rejected, by department (UCBAdmissions, which R brings)."""


def people(tables):
    """One row a person from (compared yes, compared no, reference yes, reference no) by stratum."""
    rows = [
        (stratum, group, is_back)
        for stratum, counts in tables.items()
        for (group, is_back), n in zip(
            [("new", True), ("new", False), ("old", True), ("old", False)], counts, strict=True
        )
        for _ in range(n)
    ]
    schema = {"stratum": pl.String, "group": pl.String, "is_back": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(repo_id=pl.lit("r")).lazy()


def compared(tables, strata=()):
    given_people = people(tables)
    rows = contrasts(
        given_people,
        by=["repo_id"],
        group="group",
        is_reference=pl.col("group") == "old",
        is_back="is_back",
        strata=strata,
    ).collect()
    return rows.row(0, named=True)


def about(row, name):
    return row[name], row[f"{name}_lower"], row[f"{name}_upper"]


def test_twelve_of_twenty_against_forty_five_of_fifty():
    row = compared({"x": (12, 8, 45, 5)})

    assert about(row, "difference") == pytest.approx((-0.30, -0.521, -0.086), abs=5e-4)
    assert about(row, "odds_ratio") == pytest.approx((0.1667, 0.0461, 0.6031), abs=5e-5)


def test_the_admissions_of_berkeley_as_r_gives_them():
    row = compared(BERKELEY, ["stratum"])

    assert about(row, "odds_ratio") == pytest.approx((0.9046968, 0.7719074, 1.0603298), abs=5e-8)
    assert (row["n_strata"], row["n_compared"], row["n_reference"]) == (6, 2691, 1835)


def test_what_looks_like_favour_may_vanish_within_strata():
    assert compared(BERKELEY)["odds_ratio"] == pytest.approx(1.84108, abs=5e-6)
    assert compared(BERKELEY, ["stratum"])["difference"] < 0 < compared(BERKELEY)["difference"]


def test_a_stratum_with_one_group_only_compares_nothing():
    alone = compared({"x": (12, 8, 45, 5), "y": (30, 2, 0, 0), "z": (0, 0, 9, 9)}, ["stratum"])

    assert (alone["n_strata"], alone["n_compared"], alone["n_reference"]) == (1, 20, 50)
    assert about(alone, "odds_ratio") == pytest.approx(about(compared({"x": (12, 8, 45, 5)}), "odds_ratio"))


def test_strata_without_a_name_are_a_stratum():
    unnamed = people({"x": (12, 8, 45, 5)}).with_columns(stratum=pl.lit(None, pl.String))
    rows = contrasts(
        unnamed,
        by=["repo_id"],
        group="group",
        is_reference=pl.col("group") == "old",
        is_back="is_back",
        strata=["stratum"],
    )

    assert rows.collect()["n_strata"].to_list() == [1]


def test_a_group_with_nobody_to_be_compared_with_has_a_row_and_no_numbers():
    row = compared({"x": (3, 1, 0, 0)})

    assert (row["n_compared"], row["difference"], row["odds_ratio"]) == (0, None, None)


@pytest.mark.parametrize("cells", [(0, 5, 3, 2), (5, 0, 3, 2), (5, 5, 0, 4), (2, 3, 4, 0)])
def test_an_empty_cell_leaves_the_ratio_open(cells):
    row = compared({"x": cells})

    assert about(row, "odds_ratio") == (None, None, None)
    assert row["difference_lower"] < row["difference"] < row["difference_upper"]


def test_where_nothing_varies_there_is_no_error_to_be_seen():
    assert about(compared({"x": (0, 5, 0, 3), "y": (0, 2, 0, 2)}, ["stratum"]), "difference") == (0, None, None)


CELLS = st.tuples(*[st.integers(1, 40)] * 4)


@given(CELLS)
@settings(max_examples=25, deadline=None)
def test_with_one_stratum_the_adjusted_estimates_are_the_crude_ones(cells):
    crude, adjusted = compared({"x": cells}), compared({"x": cells}, ["stratum"])

    assert about(adjusted, "odds_ratio") == pytest.approx(about(crude, "odds_ratio"))
    assert adjusted["difference"] == pytest.approx(crude["difference"])


@given(CELLS, CELLS)
@settings(max_examples=25, deadline=None)
def test_exchanging_the_groups_turns_the_estimates_round(one, other):
    here = compared({"x": one, "y": other}, ["stratum"])
    there = compared({name: (c, d, a, b) for name, (a, b, c, d) in {"x": one, "y": other}.items()}, ["stratum"])

    assert about(there, "odds_ratio") == pytest.approx(
        (1 / here["odds_ratio"], 1 / here["odds_ratio_upper"], 1 / here["odds_ratio_lower"])
    )
    assert there["difference"] == pytest.approx(-here["difference"])
    assert there["difference_upper"] == pytest.approx(-here["difference_lower"])


def test_the_bounds_of_the_stratified_difference_hold_what_they_promise():
    """Five strata with shares of their own and a difference of 0.1 in each: 95 of 100 bounds must hold it."""
    random, held, runs = np.random.default_rng(20200101), 0, 300
    for _ in range(runs):
        tables = {}
        for number, base in enumerate((0.1, 0.2, 0.3, 0.5, 0.7)):
            new, old = random.binomial(30, base + 0.1), random.binomial(60, base)
            tables[str(number)] = (new, 30 - new, old, 60 - old)
        _, lower, upper = about(compared(tables, ["stratum"]), "difference")
        held += lower <= 0.1 <= upper
    assert 0.92 < held / runs < 0.98


def test_the_bounds_hold_what_they_promise_in_many_strata_of_a_person_or_two_as_well():
    """Eighty strata of one or two against one or two, a difference of 0.2 in each."""
    random, held, runs = np.random.default_rng(20200102), 0, 200
    for _ in range(runs):
        tables = {}
        for number in range(80):
            base, n_new, n_old = random.uniform(0.1, 0.7), *random.integers(1, 3, 2)
            new, old = random.binomial(n_new, base + 0.2), random.binomial(n_old, base)
            tables[str(number)] = (new, n_new - new, old, n_old - old)
        _, lower, upper = about(compared(tables, ["stratum"]), "difference")
        held += lower <= 0.2 <= upper
    assert 0.92 < held / runs < 0.98


def test_the_stratified_variance_of_a_pair_that_differs_and_one_that_does_not():
    """By hand, after Sato, Greenland and Robins 1989."""
    row = compared({"x": (1, 0, 0, 1), "y": (1, 0, 1, 0)}, ["stratum"])

    # x: c/4 - a/4 = -1/4; y: 1/4 - 1/4 = 0; so the variance is 1/2 * -1/4 + 1/4 = 1/8
    assert row["difference"] == pytest.approx(0.5)
    assert row["difference_upper"] == 1
    assert row["difference_lower"] == pytest.approx(0.5 - 1.959964 * (1 / 8) ** 0.5)
