"""Least squares with an effect for each unit and each time, and clustered standard errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

Floats = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.integer[Any]]
MOST_ROUNDS = 1000
TOLERANCE = 1e-12


class NoPanel(Exception):
    """The data do not determine the coefficients: a term does not vary within units and times."""


@dataclass(frozen=True)
class Model:
    """One value a term. `scores` are what each row adds to the equations, for errors by any clusters."""

    coefficients: Floats
    bread: Floats
    scores: Floats

    def errors(self, cluster: Indices) -> Floats:
        """Standard errors clustered so, with the correction of Liang and Zeger for few clusters. Raises NoPanel."""
        n_clusters = len(np.unique(cluster))
        if n_clusters < 2:
            raise NoPanel("There is one cluster.")
        sums = np.zeros((int(cluster.max()) + 1, self.scores.shape[1]))
        np.add.at(sums, cluster, self.scores)
        variance = self.bread @ (sums.T @ sums) @ self.bread * n_clusters / (n_clusters - 1)
        return np.sqrt(np.diag(variance))


def fixed_effects(x: Floats, y: Floats, unit: Indices, time: Indices) -> Model:
    """Coefficients of the columns of x. Raises NoPanel."""
    both = without_effects(np.column_stack([x, y]), unit, time)
    within, outcome = both[:, :-1], both[:, -1]
    spread = np.sqrt((within**2).sum(axis=0))
    if not (spread > 1e-8 * np.maximum(1, np.abs(x).max(axis=0))).all():
        raise NoPanel("A term does not vary within units and times.")
    scaled = within / spread
    if np.linalg.matrix_rank(scaled, tol=1e-8) < x.shape[1]:
        raise NoPanel("One term is made of others.")
    bread = np.linalg.inv(scaled.T @ scaled)
    beta = bread @ scaled.T @ outcome
    left = outcome - scaled @ beta
    return Model(beta / spread, bread / np.outer(spread, spread), scaled * spread * left[:, None])


def reach(n_clusters: int) -> float:
    """Standard errors to the 95 % bounds: few clusters leave more to chance than the normal distribution says."""
    return float(stdtrit(max(n_clusters - 1, 1), 0.975))


def without_effects(values: Floats, unit: Indices, time: Indices) -> Floats:
    """The values less their means by unit and by time, taken in turns until nothing is left of either."""
    left: Floats = values - values.mean(axis=0)
    for _ in range(MOST_ROUNDS):
        before = left
        for groups in (unit, time):
            n = np.bincount(groups)
            means = np.column_stack([np.bincount(groups, column) for column in left.T]) / np.maximum(n, 1)[:, None]
            left = left - means[groups]
        if np.abs(left - before).max(initial=0) < TOLERANCE:
            break
    return left
