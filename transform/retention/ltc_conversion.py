"""retention.ltc_conversion: what share of a quarter's new committers became long-term contributors (RET-17)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import ALL_REPOSITORIES, COHORT_QUARTER, DEFINITION, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.parameters import Parameters
from transform.retention.contributor_types import LONG_TERM_DAYS
from transform.statistics.intervals import wilson

CELL = ("repo_id", "cohort_quarter", "long_term_days")
QUARTER = "3mo"

TABLE = Table(
    schema="retention",
    name="ltc_conversion",
    grain="one row per repository (or all), quarter of the first commit and days that make a contributor a long-term one",
    key=CELL,
    inputs=("retention.contributor_types", "core.repositories"),
    definition="RET-17/1",
    formula="n_long_term / n_newcomers, for quarters whose end lies at least long_term_days before the snapshot; long-term: "
    "more than long_term_days between first and last commit (RET-02)",
    source="conversion by cohort: Zhou and Mockus 2012; bounds: Wilson 1927",
    parameters={"long_term_days": LONG_TERM_DAYS, "confidence": 0.95},
    caveats="Newcomers to committing, not those who only talk. An older quarter had more time to commit again after a pause: "
    "compare quarters of like margin_days.",
    may_be_empty="No quarter without a new committer.",
    evidence=(
        Evidence(
            "retention.contributor_types",
            "the persons whose first commit is in the quarter, among them all of the cohort",
            same=("repo_id",),
            when="date_trunc('quarter', there.first_commit_at AT TIME ZONE 'UTC')::DATE = here.cohort_quarter",
        ),
    ),
    columns=(
        SCOPE_ID,
        COHORT_QUARTER,
        Column("long_term_days", pl.Int32, "Days that first and last commit must be apart, or more.", unit="days"),
        count("n_newcomers", "New committers of the quarter.", unit="persons"),
        count("n_long_term", "Of these, long-term contributors; null while the quarter is too young.", nullable=True),
        share("long_term_share", "Share that became one; null while the quarter is too young.", nullable=True),
        share("long_term_lower_share", "Lower 95 % bound.", nullable=True),
        share("long_term_upper_share", "Upper 95 % bound.", nullable=True),
        Column(
            "margin_days",
            pl.Int32,
            "Days that the youngest of the quarter were seen beyond long_term_days; null while that is none.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        Column("is_mature", pl.Boolean, "Whether every newcomer of the cohort was seen long enough."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(types: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    people = types.pipe(new_committers, repositories)
    cells = pl.concat([people.pipe(converted, days) for days in LONG_TERM_DAYS])
    lower, upper = wilson(pl.col("n_long_term"), pl.col("n_newcomers"))
    return (
        cells.with_columns(
            long_term_share=pl.col("n_long_term") / pl.col("n_newcomers"),
            long_term_lower_share=lower,
            long_term_upper_share=upper,
            is_mature=pl.col("margin_days").is_not_null(),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(CELL)
    )


def new_committers(types: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Whose first commit made them newcomers: in 'all', in every repository in which they committed."""
    committers = types.filter(pl.col("n_commits") > 0)
    is_newcomer = pl.col("first_commit_at") >= pl.col("newcomers_from_at")
    each = committers.join(repositories.select("repo_id", "newcomers_from_at"), on="repo_id").select(
        "repo_id", "person_id", is_newcomer=is_newcomer
    )
    everywhere = each.group_by("person_id").agg(pl.col("is_newcomer").all(), repo_id=pl.lit(ALL_REPOSITORIES))
    new = pl.concat([each, everywhere], how="diagonal").filter("is_newcomer")
    quarter = pl.col("first_commit_at").dt.date().dt.truncate("1q")
    return committers.join(new, on=["repo_id", "person_id"]).with_columns(cohort_quarter=quarter).cache()


def converted(people: pl.LazyFrame, days: int) -> pl.LazyFrame:
    """The cells of one span; a quarter that ends less than so many days before the snapshot is too young."""
    end = pl.col("cohort_quarter").dt.offset_by(QUARTER) + pl.duration(days=days)
    margin = (pl.col("snapshot_at").dt.date() - end).dt.total_days().cast(pl.Int32)
    counted = people.group_by("repo_id", "cohort_quarter").agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        n_long_term=pl.col(f"is_long_term_{days}_days").sum().cast(pl.Int64),
    )
    old_enough = pl.when(margin >= 0)
    return counted.with_columns(
        old_enough.then("n_long_term").alias("n_long_term"),
        old_enough.then(margin).alias("margin_days"),
        long_term_days=pl.lit(days, pl.Int32),
    )
