"""retention.quasi_contributors: how many tried and were refused for each one who got in (RET-16)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import ALL_REPOSITORIES, DEFINITION, REPO_ID, SNAPSHOT_AT, count
from transform.core.repositories import IS_HISTORY_CUT
from transform.parameters import Parameters

TABLE = Table(
    schema="retention",
    name="quasi_contributors",
    grain="one row per repository in which somebody opened a change before the snapshot",
    key=("repo_id",),
    inputs=("retention.contributor_types", "core.repositories"),
    definition="RET-16/1",
    formula="quasi_per_actual = n_quasi / n_actual; quasi: a change decided, none merged, no commit (RET-02); actual: a "
    "change merged or a commit",
    source="Steinmacher et al. 2018",
    caveats="Maintainers are among the actual contributors: who holds a role is not known, so they cannot be left out as in "
    "the study. A change that its author withdrew counts as decided.",
    may_be_empty="A plain git repository has no change requests.",
    evidence=(
        Evidence(
            "retention.contributor_types",
            "the persons who opened a change",
            same=("repo_id",),
            when="there.n_changes_opened > 0",
            counted_in="n_proposers",
        ),
        Evidence(
            "retention.contributor_types", "the persons with a commit", same=("repo_id",), when="there.n_commits > 0"
        ),
    ),
    columns=(
        REPO_ID,
        count("n_proposers", "Persons who opened a change.", unit="persons"),
        count(
            "n_quasi", "Persons refused and never let in; null where history is missing.", unit="persons", nullable=True
        ),
        count("n_actual", "Persons with a merged change or a commit; null as above.", unit="persons", nullable=True),
        count("n_undecided", "Proposers of whom it is not yet known, or can never be.", unit="persons"),
        Column(
            "quasi_per_actual",
            pl.Float64,
            "Quasi-contributors for each actual one, so it may exceed 1; null where there is no actual one.",
            unit="ratio",
            nullable=True,
            at_least=0,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(types: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    in_one = types.filter(pl.col("repo_id") != ALL_REPOSITORIES)
    whole = repositories.select("repo_id", is_whole=~IS_HISTORY_CUT)
    quasi, actual = pl.col("n_quasi"), pl.col("n_actual")
    return (
        in_one.group_by("repo_id")
        .agg(counts())
        .filter(pl.col("n_proposers") > 0)
        .join(whole, on="repo_id")
        .with_columns(pl.when("is_whole").then(pl.col("n_quasi", "n_actual")))
        .with_columns(quasi_per_actual=pl.when(actual > 0).then(quasi / actual), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def counts() -> list[pl.Expr]:
    is_proposer = pl.col("n_changes_opened") > 0
    is_actual = (pl.col("n_changes_merged") > 0) | (pl.col("n_commits") > 0)
    numbers = {
        "n_proposers": is_proposer,
        "n_quasi": pl.col("is_quasi"),
        "n_actual": is_actual,
        "n_undecided": is_proposer & pl.col("is_quasi").is_null(),
    }
    return [pl.col("snapshot_at").first(), *(one.sum().cast(pl.Int64).alias(name) for name, one in numbers.items())]
