"""influence.core_members: who is of the core in a year, by five rules (INF-09)."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, PERSON_ID, REPO_ID, SNAPSHOT_AT, WINDOW_START, count
from transform.influence.evidence import acts_of_the_year
from transform.influence.windows import with_windows
from transform.parameters import Parameters
from transform.statistics.concentration import in_core
from transform.statistics.runs import starts_of_runs

WINDOW = ("repo_id", "window_start")
CELL = (*WINDOW, "person_id")
RULES = ("count80", "net80q", "kcore", "cik", "role")
NEAR = ("degree", "betweenness_share", "closeness_share", "eigenvector_centrality", "pagerank")
FEATURES = (*NEAR, "eccentricity", "coreness")
STABLE_DECIMALS = 9

TABLE = Table(
    schema="influence",
    name="core_members",
    grain="one row per repository, calendar year and human in its graph of all networks, or with a commit",
    key=CELL,
    inputs=("core.contributions", "influence.scores", "core.repositories"),
    definition="INF-09/2",
    formula="count80: the fewest with 80 % of the commits; net80q: pagerank above the 0.8 quantile, all if all are equal; "
    "kcore: greatest coreness; cik: the central of two clusters (k-means) by degree, betweenness, closeness, eigenvector, "
    "pagerank and eccentricity, who is apart from the largest component being farther than all in it; role: merged a change of somebody else",
    source="count80: Mockus et al. 2002; net80q: Joblin et al. 2017 and coronet; cik: Bosu and Carver 2014",
    caveats="The rules disagree: see influence.core_agreement. Of equals at the cut of count80 the first by name is in.",
    is_large=True,
    may_be_empty="No rows without commits or interactions.",
    evidence=(acts_of_the_year("the person's acts of the year", same=("repo_id", "person_id")),),
    columns=(
        REPO_ID,
        WINDOW_START,
        PERSON_ID,
        count("n_commits", "Commits written in the year."),
        Column("is_core_count80", pl.Boolean, "By commits; null where nobody had one.", nullable=True),
        Column("is_core_net80q", pl.Boolean, "By pagerank; null where there is no graph.", nullable=True),
        Column("is_core_kcore", pl.Boolean, "By coreness; null where nobody is tied to anybody.", nullable=True),
        Column("is_core_cik", pl.Boolean, "By clusters of centralities; null where all are alike.", nullable=True),
        Column("is_core_role", pl.Boolean, "By having merged for others; null where nobody did.", nullable=True),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame, scores: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    graph = scores.filter(pl.col("window_kind") == "year", pl.col("network") == "all").select(*CELL, *FEATURES)
    acts = human_years(contributions, repositories).cache()
    commits = acts.filter(pl.col("kind") == "commit").group_by(CELL).agg(n_commits=pl.len().cast(pl.Int64))
    merged = (
        acts.filter(pl.col("kind") == "change_merge").select(CELL).unique().with_columns(has_merged=pl.lit(value=True))
    )
    return (
        graph.join(commits, on=CELL, how="full", coalesce=True)
        .join(merged, on=CELL, how="left")
        .with_columns(pl.col("n_commits").fill_null(0), pl.col("has_merged").fill_null(value=False))
        .pipe(with_rules)
        .with_columns(window_kind=pl.lit("year"), definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
    )


def human_years(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The acts of humans before the snapshot, with the year they fall into."""
    return (
        contributions.filter(pl.col("actor_class") == "human", pl.col("person_id").is_not_null())
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .filter(pl.col("contributed_at") < pl.col("snapshot_at"))
        .with_columns(window_start=pl.col("contributed_at").dt.truncate("1y").dt.date())
    )


def with_rules(rows: pl.LazyFrame) -> pl.LazyFrame:
    ordered = rows.sort(*WINDOW, "n_commits", "person_id", descending=[False, False, True, False])
    score, core = pl.col("pagerank").round(STABLE_DECIMALS), pl.col("coreness")
    some_commit = pl.col("n_commits").sum().over(WINDOW) > 0
    by_score = above_quantile(score)
    return ordered.with_columns(
        is_core_count80=pl.when(some_commit).then(
            in_core(pl.col("n_commits"), by=WINDOW, parts=4, of=5) & (pl.col("n_commits") > 0)
        ),
        is_core_net80q=pl.when(score.is_not_null().any().over(WINDOW)).then(
            by_score.over(WINDOW).fill_null(value=False)
        ),
        is_core_kcore=pl.when(core.max().over(WINDOW) > 0).then(
            (core == core.max().over(WINDOW)).fill_null(value=False)
        ),
        is_core_role=pl.when(pl.col("has_merged").any().over(WINDOW)).then("has_merged"),
    ).pipe(with_clusters)


def above_quantile(value: pl.Expr) -> pl.Expr:
    """net80q: strictly above the 0.8 quantile; all if all are equal and not 0, none if all are 0."""
    is_flat = value.max() == value.min()
    return pl.when(is_flat).then(value > 0).otherwise(value > value.quantile(0.8, "linear"))


def with_clusters(rows: pl.LazyFrame) -> pl.LazyFrame:
    blocks = rows.with_columns(block=pl.struct(WINDOW).rle_id())
    schema: dict[str, Any] = {**blocks.collect_schema(), "is_core_cik": pl.Boolean}
    return blocks.map_batches(_clustered, schema=schema)


def _clustered(rows: pl.DataFrame) -> pl.DataFrame:
    features = rows.select(pl.col(NEAR).cast(pl.Float64).fill_null(0), nearness()).to_numpy()
    known = rows["pagerank"].is_not_null().to_numpy()
    found = np.full(rows.height, np.nan)
    for at in np.split(np.arange(rows.height), starts_of_runs(rows["block"].to_numpy())[1:]):
        nodes = at[known[at]]
        chosen = two_means(features[nodes])
        if chosen is not None:
            found[at] = 0
            found[nodes] = chosen
    return rows.with_columns(is_core_cik=pl.Series(found, nan_to_null=True).cast(pl.Boolean))


def nearness() -> pl.Expr:
    """Less the steps to the farthest; who is apart from the largest component is a step farther than all in it."""
    steps = pl.when(pl.col("eigenvector_centrality").is_not_null()).then("eccentricity").cast(pl.Float64)
    return -steps.fill_null(steps.max().over(WINDOW).fill_null(0) + 1).alias("nearness")


def two_means(features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Which rows are in the more central of two clusters (k-means from the two ends); None where all are alike.

    Every feature counts by its standard deviations; of no spread it counts nothing.
    """
    spread = features.std(axis=0) if len(features) else np.zeros(0)
    if len(features) < 2 or not (spread > 1e-12).any():
        return None
    scaled = (features - features.mean(axis=0))[:, spread > 1e-12] / spread[spread > 1e-12]
    total = scaled.sum(axis=1)
    centres = scaled[[int(total.argmin()), int(total.argmax())]]
    label = np.zeros(len(scaled), dtype=np.int64)
    for _ in range(100):
        distance = ((scaled[:, None, :] - centres[None]) ** 2).sum(axis=2)
        following = (distance[:, 1] < distance[:, 0]).astype(np.int64)
        if (following == label).all():
            break
        label = following
        centres = np.array(
            [scaled[label == side].mean(axis=0) if (label == side).any() else centres[side] for side in (0, 1)]
        )
    chosen: np.ndarray[Any, Any] = label == 1
    return chosen
