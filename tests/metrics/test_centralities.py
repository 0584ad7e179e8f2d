"""Centralities: values of published graphs, agreement with networkx, and what holds on every graph."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.statistics.centralities import coreness, degrees, eigenvector, hits, paths
from transform.statistics.graphs import weights
from transform.statistics.openrank import openrank
from transform.statistics.pagerank import pagerank


def matrix(edges, n):
    ends = np.array([edge[:2] for edge in edges], dtype=np.int64).reshape(-1, 2)
    weight = np.array([edge[2] if len(edge) > 2 else 1.0 for edge in edges])
    return weights(ends[:, 0], ends[:, 1], weight, n)


def one_block(n):
    return np.zeros(n, dtype=np.int64)


KLEINBERG = [(0, 2), (0, 4), (1, 0), (2, 4), (4, 3), (4, 2), (5, 4)]
TRIANGLE_AND_PENDANT = [(0, 1), (1, 2), (2, 0), (2, 3)]


def test_hubs_and_authorities_of_langville_and_meyer():
    """The graph and values of networkx's own tests."""
    hub, authority = hits(matrix(KLEINBERG, 6), one_block(6))

    assert authority == pytest.approx([0, 0, 0.366025, 0.133975, 0.5, 0], abs=1e-6)
    assert hub == pytest.approx([0.366025, 0, 0.211325, 0, 0.211325, 0.211325], abs=1e-6)


def test_a_triangle_with_a_pendant():
    graph = matrix(TRIANGLE_AND_PENDANT, 4)
    between = paths(graph, one_block(4), most_sources=4)

    assert coreness(graph).tolist() == [2, 2, 2, 1]
    assert between.betweenness * 3 == pytest.approx([0, 0, 2, 0])


def test_the_karate_club():
    edges = list(nx.karate_club_graph().edges())
    graph, block = matrix(edges, 34), one_block(34)
    between = paths(graph, block, most_sources=34).betweenness
    both = np.array([*edges, *((b, a) for a, b in edges)])
    scores = pagerank(both[:, 0], both[:, 1], np.ones(len(both)), block)

    assert coreness(graph).max() == 4
    assert between[[0, 33, 32]] == pytest.approx([0.437635, 0.304075, 0.145247], abs=1e-6)
    assert scores[[33, 0, 32]] == pytest.approx([0.100919, 0.096997, 0.071693], abs=1e-6)


def test_the_star_of_coronet_with_isolates():
    """coronet's own tests: Olaf between Thomas and Bjorn, and four whom nobody is tied to."""
    graph = matrix([(1, 0), (0, 1), (2, 0), (0, 2)], 7)
    value = eigenvector(graph, one_block(7))

    assert value[:3] == pytest.approx([1, 0.70711, 0.70711], abs=1e-5)
    assert np.isnan(value[3:]).all()
    assert paths(matrix([(1, 0), (2, 0)], 3), one_block(3), most_sources=3).betweenness.tolist() == [1, 0, 0]


EDGES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30)


@given(EDGES)
@settings(max_examples=60, deadline=None)
def test_they_agree_with_networkx(edges):
    graph, block = matrix(edges, 9), one_block(9)
    theirs = nx.DiGraph()
    theirs.add_nodes_from(range(9))
    theirs.add_edges_from((a, b) for a, b in edges if a != b)
    plain = theirs.to_undirected()

    assert coreness(graph).tolist() == [nx.core_number(plain)[node] for node in range(9)]
    found = paths(graph, block, most_sources=9)
    assert found.betweenness == pytest.approx([nx.betweenness_centrality(plain)[node] for node in range(9)], abs=1e-9)
    assert found.closeness == pytest.approx([nx.closeness_centrality(plain)[node] for node in range(9)])
    assert degrees(graph).tolist() == [plain.degree[node] for node in range(9)]
    for part in nx.connected_components(plain):
        if len(part) > 1:
            farthest = nx.eccentricity(plain.subgraph(part))
            assert {node: found.eccentricity[node] for node in part} == farthest


@given(EDGES)
@settings(max_examples=60, deadline=None)
def test_pagerank_agrees_with_networkx(edges):
    graph = matrix(edges, 9)
    theirs = nx.pagerank(nx.from_scipy_sparse_array(graph, create_using=nx.DiGraph), tol=1e-13, max_iter=1000)
    ends = graph.tocoo()

    ours = pagerank(ends.row, ends.col, ends.data, one_block(9))

    assert ours == pytest.approx([theirs[node] for node in range(9)], abs=1e-9)


