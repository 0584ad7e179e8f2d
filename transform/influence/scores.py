"""influence.scores: whom the attention in a repository and year leads to (INF-02: PageRank on the INF-01 networks)."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from quality.contract import Table
from transform.columns import (
    DEFINITION,
    IS_WINDOW_COMPLETE,
    N_PERSONS,
    NETS,
    PERSON_ID,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_START,
    share,
)
from transform.core.spells import human_acts
from transform.parameters import Parameters
from transform.statistics.pagerank import TOLERANCE, pagerank

WINDOW = ("repo_id", "window_start")
NODE = (*WINDOW, "person_id")
STABLE_DECIMALS = 12
"""Scores are compared at the tolerance they are computed with, so that equals are ties."""

TABLE = Table(
    schema="influence",
    name="scores",
    grain="one row per repository, calendar year with any interaction, and human active in it",
    key=NODE,
    inputs=("core.interactions", "core.contributions", "core.repositories"),
    definition="INF-02/1",
    formula="PageRank on edges from who gives to who receives attention, weight = sum over review, reply, merge of "
    "ln(1 + interactions); percentile_rank = (mean rank among ties - 1/2) / n_persons",
    source="Page et al. 1999; Langville and Meyer 2006; reply network: Bird et al. 2006",
    parameters={"damping": "parameters.pagerank_damping", "tolerance": TOLERANCE, "window": "calendar year, UTC"},
    caveats="Who contributed but had no interaction belongs to the graph, and ranks low. Compare percentile ranks, not "
    "scores: a score depends on how many persons there are.",
    is_large=True,
    may_be_empty="A plain git repository shows no conversations.",
    columns=(
        REPO_ID,
        WINDOW_START,
        PERSON_ID,
        share("pagerank", "Score; the scores of a repository and year sum to 1."),
        share("percentile_rank", "Share of the persons of the window with a lower score, ties counted half."),
        N_PERSONS,
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    interactions: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    edges = interactions.pipe(within_windows, repositories).pipe(weighted_edges)
    return (
        graphs(human_acts(contributions, repositories).pipe(active_in_windows), edges)
        .pipe(with_scores, parameters.pagerank_damping)
        .pipe(ranked)
        .pipe(with_windows, repositories)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def within_windows(interactions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The interactions before the snapshot of their repository, with `window_start`."""
    return (
        interactions.join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .filter(pl.col("interacted_at") < pl.col("snapshot_at"))
        .with_columns(window_start=pl.col("interacted_at").dt.truncate("1y").dt.date())
    )


def weighted_edges(interactions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per window, source and target; networks are added in a fixed order, so that sums never differ."""
    weight = pl.sum_horizontal((pl.col("net") == net).sum().log1p() for net in NETS)
    return interactions.group_by(*WINDOW, person_id="source_person_id", target_id="target_person_id").agg(weight=weight)


def active_in_windows(acts: pl.LazyFrame) -> pl.LazyFrame:
    year = pl.col("contributed_at").dt.truncate("1y").dt.date()
    return (
        acts.select(pl.col("repo_id", "person_id"), window_start=year)
        .unique()
        .with_columns(pl.col("repo_id", "person_id").cast(pl.String))
    )


def graphs(active: pl.LazyFrame, edges: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person of a window, numbered in order, with the numbers and weights of those attention goes to."""
    sources, targets = edges.select(NODE), edges.select(*WINDOW, person_id="target_id")
    members = active.join(edges.select(WINDOW).unique(), on=WINDOW, how="semi")
    nodes = pl.concat([sources, targets, members.select(NODE)]).unique().sort(NODE).with_row_index("node")
    numbered = edges.join(nodes.rename({"person_id": "target_id", "node": "target"}), on=[*WINDOW, "target_id"])
    outgoing = numbered.group_by(NODE).agg(pl.col("target", "weight").sort_by("target"))
    return nodes.join(outgoing, on=NODE, how="left").sort("node")


def with_scores(nodes: pl.LazyFrame, damping: float) -> pl.LazyFrame:
    """Adds `pagerank`; every repository and year is a graph of its own."""
    blocks = nodes.with_columns(block=pl.struct(WINDOW).rle_id())
    schema = {**dict.fromkeys(NODE, pl.String), "window_start": pl.Date, "pagerank": pl.Float64}
    return blocks.map_batches(partial(score, damping=damping), schema=schema)


def score(nodes: pl.DataFrame, *, damping: float) -> pl.DataFrame:
    edges = nodes.select("node", "target", "weight").drop_nulls().explode("target", "weight")
    source, target, weight = (edges[name].to_numpy() for name in ("node", "target", "weight"))
    block = nodes["block"].to_numpy().astype(np.int64)
    scores = pagerank(source, target, weight, block, damping=damping)
    return nodes.select(NODE).with_columns(pagerank=pl.Series(scores, dtype=pl.Float64))


def ranked(scores: pl.LazyFrame) -> pl.LazyFrame:
    rank = pl.col("pagerank").round(STABLE_DECIMALS).rank("average")
    return scores.with_columns(n_persons=pl.len().over(WINDOW).cast(pl.Int64)).with_columns(
        percentile_rank=((rank.over(WINDOW) - 0.5) / pl.col("n_persons"))
    )


def with_windows(rows: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `snapshot_at` and whether the calendar year of the row lies wholly before it."""
    window_end = pl.col("window_start").dt.offset_by("1y")
    return rows.join(repositories.select("repo_id", "snapshot_at"), on="repo_id").with_columns(
        is_window_complete=window_end <= pl.col("snapshot_at").dt.date()
    )
