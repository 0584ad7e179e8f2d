"""influence.status_premium: are changes of the influential merged more often than others of their size? (INF-05c)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.people import human_ids
from transform.parameters import Parameters
from transform.statistics.contrasts import contrasts

HIGH = 2 / 3
BANDS = ((10, "S"), (50, "M"), (250, "L"))
STRATA = ("size_band", "year")

TABLE = Table(
    schema="influence",
    name="status_premium",
    grain="one row per repository with decided changes of both groups",
    key=("repo_id",),
    inputs=("core.changes", "influence.scores", "core.people", "core.repositories"),
    definition="INF-05c/1",
    formula="share merged within outcome_days of opening, authors in the upper third of influence ('attention') of the year "
    "before less all other authors; Mantel-Haenszel over bands of size (up to 10, 50, 250 lines, more) and years",
    source="Mantel and Haenszel 1959; Greenland and Robins 1985",
    parameters={"outcome_days": "parameters.outcome_days", "upper": "2/3"},
    caveats="Changes merged by their author or withdrawn by them are no decisions of others and are left out. What is left may "
    "be skill that influence goes with: a premium is a question, and no verdict.",
    may_be_empty="A plain git repository has no changes.",
    evidence=(
        Evidence(
            "core.contributions",
            "the changes opened",
            same=("repo_id",),
            when="there.kind = 'change_open' AND there.actor_class = 'human' AND there.contributed_at < here.snapshot_at",
        ),
    ),
    columns=(
        REPO_ID,
        count("n_influential", "Changes of influential authors that are compared."),
        share("influential_merged_share", "Share of them merged in time; null without any.", nullable=True),
        count("n_others", "Changes of other authors that are compared."),
        share("others_merged_share", "Share of them merged in time; null without any.", nullable=True),
        Column(
            "premium",
            pl.Float64,
            "Difference within size and year; null without both.",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        Column("premium_lower", pl.Float64, "Lower 95 % bound.", nullable=True, at_least=-1, at_most=1),
        Column("premium_upper", pl.Float64, "Upper 95 % bound.", nullable=True, at_least=-1, at_most=1),
        count("n_strata", "Bands and years in which both groups are."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    changes: pl.LazyFrame,
    scores: pl.LazyFrame,
    people: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    humans = human_ids(people)
    decided = decisions(changes, repositories, parameters.outcome_days).join(humans, on="person_id", how="semi")
    rows = decided.pipe(with_status, scores)
    found = contrasts(
        rows,
        by=["repo_id"],
        group="status",
        is_reference=pl.col("status") == "other",
        is_back="is_merged_in_time",
        strata=STRATA,
    )
    n1, n0 = pl.col("n_compared"), pl.col("n_reference")
    return (
        found.join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .with_columns(
            n_influential=n1,
            influential_merged_share=pl.when(n1 > 0).then(pl.col("n_compared_back") / n1),
            n_others=n0,
            others_merged_share=pl.when(n0 > 0).then(pl.col("n_reference_back") / n0),
            premium="difference",
            premium_lower="difference_lower",
            premium_upper="difference_upper",
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort("repo_id")
    )


def decisions(changes: pl.LazyFrame, repositories: pl.LazyFrame, days: int) -> pl.LazyFrame:
    """Changes that others decided upon, or could have for so many days."""
    within = pl.duration(days=days)
    by_author = (pl.col("merged_by_person_id") == pl.col("person_id")) | (
        ~pl.col("is_merged") & (pl.col("closed_by_person_id") == pl.col("person_id"))
    )
    lines = pl.col("added_lines") + pl.col("deleted_lines")
    band = pl.lit("XL")
    for most, name in reversed(BANDS):
        band = pl.when(lines <= most).then(pl.lit(name)).otherwise(band)
    return (
        changes.drop_nulls("person_id")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .filter(pl.col("opened_at") + within <= pl.col("snapshot_at"), ~by_author.fill_null(value=False))
        .with_columns(
            is_merged_in_time=(pl.col("merged_at") <= pl.col("opened_at") + within).fill_null(value=False),
            size_band=pl.when(lines.is_not_null()).then(band),
            year=pl.col("opened_at").dt.year(),
            window_start=pl.col("opened_at").dt.truncate("1y").dt.offset_by("-1y").dt.date(),
        )
    )


def with_status(rows: pl.LazyFrame, scores: pl.LazyFrame) -> pl.LazyFrame:
    """By the rank of the year before: the year of the change holds what came of it."""
    ranks = scores.filter(pl.col("window_kind") == "year", pl.col("network") == "attention").select(
        "repo_id", "window_start", "person_id", "percentile_rank"
    )
    is_high = (pl.col("percentile_rank") >= HIGH).fill_null(value=False)
    known = rows.join(ranks, on=["repo_id", "window_start", "person_id"], how="left")
    return known.with_columns(status=pl.when(is_high).then(pl.lit("influential")).otherwise(pl.lit("other")))
