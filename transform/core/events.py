"""core.events: what happened to issues and changes besides words, reviews and commits."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import ACTOR_CLASSES, ARTEFACT_ID, AUTHOR_ID, REPO_ID
from transform.core.items import artefact, by_snapshot, of_items, with_person
from transform.parameters import Parameters

EVENT_KINDS = (
    "labelled",
    "unlabelled",
    "assigned",
    "unassigned",
    "milestoned",
    "demilestoned",
    "closed",
    "reopened",
    "renamed",
    "locked",
    "unlocked",
    "cross_referenced",
    "connected",
    "disconnected",
    "transferred",
    "duplicate_marked",
    "duplicate_unmarked",
    "ready_for_review",
    "converted_to_draft",
    "review_requested",
    "review_request_removed",
    "review_dismissed",
    "merged",
    "head_force_pushed",
)
TABLE = Table(
    schema="core",
    name="events",
    grain="one row per event in the timeline of an issue or change",
    key=("repo_id", "event_id"),
    inputs=("raw.events", "raw.items", "core.repositories", "core.aliases", "core.people"),
    is_large=True,
    may_be_empty="A plain git repository has no events.",
    columns=(
        REPO_ID,
        Column("event_id", pl.String, "Id of the event, unique in its repository."),
        ARTEFACT_ID,
        AUTHOR_ID,
        Column("kind", pl.String, "What happened.", one_of=EVENT_KINDS),
        Column(
            "actor_class",
            pl.String,
            "Class of the actor; null for a deleted account.",
            nullable=True,
            one_of=ACTOR_CLASSES,
        ),
        Column("label", pl.String, "Label put on or taken off: hostile text.", nullable=True),
        Column("milestone", pl.String, "Milestone set or taken away: hostile text.", nullable=True),
        Column(
            "subject_person_id",
            pl.String,
            "Who was assigned, or asked for a review.",
            nullable=True,
            references="core.people.person_id",
        ),
        Column("team", pl.String, "Team asked for a review.", nullable=True),
        Column("other_repo_id", pl.String, "Repository of the other end, which may not be watched.", nullable=True),
        Column("reason", pl.String, "Why it was closed or locked; null when none was given.", nullable=True),
        Column("review_id", pl.String, "Review that was dismissed.", nullable=True),
        Column("state", pl.String, "Verdict of the review before its dismissal.", nullable=True),
        Column("sha", pl.String, "Commit that closed or merged it, or the new head after a force push.", nullable=True),
        Column("other_number", pl.Int64, "Issue or change at the other end.", nullable=True),
        Column(
            "other_kind",
            pl.String,
            "Which of the two that is; null where the forge numbers both together, or there is none.",
            nullable=True,
            one_of=("issue", "change"),
        ),
        Column("occurred_at", INSTANT, "When it happened."),
    ),
    caveats="Complete where the stream events of ops.coverage is. A label that a form puts on is its author's event.",
)


def build(
    events: pl.LazyFrame,
    items: pl.LazyFrame,
    repositories: pl.LazyFrame,
    aliases: pl.LazyFrame,
    people: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    return (
        by_snapshot(events, repositories, "occurred_at")
        .pipe(of_items, items)
        .pipe(with_person, aliases, "actor_account_id", "person_id")
        .pipe(with_person, aliases, "subject_account_id", "subject_person_id")
        .join(people.select("person_id", "actor_class"), on="person_id", how="left")
        .with_columns(artefact_id=artefact(pl.col("item_kind")))
        .select(TABLE.column_names)
    )
