"""influence.gatekeepers: through how few hands the merges of a year go, and what is merged without another's eyes (INF-05b)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, REPO_ID, SNAPSHOT_AT, WINDOW_START, count, share
from transform.core.people import human_ids
from transform.influence.evidence import acts_of_the_year
from transform.influence.merging import merges
from transform.influence.windows import before_snapshot, with_windows
from transform.parameters import Parameters

CELL = ("repo_id", "window_start")

TABLE = Table(
    schema="influence",
    name="gatekeepers",
    grain="one row per repository and calendar year with a merged change",
    key=CELL,
    inputs=("core.changes", "core.reviews", "core.comments", "core.people", "core.contributions", "core.repositories"),
    definition="INF-05b/3",
    formula="effective_gatekeepers = 1 / sum of squared shares of the humans who merged changes of others; self-merged: merged "
    "by its own author and reviewed by no other human; where a bot or queue merged, the human who told it to did, else the one who approved last",
    source="effective number: Laakso and Taagepera 1979; Self Merge Rates: CHAOSS",
    caveats="Commands are those of known bots and queues (extract/commands.py). Without a command and an approval nobody is taken for "
    "who merged.",
    may_be_empty="A plain git repository has no changes.",
    evidence=(acts_of_the_year("the merges of the year", "there.kind = 'change_merge'"),),
    columns=(
        REPO_ID,
        WINDOW_START,
        count("n_merges", "Changes merged."),
        count("n_merges_for_others", "Merged by a human who is not the author."),
        count("n_merges_by_system", "Merged by a bot without a command or an approval, or nobody knows by whom."),
        count("n_merges_by_command", "Merged by a bot, and counted for the human who told it to."),
        count(
            "n_merges_by_approval", "Merged by a bot without a command, and counted for the human who approved last."
        ),
        count("n_self_merges", "Merged by their human author without a review by another human."),
        share("self_merge_share", "Share of those among merges by humans; null without any.", nullable=True),
        count("n_gatekeepers", "Humans who merged for others.", unit="persons"),
        count("n_new_gatekeepers", "Those of them who did so in no earlier year.", unit="persons"),
        Column(
            "effective_gatekeepers",
            pl.Float64,
            "Equal gatekeepers that give the same index; null without any.",
            unit="persons",
            nullable=True,
            at_least=1,
        ),
        count("n_contributors", "Humans who acted in the year.", unit="persons"),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    changes: pl.LazyFrame,
    reviews: pl.LazyFrame,
    comments: pl.LazyFrame,
    people: pl.LazyFrame,
    contributions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    merged = told_merges(changes, reviews, comments, people).pipe(before_snapshot, repositories, "merged_at").cache()
    for_others = merged.filter("is_for_other").cache()
    persons = for_others.group_by(*CELL, "merger").agg(n=pl.len())
    first = for_others.group_by("repo_id", "merger").agg(first_year=pl.col("window_start").min())
    gates = (
        persons.join(first, on=["repo_id", "merger"])
        .group_by(CELL)
        .agg(
            n_gatekeepers=pl.len().cast(pl.Int64),
            n_new_gatekeepers=(pl.col("first_year") == pl.col("window_start")).sum().cast(pl.Int64),
            effective_gatekeepers=pl.col("n").sum() ** 2 / (pl.col("n") ** 2).sum(),
        )
    )
    by_human = pl.col("is_by_human").sum()
    return (
        merged.group_by(CELL)
        .agg(
            n_merges=pl.len().cast(pl.Int64),
            n_merges_for_others=pl.col("is_for_other").sum().cast(pl.Int64),
            n_merges_by_system=(~pl.col("is_by_human")).sum().cast(pl.Int64),
            n_merges_by_command=pl.col("is_by_command").sum().cast(pl.Int64),
            n_merges_by_approval=pl.col("is_by_approval").sum().cast(pl.Int64),
            n_self_merges=pl.col("is_self").sum().cast(pl.Int64),
            self_merge_share=pl.when(by_human > 0).then(pl.col("is_self").sum() / by_human),
        )
        .join(gates, on=CELL, how="left")
        .join(contributors(contributions, repositories), on=CELL, how="left")
        .with_columns(pl.col("n_gatekeepers", "n_new_gatekeepers", "n_contributors").fill_null(0))
        .with_columns(window_kind=pl.lit("year"), definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
        .sort(CELL)
    )


def told_merges(
    changes: pl.LazyFrame, reviews: pl.LazyFrame, comments: pl.LazyFrame, people: pl.LazyFrame
) -> pl.LazyFrame:
    """Merged changes with who merged, and whether another human looked."""
    humans = human_ids(people, "reviewer")
    authors = changes.select("repo_id", "artefact_id", author="person_id")
    reviewed = (
        reviews.select("repo_id", "artefact_id", reviewer="person_id")
        .join(humans, on="reviewer", how="semi")
        .join(authors, on=["repo_id", "artefact_id"])
        .filter(pl.col("reviewer").ne_missing(pl.col("author")))
        .select("repo_id", "artefact_id", is_reviewed=pl.lit(value=True))
        .unique()
    )
    is_own = (pl.col("merger") == pl.col("author")).fill_null(value=False)
    return (
        merges(changes, reviews, comments, people)
        .join(reviewed, on=["repo_id", "artefact_id"], how="left")
        .with_columns(
            window_start=pl.col("merged_at").dt.truncate("1y").dt.date(), is_by_human=pl.col("merger").is_not_null()
        )
        .with_columns(
            is_for_other=pl.col("is_by_human") & ~is_own,
            is_self=pl.col("is_by_human") & is_own & pl.col("is_reviewed").is_null(),
        )
    )


def contributors(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    acts = contributions.filter(pl.col("actor_class") == "human", pl.col("person_id").is_not_null())
    return (
        acts.pipe(before_snapshot, repositories, "contributed_at")
        .group_by("repo_id", window_start=pl.col("contributed_at").dt.truncate("1y").dt.date())
        .agg(n_contributors=pl.col("person_id").n_unique().cast(pl.Int64))
    )
