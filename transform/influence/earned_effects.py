"""influence.earned_effects: is who solves problems heard more in the next quarter? (INF-06b)"""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, N_PERSONS, REPO_ID, SNAPSHOT_AT, count
from transform.influence.founding_claim import solved
from transform.parameters import Parameters
from transform.statistics.intervals import Z_95
from transform.statistics.panel import NoPanel, fixed_effects

AGES = ("all", "early", "middle", "late")
TERMS = ("solved", "influence", "talk", "solved_by_size")
CELL = ("repo_id", "age", "term")
FITTED: dict[str, Any] = {
    "repo_id": pl.String,
    "age": pl.String,
    "term": pl.String,
    "coefficient": pl.Float64,
    "standard_error": pl.Float64,
    "n_rows": pl.Int64,
    "n_persons": pl.Int64,
}

TABLE = Table(
    schema="influence",
    name="earned_effects",
    grain="one row per repository, third of its life (or all) and term of the model",
    key=CELL,
    inputs=("influence.scores", "core.contributions", "core.changes", "raw.closing_links", "core.repositories"),
    definition="INF-06b/1",
    formula="influence in the next quarter = beta solved + gamma influence + delta talk (+ interaction of solved with the log of "
    "the number of persons) + person and quarter effects; influence: percentile rank in 'attention'; solved, talk: ln(1 + n)",
    source="ours; standard errors clustered by person: Liang and Zeger 1986",
    parameters={"fewest_rows": "parameters.fewest_panel_rows"},
    caveats="An association, no cause. With an effect for each person and few quarters gamma comes out too low (Nickell 1981). "
    "solved_by_size above 0: solving pays more when there are many.",
    may_be_empty="Too few quarters, or nothing was solved.",
    evidence=(
        Evidence(
            "influence.scores",
            "the influence of each person and quarter",
            same=("repo_id",),
            when="there.window_kind = 'quarter' AND there.network = 'attention'",
        ),
    ),
    columns=(
        REPO_ID,
        Column("age", pl.String, "Third of the quarters observed, or all of them.", one_of=AGES),
        Column("term", pl.String, "Term of the model.", one_of=TERMS),
        Column(
            "coefficient", pl.Float64, "Change of the percentile rank in the next quarter with one more of the term."
        ),
        Column("standard_error", pl.Float64, "Standard error, clustered by person.", at_least=0),
        Column("coefficient_lower", pl.Float64, "Lower 95 % bound."),
        Column("coefficient_upper", pl.Float64, "Upper 95 % bound."),
        count("n_rows", "Persons and quarters in the model."),
        N_PERSONS,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    scores: pl.LazyFrame,
    contributions: pl.LazyFrame,
    changes: pl.LazyFrame,
    links: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    rows = panel(scores, contributions, changes, links)
    fitted = rows.map_batches(partial(effects, fewest=parameters.fewest_panel_rows), schema=FITTED)
    reach = Z_95 * pl.col("standard_error")
    return (
        fitted.join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .with_columns(
            coefficient_lower=pl.col("coefficient") - reach,
            coefficient_upper=pl.col("coefficient") + reach,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(CELL)
    )


def panel(
    scores: pl.LazyFrame, contributions: pl.LazyFrame, changes: pl.LazyFrame, links: pl.LazyFrame
) -> pl.LazyFrame:
    """One row per person and complete quarter in which, as in the next, they are in the graph."""
    key = ["repo_id", "person_id", "window_start"]
    quarterly = scores.filter(
        pl.col("window_kind") == "quarter", pl.col("network") == "attention", "is_window_complete"
    ).select(*key, "n_persons", influence="percentile_rank")
    later = quarterly.select("repo_id", "person_id", pl.col("window_start").dt.offset_by("-1q"), following="influence")
    at = pl.col("contributed_at").dt.truncate("1q").dt.date()
    talk = (
        contributions.filter(pl.col("family") == "talk")
        .group_by("repo_id", "person_id", window_start=at)
        .agg(n_talk=pl.len())
    )
    merged = changes.select("repo_id", "number", "merged_at")
    fixed = (
        solved(changes, links)
        .join(merged, on=["repo_id", "number"])
        .group_by("repo_id", "person_id", window_start=pl.col("merged_at").dt.truncate("1q").dt.date())
        .agg(n_solved=pl.col("number").n_unique())
    )
    return (
        quarterly.join(later, on=key)
        .join(talk, on=key, how="left")
        .join(fixed, on=key, how="left")
        .with_columns(pl.col("n_talk", "n_solved").fill_null(0))
        .with_columns(solved=pl.col("n_solved").log1p(), talk=pl.col("n_talk").log1p(), size=pl.col("n_persons").log())
        .with_columns(solved_by_size=pl.col("solved") * pl.col("size"))
        .sort(key)
    )


def effects(rows: pl.DataFrame, *, fewest: int) -> pl.DataFrame:
    """The model of each repository and third of its life. FITTED."""
    found: list[tuple[Any, ...]] = []
    for (repo,), part in sorted(rows.partition_by("repo_id", as_dict=True).items()):
        place = part["window_start"].rank("dense").to_numpy()
        third = (place - 1) * 3 // max(place.max(), 1)
        for name, chosen in zip(AGES, (third >= 0, third == 0, third == 1, third == 2), strict=True):
            terms = TERMS if name == "all" else TERMS[:3]
            found += _fitted(part.filter(pl.Series(chosen)), (repo, name), terms, fewest)
    return pl.DataFrame(found, schema=FITTED, orient="row")


def _fitted(part: pl.DataFrame, cell: tuple[object, str], terms: tuple[str, ...], fewest: int) -> list[tuple[Any, ...]]:
    if part.height < fewest:
        return []
    person, quarter = (part[name].rank("dense").to_numpy().astype(int) - 1 for name in ("person_id", "window_start"))
    try:
        model = fixed_effects(part.select(terms).to_numpy(), part["following"].to_numpy(), person, quarter)
    except NoPanel:
        return []
    return [
        (*cell, term, float(model.coefficients[at]), float(model.errors[at]), part.height, part["person_id"].n_unique())
        for at, term in enumerate(terms)
    ]
