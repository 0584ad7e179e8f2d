"""Weighted PageRank of many separate graphs at once (Page et al. 1999; Langville and Meyer 2006)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Indices = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-12
"""Largest L1 change of any graph in the last step."""
MOST_STEPS = 1000
"""At damping 0.85 a change of 1e-12 takes under 180 steps."""


class ConvergenceError(Exception):
    """The scores still moved after the last step allowed: the damping is too near to 1 for the tolerance."""


def pagerank(
    source: Indices,
    target: Indices,
    weight: Floats,
    block: Indices,
    *,
    damping: float = 0.85,
    tolerance: float = TOLERANCE,
) -> Floats:
    """Scores per node, summing to 1 in each block; the walk goes from source to target.

    Nodes are 0..n-1, `block[node]` is the graph of a node, 0..b-1, and edges stay within it. A node without edges out
    gives its score to all nodes of its block. Raises ConvergenceError.
    """
    n_nodes = len(block)
    strength = np.bincount(source, weights=weight, minlength=n_nodes)
    ends = target.astype(np.int32), source.astype(np.int32)  # half the memory traffic of scipy's own choice
    inflow = sparse.csr_array((weight / strength[source], ends), shape=(n_nodes, n_nodes))
    size = np.bincount(block).astype(np.float64)
    dead_ends = np.flatnonzero(strength == 0)
    block_of_dead_ends = block[dead_ends]
    score: Floats = 1 / size[block]
    for _ in range(MOST_STEPS):
        lost = np.bincount(block_of_dead_ends, weights=score[dead_ends], minlength=len(size))
        following: Floats = damping * (inflow @ score) + np.take((1 - damping + damping * lost) / size, block)
        change = np.bincount(block, weights=np.abs(following - score), minlength=len(size))
        score = following
        if not change.size or change.max() < tolerance:
            return score
    raise ConvergenceError(f"PageRank still changed by {change.max():.1e} after {MOST_STEPS} steps.")
