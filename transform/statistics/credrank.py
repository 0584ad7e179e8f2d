"""CredRank, as SourceCred published it: a random walk from what mints cred to the persons behind it, week by week.

Every person is a node a week. From a person's week: alpha goes back to the seed, beta is paid out to the person, gamma goes
to the week after and gamma to the week before (where there is none it stays), and the rest along edges by weight. From
all other nodes alpha goes back to the seed and the rest along edges. What has no edges sends what is left to the seed,
which mints in proportion to the weights of nodes. Cred is what is paid out, scaled to sum to what was minted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer[Any]]
ALPHA, BETA, GAMMA = 0.1, 0.4, 0.1
TOLERANCE, MOST_STEPS = 1e-7, 255
REACH = 8
"""Weeks around an act that are followed: of what moves on from week to week, gamma to the eighth is left."""


@dataclass(frozen=True)
class Cred:
    """Cred per person and week; only weeks near to an act have any."""

    person: Indices
    week: Indices
    value: Floats


@dataclass(frozen=True)
class Edges:
    """Directed edges of a graph whose nodes are posts (0..n-1) and persons; `week` is that of the edge.

    A person stands at either end as n + number. Edges without weight do not count.
    """

    source: Indices
    target: Indices
    week: Indices
    weight: Floats


def credrank(mint: Floats, edges: Edges, n_weeks: int) -> Cred:
    """`mint` has one weight a post; all weeks are 0..n_weeks-1. No cred where nothing mints."""
    n_posts = len(mint)
    kept = edges.weight > 0
    ends = [_split(end[kept], edges.week[kept], n_posts, n_weeks) for end in (edges.source, edges.target)]
    slots = _slots(np.concatenate([of_person for _, of_person in ends]), n_weeks)
    source, target = (np.where(post >= 0, post, n_posts + np.searchsorted(slots, own)) for post, own in ends)
    size = n_posts + len(slots)
    total = float(mint.sum())
    if not len(slots) or total <= 0:
        return Cred(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    out = np.bincount(source, edges.weight[kept], minlength=size)
    along = np.where(np.arange(size) < n_posts, 1 - ALPHA, 1 - ALPHA - BETA - 2 * GAMMA)
    share = edges.weight[kept] / out[source] * along[source]
    web_from, web_to = _web(slots, n_weeks)
    walk = sparse.csr_array(
        (
            np.concatenate([share, np.full(len(web_from), GAMMA)]),
            (np.concatenate([target, n_posts + web_to]), np.concatenate([source, n_posts + web_from])),
        ),
        shape=(size, size),
    )
    paid = _visits(walk, np.concatenate([mint / total, np.zeros(len(slots))]))[n_posts:]
    scale = total / paid.sum() if paid.sum() > 0 else 0.0
    return Cred(slots // n_weeks, slots % n_weeks, paid * scale)


def _split(end: Indices, week: Indices, n_posts: int, n_weeks: int) -> tuple[Indices, Indices]:
    """The post, or -1; and the slot of a person's week, or -1."""
    is_post = end < n_posts
    return np.where(is_post, end, -1), np.where(is_post, -1, (end - n_posts) * n_weeks + week)


def _slots(used: Indices, n_weeks: int) -> Indices:
    """The weeks of each person with an act, and those around, as person * n_weeks + week, in order."""
    acted = np.unique(used[used >= 0])
    person, week = acted // n_weeks, acted % n_weeks
    around = np.arange(-REACH, REACH + 1)
    weeks = week[:, None] + around
    is_there = (weeks >= 0) & (weeks < n_weeks)
    found: Indices = np.unique((person[:, None] * n_weeks + weeks)[is_there])
    return found


def _web(slots: Indices, n_weeks: int) -> tuple[Indices, Indices]:
    """Ties between neighbouring weeks of a person; the first and the last week have one to themselves."""
    place = np.arange(len(slots))
    is_next = np.zeros(len(slots), dtype=bool)
    is_next[:-1] = (np.diff(slots) == 1) & (slots[:-1] % n_weeks != n_weeks - 1)
    before = np.flatnonzero(is_next)
    edge = np.concatenate([place[slots % n_weeks == 0], place[slots % n_weeks == n_weeks - 1]])
    return np.concatenate([before, before + 1, edge]), np.concatenate([before + 1, before, edge])


def _visits(walk: sparse.csr_array, minted: Floats) -> Floats:
    """How often each node is visited between two visits of the seed.

    That is the stationary distribution but for a factor, without waiting for the seed.
    """
    visits = minted
    for _ in range(MOST_STEPS):
        before, visits = visits, minted + walk @ visits
        if np.abs(visits - before).sum() < TOLERANCE * visits.sum():
            break
    return visits
