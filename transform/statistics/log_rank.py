"""Log-rank tests of equal survival: weighted, stratified, with late entry, for any number of groups.

Mantel 1966; weights after Gehan (Wilcoxon), Tarone and Ware 1977, Peto and Peto 1972. The numbers agree with `survdiff`
of R and with lifelines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from transform.statistics.runs import starts_of_runs

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


@dataclass(frozen=True)
class Comparisons:
    """The same for many questions at once: a row each; nan where the groups cannot be compared."""

    observed: Floats
    expected: Floats
    freedom: Integers
    chi_squared: Floats
    """One row a weighting, in their order, and so are the p-values."""
    p_values: Floats


def compare(ends: Ends) -> Comparison:
    """Groups in which nobody is ever at risk while somebody leaves take no part, and no degree of freedom."""
    found = next(compare_all(ends, np.zeros(int(ends.stratum.max(initial=0)) + 1, dtype=np.int64)))
    freedom = int(found.freedom[0])
    verdicts = tuple(
        Verdict(name, *((None, freedom, None) if np.isnan(chi[0]) else (float(chi[0]), freedom, float(p[0]))))
        for name, chi, p in zip(WEIGHTINGS, found.chi_squared, found.p_values, strict=True)
    )
    return Comparison(found.observed[0], found.expected[0], verdicts)


def compare_all(ends: Ends, *questions: Integers) -> Iterator[Comparisons]:
    """Many comparisons at once; `question[stratum]` numbers the one that a stratum belongs to, in rising order.

    The same strata may be asked about in several ways, such as one by one and together.
    """
    exits, at_risk, stratum = tables(ends)
    n, d = at_risk.sum(axis=1), exits.sum(axis=1)
    share = at_risk / n[:, None]
    expected = share * d[:, None]
    spread = d * (n - d) / np.maximum(n - 1, 1)
    weight = weights(n, d, stratum)
    for question in questions:
        asked, n_questions = question[stratum], int(question.max(initial=-1)) + 1
        takes_part = summed(at_risk, asked, n_questions) > 0
        freedom = np.maximum(takes_part.sum(axis=1) - 1, 0)
        chi_squared = []
        for one in weight.values():
            sums = summed((exits - expected) * one[:, None], asked, n_questions)
            covariance = covariances(share, one**2 * spread, asked, n_questions)
            chi_squared.append(statistics(sums, covariance, takes_part))
        chi = np.stack(chi_squared)
        observed_sums, expected_sums = (summed(counted, asked, n_questions) for counted in (exits, expected))
        yield Comparisons(observed_sums, expected_sums, freedom, chi, np.asarray(chdtrc(freedom, chi)))


def summed(rows: Floats, asked: Integers, n_questions: int) -> Floats:
    """The sums of the rows (days by groups) of every question; the days of one question adjoin."""
    sums = np.zeros((n_questions, rows.shape[1]))
    starts = starts_of_runs(asked)
    if len(starts):
        sums[asked[starts]] = np.add.reduceat(rows, starts, axis=0)
    return sums


def covariances(share: Floats, spread: Floats, asked: Integers, n_questions: int) -> Floats:
    """Per question the hypergeometric covariance of the groups' sums."""
    n_groups = share.shape[1]
    found = np.zeros((n_questions, n_groups, n_groups))
    scaled = share * spread[:, None]
    for group in range(n_groups):
        found[:, group, : group + 1] = -summed(scaled[:, group, None] * share[:, : group + 1], asked, n_questions)
        found[:, :group, group] = found[:, group, :group]
    found[:, np.arange(n_groups), np.arange(n_groups)] += summed(scaled, asked, n_questions)
    return found


def statistics(sums: Floats, covariance: Floats, takes_part: npt.NDArray[np.bool_]) -> Floats:
    """The quadratic form of every question, over its groups but the last one; nan if a group is left undetermined."""
    n_questions, n_groups = sums.shape
    last = n_groups - 1 - np.argmax(takes_part[:, ::-1], axis=1)
    used = takes_part.copy()
    used[np.arange(n_questions), last] = False
    both = used[:, :, None] & used[:, None, :]
    # a group that takes no part stands apart, on the scale of the others: then it changes neither rank nor result
    scale = np.maximum(np.abs(covariance).max(axis=(1, 2), initial=0), 1e-300)
    apart = np.eye(n_groups) * (~used)[:, :, None] * scale[:, None, None]
    form = np.where(both, covariance, 0) + apart
    is_known = used.any(axis=1) & (np.linalg.matrix_rank(form, hermitian=True) == n_groups)
    difference = np.where(used, sums, 0)
    found = np.full(n_questions, np.nan)
    solved = np.linalg.solve(form[is_known], difference[is_known][:, :, None])[:, :, 0]
    found[is_known] = (difference[is_known] * solved).sum(axis=1)
    return found


def tables(ends: Ends) -> tuple[Floats, Floats, Integers]:
    """Exits and persons at risk per group, on every day of a stratum with an exit, and the stratum of each such day."""
    span = int(ends.duration.max(initial=0)) + 2
    start = ends.stratum.astype(np.int64) * span  # strata one behind the other on a single axis of days
    seen = (ends.entry == 0) | (ends.entry < ends.duration)
    start, group, last = start[seen], ends.group[seen], (start + ends.duration)[seen]
    n_exits, n_ends = ends.n_exits[seen], ends.n_ends[seen]
    entry = ends.entry[seen]
    exit_days = np.sort(last[n_exits > 0], kind="stable")  # mostly in order already, and then done in one pass
    days = exit_days[starts_of_runs(exit_days)]
    shape = (len(days) + 1, int(ends.group.max(initial=-1)) + 1)

    def placed(day: Integers, amount: Integers) -> Floats:
        size = shape[0] * shape[1]
        flat = np.bincount(day * shape[1] + group, weights=amount.astype(np.float64), minlength=size)
        return flat.astype(np.float64).reshape(shape)

    exits = placed(np.searchsorted(days, last), n_exits)
    enters = np.searchsorted(days, np.where(entry > 0, start + entry + 1, start))
    moves = placed(enters, n_ends) - placed(np.searchsorted(days, last, side="right"), n_ends)
    return exits[:-1], moves.cumsum(axis=0)[:-1], days // span


def weights(n: Floats, d: Floats, stratum: Integers) -> dict[str, Floats]:
    """Per weighting what a day counts: the later weightings look more at early days, where many are at risk."""
    logs = np.log1p(-d / (n + 1)).cumsum()  # n + 1: the survival of Peto and Peto never reaches 0
    before = np.concatenate([[0.0], logs])[np.searchsorted(stratum, stratum)]
    return dict(zip(WEIGHTINGS, (np.ones_like(n), n, np.sqrt(n), np.exp(logs - before)), strict=True))
