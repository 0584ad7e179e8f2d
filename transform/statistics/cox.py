"""Proportional hazards (Cox 1972): Efron's ties, strata, late entry, covariates that change, robust errors by cluster, and
the test of proportionality.

Efron 1977; Lin and Wei 1989; Grambsch and Therneau 1994. Coefficients agree with `coxph` of R and with lifelines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import chdtrc

Integers = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.floating[Any]]

MOST_STEPS = 50
SMALLEST_GAIN = 1e-11
"""The last of Newton's steps is the first that promises to raise the log-likelihood by a smaller part of it."""
LONGEST_STEP = 2.0
"""In standard deviations: what a step may change a coefficient by, lest hazards overflow on the way."""
LARGEST_COEFFICIENT = 20.0
"""In standard deviations of its covariate: a hazard that many times e apart only comes of perfect separation."""


class NotEstimable(Exception):
    """The data do not determine the coefficients; says why."""


@dataclass(frozen=True)
class Lives:
    """One row per person: how long (days), whether by leaving, stratum and cluster (numbers), covariates (n by p).

    With an `entry` above 0 a person is at risk only after that day. Covariates that change are several rows of one
    person, each from its entry to its duration, and all of one cluster.
    """

    duration: Integers
    is_exit: npt.NDArray[np.bool_]
    covariates: Floats
    stratum: Integers
    cluster: Integers
    entry: Integers | None = None

    def between(self, start: int, end: int | None) -> Lives:
        """The same lives, seen only after the day `start` and up to the day `end`, both counted as above."""
        until = self.duration if end is None else np.minimum(self.duration, end)
        since = np.maximum(np.zeros_like(self.duration) if self.entry is None else self.entry, start)
        seen = until > since
        left = self.is_exit & (self.duration == until)
        return Lives(
            duration=until[seen],
            is_exit=left[seen],
            covariates=self.covariates[seen],
            stratum=self.stratum[seen],
            cluster=self.cluster[seen],
            entry=since[seen],
        )


@dataclass(frozen=True)
class Fit:
    """Log hazard ratios per unit of the covariates, and how sure they are."""

    coefficients: Floats
    standard_errors: Floats
    """As if persons were independent."""
    robust_errors: Floats
    """As if clusters were."""
    log_likelihood: float
    likelihood_ratio: float
    """Twice the gain over the model without covariates."""
    p_values: Floats
    """Of each coefficient, two-sided, with its robust error."""
    proportional_p_values: Floats
    """Small: the hazard ratio changes with time (rank of the exit day)."""
    inflation: Floats
    """By how much the likeness of a covariate to the others raises its variance; 1 where it is like none."""


@dataclass(frozen=True)
class RiskSets:
    """Where persons and exits stand on one axis of days, strata one behind the other."""

    days: Integers
    """Distinct days with an exit."""
    upto: Integers
    """Per person, the number of days not after the end of their life."""
    start: Integers
    """Per person, the number of days before their stratum, and before they were at risk in it."""
    leaver: Integers
    """Persons who exit, in the order of the axis."""
    day: Integers
    """Per leaver, which of `days`."""
    tie: Floats
    """Per leaver, Efron's share of the tied hazard that is already gone: 0, 1/d, 2/d, ..."""


@dataclass(frozen=True)
class State:
    """Derivatives of the log-likelihood at some coefficients, and what residuals are made of."""

    log_likelihood: float
    score: Floats
    information: Floats
    means: Floats
    """Per leaver, the mean covariates of those at risk."""
    denominators: Floats
    """Per leaver, the hazard of those at risk."""
    hazards: Floats
    """Per person."""


def fit(lives: Lives) -> Fit:
    """Raises NotEstimable."""
    centre, scale = lives.covariates.mean(axis=0), lives.covariates.std(axis=0)
    if not lives.is_exit.any():
        raise NotEstimable("too few exits")
    if not (scale > 0).all():
        raise NotEstimable("no variation")
    x = (lives.covariates - centre) / scale
    sets = risk_sets(lives)
    null = state(x, np.zeros(x.shape[1]), sets)
    best, beta = climbed(x, sets)
    inverse = np.linalg.inv(best.information)
    scores = summed(score_residuals(x, best, sets), lives.cluster)
    robust = inverse @ scores.T @ scores @ inverse
    return Fit(
        coefficients=beta / scale,
        standard_errors=np.sqrt(np.diag(inverse)) / scale,
        robust_errors=np.sqrt(np.diag(robust)) / scale,
        p_values=np.asarray(chdtrc(1, beta**2 / np.diag(robust))),
        log_likelihood=best.log_likelihood,
        likelihood_ratio=2 * (best.log_likelihood - null.log_likelihood),
        proportional_p_values=proportionality(x, best, sets, lives.duration, inverse),
        inflation=np.diag(best.information) * np.diag(inverse),
    )


def risk_sets(lives: Lives) -> RiskSets:
    span = int(lives.duration.max()) + 1
    start = lives.stratum.astype(np.int64) * span
    end = start + lives.duration
    days = np.unique(end[lives.is_exit])
    entry = np.zeros_like(start) if lives.entry is None else lives.entry
    # who is seen from the start is at risk on day 0 as well, who enters later only after the day of entry
    at_risk_from = np.searchsorted(days, start + entry + (entry > 0))
    leaver = np.flatnonzero(lives.is_exit)
    leaver = leaver[np.argsort(end[leaver], kind="stable")]
    day = np.searchsorted(days, end[leaver])
    n_tied = np.bincount(day)
    tie = (np.arange(len(day)) - np.searchsorted(day, day)) / n_tied[day]
    return RiskSets(days, np.searchsorted(days, end, "right"), at_risk_from, leaver, day, tie)


