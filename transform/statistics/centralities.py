"""Centralities of many separate graphs at once, besides PageRank (see pagerank.py).

HITS: Kleinberg 1999. Eigenvector: Bonacich 1972. Coreness: Seidman 1983. Betweenness: Brandes 2001, and from a sample of
sources Brandes and Pich 2007. Closeness of graphs in parts: Wasserman and Faust 1994.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from transform.statistics.graphs import (
    Floats,
    Indices,
    Matrix,
    in_largest_component,
    of_blocks,
    restricted,
    simple,
    undirected,
)

TOLERANCE = 1e-9
"""Largest L1 change of a block in the last step."""
MOST_STEPS = 1000
STEPS_A_ROUND = 25
"""Blocks that have converged leave after so many steps, so that slow ones do not hold up all."""
SOURCES_AT_ONCE = 16
"""A column of all nodes a source, in memory."""
SEED = 20_170_101


@dataclass(frozen=True)
class Paths:
    """What shortest paths say of each node, and from how many sources of its block they were followed.

    `betweenness`: share of the shortest paths between two others that lead over the node. `closeness`: share of the others
    that can be reached, over the mean distance to these. `eccentricity`: distance to the farthest of them, NaN where
    nobody is reached. From a sample of sources the last one is the least that it can be.
    """

    betweenness: Floats
    closeness: Floats
    eccentricity: Floats
    n_sources: Indices


def hits(matrix: Matrix, block: Indices) -> tuple[Floats, Floats]:
    """Hubs and authorities, each summing to 1 in a block; NaN without edges, or where the values do not settle."""
    back = sparse.csr_array(matrix.T)

    def step(part: tuple[Matrix, ...], authority: Floats, blocks: Indices) -> Floats:
        forth, reverse = part
        return _to_one(reverse @ (forth @ authority), blocks)

    authority = _settled((matrix, back), block, step)
    hub = _to_one(matrix @ np.nan_to_num(authority), block)
    return np.where(np.isnan(authority), np.nan, hub), authority


def eigenvector(matrix: Matrix, block: Indices) -> Floats:
    """Of the largest component of a block, directions and all, the greatest being 1; NaN for all other nodes."""
    both = undirected(matrix)
    kept = in_largest_component(both, block)
    part, blocks, nodes = restricted(both, block, kept)
    # on two-sided graphs the values would swing for ever: half of what the eigenvalue is at least goes on the diagonal
    lengths = np.sqrt(np.asarray((part * part).sum(axis=1)).ravel())
    shift = np.maximum(_largest(lengths, blocks) / 2, 1e-300)

    def step(given: tuple[Matrix, ...], value: Floats, own: Indices) -> Floats:
        return _to_one(given[0] @ value, own)

    lifted = sparse.csr_array(part + sparse.diags_array(shift[blocks]))
    settled = _settled((lifted,), blocks, step)
    alone = np.bincount(blocks)[blocks] < 2
    value = np.full(matrix.shape[0], np.nan)
    value[nodes] = np.where(alone, np.nan, settled / np.maximum(_largest(settled, blocks)[blocks], 1e-300))
    return value


def _settled(
    matrices: tuple[Matrix, ...],
    block: Indices,
    step: Callable[[tuple[Matrix, ...], Floats, Indices], Floats],
) -> Floats:
    """Power iteration from equal values, a round at a time; NaN where it does not settle."""
    result = np.full(len(block), np.nan)
    nodes, blocks = np.arange(len(block)), block
    value = 1 / np.maximum(np.bincount(block), 1)[block] if len(block) else np.zeros(0)
    for _ in range(MOST_STEPS // STEPS_A_ROUND):
        for _ in range(STEPS_A_ROUND):
            before, value = value, step(matrices, value, blocks)
        change = of_blocks(np.abs(value - before), blocks)[blocks] if len(blocks) else np.zeros(0)
        done = ~(change > TOLERANCE)  # NaN: a block without edges is done, and has no values
        result[nodes[done]] = value[done]
        if done.all():
            break
        left = np.flatnonzero(~done)
        matrices = tuple(sparse.csr_array(matrix[left][:, left]) for matrix in matrices)
        nodes, value = nodes[left], value[left]
        blocks = np.unique(blocks[left], return_inverse=True)[1]
    return result


def _to_one(values: Floats, block: Indices) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled: Floats = values / of_blocks(values, block)[block]
    return scaled


def _largest(values: Floats, block: Indices) -> Floats:
    largest = np.zeros(int(block.max()) + 1 if block.size else 0)
    np.maximum.at(largest, block, np.nan_to_num(values))
    return largest


def coreness(matrix: Matrix) -> Indices:
    """The largest k such that the node is in a part where everybody is tied to k others of it, directions aside.

    Nodes are peeled off by degree (Batagelj and Zaversnik 2003), all of one degree at once.
    """
    ties = simple(matrix)
    start, ends = ties.indptr.astype(np.int64), ties.indices
    degree = np.diff(start)
    core, is_left, k = np.zeros(len(degree), dtype=np.int64), np.ones(len(degree), dtype=bool), 0
    while is_left.any():
        k = max(k, int(degree[is_left].min()))
        peeled = np.flatnonzero(is_left & (degree <= k))
        while len(peeled):
            core[peeled], is_left[peeled] = k, False
            touched, times = np.unique(_neighbours(start, ends, peeled), return_counts=True)
            degree[touched] -= times
            peeled = touched[is_left[touched] & (degree[touched] <= k)]
    return core


def _neighbours(start: Indices, ends: Indices, nodes: Indices) -> Indices:
    """The neighbours of all the nodes, one after the other."""
    lengths = start[nodes + 1] - start[nodes]
    offsets = np.repeat(start[nodes] - np.cumsum(lengths) + lengths, lengths)
    found: Indices = ends[np.arange(int(lengths.sum())) + offsets]
    return found


def paths(matrix: Matrix, block: Indices, *, most_sources: int) -> Paths:
    """Directions and weights aside; blocks of more nodes than `most_sources` from that many of them.

    Betweenness is 0 in a block of fewer than three nodes.
    """
    ties = simple(matrix)
    size = np.bincount(block, minlength=int(block.max()) + 1 if block.size else 0)
    turns = _turns(block, most_sources)
    between = np.flatnonzero(np.diff(ties.indptr) > 0)  # whoever is tied to nobody is on no path
    ties, of_tied, found = sparse.csr_array(ties[between][:, between]), turns[between], np.zeros((4, len(block)))
    for first in range(0, int(turns.max()) + 1 if turns.size else 0, SOURCES_AT_ONCE):
        chosen = [np.flatnonzero(of_tied == turn) for turn in range(first, first + SOURCES_AT_ONCE)]
        through, n_reached, away, farthest = _followed(ties, chosen)
        found[:3, between] += (through, n_reached, away)
        found[3, between] = np.maximum(found[3, between], farthest)
    through, n_reached, away, farthest = found
    n_sources = np.minimum(size, most_sources)
    pairs = (size - 1.0) * (size - 2.0)
    n_others = n_sources[block] - (turns >= 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = through * (size / n_sources)[block] / pairs[block]
        near = (n_reached / away) * (n_reached / n_others)
    return Paths(
        np.where(pairs[block] > 0, np.clip(share, 0, 1), 0.0),
        np.where(away > 0, near, 0.0),
        np.where(farthest > 0, farthest, np.nan),
        n_sources[block],
    )


def _turns(block: Indices, most: int) -> Indices:
    """In which turn a node is a source of its block; -1 for those that are none.

    Drawn by lot, always the same: what is drawn in a block does not depend on the others.
    """
    place = _places(block)
    lots = np.random.default_rng(SEED).random(int(place.max(initial=-1)) + 1)
    turn = _places(block, np.lexsort((lots[place], block)))
    return np.where(turn < most, turn, -1)


def _places(block: Indices, order: Indices | None = None) -> Indices:
    """How many nodes of its block come before a node, in the order given (blocks one after the other)."""
    nodes = np.argsort(block, kind="stable") if order is None else order
    sizes = np.bincount(block)
    found = np.empty(len(block), dtype=np.int64)
    found[nodes] = np.arange(len(block)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return found


def _followed(ties: Matrix, sources: list[npt.NDArray[np.intp]]) -> tuple[Floats, Floats, Floats, Floats]:
    """Paths from one source a block and column, all at once, level by level.

    Of each node: Brandes' dependencies, how many sources reach it, the sum of their distances, and the greatest.
    """
    shape = (ties.shape[0], len(sources))
    routes = np.zeros(shape)
    for column, nodes in enumerate(sources):
        routes[nodes, column] = 1
    level = np.where(routes > 0, 0, -1).astype(np.int32)
    depth, frontier = 0, routes.copy()
    while frontier.any():
        reached = np.where(level < 0, ties @ frontier, 0)
        depth += 1
        level[reached > 0] = depth
        routes += reached
        frontier = reached
    flow = np.zeros(shape)
    for at in range(depth - 1, 0, -1):
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(level == at, (1 + flow) / routes, 0)
        flow += np.where(level == at - 1, routes * (ties @ share), 0)
    flow[level == 0] = 0
    far = np.maximum(level, 0)
    return flow.sum(axis=1), (level > 0).sum(axis=1), far.sum(axis=1), far.max(axis=1, initial=0)


def degrees(matrix: Matrix) -> Indices:
    """To how many others a node is tied, directions aside."""
    n_ties: Indices = np.diff(simple(matrix).indptr)
    return n_ties
