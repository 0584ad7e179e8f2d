"""core.changes: change requests (pull requests, merge requests) as they stood at the snapshot."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ARTEFACT_ID, AUTHOR_ID, REPO_ID, URL, count
from transform.core.drafts import with_drafts
from transform.core.items import CLOSED_BY, artefact, as_it_stood, by_snapshot, not_yet, with_closing, with_person
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="changes",
    grain="one row per change request",
    key=("repo_id", "number"),
    inputs=("raw.items", "raw.events", "core.events", "core.repositories", "core.aliases"),
    may_be_empty="A plain git repository has no change requests.",
    columns=(
        REPO_ID,
        ARTEFACT_ID,
        AUTHOR_ID,
        Column(
            "merged_by_person_id",
            pl.String,
            "Who merged it; null if nobody, or the account was deleted.",
            nullable=True,
            references="core.people.person_id",
        ),
        CLOSED_BY,
        Column("title", pl.String, "Title as written: hostile text."),
        URL,
        Column("base_sha", pl.String, "Tip of the target branch for this change.", nullable=True),
        Column("head_sha", pl.String, "Last commit of the change.", nullable=True),
        Column("merge_sha", pl.String, "Commit that brought it into the target branch.", nullable=True),
        Column("number", pl.Int64, "Number in its repository.", at_least=0),
        count("added_lines", "Lines added.", unit="lines", nullable=True),
        count("deleted_lines", "Lines deleted.", unit="lines", nullable=True),
        count("changed_files", "Files touched.", unit="files", nullable=True),
        count("commits_total", "Commits by the forge's own count.", nullable=True),
        Column(
            "draft_days",
            pl.Float64,
            "Time as a draft, until it closed or to the snapshot; null when unknown.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        Column("is_draft", pl.Boolean, "Marked as not ready when last seen.", nullable=True),
        Column("is_merged", pl.Boolean, "Merged before the snapshot."),
        Column("opened_at", INSTANT, "When it was opened."),
        Column(
            "ready_at",
            INSTANT,
            "When it was first open for review: at its opening, or when declared ready; null if never, or unknown.",
            nullable=True,
        ),
        Column("closed_at", INSTANT, "When it was closed or merged; null while open.", nullable=True),
        Column("merged_at", INSTANT, "When it was merged; null otherwise.", nullable=True),
    ),
    caveats="Title, draft state and sizes are those last seen, not those at an earlier snapshot.",
)


def build(
    items: pl.LazyFrame,
    declared: pl.LazyFrame,
    events: pl.LazyFrame,
    repositories: pl.LazyFrame,
    aliases: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    changes = by_snapshot(items.filter(pl.col("kind") == "change"), repositories, "opened_at")
    people = with_person(changes, aliases, "author_account_id", "person_id").pipe(
        with_person, aliases, "merged_by_account_id", "merged_by_person_id"
    )
    return (
        people.with_columns(not_yet("closed_at"), not_yet("merged_at"), artefact_id=artefact(pl.lit("change")))
        .pipe(as_it_stood, events)
        .pipe(with_drafts, declared)
        .pipe(with_closing, events)
        .with_columns(is_merged=pl.col("merged_at").is_not_null())
        .with_columns(pl.when("is_merged").then(pl.col("merged_by_person_id", "merge_sha")))
        .select(TABLE.column_names)
    )
