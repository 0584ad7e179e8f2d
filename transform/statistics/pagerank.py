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
STEPS_A_ROUND = 10
"""Blocks that have settled leave after so many steps: a slow one does not hold up all, and changes nobody's score."""


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
    gives its score to all nodes of its block. What a block gets does not depend on the others. Raises ConvergenceError.
    """
    n_nodes = len(block)
    strength = np.bincount(source, weights=weight, minlength=n_nodes)
    ends = target.astype(np.int32), source.astype(np.int32)  # half the memory traffic of scipy's own choice
    inflow = sparse.csr_array((weight / strength[source], ends), shape=(n_nodes, n_nodes))
    found, nodes, blocks, is_dead_end = np.zeros(n_nodes), np.arange(n_nodes), block, strength == 0
    if not n_nodes:
        return found
    score: Floats = 1 / np.bincount(block)[block]
    for _ in range(MOST_STEPS // STEPS_A_ROUND):
        score, change = _round(inflow, score, blocks, is_dead_end, damping)
        done = change[blocks] < tolerance
        found[nodes[done]] = score[done]
        if done.all():
            return found
        left = np.flatnonzero(~done)
        if done.any():
            inflow = inflow[left][:, left]
        nodes, score, is_dead_end = nodes[left], score[left], is_dead_end[left]
        blocks = np.unique(blocks[left], return_inverse=True)[1]
    raise ConvergenceError(f"PageRank still changed by {change.max():.1e} after {MOST_STEPS} steps.")


def _round(
    inflow: Any, score: Floats, block: Indices, is_dead_end: npt.NDArray[np.bool_], damping: float
) -> tuple[Floats, Floats]:
    """The scores after STEPS_A_ROUND, and by how much each block changed in the last step."""
    dead_ends, n_blocks = np.flatnonzero(is_dead_end), int(block.max()) + 1
    of_dead_ends, size = block[dead_ends], np.bincount(block).astype(np.float64)
    before = score
    for _ in range(STEPS_A_ROUND):
        before = score
        lost = np.bincount(of_dead_ends, weights=score[dead_ends], minlength=n_blocks)
        score = damping * (inflow @ score) + np.take((1 - damping + damping * lost) / size, block)
    return score, np.bincount(block, weights=np.abs(score - before), minlength=n_blocks).astype(np.float64)
