"""influence.scores: whom the attention of a window leads to, and who stands in the middle (INF-02)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
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
from transform.influence.graphs import Graphs, graphs
from transform.influence.networks import TEXT, edges
from transform.influence.windows import WINDOW, in_window, in_windows, with_windows
from transform.parameters import Parameters
from transform.statistics.centralities import coreness, degrees, eigenvector, hits, paths
from transform.statistics.graphs import Floats, Indices, Matrix, restricted, weights
from transform.statistics.pagerank import TOLERANCE, pagerank

NODE = (*WINDOW, "network", "person_id")
REPO = pl.Categorical("repositories")
INTERACTIONS_AT_ONCE = 200_000
"""With their windows and shared files these take about a gigabyte."""
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
SCORED: dict[str, Any] = {
    **dict.fromkeys(("repo_id", "window_kind", "network", "person_id"), pl.String),
    "window_start": pl.Date,
    **SCORES,
    "n_persons": pl.Int64,
    "percentile_rank": pl.Float64,
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
    frames = (interactions, contributions, commits, files, repositories)
    return (
        pl.defer(partial(all_scores, *frames, parameters=parameters), schema=SCORED)
        .with_columns(definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
    )


def all_scores(*frames: pl.LazyFrame, parameters: Parameters) -> pl.DataFrame:
    """SCORED of all repositories, some at a time: no graph goes over the border of one, and memory stays bounded."""
    interactions, *_, repositories = frames
    found = [pl.DataFrame(schema=SCORED)]
    for some in at_once(interactions, repositories):
        own = [
            frame.filter(pl.col("repo_id").is_in(some)).with_columns(pl.col("repo_id").cast(REPO)) for frame in frames
        ]
        found += scores_of(own, parameters)
    return pl.concat(found)


def at_once(interactions: pl.LazyFrame, repositories: pl.LazyFrame) -> list[list[str]]:
    """All repositories in their order, so many together as have INTERACTIONS_AT_ONCE."""
    sizes = interactions.group_by("repo_id").agg(n=pl.len().cast(pl.Int64))
    known = repositories.select("repo_id").unique().join(sizes, on="repo_id", how="left").sort("repo_id")
    shelf = (pl.col("n").fill_null(0).cum_sum() // INTERACTIONS_AT_ONCE).alias("shelf")
    return known.group_by(shelf, maintain_order=True).agg("repo_id").collect()["repo_id"].to_list()


def scores_of(frames: list[pl.LazyFrame], parameters: Parameters) -> list[pl.DataFrame]:
    interactions, contributions, commits, files, repositories = frames
    ties = edges(interactions, contributions, commits, files, repositories, parameters).select(
        *WINDOW, "net", "source_person_id", "target_person_id", "weight"
    )
    active = human_acts(contributions, repositories).pipe(active_in_windows, parameters)
    last = repositories.select("repo_id", "snapshot_at")
    found = []
    all_ties, all_active = pl.collect_all([ties, active])
    for network, of_network in graphs(all_ties, all_active, parameters.net_weights):
        nodes = of_network.nodes.lazy().join(last, on="repo_id", how="left", maintain_order="left")
        is_told = nodes.select(is_central(parameters)).collect().to_series().to_numpy()
        found.append(scored(of_network, is_told, parameters).with_columns(network=pl.lit(network)))
    return [rows.select(pl.col(name).cast(dtype) for name, dtype in SCORED.items()) for rows in found]


def active_in_windows(acts: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Who acted in which window."""
    days = acts.select(
        pl.col("repo_id").cast(pl.String).cast(REPO),
        pl.col("person_id").cast(pl.String).cast(TEXT),
        "snapshot_at",
        at=pl.col("contributed_at").dt.truncate("1d"),
    ).unique()
    return days.pipe(in_windows, "at", parameters).select(*WINDOW, "person_id").unique()


def is_central(parameters: Parameters) -> pl.Expr:
    """Whether more than PageRank is told: in years, and in the last of the windows that slide."""
    kind, start = pl.col("window_kind").cast(pl.String), pl.col("window_start")
    reach = pl.duration(days=parameters.slide_days * (parameters.rolling_networks - 1))
    last_start = pl.col("snapshot_at").dt.date() - pl.duration(days=parameters.rolling_days)
    return (kind == "year") | ((kind == "rolling") & (start >= last_start - reach))


def scored(given: Graphs, is_told: npt.NDArray[np.bool_], parameters: Parameters) -> pl.DataFrame:
    """The nodes with SCORES, and with their ranks; more than PageRank where `is_told`."""
    ends, block = (given.source, given.target, given.weight), given.block
    part, blocks, central = restricted(weights(*ends, len(block)), block, is_told)
    columns = {name: np.full(len(block), np.nan) for name in SCORES}
    columns["pagerank"] = pagerank(*ends, block, damping=parameters.pagerank_damping)
    for name, values in centralities(part, blocks, parameters.path_sources).items():
        columns[name][central] = values
    series = {name: pl.Series(columns[name], nan_to_null=True).cast(dtype) for name, dtype in SCORES.items()}
    bounded = pl.col("hub_share", "authority_share", "eigenvector_centrality", "closeness_share").clip(0, 1)
    return given.nodes.with_columns(**series, block=pl.Series(block)).with_columns(bounded).pipe(ranked)


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


def ranked(scores: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("pagerank").round(STABLE_DECIMALS).rank("average").over("block")
    return scores.with_columns(n_persons=pl.len().over("block").cast(pl.Int64)).with_columns(
        percentile_rank=((rank - 0.5) / pl.col("n_persons"))
    )
