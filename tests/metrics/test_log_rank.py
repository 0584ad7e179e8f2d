"""Log-rank tests against the values of textbooks, R's survdiff and lifelines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_spells import FLIES, GLIOMA, LEUKAEMIA, LYMPHOMA, REGIMES, told

from transform.statistics.log_rank import WEIGHTINGS, Ends, compare

SMALL = {"duration": [10, 20, 30, 10, 20, 50], "group": [1, 1, 1, 0, 0, 0]}


def comparison(duration, group, is_exit=None, stratum=None, entry=None):
    zeros, ones = np.zeros(len(duration), dtype=int), np.ones(len(duration), dtype=int)
    given = (zeros if stratum is None else stratum, group, zeros if entry is None else entry, duration)
    return compare(Ends(*(np.array(one, dtype=int) for one in (*given, ones if is_exit is None else is_exit, ones))))


def statistics(**lives):
    return {one.weighting: one.chi_squared for one in comparison(**lives).verdicts}


def log_rank(**lives):
    return comparison(**lives).verdicts[0]


@pytest.mark.parametrize(
    ("is_exit", "chi_squared", "p_value"),
    [([1] * 6, 0.254237, 0.614107), ([1, 0, 1, 1, 0, 1], 0.384615, 0.535143)],
)
def test_six_persons_as_survdiff_of_r_tests_them(is_exit, chi_squared, p_value):
    verdict = log_rank(**SMALL, is_exit=is_exit)

    assert (verdict.chi_squared, verdict.p_value) == pytest.approx((chi_squared, p_value), abs=5e-7)
    assert verdict.degrees_of_freedom == 1


@pytest.mark.parametrize(
    ("lives", "chi_squared", "tolerance"),
    [(LYMPHOMA, 6.70971, 5e-6), (REGIMES, 322.5991, 5e-5), (FLIES, 122.2491, 5e-5), (LEUKAEMIA, 16.8, 0.05)],
    ids=["lymphoma", "regimes", "flies", "leukaemia"],
)
def test_published_statistics(lives, chi_squared, tolerance):
    assert log_rank(**told(lives)).chi_squared == pytest.approx(chi_squared, abs=tolerance)


@pytest.mark.parametrize(
    ("lives", "p_value", "tolerance"), [(GLIOMA, 0.0138, 5e-5), (LYMPHOMA, 0.0096, 5e-5), (LEUKAEMIA, 4.17e-5, 5e-8)]
)
def test_published_p_values(lives, p_value, tolerance):
    assert log_rank(**told(lives)).p_value == pytest.approx(p_value, abs=tolerance)


def test_the_weighted_tests_of_the_leukaemia_trial():
    found = statistics(**told(LEUKAEMIA))

    assert [found[name] for name in WEIGHTINGS[1:]] == pytest.approx([13.457852, 15.123575, 14.084139], abs=1e-6)


def test_observed_and_expected_exits_have_the_same_sum():
    found = comparison(**told(LEUKAEMIA))

    assert found.observed.tolist() == [9, 21]
    assert found.expected.sum() == pytest.approx(30)


def test_strata_are_compared_within_and_then_added():
    """Two strata with opposite orders cancel; pooled, the difference between strata would hide in the groups."""
    fast, slow = [1, 2, 3, 4], [11, 12, 13, 14]
    opposite = {"duration": [*fast, *slow], "group": [0, 0, 1, 1, 1, 1, 0, 0], "stratum": [0] * 4 + [1] * 4}

    assert statistics(**opposite) == pytest.approx({**dict.fromkeys(WEIGHTINGS, 0)}, abs=1e-12)


def test_twice_the_same_stratum_counts_twice():
    once = told(LEUKAEMIA)
    twice = {name: np.tile(values, 2) for name, values in once.items()} | {"stratum": np.repeat([0, 1], 42)}

    assert list(statistics(**twice).values()) == pytest.approx([2 * one for one in statistics(**once).values()])


def test_who_enters_late_is_at_risk_only_after_entering():
    """Day 2: one of two at risk leaves; the third enters on that day, so it is at risk from day 3 on."""
    found = comparison(duration=[2, 9, 9], group=[0, 1, 1], is_exit=[1, 0, 0], entry=[0, 0, 2])

    assert found.expected.tolist() == [0.5, 0.5]


def test_who_left_before_entering_was_never_at_risk():
    without, within = SMALL, {name: [*values, 7 if name == "duration" else 0] for name, values in SMALL.items()}

    assert statistics(**within, entry=[0] * 6 + [9]) == pytest.approx(statistics(**without))


def test_one_group_alone_is_compared_with_nobody():
    assert log_rank(duration=[1, 2, 3], group=[0, 0, 0]).chi_squared is None


def test_a_group_that_is_never_at_risk_takes_no_degree_of_freedom():
    found = log_rank(duration=[10, 20, 30, 10, 20, 50, 3], group=[1, 1, 1, 0, 0, 0, 2], is_exit=[1] * 6 + [0])

    assert (found.chi_squared, found.degrees_of_freedom) == (pytest.approx(0.254237, abs=5e-7), 1)


def test_no_exits_leave_nothing_to_compare():
    assert log_rank(duration=[5, 6], group=[0, 1], is_exit=[0, 0]).chi_squared is None


@st.composite
def lives(draw):
    size = draw(st.integers(2, 30))
    several = {
        name: draw(st.lists(st.integers(0, top), min_size=size, max_size=size))
        for name, top in (("duration", 12), ("group", 3), ("is_exit", 1), ("stratum", 2), ("entry", 5))
    }
    return {name: np.array(values) for name, values in several.items()}


@given(lives(), st.randoms())
@settings(max_examples=40, deadline=None)
def test_neither_order_nor_the_names_of_groups_and_strata_matter(drawn, random):
    order = random.sample(range(len(drawn["duration"])), len(drawn["duration"]))
    shuffled = {name: values[order] for name, values in drawn.items()}
    renamed = {**shuffled, "group": 3 - shuffled["group"], "stratum": 2 - shuffled["stratum"]}

    ours, theirs = statistics(**drawn), statistics(**renamed)
    assert {name: one is None for name, one in ours.items()} == {name: one is None for name, one in theirs.items()}
    assert [one or 0 for one in ours.values()] == pytest.approx([one or 0 for one in theirs.values()], abs=1e-6)
