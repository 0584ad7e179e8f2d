"""Many separate graphs at once: nodes 0..n-1, `block[node]` the graph of a node, edges within a graph.

What is computed of a block is the same whether the block is alone or among others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Indices = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Matrix = Any
"""A sparse matrix of scipy, which has no types."""


def weights(source: Indices, target: Indices, weight: Floats, n_nodes: int) -> Matrix:
    """The matrix W with W[source, target] the weight; parallel edges add up, self-loops go."""
    kept = source != target
    ends = source[kept].astype(np.int32), target[kept].astype(np.int32)
    return sparse.csr_array((weight[kept], ends), shape=(n_nodes, n_nodes))


def undirected(matrix: Matrix) -> Matrix:
    """Both directions together: the weight of a pair is the sum of its two edges."""
    return sparse.csr_array(matrix + matrix.T)


def simple(matrix: Matrix) -> Matrix:
    """Who is tied to whom at all, in either direction: ones."""
    both = undirected(matrix)
    both.data = np.ones_like(both.data)
    return both


def components(matrix: Matrix) -> Indices:
    """The weakly connected component of each node, by number."""
    labels: Indices = csgraph.connected_components(matrix, directed=False)[1]
    return labels


def in_largest_component(matrix: Matrix, block: Indices) -> npt.NDArray[np.bool_]:
    """Whether a node is in the largest component of its block; of equals the one with the lowest node."""
    labels = components(matrix)
    size = np.bincount(labels, minlength=int(labels.max()) + 1 if labels.size else 0)
    first = np.full(len(size), len(labels))
    np.minimum.at(first, labels, np.arange(len(labels)))
    order = np.lexsort((first[labels], -size[labels], block))
    leaders = np.unique(block[order], return_index=True)
    best = np.zeros(int(block.max()) + 1 if block.size else 0, dtype=labels.dtype)
    best[leaders[0]] = labels[order[leaders[1]]]
    chosen: npt.NDArray[np.bool_] = labels == best[block]
    return chosen


def restricted(matrix: Matrix, block: Indices, kept: npt.NDArray[np.bool_]) -> tuple[Matrix, Indices, Indices]:
    """The part of the nodes that are kept, their blocks numbered anew, and their former numbers."""
    nodes = np.flatnonzero(kept)
    blocks = np.unique(block[nodes], return_inverse=True)[1]
    return sparse.csr_array(matrix[nodes][:, nodes]), blocks, nodes


def of_blocks(values: Floats, block: Indices) -> Floats:
    """Sums per block."""
    n_blocks = int(block.max()) + 1 if block.size else 0
    return np.bincount(block, weights=values, minlength=n_blocks).astype(np.float64)
