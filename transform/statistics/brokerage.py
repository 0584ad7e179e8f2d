"""How closed the surroundings of a node are: local clustering and Burt's constraint, of many separate graphs at once.

Watts and Strogatz 1998; Burt 1992. The numbers agree with networkx.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Indices = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


def surroundings(source: Indices, target: Indices, weight: Floats, n_nodes: int) -> tuple[Floats, Floats]:
    """Clustering and constraint per node 0..n-1; direction is ignored, what goes both ways adds up.

    nan: clustering of whoever has fewer than two neighbours, constraint of whoever has none. Graphs need not be
    connected: nodes of one graph are simply never tied to those of another.
    """
    ends = np.concatenate([source, target]).astype(np.int32), np.concatenate([target, source]).astype(np.int32)
    ties = sparse.csr_array((np.concatenate([weight, weight]), ends), shape=(n_nodes, n_nodes))
    ties.sum_duplicates()
    neighbours = np.diff(ties.indptr).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return clustering(ties, neighbours), constraint(ties, neighbours)


def clustering(ties: Any, neighbours: Floats) -> Floats:
    """Of the pairs of neighbours, the share that are neighbours of each other."""
    known = ties.astype(bool).astype(np.float64)
    closed = (known @ known).multiply(known).sum(axis=1)  # every triangle twice: once for either neighbour
    share: Floats = np.where(neighbours > 1, closed / (neighbours * (neighbours - 1)), np.nan)
    return share


def constraint(ties: Any, neighbours: Floats) -> Floats:
    """The sum over the neighbours of (attention to them + attention to those who also attend to them) squared."""
    strength = np.asarray(ties.sum(axis=1)).ravel()
    attention = sparse.diags_array(np.divide(1.0, strength, where=strength > 0, out=np.zeros_like(strength))) @ ties
    invested = attention + (attention @ attention).multiply(ties.astype(bool))
    total: Floats = np.where(neighbours > 0, np.asarray(invested.power(2).sum(axis=1)).ravel(), np.nan)
    return total
