"""OpenRank: a random walk that keeps part of what a node brought along (X-lab; Zhao et al.).

r_i = a_i v_i + (1 - a_i) sum_j s_ij r_j, with retention a, initial value v and s_ij the share of j's walk that goes to i.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from transform.statistics.graphs import Floats, Indices

TOLERANCE = 1e-12
MOST_STEPS = 2000


class NotSettled(Exception):
    """The values still moved after the last step allowed: some retention is too near to 0."""


def openrank(initial: Floats, retention: Floats, source: Indices, target: Indices, share: Floats) -> Floats:
    """Values per node; `share` is the part of the source's walk that goes to the target. Raises NotSettled.

    Where all retentions are equal and the shares of every source sum to 1, the values sum to the initial ones.
    """
    n = len(initial)
    walk = sparse.csr_array((share, (target.astype(np.int32), source.astype(np.int32))), shape=(n, n))
    kept, passed = retention * initial, 1 - retention
    value = initial.astype(np.float64)
    for _ in range(MOST_STEPS):
        following: Floats = kept + passed * (walk @ value)
        change = np.abs(following - value).max() if n else 0.0
        value = following
        if change < TOLERANCE * max(1.0, float(np.abs(value).max()) if n else 1.0):
            return value
    raise NotSettled(f"OpenRank still changed by {change:.1e} after {MOST_STEPS} steps.")