@given(EDGES)
@settings(max_examples=40, deadline=None)
def test_the_eigenvector_solves_its_equation(edges):
    graph = matrix(edges, 9)
    value = np.nan_to_num(eigenvector(graph, one_block(9)))
    both = (graph + graph.T).toarray()
    found = both @ value

    if value.any():
        scale = found.max()
        assert value.max() == pytest.approx(1)
        assert found[value > 1e-3] / scale == pytest.approx(value[value > 1e-3], abs=1e-4)
        assert scale == pytest.approx(max(np.linalg.eigvalsh(_component(both, value))), abs=1e-3)


def _component(both, value):
    nodes = np.flatnonzero(value > 0)
    return both[np.ix_(nodes, nodes)]


@given(EDGES, EDGES)
@settings(max_examples=40, deadline=None)
def test_a_graph_among_others_has_the_values_it_has_alone(left, right):
    moved = [(a + 9, b + 9) for a, b in right]
    together, block = matrix(left + moved, 18), np.repeat([0, 1], 9)
    alone, own = matrix(right, 9), one_block(9)

    for most_sources in (9, 4):
        assert paths(together, block, most_sources=most_sources).betweenness[9:] == pytest.approx(
            paths(alone, own, most_sources=most_sources).betweenness
        )
    assert eigenvector(together, block)[9:] == pytest.approx(eigenvector(alone, own), nan_ok=True, abs=1e-6)
    for at in (0, 1):
        assert hits(together, block)[at][9:] == pytest.approx(hits(alone, own)[at], nan_ok=True, abs=1e-6)


@pytest.mark.parametrize("edges", [[], [(0, 0), (1, 1)]])
def test_without_ties_nobody_is_central(edges):
    graph, block = matrix(edges, 3), one_block(3)
    hub, authority = hits(graph, block)

    assert np.isnan([hub, authority, eigenvector(graph, block)]).all()
    assert coreness(graph).tolist() == [0, 0, 0]
    found = paths(graph, block, most_sources=3)
    assert (found.betweenness.tolist(), found.closeness.tolist()) == ([0, 0, 0], [0, 0, 0])
    assert np.isnan(found.eccentricity).all()
    assert degrees(graph).tolist() == [0, 0, 0]


def test_nobody_at_all_is_no_error():
    graph, block = matrix([], 0), one_block(0)

    assert [len(value) for value in (*hits(graph, block), eigenvector(graph, block), coreness(graph))] == [0, 0, 0, 0]
    assert len(paths(graph, block, most_sources=3).betweenness) == 0


def test_a_sample_of_sources_is_near_to_all_of_them():
    """Brandes and Pich: unbiased, and the error falls with the number of sources."""
    graph = matrix(list(nx.barabasi_albert_graph(400, 3, seed=1).edges()), 400)
    whole = paths(graph, one_block(400), most_sources=400)
    part = paths(graph, one_block(400), most_sources=100)

    assert set(part.n_sources.tolist()) == {100}
    assert np.corrcoef(whole.betweenness, part.betweenness)[0, 1] > 0.95
    assert part.betweenness.sum() == pytest.approx(whole.betweenness.sum(), rel=0.1)
    assert np.corrcoef(whole.closeness, part.closeness)[0, 1] > 0.95
    assert (part.eccentricity <= whole.eccentricity).all()


OPENRANK_EDGES = """u1 u2 .05, u1 u3 .05, u3 u2 .1, r1 r2 .1, r3 r2 .1, u1 r1 .27, r1 u1 .9, u1 r3 .63, r3 u1 .63,
    u2 r2 .54, r2 u2 .54, u2 r3 .36, r3 u2 .27, u3 r2 .9, r2 u3 .36"""
NODES = ("u1", "u2", "u3", "r1", "r2", "r3")


def test_openrank_of_six_nodes():
    """The test of X-lab2017/openrank-neo4j-gds; four decimals from the closed form."""
    edges = [line.split() for line in OPENRANK_EDGES.split(",")]
    source, target = (np.array([NODES.index(edge[at]) for edge in edges]) for at in (0, 1))
    value = openrank(
        np.array([1, 1.5, 0.5, 0.3, 0.7, 2]),
        np.array([0.5] * 3 + [0.3] * 3),
        source,
        target,
        np.array([float(edge[2]) for edge in edges]),
    )

    assert value == pytest.approx([1.072, 1.291, 0.478, 0.293, 1.118, 1.398], abs=1e-3)
    assert value.round(4) == pytest.approx([1.0721, 1.2912, 0.4780, 0.2926, 1.1175, 1.3982], abs=1e-9)


def test_openrank_of_two_nodes_keeps_what_there_is():
    value = openrank(np.array([1.0, 2.0]), np.full(2, 0.15), np.array([0, 1]), np.array([1, 0]), np.ones(2))

    assert value.round(4).tolist() == [1.4595, 1.5405]
    assert value.sum() == pytest.approx(3)
