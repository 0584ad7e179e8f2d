"""core.repositories: what is watched, since when, and up to which instant it is complete."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import SNAPSHOT_AT, URL
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="repositories",
    grain="one row per repository",
    key=("repo_id",),
    inputs=("raw.repositories", "raw.streams", "raw.commits", "raw.items"),
    columns=(
        Column("repo_id", pl.String, "The repository: the forge's name and its lasting id."),
        Column("forge", pl.String, "Name of the forge in the configuration."),
        Column("full_name", pl.String, "Owner and name, or the path of a plain git repository."),
        URL,
        Column("default_branch", pl.String, "Branch that releases grow on; null when empty.", nullable=True),
        Column("is_fork", pl.Boolean, "Whether it is a fork; null when the source cannot say.", nullable=True),
        Column("is_archived", pl.Boolean, "Whether it is read-only; null when unknown.", nullable=True),
        Column("is_complete", pl.Boolean, "Whether every stream of it is complete up to snapshot_at."),
        Column("created_at", INSTANT, "When it was made on the forge; null for plain git.", nullable=True),
        Column("observed_from_at", INSTANT, "Start of complete observation."),
        Column("newcomers_from_at", INSTANT, "First act from here on: a newcomer; before: maybe an old hand."),
        SNAPSHOT_AT,
        Column(
            "held_until_at",
            INSTANT,
            "Core tables hold what happened before: snapshot_at, or the run's instant where nothing was complete yet.",
        ),
    ),
    caveats="Of a repository that was never crawled whole, snapshot_at is observed_from_at: core shows what came, and no "
    "measure uses it.",
)

IS_HISTORY_CUT = pl.col("newcomers_from_at") > pl.col("observed_from_at")
"""Whether part of the git history is missing, so that persons and commits before newcomers_from_at may be unknown."""

SETTLING_STREAMS = ("issues", "changes", "comments", "reviews", "review_comments", "events", "commits")
"""Streams whose acts make somebody a newcomer; the snapshot is the last instant at which all are complete."""


def build(
    repositories: pl.LazyFrame,
    streams: pl.LazyFrame,
    commits: pl.LazyFrame,
    items: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    known = (
        repositories.unique("repo_id", keep="any")
        .join(completeness(streams), on="repo_id", how="left")
        .with_columns(pl.col("is_complete", "is_history_cut", "was_complete").fill_null(value=False))
    )
    starts = known.join(first_signs(commits, items), on="repo_id", how="left")
    observed_from = pl.min_horizontal("created_at", "first_sign_at").fill_null(parameters.as_of)
    # what was never once complete has no instant at which it was whole, so no act of it may be used
    until = pl.when("was_complete").then("complete_until_at").otherwise(None)
    return (
        starts.with_columns(observed_from_at=observed_from, until_at=until)
        .with_columns(
            snapshot_at=pl.min_horizontal(pl.lit(parameters.as_of), pl.coalesce("until_at", "observed_from_at"))
        )
        .with_columns(held_until_at=pl.when("was_complete").then("snapshot_at").otherwise(pl.lit(parameters.as_of)))
        .with_columns(newcomers_from_at=pl.col("observed_from_at") + burn_in(parameters))
        .select(TABLE.column_names)
    )


def burn_in(parameters: Parameters) -> pl.Expr:
    """No time where the history is whole; where part of it is missing, whoever comes first may be an old hand."""
    cut = pl.duration(days=parameters.burn_in_days)
    return pl.when(pl.col("is_history_cut")).then(cut).otherwise(pl.duration(days=0))


def completeness(streams: pl.LazyFrame) -> pl.LazyFrame:
    """Per repository: complete as a whole, once complete, and until when.

    A stream that holds nothing and was never complete is a source that is not there at all; it marks the repository
    incomplete, and leaves the other sources their instant.
    """
    settling = streams.filter(pl.col("stream").is_in(SETTLING_STREAMS))
    present = ~(pl.col("complete_until_at").is_null() & (pl.col("held") == 0))
    until = (
        settling.filter(present)
        .group_by("repo_id")
        .agg(pl.col("complete_until_at").min(), was_complete=pl.col("complete_until_at").is_not_null().all())
    )
    # a crawl that did not get through cuts off the end alone
    reaches_start = pl.coalesce("reaches_start", "is_complete")
    cut = (pl.col("stream") == "commits") & (pl.col("held") > 0) & ~reaches_start
    whole = streams.group_by("repo_id").agg(is_complete=pl.col("is_complete").all(), is_history_cut=cut.any())
    return whole.join(until, on="repo_id", how="left").with_columns(pl.col("was_complete").fill_null(value=False))


def first_signs(commits: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """The first plausible sign of life: a root commit after 1971, or the first issue or change."""
    roots = commits.filter(pl.col("parent_shas").list.len() == 0, pl.col("committer_epoch") > FIRST_PLAUSIBLE_EPOCH)
    signs = pl.concat(
        [
            roots.select(
                "repo_id", at=pl.from_epoch("committer_epoch", "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
            ),
            items.select("repo_id", at="opened_at"),
        ]
    )
    return signs.group_by("repo_id").agg(first_sign_at=pl.col("at").min())


FIRST_PLAUSIBLE_EPOCH = 365 * 86_400
"""One year after the epoch: what claims to be older was written by a clock that was not set (PIT-04)."""
