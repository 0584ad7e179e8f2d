"""Clustering and constraint, against networkx and by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.brokerage import surroundings

TIES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.floats(0.1, 5)).filter(lambda tie: tie[0] != tie[1]),
    max_size=25,
)


def measured(ties, n_nodes):
    source, target, weight = zip(*ties, strict=True) if ties else ((), (), ())
    return surroundings(np.array(source, int), np.array(target, int), np.array(weight, float), n_nodes)


def test_in_a_triangle_with_a_tail_the_corner_that_holds_the_tail_bridges_most():
    closed, held = measured([(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (2, 3, 1.0)], 4)

    assert closed == pytest.approx([1, 1, 1 / 3, np.nan], nan_ok=True)
    # by hand, Burt 1992: a third of the attention each, of which the triangle comes back, and the tail whole
    assert held[3] == pytest.approx(1)
    assert held[2] == pytest.approx(2 * (1 / 3 + 1 / 3 * 1 / 2) ** 2 + (1 / 3) ** 2)


def test_who_talks_to_nobody_has_neither():
    closed, held = measured([(0, 1, 1.0)], 3)

    assert np.isnan(closed).all()
    assert held == pytest.approx([1, 1, np.nan], nan_ok=True)


@given(TIES)
@settings(max_examples=60, deadline=None)
def test_both_are_as_networkx_has_them(ties):
    graph = nx.Graph()
    graph.add_nodes_from(range(8))
    for source, target, weight in ties:
        known = graph.get_edge_data(source, target, {"weight": 0})["weight"]
        graph.add_edge(source, target, weight=known + weight)
    closed, held = measured(ties, 8)

    theirs = nx.constraint(graph, weight="weight")
    assert held == pytest.approx([theirs[node] for node in range(8)], nan_ok=True)
    clustering = nx.clustering(graph)
    assert closed == pytest.approx(
        [clustering[node] if graph.degree(node) > 1 else np.nan for node in range(8)], nan_ok=True
    )
