"""PageRank against graphs solved by hand and in textbooks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.pagerank import ConvergenceError, pagerank

LANGVILLE_MEYER = [(1, 2), (1, 3), (3, 1), (3, 2), (3, 5), (4, 5), (4, 6), (5, 4), (5, 6), (6, 4)]


def scores(edges, n_nodes, block=None, **options):
    """Edges are (source, target) or (source, target, weight), counted from 0."""
    source, target, weight = zip(*((*edge, 1.0)[:3] for edge in edges), strict=True) if edges else ((), (), ())
    nodes = np.zeros(n_nodes, dtype=np.int64) if block is None else np.array(block, dtype=np.int64)
    return pagerank(
        np.array(source, dtype=int), np.array(target, dtype=int), np.array(weight, dtype=float), nodes, **options
    )


@pytest.mark.parametrize(
    ("damping", "expected"),
    [
        (0.9, [0.03721197, 0.05395735, 0.04150565, 0.37508082, 0.20599833, 0.28624589]),
        (0.85, [0.05170475, 0.07367926, 0.05741241, 0.34870369, 0.19990381, 0.26859608]),
    ],
)
def test_the_graph_of_langville_and_meyer(damping, expected):
    edges = [(source - 1, target - 1) for source, target in LANGVILLE_MEYER]

    assert scores(edges, 6, damping=damping) == pytest.approx(expected, abs=1e-8)


def test_the_weighted_graph_solved_by_hand():
    a, b, r = 0, 1, 2

    assert scores([(a, r, 3), (b, r, 3), (b, a, 1), (r, a, 1)], 3) == pytest.approx(
        [0.46925676, 0.05, 0.48074324], abs=1e-8
    )


def test_the_star_of_coronet_with_its_four_isolates():
    olaf, thomas, bjorn = 0, 1, 2
    star = [(olaf, thomas), (thomas, olaf), (olaf, bjorn), (bjorn, olaf)]

    assert scores(star, 7) == pytest.approx([0.40541, 0.21396, 0.21396, *[0.041667] * 4], abs=1e-5)


def test_graphs_side_by_side_do_not_touch_each_other():
    edges = [(source - 1, target - 1) for source, target in LANGVILLE_MEYER]
    beside = [(source + 6, target + 6) for source, target in [(0, 1), (1, 0), (2, 0)]]

    together = scores(edges + beside, 9, block=[0] * 6 + [1] * 3)

    assert together == pytest.approx([*scores(edges, 6), *scores([(0, 1), (1, 0), (2, 0)], 3)], abs=1e-11)


@st.composite
def graphs(draw):
    """Two blocks of five nodes."""
    edge = st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(0.1, 9)).filter(lambda one: one[0] != one[1])
    first, second = draw(st.lists(edge, max_size=15)), draw(st.lists(edge, max_size=15))
    return first + [(source + 5, target + 5, weight) for source, target, weight in second]


@given(graphs(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_scores_sum_to_one_in_each_graph_and_do_not_depend_on_the_order_of_edges(edges, random):
    found = scores(edges, 10, block=[0] * 5 + [1] * 5)
    shuffled = random.sample(edges, len(edges))

    assert [found[:5].sum(), found[5:].sum()] == pytest.approx([1, 1])
    assert scores(shuffled, 10, block=[0] * 5 + [1] * 5) == pytest.approx(found)


def test_nobody_has_no_scores():
    assert scores([], 0).size == 0


def test_a_walk_that_never_settles_is_reported():
    with pytest.raises(ConvergenceError, match="after 1000 steps"):
        scores([(0, 1), (1, 0), (2, 0)], 3, damping=0.9999999)
