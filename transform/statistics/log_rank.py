"""Log-rank tests of equal survival: weighted, stratified, with late entry, for any number of groups.

Mantel 1966; weights after Gehan (Wilcoxon), Tarone and Ware 1977, Peto and Peto 1972. The numbers agree with `survdiff`
of R and with lifelines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

Integers = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

WEIGHTINGS = ("log_rank", "wilcoxon", "tarone_ware", "peto")


@dataclass(frozen=True)
class Ends:
    """Spells that share a stratum, group, entry and duration (days), with their exits and all their ends.

    Groups are numbered 0..k-1, strata 0..s-1. An entry of 0 is observation from the start.
    """

    stratum: Integers
    group: Integers
    entry: Integers
    duration: Integers
    n_exits: Integers
    n_ends: Integers


@dataclass(frozen=True)
class Verdict:
    """Of one weighting: the statistic, null where the groups cannot be compared."""

    weighting: str
    chi_squared: float | None
    degrees_of_freedom: int
    p_value: float | None


@dataclass(frozen=True)
class Comparison:
    """Exits observed and expected per group if all groups left alike, and the tests of that."""

    observed: Floats
    expected: Floats
    verdicts: tuple[Verdict, ...]


def compare(ends: Ends) -> Comparison:
    """Groups in which nobody is ever at risk while somebody leaves take no part, and no degree of freedom."""
    exits, at_risk, stratum = tables(ends)
    n, d = at_risk.sum(axis=1), exits.sum(axis=1)
    expected = at_risk * (d / n)[:, None]
    takes_part = np.flatnonzero(at_risk.sum(axis=0) > 0)
    freedom = max(len(takes_part) - 1, 0)
    verdicts = tuple(
        Verdict(name, *tested((exits - expected)[:, takes_part], at_risk[:, takes_part], d, weight, freedom))
        for name, weight in weights(n, d, stratum).items()
    )
    return Comparison(exits.sum(axis=0), expected.sum(axis=0), verdicts)


def tables(ends: Ends) -> tuple[Floats, Floats, Integers]:
    """Exits and persons at risk per group, on every day of a stratum with an exit, and the stratum of each such day."""
    span = int(ends.duration.max(initial=0)) + 2
    start = ends.stratum.astype(np.int64) * span  # strata one behind the other on a single axis of days
    seen = (ends.entry == 0) | (ends.entry < ends.duration)
    start, group, last = start[seen], ends.group[seen], (start + ends.duration)[seen]
    n_exits, n_ends = ends.n_exits[seen], ends.n_ends[seen]
    entry = ends.entry[seen]
    days = np.unique(last[n_exits > 0])
    shape = (len(days) + 1, int(ends.group.max(initial=-1)) + 1)
    exits, moves = np.zeros(shape), np.zeros(shape)
    left = n_exits > 0
    np.add.at(exits, (np.searchsorted(days, last[left]), group[left]), n_exits[left])
    enters = np.searchsorted(days, np.where(entry > 0, start + entry + 1, start))
    np.add.at(moves, (enters, group), n_ends)
    np.add.at(moves, (np.searchsorted(days, last, side="right"), group), -n_ends)
    return exits[:-1], moves.cumsum(axis=0)[:-1], days // span


def weights(n: Floats, d: Floats, stratum: Integers) -> dict[str, Floats]:
    """Per weighting what a day counts: the later weightings look more at early days, where many are at risk."""
    logs = np.log1p(-d / (n + 1)).cumsum()  # n + 1: the survival of Peto and Peto never reaches 0
    before = np.concatenate([[0.0], logs])[np.searchsorted(stratum, stratum)]
    return dict(zip(WEIGHTINGS, (np.ones_like(n), n, np.sqrt(n), np.exp(logs - before)), strict=True))


def tested(
    differences: Floats, at_risk: Floats, d: Floats, weight: Floats, freedom: int
) -> tuple[float | None, int, float | None]:
    """Statistic, degrees of freedom and p-value; no statistic if the covariance leaves a group undetermined."""
    n = at_risk.sum(axis=1)
    spread = weight**2 * d * (n - d) / np.maximum(n - 1, 1)
    share = at_risk / n[:, None]
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    sums, covariance = (weight @ differences)[:-1], covariance[:-1, :-1]
    if freedom == 0 or np.linalg.matrix_rank(covariance) < freedom:
        return None, freedom, None
    statistic = float(sums @ np.linalg.solve(covariance, sums))
    return statistic, freedom, float(chdtrc(freedom, statistic))
