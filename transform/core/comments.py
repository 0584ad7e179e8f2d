"""core.comments: comments of issues and changes, and comments on lines in review."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ARTEFACT_ID, AUTHOR_ID, REPO_ID, URL
from transform.core.behaviours import by_machine
from transform.core.items import artefact, by_snapshot, of_items, with_person
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="comments",
    grain="one row per comment",
    key=("repo_id", "comment_id"),
    inputs=("raw.comments", "raw.items", "core.repositories", "core.aliases", "core.people"),
    is_large=True,
    may_be_empty="A plain git repository has no comments.",
    columns=(
        REPO_ID,
        Column("comment_id", pl.String, "Id of the comment, unique in its repository."),
        ARTEFACT_ID,
        AUTHOR_ID,
        Column(
            "comment_kind",
            pl.String,
            "Comment of the thread, or on a line in review.",
            one_of=("comment", "review_comment"),
        ),
        Column("review_id", pl.String, "Review it belongs to; null for a comment of the thread.", nullable=True),
        Column("reply_to_id", pl.String, "Comment it answers; null when it starts a thread.", nullable=True),
        URL,
        Column("is_minimised", pl.Boolean, "Whether the forge hides it; null when unknown.", nullable=True),
        Column("is_by_machine", pl.Boolean, "Whether a program posted it under a human's account (BOT-02)."),
        Column(
            "is_merge_command", pl.Boolean, "Whether it tells a bot or queue to merge; null when unread.", nullable=True
        ),
        Column("commented_at", INSTANT, "When it was written; a review comment may be older than its review."),
    ),
)


def build(
    comments: pl.LazyFrame,
    items: pl.LazyFrame,
    repositories: pl.LazyFrame,
    aliases: pl.LazyFrame,
    people: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    held = by_snapshot(comments, repositories, "commented_at")
    machine = by_machine(held, items, aliases, people).with_columns(is_by_machine=pl.lit(value=True))
    return (
        held.pipe(of_items, items)
        .pipe(with_person, aliases, "author_account_id", "person_id")
        .join(machine, on=["repo_id", "comment_id"], how="left")
        .with_columns(pl.col("is_by_machine").fill_null(value=False))
        .with_columns(artefact_id=artefact(pl.col("item_kind")), comment_kind="kind")
        .select(TABLE.column_names)
    )
