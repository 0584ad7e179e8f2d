"""core.issues: issues as they stood at the snapshot."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ARTEFACT_ID, AUTHOR_ID, REPO_ID, URL
from transform.core.items import CLOSED_BY, artefact, as_it_stood, by_snapshot, not_yet, with_closing, with_person
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="issues",
    grain="one row per issue; change requests are not issues",
    key=("repo_id", "number"),
    inputs=("raw.items", "core.events", "core.repositories", "core.aliases"),
    may_be_empty="A plain git repository has no issues.",
    columns=(
        REPO_ID,
        ARTEFACT_ID,
        AUTHOR_ID,
        CLOSED_BY,
        Column("title", pl.String, "Title as written: hostile text."),
        URL,
        Column("close_reason", pl.String, "Why it was closed; null while open, or without a reason.", nullable=True),
        Column("number", pl.Int64, "Number in its repository.", at_least=0),
        Column("opened_at", INSTANT, "When it was opened."),
        Column("closed_at", INSTANT, "When it was closed or merged; null while open.", nullable=True),
    ),
)


def build(
    items: pl.LazyFrame,
    events: pl.LazyFrame,
    repositories: pl.LazyFrame,
    aliases: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    issues = by_snapshot(items.filter(pl.col("kind") == "issue"), repositories, "opened_at")
    return (
        with_person(issues, aliases, "author_account_id", "person_id")
        .with_columns(not_yet("closed_at"), artefact_id=artefact(pl.lit("issue")))
        .pipe(as_it_stood, events)
        .pipe(with_closing, events)
        .select(TABLE.column_names)
    )
