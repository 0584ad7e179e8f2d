"""The statistics of networks at three sizes: seconds a score, and how they grow.

    python benchmarks/networks.py [EDGES ...]     one graph each; 10,000, 100,000 and 1,000,000 edges unless said otherwise

Ten edges a node, drawn with a few persons much sought (Zipf). Goal: one million edges and 100,000 nodes, all node scores but
betweenness, in under 30 seconds. `paths` is betweenness with closeness and eccentricity, from as many sources as in the
tables. Fixed work before and after each
size tells how busy the machine is.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from transform.parameters import Parameters
from transform.statistics.centralities import coreness, degrees, eigenvector, hits, paths
from transform.statistics.graphs import weights
from transform.statistics.openrank import openrank
from transform.statistics.pagerank import pagerank

GOAL_SECONDS = 30
SOURCES = Parameters.path_sources


def main() -> None:
    sizes = [int(text) for text in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    figures = [measured(size) for size in sizes]
    if len(figures) > 1:
        span = math.log(sizes[-1] / sizes[0])
        print("growth exponents (1 is linear)")
        for name in figures[0]:
            print(f"  {name:<12} {math.log(figures[-1][name] / figures[0][name]) / span:.2f}")


def measured(n_edges: int) -> dict[str, float]:
    n_nodes = n_edges // 10
    random = np.random.default_rng(7)
    order = random.permutation(n_nodes)
    source = random.integers(0, n_nodes, n_edges)
    target = order[np.minimum(random.zipf(1.6, n_edges) - 1, n_nodes - 1)]
    kept = source != target
    source, target, weight = source[kept], target[kept], np.log1p(random.geometric(0.5, n_edges))[kept]
    block = np.zeros(n_nodes, dtype=np.int64)
    matrix = weights(source, target, weight, n_nodes)
    share = weight / np.bincount(source, weight, minlength=n_nodes)[source]
    before = calibration()
    found = {
        "pagerank": spent(lambda: pagerank(source, target, weight, block)),
        "hits": spent(lambda: hits(matrix, block)),
        "eigenvector": spent(lambda: eigenvector(matrix, block)),
        "coreness": spent(lambda: coreness(matrix)),
        "openrank": spent(lambda: openrank(np.ones(n_nodes), np.full(n_nodes, 0.15), source, target, share)),
        "degrees": spent(lambda: degrees(matrix)),
        "paths": spent(lambda: paths(matrix, block, most_sources=SOURCES)),
    }
    whole = sum(seconds for name, seconds in found.items() if name != "paths")
    print(f"{n_edges:,} edges, {n_nodes:,} nodes: " + ", ".join(f"{name} {s:.2f} s" for name, s in found.items()))
    print(f"  all but paths {whole:.1f} s (goal {GOAL_SECONDS}); calibration {(before + calibration()) / 2:.2f} s")
    return found


def spent(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def calibration() -> float:
    values = np.random.default_rng(0).random(3_000_000)
    return spent(lambda: np.sort(values))


if __name__ == "__main__":
    main()
