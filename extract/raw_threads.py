"""The raw contract, what surrounds the texts of issues and changes: events, threads, reactions, links and mentions."""

from __future__ import annotations

import polars as pl

from extract.raw_columns import AUTHOR, ITEM_KIND, ITEM_KINDS, NUMBER, REPO_ID, STATES
from quality.contract import INSTANT, Column, Table

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
CLOSE_REASONS = ("completed", "not_planned", "duplicate", "reopened")
LOCK_REASONS = ("off_topic", "resolved", "spam", "too_heated")
REACTION_CONTENTS = ("thumbs_up", "thumbs_down", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
SUBJECT_ID = Column("subject_id", pl.String, "What it is on: issue:12, change:12, or the id of a comment or review.")
OTHER_REPO_ID = Column("other_repo_id", pl.String, "Repository of the other issue or change.", nullable=True)

EVENTS = Table(
    schema="raw",
    name="events",
    grain="one row per event in the timeline of an issue or change",
    key=("repo_id", "event_id"),
    columns=(
        REPO_ID,
        Column("event_id", pl.String, "Id of the event, unique in its repository."),
        NUMBER,
        ITEM_KIND,
        Column("kind", pl.String, "What happened.", one_of=EVENT_KINDS),
        Column("actor_account_id", pl.String, "Account that did it; null when deleted or nobody.", nullable=True),
        Column("label", pl.String, "Label put on or taken off: hostile text.", nullable=True),
        Column("milestone", pl.String, "Milestone set or taken away: hostile text.", nullable=True),
        Column("subject_account_id", pl.String, "Account assigned, or asked for a review.", nullable=True),
        Column("team", pl.String, "Team asked for a review.", nullable=True),
        OTHER_REPO_ID,
        Column(
            "other_number",
            pl.Int64,
            "Issue or change at the other end: what refers to it, is linked, closed it or is its original.",
            nullable=True,
        ),
        Column(
            "other_kind",
            pl.String,
            "Which of the two that is; null where the number alone says, or there is none.",
            nullable=True,
            one_of=ITEM_KINDS,
        ),
        Column(
            "reason",
            pl.String,
            "Why it was closed or locked; null when none was given.",
            nullable=True,
            one_of=(*CLOSE_REASONS, *LOCK_REASONS),
        ),
        Column("review_id", pl.String, "Review that was dismissed.", nullable=True),
        Column("state", pl.String, "Verdict of the review before its dismissal.", nullable=True, one_of=STATES),
        Column("sha", pl.String, "Commit that closed or merged it, or the new head after a force push.", nullable=True),
        Column("occurred_at", INSTANT, "When it happened."),
    ),
)

REVIEW_THREADS = Table(
    schema="raw",
    name="review_threads",
    grain="one row per thread of comments on a line of a change",
    key=("repo_id", "thread_id"),
    columns=(
        REPO_ID,
        Column("thread_id", pl.String, "Id of the thread, unique in its repository."),
        NUMBER,
        Column("first_comment_id", pl.String, "Comment that opened it; null when none is left.", nullable=True),
        Column("resolved_by_account_id", pl.String, "Account that resolved it.", nullable=True),
        Column("comments_total", pl.Int64, "Comments by the forge's own count.", at_least=0),
        Column("is_resolved", pl.Boolean, "Whether it is resolved; the forge tells no time."),
        Column("is_outdated", pl.Boolean, "Whether the line changed since; null when unknown.", nullable=True),
    ),
)

REACTIONS = Table(
    schema="raw",
    name="reactions",
    grain="one row per issue, change, comment or review and kind of reaction on it",
    key=("repo_id", "subject_id", "content"),
    columns=(
        REPO_ID,
        SUBJECT_ID,
        NUMBER,
        ITEM_KIND,
        Column("content", pl.String, "Kind of reaction.", one_of=REACTION_CONTENTS),
        Column("reactions_total", pl.Int64, "How many gave it, when last seen.", at_least=1),
    ),
)

CLOSING_LINKS = Table(
    schema="raw",
    name="closing_links",
    grain="one row per change and issue that it closes, or closed, when merged",
    key=("repo_id", "number", "other_repo_id", "other_number"),
    columns=(
        REPO_ID,
        NUMBER,
        Column("other_repo_id", pl.String, "Repository of the issue."),
        Column("other_number", pl.Int64, "Number of the issue."),
    ),
)

MENTIONS = Table(
    schema="raw",
    name="mentions",
    grain="one row per text and login named in it with an @, outside of code and quotes",
    key=("repo_id", "subject_id", "login"),
    columns=(
        REPO_ID,
        SUBJECT_ID,
        NUMBER,
        ITEM_KIND,
        AUTHOR,
        Column("login", pl.String, "Login as written, without the @; teams are left out."),
        Column("account_id", pl.String, "Account of that login in this repository, where known.", nullable=True),
        Column("mentioned_at", INSTANT, "When the text was written; it may have been edited since."),
    ),
)
