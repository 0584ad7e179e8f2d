"""influence.scores: whom the attention of a window leads to, and who stands in the middle (INF-02)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from quality.contract import Evidence, Table
from transform.columns import (
    DEFINITION,
    IS_WINDOW_COMPLETE,
    N_PERSONS,
    NETWORK,
    PERSON_ID,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_KIND,
    WINDOW_START,
    count,
    share,
)
from transform.core.spells import human_acts
from transform.influence.networks import TEXT, edges, networks
from transform.influence.windows import WINDOW, in_window, in_windows, with_windows
from transform.parameters import Parameters
from transform.statistics.centralities import coreness, degrees, eigenvector, hits, paths
from transform.statistics.graphs import Floats, Indices, Matrix, restricted, weights
from transform.statistics.pagerank import TOLERANCE, pagerank

GRAPH = (*WINDOW, "network")
NODE = (*GRAPH, "person_id")
STABLE_DECIMALS = 12
"""Scores are compared at the tolerance they are computed with, so that equals are ties."""
SCORES: dict[str, Any] = {
    "pagerank": pl.Float64,
    "hub_share": pl.Float64,
    "authority_share": pl.Float64,
    "eigenvector_centrality": pl.Float64,
    "coreness": pl.Int64,
    "degree": pl.Int64,
    "betweenness_share": pl.Float64,
    "closeness_share": pl.Float64,
    "eccentricity": pl.Int64,
    "n_path_sources": pl.Int64,
}

TABLE = Table(
    schema="influence",
    name="scores",
    grain="one row per repository, window with any interaction, network, and human active in the window",
    key=NODE,
    inputs=(*("core.interactions", "core.contributions", "core.commits", "raw.commit_files", "core.repositories"),),
    definition="INF-02/3",
    formula="on edges from who gives to who receives attention, weight = sum over the nets of alpha ln(1 + weight of INF-01b); "
    "pagerank: damping d, dead ends to all alike; percentile_rank = (mean rank among ties - 1/2) / n_persons; HITS; "
    "eigenvector of the largest component, directions aside, greatest 1; coreness, degree, betweenness, closeness and "
    "eccentricity on the simple graph",
    source="Page et al. 1999; Langville and Meyer 2006; Kleinberg 1999; Bonacich 1972; Seidman 1983; Brandes 2001; sampled "
    "paths: Brandes and Pich 2007; closeness of graphs in parts: Wasserman and Faust 1994",
    parameters={
        "damping": "parameters.pagerank_damping",
        "alpha": "parameters.net_weights",
        "tolerance": TOLERANCE,
        "path_sources": "parameters.path_sources",
        "rolling_windows": "parameters.rolling_windows",
        "rolling_networks": "parameters.rolling_networks",
    },
    caveats="In quarters, and in windows that slide but for the last rolling_networks, there is pagerank alone. Who contributed but had no interaction belongs to the graph, and ranks low. Compare percentile ranks, not "
    "scores: a score depends on how many persons there are. Far down the ranks the order is noise: see "
    "influence.score_stability. The network 'all' has files and lines in it, so that work itself counts as influence there.",
    is_large=True,
    may_be_empty="One person alone interacts with nobody.",
    evidence=(
        Evidence(
            "core.interactions",
            "the acts of attention that the person gave or received in the window",
            same=("repo_id",),
            when="here.person_id IN (there.source_person_id, there.target_person_id) AND (here.network = 'all' OR "
            "there.net IN ('review', 'reply', 'mention')) AND there.interacted_at < here.snapshot_at AND "
            f"{in_window('there.interacted_at')}",
        ),
        Evidence(
            "core.contributions",
            "the acts that make the person one of the window",
            same=("repo_id", "person_id"),
            when=f"there.contributed_at < here.snapshot_at AND {in_window('there.contributed_at')}",
        ),
    ),
    columns=(
        REPO_ID,
        WINDOW_KIND,
        WINDOW_START,
        NETWORK,
        PERSON_ID,
        share("pagerank", "Score; the scores of a graph sum to 1."),
        share("percentile_rank", "Share of the persons of the graph with a lower pagerank, ties counted half."),
        share(
            "hub_share",
            "How much it points to authorities; null where pagerank is alone, or if it does not settle.",
            nullable=True,
        ),
        share(
            "authority_share",
            "How much hubs point to it; null where pagerank is alone, or if it does not settle.",
            nullable=True,
        ),
        share(
            "eigenvector_centrality",
            "Relative to the greatest; null where pagerank is alone, outside of the largest component, or if it does not settle.",
            nullable=True,
        ),
        count(
            "coreness",
            "Largest k of a part in which all are tied to k others of it; null where pagerank is alone.",
            nullable=True,
        ),
        count(
            "degree",
            "Persons it is tied to, directions aside; null where pagerank is alone.",
            unit="persons",
            nullable=True,
        ),
        share(
            "betweenness_share",
            "Share of shortest paths between two others that lead over the person; null where pagerank is alone.",
            nullable=True,
        ),
        share(
            "closeness_share",
            "Share of the others that can be reached, over the mean distance to these; null where pagerank is alone.",
            nullable=True,
        ),
        count(
            "eccentricity",
            "Steps to the farthest that can be reached, from a sample at least so many; null if nobody, or where pagerank is alone.",
            nullable=True,
        ),
        count(
            "n_path_sources",
            "Persons whose shortest paths were followed: fewer than n_persons is a sample; null where pagerank is alone.",
            nullable=True,
        ),
        N_PERSONS,
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    interactions: pl.LazyFrame,
    contributions: pl.LazyFrame,
    commits: pl.LazyFrame,
    files: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    ties = edges(interactions, contributions, commits, files, repositories, parameters).cache()
    active = human_acts(contributions, repositories).pipe(active_in_windows, parameters)
    return (
        graphs(active, networks(ties, parameters))
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id", maintain_order="left")
        .pipe(with_scores, parameters)
        .pipe(ranked)
        .with_columns(
            pl.col("repo_id", "window_kind", "person_id").cast(pl.String), definition=pl.lit(TABLE.definition)
        )
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
    )


def active_in_windows(acts: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Who acted in which window."""
    days = acts.select(
        pl.col("repo_id").cast(pl.String),
        pl.col("person_id").cast(pl.String).cast(TEXT),
        pl.col("snapshot_at"),
        at=pl.col("contributed_at").dt.truncate("1d"),
    ).unique()
    return days.pipe(in_windows, "at", parameters).select(*WINDOW, "person_id").unique()


