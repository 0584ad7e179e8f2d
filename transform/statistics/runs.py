"""Runs of equal values in a line of numbers; in a sorted line each value has one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer[Any]]


def starts_of_runs(values: Integers) -> Integers:
    """Where a value differs from the one before it."""
    return np.flatnonzero(np.append(len(values) > 0, values[1:] != values[:-1]))
