"""Proportional hazards against a model solved by hand, Rossi's study of recidivism, lifelines, and leaving one out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from transform.statistics.cox import Lives, NotEstimable, fit

ROSSI = pl.read_csv(Path(__file__).with_name("rossi.csv"))
"""432 men for a year after prison: Rossi, Berk and Lenihan 1980."""
ALL = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
ALL_BUT_RACE = [name for name in ALL if name != "race"]


def lives(duration, covariates, is_exit=None, stratum=None, cluster=None, entry=None):
    n = len(duration)
    return Lives(
        duration=np.array(duration),
        is_exit=np.ones(n, dtype=bool) if is_exit is None else np.array(is_exit, dtype=bool),
        covariates=np.array(covariates, dtype=float).reshape(n, -1),
        stratum=np.zeros(n, dtype=int) if stratum is None else np.array(stratum),
        cluster=np.arange(n) if cluster is None else np.array(cluster),
        entry=None if entry is None else np.array(entry),
    )


def fitted(*given, **more):
    return fit(lives(*given, **more))


def rossi(terms, duration=None, **columns):
    weeks = ROSSI["week"] if duration is None else duration
    return fitted(weeks, ROSSI.select(terms).to_numpy(), ROSSI["arrest"], **columns)


def without_ties():
    """The weeks in order, equals in the order of the file."""
    return ROSSI["week"].rank("ordinal").to_numpy()


def test_four_persons_solved_by_hand():
    """The score equation is e^2 - e - 4 = 0."""
    assert fitted([1, 2, 3, 4], [1, 0, 1, 0]).coefficients == pytest.approx([np.log((1 + 17**0.5) / 2)])
    assert fitted([1, 2, 3, 4], [1, 0, 1, 0]).coefficients == pytest.approx([0.94061], abs=5e-6)


def test_the_coefficients_of_rossi():
    found = rossi(ALL)
    published = [-0.3794222, -0.0574377, 0.3138998, -0.1497957, -0.4337039, -0.0848711, 0.0914971]

    assert found.coefficients == pytest.approx(published, abs=1e-6)
    assert found.standard_errors == pytest.approx(
        [0.19137948, 0.02199947, 0.30799278, 0.2122243, 0.38186806, 0.19575667, 0.02864855], abs=1e-8
    )
    assert found.log_likelihood == pytest.approx(-658.7477, abs=5e-5)
    assert found.likelihood_ratio == pytest.approx(33.27, abs=5e-3)


def test_the_coefficients_of_rossi_stratified_by_race():
    found = rossi(ALL_BUT_RACE, stratum=ROSSI["race"])

    assert found.coefficients == pytest.approx([-0.3788, -0.0576, -0.1427, -0.4388, -0.0858, 0.0922], abs=1e-4)


def test_robust_errors_agree_with_lifelines_where_there_are_no_ties():
    persons = rossi(ALL, without_ties()).robust_errors
    clusters = rossi(ALL, without_ties(), cluster=ROSSI["age"] % 15).robust_errors

    assert persons == pytest.approx(
        [0.19473678, 0.02525674, 0.29054191, 0.21813702, 0.37777745, 0.19969464, 0.02858414], abs=1e-7
    )
    assert clusters == pytest.approx(
        [0.19409292, 0.02268158, 0.22553952, 0.24515921, 0.36673155, 0.17564056, 0.03043348], abs=1e-7
    )


def test_robust_errors_with_ties_are_near_those_of_leaving_one_out():
    whole = rossi(ALL).coefficients
    weeks, terms, arrest = ROSSI["week"].to_numpy(), ROSSI.select(ALL).to_numpy(), ROSSI["arrest"].to_numpy()
    rows = [np.delete(np.arange(432), one) for one in range(432)]
    moved = np.array([fitted(weeks[kept], terms[kept], arrest[kept]).coefficients for kept in rows]) - whole

    assert rossi(ALL).robust_errors == pytest.approx(np.sqrt((moved**2).sum(axis=0)), rel=0.07)


def test_the_test_of_proportionality_agrees_with_lifelines_where_there_are_no_ties():
    found = rossi(ALL, without_ties()).proportional_p_values

    assert found == pytest.approx(
        [0.8926937, 0.0007140106, 0.2456980, 0.006064246, 0.3988517, 0.5853700, 0.9748378], rel=1e-6
    )


def test_neither_order_nor_scale_nor_origin_of_a_covariate_matters():
    order = np.random.default_rng(1).permutation(432)
    shuffled = fitted(
        ROSSI["week"].to_numpy()[order],
        ROSSI.select(ALL).to_numpy()[order] * 1000 + 7,
        ROSSI["arrest"].to_numpy()[order],
    )

    assert shuffled.coefficients * 1000 == pytest.approx(rossi(ALL).coefficients, abs=1e-8)


def test_strata_are_fitted_together_but_never_compared():
    """The second stratum is the first, a hundred days later: nothing but more of the same."""
    days, x = [1, 2, 3, 4], [1, 0, 1, 0]
    both = fitted([*days, *(day + 100 for day in days)], x * 2, stratum=[0] * 4 + [1] * 4)

    assert both.coefficients == pytest.approx([0.94061], abs=5e-6)


def test_a_covariate_without_effect_has_no_large_coefficient_and_keeps_its_level():
    random = np.random.default_rng(20200101)
    p_values = [
        fitted(random.exponential(100, 200).astype(int), random.integers(0, 2, 200)).p_values[0] for _ in range(300)
    ]

    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_the_likeness_of_covariates_inflates_their_variance_by_one_over_one_less_r_squared():
    """Two covariates of correlation r, of a hazard that hangs on neither: 1 / (1 - r^2)."""
    random = np.random.default_rng(7)
    x, noise = random.normal(size=(2, 20_000))
    found = fitted(random.permutation(20_000), np.column_stack([x, 0.8 * x + 0.6 * noise]))

    assert found.inflation == pytest.approx([1 / 0.36] * 2, rel=0.05)


@pytest.mark.parametrize(
    ("lives", "reason"),
    [
        ({"duration": [1, 2, 3], "covariates": [0, 1, 0], "is_exit": [0, 0, 0]}, "too few exits"),
        ({"duration": [1, 2, 3], "covariates": [5, 5, 5]}, "no variation"),
        ({"duration": [1, 2, 3, 4], "covariates": [[0, 0], [1, 2], [0, 0], [1, 2]]}, "collinear"),
        ({"duration": [1, 2, 3, 4], "covariates": [1, 1, 0, 0]}, "did not converge"),
    ],
)
def test_what_the_data_do_not_determine_is_not_estimated(lives, reason):
    with pytest.raises(NotEstimable, match=reason):
        fitted(**lives)


def test_a_life_told_in_pieces_is_one_life():
    """Cutting everybody at week 20 changes neither the coefficients nor, by person, their robust errors."""
    weeks, arrest, covariates = ROSSI["week"].to_numpy(), ROSSI["arrest"].to_numpy(), ROSSI.select(ALL).to_numpy()
    later = weeks > 20
    pieces = fitted(
        np.concatenate([np.minimum(weeks, 20), weeks[later]]),
        np.concatenate([covariates, covariates[later]]),
        np.concatenate([arrest * ~later, arrest[later]]),
        cluster=np.concatenate([np.arange(len(weeks)), np.flatnonzero(later)]),
        entry=np.concatenate([np.zeros(len(weeks), int), np.full(later.sum(), 20)]),
    )
    whole = rossi(ALL)

    assert pieces.coefficients == pytest.approx(whole.coefficients, abs=1e-9)
    assert pieces.robust_errors == pytest.approx(whole.robust_errors, abs=1e-9)
    assert pieces.log_likelihood == pytest.approx(whole.log_likelihood)


def test_who_enters_late_is_compared_only_with_whom_they_met():
    """By hand: the third enters after day 1, so one person of two is at risk on day 1, and both others on day 3."""
    found = fitted([1, 3, 4], [1, 0, 1], entry=[0, 0, 1])

    # (e / (e + 1)) * (1 / (1 + e)) is largest where e = 1
    assert found.coefficients == pytest.approx([0], abs=1e-9)


def test_periods_share_out_the_exits_and_together_say_what_the_whole_says():
    """If the ratio is one for all periods, the likelihoods of disjoint periods add up to that of all days."""
    given = lives(ROSSI["week"], ROSSI["fin"], ROSSI["arrest"])
    early, late = given.between(0, 26), given.between(26, None)

    assert early.is_exit.sum() + late.is_exit.sum() == 114
    both = Lives(*(np.concatenate(pair) for pair in zip(vars(early).values(), vars(late).values(), strict=True)))
    assert fit(both).coefficients == pytest.approx(fit(given).coefficients, abs=1e-9)


def test_the_concordance_of_rossi():
    """Recomputed with lifelines: 0.6403. Of pairs of whom one left first, how often the model says so."""
    risk = ROSSI.select(ALL).to_numpy() @ rossi(ALL).coefficients
    weeks, arrest = ROSSI["week"].to_numpy(), ROSSI["arrest"].to_numpy().astype(bool)
    first = arrest[:, None] & ((weeks[:, None] < weeks) | ((weeks[:, None] == weeks) & ~arrest))
    agrees = np.where(risk[:, None] == risk, 0.5, risk[:, None] > risk)

    assert agrees[first].mean() == pytest.approx(0.6403, abs=5e-5)
