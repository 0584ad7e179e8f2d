"""core.reviews: reviews of change requests, as submitted."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ARTEFACT_ID, AUTHOR_ID, REPO_ID, URL
from transform.core.items import artefact, by_snapshot, with_person
from transform.parameters import Parameters

STATES = ("approved", "changes_requested", "commented", "dismissed")
TABLE = Table(
    schema="core",
    name="reviews",
    grain="one row per submitted review",
    key=("repo_id", "review_id"),
    inputs=("raw.reviews", "core.repositories", "core.aliases"),
    may_be_empty="A plain git repository has no reviews.",
    columns=(
        REPO_ID,
        Column("review_id", pl.String, "Id of the review, unique in its repository."),
        ARTEFACT_ID,
        AUTHOR_ID,
        Column("state", pl.String, "Verdict as last seen; dismissed hides what it was.", one_of=STATES),
        Column(
            "is_stale",
            pl.Boolean,
            "Whether the change had moved on since when last seen; null where the forge does not say, as only Gitea and "
            "Forgejo do.",
            nullable=True,
        ),
        Column(
            "is_official",
            pl.Boolean,
            "Whether it counted for the rules of the branch when last seen: its author could approve for it; null where "
            "the forge does not say, as only Gitea and Forgejo do.",
            nullable=True,
        ),
        URL,
        Column("submitted_at", INSTANT, "When it was sent."),
    ),
)


def build(
    reviews: pl.LazyFrame, repositories: pl.LazyFrame, aliases: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    return (
        by_snapshot(reviews, repositories, "submitted_at")
        .pipe(with_person, aliases, "author_account_id", "person_id")
        .with_columns(artefact_id=artefact(pl.lit("change")))
        .select(TABLE.column_names)
    )