def graphs(active: pl.LazyFrame, ties: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person of a graph, numbered in order, with the numbers and weights of those attention goes to."""
    known = ties.cache()
    ends = [known.select(*GRAPH, person_id=name) for name in ("source_person_id", "target_person_id")]
    members = known.select(GRAPH).unique().join(active, on=WINDOW).select(NODE)
    order = [pl.col("person_id").cast(pl.String) if name == "person_id" else name for name in NODE]
    nodes = pl.concat([*ends, members]).unique().sort(order).with_row_index("node").cache()
    numbered = known.join(
        nodes.select(*GRAPH, target_person_id="person_id", target="node"), on=[*GRAPH, "target_person_id"]
    )
    key = [*GRAPH, "source_person_id"]
    outgoing = numbered.group_by(key).agg(pl.col("target", "weight").sort_by("target"))
    return nodes.join(outgoing.rename({"source_person_id": "person_id"}), on=NODE, how="left").sort("node")


def with_scores(nodes: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Adds SCORES; every window and network is a graph of its own."""
    blocks = nodes.with_columns(block=pl.struct(GRAPH).rle_id(), is_central=is_central(parameters))
    kept = nodes.collect_schema()
    schema: dict[str, Any] = {**{name: kept[name] for name in NODE}, **SCORES}
    return blocks.map_batches(partial(scored, parameters=parameters), schema=schema)


def with_pagerank(nodes: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Adds PageRank alone, for who asks for nothing else."""

    def made(blocks: pl.DataFrame) -> pl.DataFrame:
        source, target, weight, block = arrays(blocks)
        found = pagerank(source, target, weight, block, damping=parameters.pagerank_damping)
        return blocks.select(NODE).with_columns(pagerank=pl.Series(found, dtype=pl.Float64))

    schema: dict[str, Any] = {**{name: nodes.collect_schema()[name] for name in NODE}, "pagerank": pl.Float64}
    return nodes.with_columns(block=pl.struct(GRAPH).rle_id()).map_batches(made, schema=schema)


def arrays(nodes: pl.DataFrame) -> tuple[Indices, Indices, Floats, Indices]:
    """Ends and weights of the edges, and the graph of each node."""
    ends = nodes.select("node", "target", "weight").drop_nulls().explode("target", "weight")
    source, target, weight = (ends[name].to_numpy() for name in ("node", "target", "weight"))
    return source, target, weight, nodes["block"].to_numpy().astype(np.int64)


def is_central(parameters: Parameters) -> pl.Expr:
    """Whether more than PageRank is told: in years, and in the last of the windows that slide."""
    kind, start = pl.col("window_kind").cast(pl.String), pl.col("window_start")
    reach = pl.duration(days=parameters.slide_days * (parameters.rolling_networks - 1))
    last_start = pl.col("snapshot_at").dt.date() - pl.duration(days=parameters.rolling_days)
    return (kind == "year") | ((kind == "rolling") & (start >= last_start - reach))


def scored(nodes: pl.DataFrame, *, parameters: Parameters) -> pl.DataFrame:
    source, target, weight, block = arrays(nodes)
    matrix = weights(source, target, weight, len(block))
    scores = pagerank(source, target, weight, block, damping=parameters.pagerank_damping)
    part, blocks, central = restricted(matrix, block, nodes["is_central"].to_numpy())
    columns = {name: np.full(len(block), np.nan) for name in SCORES} | {"pagerank": scores}
    for name, values in centralities(part, blocks, parameters.path_sources).items():
        columns[name][central] = values
    series = {name: pl.Series(columns[name], nan_to_null=True).cast(dtype) for name, dtype in SCORES.items()}
    bounded = pl.col("hub_share", "authority_share", "eigenvector_centrality", "closeness_share").clip(0, 1)
    return nodes.select(NODE).with_columns(**series).with_columns(bounded)


def centralities(matrix: Matrix, block: Indices, most_sources: int) -> dict[str, Floats]:
    hub, authority = hits(matrix, block)
    followed = paths(matrix, block, most_sources=most_sources)
    return {
        "hub_share": hub,
        "authority_share": authority,
        "eigenvector_centrality": eigenvector(matrix, block),
        "coreness": coreness(matrix).astype(np.float64),
        "degree": degrees(matrix).astype(np.float64),
        "betweenness_share": followed.betweenness,
        "closeness_share": followed.closeness,
        "eccentricity": followed.eccentricity,
        "n_path_sources": followed.n_sources.astype(np.float64),
    }


def ranked(scores: pl.LazyFrame) -> pl.LazyFrame:
    rank = pl.col("pagerank").round(STABLE_DECIMALS).rank("average")
    return scores.with_columns(n_persons=pl.len().over(GRAPH).cast(pl.Int64)).with_columns(
        percentile_rank=((rank.over(GRAPH) - 0.5) / pl.col("n_persons"))
    )
