"""ops.coverage: how much of what the source counts is here, shown beside every number."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import REPO_ID, count, share
from transform.core.commits import with_bounds, with_plausible_times
from transform.parameters import Parameters

TABLE = Table(
    schema="ops",
    name="coverage",
    grain="one row per repository and stream",
    key=("repo_id", "stream"),
    inputs=(
        "raw.streams",
        "raw.items",
        "raw.comments",
        "raw.reviews",
        "raw.events",
        "raw.commits",
        "raw.quarantine",
        "core.repositories",
    ),
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("reason", pl.String, "Why it is not complete; null when it is.", nullable=True),
        count("source_total", "Count by the source itself; null when it tells none.", nullable=True),
        count("held", "Count that we hold."),
        count("n_after_snapshot", "Held, but not before the snapshot, so in no table."),
        count("n_quarantined", "Records that could not be read; see ops.quarantine."),
        share("held_share", "Held of the source's count, at most 1; null when it tells none.", nullable=True),
        Column("is_complete", pl.Boolean, "Whether everything up to complete_until_at is here."),
        Column("complete_until_at", INSTANT, "End of the last complete crawl; null before the first.", nullable=True),
    ),
    caveats="A source's count includes what was deleted since, if it has not been swept yet.",
)


def build(
    streams: pl.LazyFrame,
    items: pl.LazyFrame,
    comments: pl.LazyFrame,
    reviews: pl.LazyFrame,
    events: pl.LazyFrame,
    commits: pl.LazyFrame,
    quarantine: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    history = with_plausible_times(with_bounds(commits.filter("is_in_default_branch"), repositories, parameters))
    committed = history.select("repo_id", stream=pl.lit("commits"), at="committed_at")
    later = pl.concat([happenings(items, comments, reviews, events), committed]).join(
        repositories.select("repo_id", "held_until_at"), on="repo_id"
    )
    after = (
        later.filter(pl.col("at") >= pl.col("held_until_at"))
        .group_by("repo_id", "stream")
        .agg(_number("n_after_snapshot"))
    )
    broken = quarantine.group_by("repo_id", "stream").agg(_number("n_quarantined"))
    share_held = (pl.col("held") / pl.col("source_total")).clip(upper_bound=1.0)
    return (
        streams.join(after, on=["repo_id", "stream"], how="left")
        .join(broken, on=["repo_id", "stream"], how="left")
        .with_columns(
            pl.col("n_after_snapshot", "n_quarantined").fill_null(0),
            held_share=pl.when(pl.col("source_total") > 0).then(share_held),
        )
        .select(TABLE.column_names)
    )


def happenings(
    items: pl.LazyFrame, comments: pl.LazyFrame, reviews: pl.LazyFrame, events: pl.LazyFrame
) -> pl.LazyFrame:
    """Everything that a forge counts, with its stream and instant."""
    return pl.concat(
        [
            items.select("repo_id", stream=pl.col("kind") + "s", at="opened_at"),
            comments.select("repo_id", stream=pl.col("kind") + "s", at="commented_at"),
            reviews.select("repo_id", stream=pl.lit("reviews"), at="submitted_at"),
            events.select("repo_id", stream=pl.lit("events"), at="occurred_at"),
        ]
    )


def _number(name: str) -> pl.Expr:
    return pl.len().cast(pl.Int64).alias(name)
