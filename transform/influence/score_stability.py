"""influence.score_stability: how far the ranks of influence hold from window to window, and against chance (INF-02b)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    DEFINITION,
    IS_WINDOW_COMPLETE,
    N_PERSONS,
    NETWORK,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_KIND,
    WINDOW_START,
    count,
)
from transform.influence.networks import NETS_OF, acts
from transform.influence.windows import WINDOW, with_windows
from transform.parameters import Parameters
from transform.statistics.correlations import spearman
from transform.statistics.pagerank import pagerank
from transform.statistics.runs import starts_of_runs

SEED = 20_180_101
RESAMPLE_TOLERANCE = 1e-8
"""Ranks of a resample need no more."""
CELL = (*WINDOW, "network")
RESAMPLED: dict[str, Any] = {
    "repo_id": pl.String,
    "window_start": pl.Date,
    "resampled_correlation": pl.Float64,
    "resampled_correlation_lower": pl.Float64,
    "n_resamples": pl.Int64,
}

TABLE = Table(
    schema="influence",
    name="score_stability",
    grain="one row per repository, window and network with scores",
    key=CELL,
    inputs=("influence.scores", "core.interactions", "core.repositories"),
    definition="INF-02b/1",
    formula="Spearman's rho of pagerank between a window and the one before, over persons in both; and between pagerank and that "
    "of resamples in which every edge is drawn anew (Poisson), mean and 5 % quantile, for 'attention' in the last rolling window",
    source="temporal networks: Xuan et al. 2015; Poisson bootstrap: Hanley and MacGibbon 2006",
    parameters={"resamples": "parameters.stability_resamples", "edges": "parameters.stability_edges"},
    caveats="Rolling windows overlap by three quarters, so that they agree more than years do.",
    may_be_empty="One person alone interacts with nobody.",
    evidence=(Evidence("influence.scores", "the scores of the window", same=CELL),),
    columns=(
        REPO_ID,
        WINDOW_KIND,
        WINDOW_START,
        NETWORK,
        N_PERSONS,
        count("n_common", "Persons who are in the window before too.", unit="persons"),
        Column(
            "adjacent_correlation",
            pl.Float64,
            "With the window before; null without one, for few persons, or where all are equal.",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        Column(
            "resampled_correlation",
            pl.Float64,
            "Mean over the resamples; null in all windows but the last rolling one.",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        Column(
            "resampled_correlation_lower",
            pl.Float64,
            "What 95 % of the resamples reach.",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        count("n_resamples", "How many resamples; null where there are none.", nullable=True),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    scores: pl.LazyFrame, interactions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    resampled = (
        last_edges(interactions, repositories, parameters)
        .map_batches(partial(resamples, parameters=parameters), schema=RESAMPLED)
        .with_columns(window_kind=pl.lit("rolling"), network=pl.lit("attention"))
    )
    sizes = scores.group_by(CELL).agg(n_persons=pl.len().cast(pl.Int64))
    return (
        sizes.join(adjacent(scores, parameters), on=CELL, how="left")
        .join(resampled, on=CELL, how="left")
        .with_columns(pl.col("n_common").fill_null(0), definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
        .sort(CELL)
    )


def adjacent(scores: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    kind, start = pl.col("window_kind"), pl.col("window_start")
    following = (
        pl.when(kind == "year").then(start.dt.offset_by("1y"))
        .when(kind == "quarter").then(start.dt.offset_by("1q"))
        .otherwise(start.dt.offset_by(f"{parameters.slide_days}d"))
    )  # fmt: skip
    now = scores.select(*CELL, "person_id", now=pl.col("pagerank").round(12))
    before = now.select("repo_id", "window_kind", "network", "person_id", window_start=following, before="now")
    enough = pl.when(pl.len() >= parameters.fewest_for_correlation)
    return (
        now.join(before, on=[*CELL, "person_id"])
        .group_by(CELL)
        .agg(
            n_common=pl.len().cast(pl.Int64),
            adjacent_correlation=enough.then(spearman(pl.col("now"), pl.col("before"))),
        )
    )


def last_edges(interactions: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Acts of the network 'attention' in the last rolling window of each repository."""
    edges = acts(interactions, repositories, parameters, ("rolling",)).filter(pl.col("net").is_in(NETS_OF["attention"]))
    last = pl.col("snapshot_at").dt.date() - pl.duration(days=parameters.rolling_days)
    newest = repositories.select("repo_id", window_start=last)
    return edges.join(newest, on=["repo_id", "window_start"]).sort(
        "repo_id", "net", pl.col("source_person_id", "target_person_id").cast(pl.String)
    )


def resamples(edges: pl.DataFrame, *, parameters: Parameters) -> pl.DataFrame:
    """RESAMPLED. Fewer resamples where there are very many edges."""
    if edges.is_empty():
        return pl.DataFrame(schema=RESAMPLED)
    n = int(np.clip(parameters.stability_edges // edges.height, 20, parameters.stability_resamples))
    ends = [
        edges.select("repo_id", person=pl.col(name).cast(pl.String))
        for name in ("source_person_id", "target_person_id")
    ]
    nodes = pl.concat(ends).unique().sort("repo_id", "person").with_row_index("node")
    block = nodes["repo_id"].rank("dense").to_numpy().astype(np.int64) - 1
    source, target = (
        end.join(nodes, on=["repo_id", "person"], how="left", maintain_order="left")["node"].to_numpy() for end in ends
    )
    drawn, random = edges["weight"].to_numpy(), np.random.default_rng(SEED)
    pairs, of_pair = np.unique(source.astype(np.int64) * len(nodes) + target, return_inverse=True)
    tails, heads = pairs // len(nodes), pairs % len(nodes)

    def ranks(amounts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        weight = np.bincount(of_pair, np.log1p(amounts), minlength=len(pairs)).astype(np.float64)
        kept = weight > 0
        return _ranks(pagerank(tails[kept], heads[kept], weight[kept], block, tolerance=RESAMPLE_TOLERANCE), block)

    whole = ranks(drawn)
    agreed = np.array([_agreement(whole, ranks(random.poisson(drawn)), block) for _ in range(n)])
    told = (
        nodes.group_by("repo_id", maintain_order=True)
        .agg(pl.len())
        .select("repo_id")
        .with_columns(
            resampled_correlation=pl.Series(agreed.mean(axis=0), nan_to_null=True),
            resampled_correlation_lower=pl.Series(np.quantile(agreed, 0.05, axis=0), nan_to_null=True),
            n_resamples=pl.lit(n, pl.Int64),
        )
    )
    starts = edges.select("repo_id", "window_start").unique()
    return told.join(starts, on="repo_id").select(list(RESAMPLED))


def _ranks(values: np.ndarray[Any, Any], block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Mean ranks within each block, less their mean."""
    found = np.zeros(len(values))
    for nodes in np.split(np.arange(len(values)), starts_of_runs(block)[1:]):
        rank = pl.Series(values[nodes].round(10)).rank().to_numpy()
        found[nodes] = rank - rank.mean()
    return found


def _agreement(
    one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], block: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    with np.errstate(invalid="ignore", divide="ignore"):
        shared = np.bincount(block, one * other) / np.sqrt(np.bincount(block, one**2) * np.bincount(block, other**2))
    bounded: np.ndarray[Any, Any] = np.clip(shared, -1, 1)
    return bounded
