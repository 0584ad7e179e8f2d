"""influence.earned_effects: is who solves problems heard more in the next quarter? (INF-06b)"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, N_PERSONS, SCOPE_ID, SNAPSHOT_AT, count
from transform.parameters import Parameters
from transform.statistics.panel import NoPanel, fixed_effects, reach

VARIANTS = ("count", "by_reactions")
THIRDS = ("early", "middle", "late")
AGES = ("all", *THIRDS, "compared")
PLAIN = ("solved", "influence", "talk")
TERMS_OF = {"all": (*PLAIN, "solved_by_size"), "compared": (*PLAIN, "solved_in_growth"), **dict.fromkeys(THIRDS, PLAIN)}
"""Where the size of a community never changed, `all` does without it."""
TERMS = (*PLAIN, "solved_by_size", "solved_in_growth")
CELL = ("repo_id", "variant", "age", "term")
FITTED: dict[str, Any] = {
    "repo_id": pl.String,
    "variant": pl.String,
    "age": pl.String,
    "term": pl.String,
    "coefficient": pl.Float64,
    "standard_error": pl.Float64,
    "coefficient_lower": pl.Float64,
    "coefficient_upper": pl.Float64,
    "repository_error": pl.Float64,
    "n_rows": pl.Int64,
    "n_persons": pl.Int64,
    "n_repositories": pl.Int64,
}

TABLE = Table(
    schema="influence",
    name="earned_effects",
    grain="one row per repository (or all together), way to count problems, third of its life (or all) and term of the model",
    key=CELL,
    inputs=("influence.scores", "core.contributions", "influence.problems_solved", "core.repositories"),
    definition="INF-06b/2",
    formula="influence in the next quarter = beta solved + gamma influence + delta talk + effects of each person in each repository "
    "and of each quarter of each repository; influence: percentile rank in 'attention'; solved, talk: ln(1 + n); all: also solved "
    "times the log of the number of persons less its mean; compared: also solved in the middle and late thirds; bounds by Student's t",
    source="ours; standard errors clustered by person: Liang and Zeger 1986",
    parameters={
        "fewest_rows": "parameters.fewest_panel_rows",
        "fewest_repositories": "parameters.fewest_for_correlation",
    },
    caveats="An association, no cause. With an effect for each person and few quarters gamma comes out too low (Nickell 1981). "
    "solved_by_size above 0: solving pays more when there are many. solved_in_growth below 0: it paid more in the early third.",
    may_be_empty="Too few quarters, or nothing was solved.",
    evidence=(
        Evidence(
            "influence.scores",
            "the influence of each person and quarter",
            scope=("repo_id",),
            when="there.window_kind = 'quarter' AND there.network = 'attention'",
        ),
        Evidence("influence.problems_solved", "the problems solved", scope=("repo_id",)),
    ),
    columns=(
        SCOPE_ID,
        Column("variant", pl.String, "Problems solved, or these counting 1 + the reactions on each.", one_of=VARIANTS),
        Column(
            "age",
            pl.String,
            "Third of the quarters observed, all of them, or all with the early third compared to the rest.",
            one_of=AGES,
        ),
        Column("term", pl.String, "Term of the model.", one_of=TERMS),
        Column(
            "coefficient", pl.Float64, "Change of the percentile rank in the next quarter with one more of the term."
        ),
        Column("standard_error", pl.Float64, "Standard error, clustered by person.", at_least=0),
        Column("coefficient_lower", pl.Float64, "Lower 95 % bound."),
        Column("coefficient_upper", pl.Float64, "Upper 95 % bound."),
        Column(
            "repository_error",
            pl.Float64,
            "Standard error clustered by repository; null for few repositories.",
            nullable=True,
            at_least=0,
        ),
        count("n_rows", "Persons and quarters in the model."),
        N_PERSONS,
        count("n_repositories", "Repositories in the model."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    scores: pl.LazyFrame,
    contributions: pl.LazyFrame,
    solutions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    rows = panel(scores, contributions, solutions)
    snapshots = repositories.select("repo_id", "snapshot_at")
    everywhere = snapshots.select(repo_id=pl.lit("all"), snapshot_at=pl.col("snapshot_at").min())
    return (
        rows.map_batches(partial(effects, parameters=parameters), schema=FITTED)
        .join(pl.concat([snapshots, everywhere]), on="repo_id")
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def panel(scores: pl.LazyFrame, contributions: pl.LazyFrame, solutions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person and complete quarter in which, as in the next, they are in the graph."""
    key = ["repo_id", "person_id", "window_start"]
    quarterly = scores.filter(
        pl.col("window_kind") == "quarter", pl.col("network") == "attention", "is_window_complete"
    ).select(*key, "n_persons", influence="percentile_rank")
    later = quarterly.select("repo_id", "person_id", pl.col("window_start").dt.offset_by("-1q"), following="influence")
    talk = (
        contributions.filter(pl.col("family") == "talk")
        .group_by("repo_id", "person_id", window_start=pl.col("contributed_at").dt.truncate("1q").dt.date())
        .agg(n_talk=pl.len())
    )
    fixed = solutions.group_by(
        "repo_id", "person_id", window_start=pl.col("solved_at").dt.truncate("1q").dt.date()
    ).agg(count=pl.len(), by_reactions=(1 + pl.col("n_reactions")).sum())
    place = pl.col("window_start").rank("dense").over("repo_id")
    return (
        quarterly.join(later, on=key)
        .join(talk, on=key, how="left")
        .join(fixed, on=key, how="left")
        .with_columns(pl.col("n_talk", *VARIANTS).fill_null(0))
        .with_columns(talk=pl.col("n_talk").log1p(), size=pl.col("n_persons").log(), place=place)
        .with_columns(third=(pl.col("place") - 1) * 3 // pl.col("place").max().over("repo_id"))
        .sort(key)
    )


def effects(rows: pl.DataFrame, *, parameters: Parameters) -> pl.DataFrame:
    """FITTED: of each repository, and of all where there are several."""
    parts = [(str(repo), part) for (repo,), part in sorted(rows.partition_by("repo_id", as_dict=True).items())]
    found: list[dict[str, Any]] = []
    for scope, part in [*parts, *([("all", rows)] if len(parts) > 1 else [])]:
        for variant in VARIANTS:
            known = with_solved(part, variant)
            for age, terms in TERMS_OF.items():
                chosen = known.filter(pl.col("third") == THIRDS.index(age)) if age in THIRDS else known
                fits = _fitted(chosen, terms, parameters)
                if age == "all" and not fits:
                    fits = _fitted(chosen, PLAIN, parameters)
                found += [{"repo_id": scope, "variant": variant, "age": age, **fit} for fit in fits]
    return pl.DataFrame(found, schema=FITTED)


def with_solved(rows: pl.DataFrame, variant: str) -> pl.DataFrame:
    solved = pl.col(variant).log1p()
    size = pl.col("size") - pl.col("size").mean()
    return rows.with_columns(
        solved=solved, solved_by_size=solved * size, solved_in_growth=solved * (pl.col("third") > 0)
    )


def _fitted(part: pl.DataFrame, terms: tuple[str, ...], parameters: Parameters) -> list[dict[str, Any]]:
    """The rows of a model; none where there are few rows, or where they do not determine it."""
    if part.height < parameters.fewest_panel_rows:
        return []
    person, repository = (_numbered(part, one) for one in ("person_id", "repo_id"))
    unit, time = _numbered(part, "repo_id", "person_id"), _numbered(part, "repo_id", "window_start")
    n_persons, n_repositories = int(person.max()) + 1, int(repository.max()) + 1
    try:
        model = fixed_effects(part.select(terms).to_numpy(), part["following"].to_numpy(), unit, time)
        errors = model.errors(person)
        is_pooled = n_repositories >= parameters.fewest_for_correlation
        of_repositories = model.errors(repository).tolist() if is_pooled else [None] * len(terms)
    except NoPanel:
        return []
    lower, upper = (model.coefficients + side * reach(n_persons) * errors for side in (-1, 1))
    counted = {"n_rows": part.height, "n_persons": n_persons, "n_repositories": n_repositories}
    return [
        {
            "term": term,
            "coefficient": float(model.coefficients[at]),
            "standard_error": float(errors[at]),
            "coefficient_lower": float(lower[at]),
            "coefficient_upper": float(upper[at]),
            "repository_error": of_repositories[at],
            **counted,
        }
        for at, term in enumerate(terms)
    ]


def _numbered(rows: pl.DataFrame, *names: str) -> np.ndarray[Any, Any]:
    return rows.select(pl.struct(names).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