def state(x: Floats, beta: Floats, sets: RiskSets) -> State:
    risk = x @ beta
    hazards = np.exp(risk)
    at_risk, tied = hazards_at(sets, hazards), tied_at(sets, hazards)
    denominators = at_risk - sets.tie * tied
    weighted = x * hazards[:, None]
    means = (hazards_at(sets, weighted) - sets.tie[:, None] * tied_at(sets, weighted)) / denominators[:, None]
    exposure = exposures(sets, 1 / denominators)
    return State(
        log_likelihood=float(risk[sets.leaver].sum() - np.log(denominators).sum()),
        score=(x[sets.leaver] - means).sum(axis=0),
        information=(weighted * exposure[:, None]).T @ x - means.T @ means,
        means=means,
        denominators=denominators,
        hazards=hazards,
    )


def hazards_at(sets: RiskSets, amount: Floats) -> Floats:
    """Per leaver, the sum of an amount over those at risk on the day."""
    n = len(sets.days) + 1
    moves = added(sets.start, amount, n) - added(sets.upto, amount, n)
    at_risk: Floats = moves.cumsum(axis=0)[sets.day]
    return at_risk


def tied_at(sets: RiskSets, amount: Floats) -> Floats:
    """Per leaver, the sum of an amount over those who leave on the same day."""
    tied: Floats = added(sets.day, amount[sets.leaver], len(sets.days))[sets.day]
    return tied


def added(place: Integers, amount: Floats, n: int) -> Floats:
    """The sum of the amounts of every place 0..n-1."""
    if amount.ndim == 1:
        return np.bincount(place, amount, n).astype(np.float64, copy=False)
    width = amount.shape[1]
    cell = place[:, None] * width + np.arange(width)
    sums = np.bincount(cell.ravel(), amount.ravel(), n * width).astype(np.float64, copy=False)
    return sums.reshape(n, width)


def exposures(sets: RiskSets, amount: Floats) -> Floats:
    """Per person, the sum of an amount over the exits they were at risk for; ties count by Efron's share."""
    sums, shared = (added(sets.day, one, len(sets.days)) for one in (amount, (amount.T * sets.tie).T))
    running = np.concatenate([np.zeros((1, *amount.shape[1:])), sums.cumsum(axis=0)])
    exposed: Floats = running[sets.upto] - running[sets.start]
    exposed[sets.leaver] -= shared[sets.day]
    return exposed


def climbed(x: Floats, sets: RiskSets) -> tuple[State, Floats]:
    """Newton's method, with halved steps where a whole one would lead downhill."""
    beta: Floats = np.zeros(x.shape[1])
    here = state(x, beta, sets)
    tolerance = SMALLEST_GAIN * max(1, abs(here.log_likelihood))
    for _ in range(MOST_STEPS):
        if np.linalg.matrix_rank(here.information, hermitian=True) < len(beta):
            raise NotEstimable("collinear")
        step = np.linalg.solve(here.information, here.score)
        if here.score @ step < tolerance:
            return state(x, beta + step, sets), beta + step
        step = step * min(1, LONGEST_STEP / np.abs(step).max())
        beta, here = uphill(x, sets, beta, step, here.log_likelihood - tolerance)
        if np.abs(beta).max() > LARGEST_COEFFICIENT:
            break
    raise NotEstimable("did not converge")


def uphill(x: Floats, sets: RiskSets, beta: Floats, step: Floats, height: float) -> tuple[Floats, State]:
    for _ in range(MOST_STEPS):
        there = state(x, beta + step, sets)
        if there.log_likelihood >= height:
            return beta + step, there
        step = step / 2
    raise NotEstimable("did not converge")


def score_residuals(x: Floats, at: State, sets: RiskSets) -> Floats:
    """What each person adds to the score."""
    n_tied = np.bincount(sets.day)[sets.day]
    residuals = -at.hazards[:, None] * (
        x * exposures(sets, 1 / at.denominators)[:, None] - exposures(sets, at.means / at.denominators[:, None])
    )
    means = added(sets.day, at.means / n_tied[:, None], len(sets.days))
    residuals[sets.leaver] += x[sets.leaver] - means[sets.day]
    return residuals


def summed(rows: Floats, cluster: Integers) -> Floats:
    names, place = np.unique(cluster, return_inverse=True)
    return added(place, rows, len(names))


def proportionality(x: Floats, at: State, sets: RiskSets, duration: Integers, inverse: Floats) -> Floats:
    """p-values that the scaled Schoenfeld residuals do not move with the rank of the exit day; null (nan) for one day."""
    n_tied = np.bincount(sets.day)[sets.day]
    means = added(sets.day, at.means / n_tied[:, None], len(sets.days))
    residuals = (x[sets.leaver] - means[sets.day]) @ inverse * len(sets.leaver)
    when = pl.Series(duration[sets.leaver]).rank().to_numpy()
    when = when - when.mean()
    spread = (when**2).sum() * len(when) * np.diag(inverse)
    if not spread.all():
        return np.full(x.shape[1], np.nan)
    return np.asarray(chdtrc(1, (when @ residuals) ** 2 / spread))
