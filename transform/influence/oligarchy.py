"""influence.oligarchy: does the number of gatekeepers grow with the community? (INF-07b)"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, SCOPE_ID, SNAPSHOT_AT, count
from transform.parameters import Parameters
from transform.statistics.intervals import Z_95

MEASURES = ("gatekeepers", "new_gatekeeper_rate")
FEWEST_YEARS = 4
FITTED: dict[str, Any] = {
    "repo_id": pl.String,
    "measure": pl.String,
    "slope": pl.Float64,
    "standard_error": pl.Float64,
    "n_years": pl.Int64,
    "n_repositories": pl.Int64,
}

TABLE = Table(
    schema="influence",
    name="oligarchy",
    grain="one row per repository (or all, with an effect for each) and measure, with four complete years or more",
    key=("repo_id", "measure"),
    inputs=("influence.gatekeepers", "core.repositories"),
    definition="INF-07b/1",
    formula="least squares slope of ln(gatekeepers), or of ln((new gatekeepers + 1/2) / contributors), on ln(contributors) over "
    "complete years; in 'all' within repositories, errors clustered by repository",
    source="iron law of oligarchy on wikis: Shaw and Hill 2014",
    caveats="Below 1 the gate grows less than the community; near 0 it does not grow. A few years tell little: see the error.",
    may_be_empty="No repository has four complete years with gatekeepers.",
    evidence=(
        Evidence("influence.gatekeepers", "the complete years", scope=("repo_id",), when="there.is_window_complete"),
    ),
    columns=(
        SCOPE_ID,
        Column("measure", pl.String, "What is followed as the community grows.", one_of=MEASURES),
        Column("slope", pl.Float64, "Percent more of the measure with one percent more contributors."),
        Column(
            "standard_error",
            pl.Float64,
            "Its standard error; null where it is not to be had.",
            nullable=True,
            at_least=0,
        ),
        Column("slope_lower", pl.Float64, "Lower 95 % bound.", nullable=True),
        Column("slope_upper", pl.Float64, "Upper 95 % bound.", nullable=True),
        count("n_years", "Years of repositories it rests on."),
        count("n_repositories", "Repositories it rests on."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(gatekeepers: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    snapshots = repositories.select("repo_id", "snapshot_at")
    everywhere = snapshots.select(repo_id=pl.lit("all"), snapshot_at=pl.col("snapshot_at").min())
    reach = Z_95 * pl.col("standard_error")
    years = gatekeepers.filter("is_window_complete", pl.col("n_gatekeepers") > 0, pl.col("n_contributors") > 0)
    return (
        years.sort("repo_id", "window_start")
        .map_batches(slopes, schema=FITTED)
        .join(pl.concat([snapshots, everywhere]), on="repo_id")
        .with_columns(
            slope_lower=pl.col("slope") - reach,
            slope_upper=pl.col("slope") + reach,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort("repo_id", "measure")
    )


def slopes(years: pl.DataFrame) -> pl.DataFrame:
    """FITTED, of each repository and of all."""
    size = years["n_contributors"].log().to_numpy()
    rate = ((years["n_new_gatekeepers"] + 0.5) / years["n_contributors"]).log().to_numpy()
    repo = years["repo_id"].rank("dense").to_numpy().astype(int) - 1 if years.height else np.zeros(0, dtype=int)
    names = years["repo_id"].unique(maintain_order=True).to_list()
    found: list[tuple[Any, ...]] = []
    for measure, values in zip(MEASURES, (years["n_gatekeepers"].log().to_numpy(), rate), strict=True):
        for at, name in enumerate(names):
            chosen = repo == at
            found += _slope(
                name,
                measure,
                size[chosen],
                values[chosen],
                np.arange(int(chosen.sum())),
                np.zeros(int(chosen.sum()), dtype=int),
            )
        found += _slope("all", measure, size, values, repo, repo)
    return pl.DataFrame(found, schema=FITTED, orient="row")


def _slope(
    name: str,
    measure: str,
    x: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    cluster: np.ndarray[Any, Any],
    own: np.ndarray[Any, Any],
) -> list[tuple[Any, ...]]:
    """Slope within the groups `own`; the error by `cluster`, or null where there is but one."""
    if len(x) < FEWEST_YEARS:
        return []
    dx, dy = (value - (np.bincount(own, value) / np.maximum(np.bincount(own), 1))[own] for value in (x, y))
    spread = float((dx**2).sum())
    if spread < 1e-9:
        return []
    slope = float((dx * dy).sum() / spread)
    scores = np.bincount(cluster, dx * (dy - slope * dx))
    n, n_groups = len(scores), len(np.unique(own))
    free = len(x) - n_groups - 1
    error = float(np.sqrt((scores**2).sum() * n / max(n - 1, 1)) / spread) if n > 1 else None
    if name != "all":
        error = float(np.sqrt(((dy - slope * dx) ** 2).sum() / free / spread)) if free > 0 else None
    return [(name, measure, slope, error, len(x), n_groups)]
