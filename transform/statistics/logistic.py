"""Logistic regression by Newton's method."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

MOST_STEPS = 50
LARGEST_COEFFICIENT = 20.0
"""In standard deviations of its covariate; more only comes of perfect separation."""


class NoModel(Exception):
    """The data do not determine the coefficients."""


def fit(x: Floats, y: Flags) -> Floats:
    """Intercept and coefficients of the log odds of y. Raises NoModel."""
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if not (scale > 0).all() or y.all() or not y.any():
        raise NoModel("Covariates and outcome must vary.")
    design = np.column_stack([np.ones(len(x)), (x - centre) / scale])
    beta: Floats = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        p = expit(design @ beta)
        information = (design * (p * (1 - p))[:, None]).T @ design
        if np.abs(beta).max() > LARGEST_COEFFICIENT or np.linalg.matrix_rank(information, hermitian=True) < len(beta):
            break
        step = np.linalg.solve(information, design.T @ (y - p))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            slopes = beta[1:] / scale
            return np.concatenate([[beta[0] - slopes @ centre], slopes])
    raise NoModel("The coefficients run away.")


def predicted(x: Floats, coefficients: Floats) -> Floats:
    """Probabilities."""
    probabilities: Floats = expit(coefficients[0] + x @ coefficients[1:])
    return probabilities
