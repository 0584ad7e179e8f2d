"""influence.review_influence: what follows on the verdicts of a reviewer, and who merges for others (INF-05)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import (
    DEFINITION,
    IS_WINDOW_COMPLETE,
    PERSON_ID,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_START,
    count,
    share,
)
from transform.core.people import human_ids
from transform.influence.evidence import acts_of_the_year
from transform.influence.merging import merges
from transform.influence.windows import before_snapshot, with_windows
from transform.parameters import Parameters

CELL = ("repo_id", "window_start", "person_id")
CHANGE = ("repo_id", "artefact_id")

TABLE = Table(
    schema="influence",
    name="review_influence",
    grain="one row per repository, calendar year and human who reviewed or merged a change of somebody else",
    key=CELL,
    inputs=(
        *("core.reviews", "core.changes", "core.events", "core.commits", "core.comments", "raw.comments"),
        *("core.people", "core.repositories"),
    ),
    definition="INF-05/3",
    formula="follow-through: of the changes approved (last approval of the year), those merged within decision_days without "
    "a later request for changes; lift: less the merged share of changes that somebody else approved; veto hold: of the "
    "requests for changes, those not merged before the reviewer approved, the request was dismissed, or the author pushed; "
    "compliance: of the comments on lines, those whose line changed since; merge authority: share of all merges of changes "
    "of others in the year",
    source="ours",
    parameters={"decision_days": "parameters.decision_days"},
    caveats="Whose approval is followed may be good at knowing what will be merged. A line may change for another reason "
    "than the comment. Where a bot or queue merged, whoever told it to is taken for the one who did, else whoever approved last.",
    may_be_empty="A plain git repository has no reviews.",
    evidence=(
        acts_of_the_year(
            "the reviews, comments on lines and merges of the person in the year",
            "there.kind IN ('review', 'review_comment', 'change_merge')",
            same=("repo_id", "person_id"),
        ),
    ),
    columns=(
        REPO_ID,
        WINDOW_START,
        PERSON_ID,
        count("n_changes_reviewed", "Changes of others that were reviewed."),
        count("n_approvals", "Changes approved that are merged, closed, or were approved decision_days ago."),
        count("n_followed_approvals", "Those of them that were followed."),
        share("follow_through_share", "Followed approvals; null without any.", nullable=True),
        Column(
            "approval_lift",
            pl.Float64,
            "Follow-through less the merged share of what others approved; null without either.",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        count("n_vetoes", "Requests for changes that were decided upon, or are decision_days old."),
        count("n_held_vetoes", "Those of them that held."),
        share("veto_hold_share", "Requests for changes that held; null without any.", nullable=True),
        count("n_line_comments", "Comments on lines whose state is known."),
        share("compliance_share", "Share of those whose line changed since; null without any.", nullable=True),
        count("n_merges_for_others", "Changes of others that were merged by the person."),
        share("merge_authority_share", "Share of all such merges of the year; null without any.", nullable=True),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    reviews: pl.LazyFrame,
    changes: pl.LazyFrame,
    events: pl.LazyFrame,
    commits: pl.LazyFrame,
    comments: pl.LazyFrame,
    raw_comments: pl.LazyFrame,
    people: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    humans = human_ids(people)
    known = verdicts(reviews, events, changes, humans).pipe(before_snapshot, repositories, "submitted_at").cache()
    merged = for_others(changes, reviews, comments, people).pipe(before_snapshot, repositories, "merged_at")
    parts = [
        known.group_by(CELL).agg(n_changes_reviewed=pl.col("artefact_id").n_unique().cast(pl.Int64)),
        follow_through(known, parameters.decision_days),
        vetoes(known, events, commits, parameters.decision_days),
        compliance(comments, raw_comments, changes, humans)
        .pipe(before_snapshot, repositories, "commented_at")
        .pipe(complied),
        authority(merged),
    ]
    everybody = pl.concat([part.select(CELL) for part in parts]).unique()
    for part in parts:
        everybody = everybody.join(part, on=CELL, how="left")
    counts = [name for name in TABLE.column_names if name.startswith("n_")]
    return (
        everybody.with_columns(
            pl.col(counts).fill_null(0), window_kind=pl.lit("year"), definition=pl.lit(TABLE.definition)
        )
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
        .sort(CELL)
    )


def year_of(at: str) -> pl.Expr:
    return pl.col(at).dt.truncate("1y").dt.date()


def verdicts(reviews: pl.LazyFrame, events: pl.LazyFrame, changes: pl.LazyFrame, humans: pl.LazyFrame) -> pl.LazyFrame:
    """Reviews by humans of changes of others, with what a dismissed one had said, and the fate of the change."""
    dismissals = (
        events.filter(pl.col("kind") == "review_dismissed")
        .group_by("repo_id", "review_id")
        .agg(verdict=pl.col("state").first(), dismissed_at=pl.col("occurred_at").min())
    )
    fates = changes.select(*CHANGE, "merged_at", "closed_at", author_person_id="person_id")
    return (
        reviews.drop_nulls("person_id")
        .join(humans, on="person_id", how="semi")
        .join(fates, on=CHANGE)
        .filter(pl.col("person_id").ne_missing(pl.col("author_person_id")))
        .join(dismissals, on=["repo_id", "review_id"], how="left")
        .with_columns(
            state=pl.when(pl.col("state") == "dismissed").then(pl.coalesce("verdict", "state")).otherwise("state")
        )
        .with_columns(window_start=year_of("submitted_at"))
    )


def is_decided(days: int) -> pl.Expr:
    """Whether the change was decided after the review, or long enough ago that it could have been."""
    return pl.col("closed_at").is_not_null() | (
        pl.col("submitted_at") + pl.duration(days=days) <= pl.col("snapshot_at")
    )


def follow_through(known: pl.LazyFrame, days: int) -> pl.LazyFrame:
    last = (
        known.filter(pl.col("state") == "approved", is_decided(days))
        .group_by(*CELL, "artefact_id")
        .agg(pl.col("submitted_at").max(), pl.col("merged_at").first())
        .cache()
    )
    objections = known.filter(pl.col("state") == "changes_requested").select(*CHANGE, objected_at="submitted_at")
    met = (
        last.join(objections, on=CHANGE, how="left")
        .group_by(*CELL, "artefact_id")
        .agg(
            pl.col("submitted_at", "merged_at").first(),
            is_objected=pl.col("objected_at")
            .is_between(pl.col("submitted_at"), pl.col("merged_at"), closed="right")
            .any(),
        )
    )
    in_time = (pl.col("merged_at") >= pl.col("submitted_at")) & (
        pl.col("merged_at") <= pl.col("submitted_at") + pl.duration(days=days)
    )
    own = met.group_by(CELL).agg(
        n_approvals=pl.len().cast(pl.Int64),
        n_followed_approvals=(in_time.fill_null(value=False) & ~pl.col("is_objected").fill_null(value=False))
        .sum()
        .cast(pl.Int64),
    )
    ratio = pl.when(pl.col("n_approvals") > 0).then(pl.col("n_followed_approvals") / pl.col("n_approvals"))
    return (
        own.with_columns(follow_through_share=ratio)
        .join(by_others(last), on=CELL, how="left")
        .with_columns(approval_lift=pl.col("follow_through_share") - pl.col("others_merged_share"))
    )


def by_others(last: pl.LazyFrame) -> pl.LazyFrame:
    """`others_merged_share`: of the changes of the year that somebody else approved, those that were merged."""
    year = ["repo_id", "window_start"]
    approvers = last.with_columns(n=pl.len().over(*year, "artefact_id"), is_merged=pl.col("merged_at").is_not_null())
    changes = approvers.unique([*year, "artefact_id"])
    whole = changes.group_by(year).agg(n_all=pl.len(), merged_all=pl.col("is_merged").sum())
    alone = (
        approvers.filter(pl.col("n") == 1).group_by(CELL).agg(n_alone=pl.len(), merged_alone=pl.col("is_merged").sum())
    )
    persons = last.select(CELL).unique().join(whole, on=year).join(alone, on=CELL, how="left")
    n = pl.col("n_all") - pl.col("n_alone").fill_null(0)
    merged = pl.col("merged_all") - pl.col("merged_alone").fill_null(0)
    return persons.select(*CELL, others_merged_share=pl.when(n > 0).then(merged / n))


def vetoes(known: pl.LazyFrame, events: pl.LazyFrame, commits: pl.LazyFrame, days: int) -> pl.LazyFrame:
    """A request for changes breaks where the change is merged and nothing answered it before."""
    asked = known.filter(pl.col("state") == "changes_requested", is_decided(days)).cache()
    approvals = known.filter(pl.col("state") == "approved").select(*CHANGE, "person_id", answered_at="submitted_at")
    key = [*CHANGE, "person_id", "review_id"]
    answers = pl.concat(
        [
            asked.select(key).join(approvals, on=[*CHANGE, "person_id"]).select(*key, "answered_at"),
            asked.drop_nulls("dismissed_at").select(*key, answered_at="dismissed_at"),
            asked.select(key).join(pushes(events, commits), on=CHANGE).select(*key, "answered_at"),
        ]
    )
    judged = (
        asked.join(answers, on=key, how="left")
        .group_by(*key, "window_start")
        .agg(
            is_merged=pl.col("merged_at").first() > pl.col("submitted_at").first(),
            is_answered=pl.col("answered_at")
            .is_between(pl.col("submitted_at"), pl.col("merged_at"), closed="right")
            .any(),
        )
    )
    holds = ~(pl.col("is_merged").fill_null(value=False) & ~pl.col("is_answered").fill_null(value=False))
    return judged.group_by(CELL).agg(
        n_vetoes=pl.len().cast(pl.Int64), n_held_vetoes=holds.sum().cast(pl.Int64), veto_hold_share=holds.mean()
    )


def pushes(events: pl.LazyFrame, commits: pl.LazyFrame) -> pl.LazyFrame:
    """When a change got commits: force pushes, and commits that its branch brought (a squash is made by the merge)."""
    forced = events.filter(pl.col("kind") == "head_force_pushed").select(*CHANGE, answered_at="occurred_at")
    brought = commits.drop_nulls("change_number").filter(pl.col("n_parents") < 2)
    artefact = pl.lit("change:") + pl.col("change_number").cast(pl.String)
    written = brought.select("repo_id", artefact_id=artefact, answered_at=pl.col("committed_at").cast(INSTANT))
    return pl.concat([forced, written])


def compliance(
    comments: pl.LazyFrame, raw_comments: pl.LazyFrame, changes: pl.LazyFrame, humans: pl.LazyFrame
) -> pl.LazyFrame:
    """Comments on lines of the changes of others that open a thread, and whether the line changed since."""
    states = raw_comments.select("repo_id", "comment_id", "is_outdated").drop_nulls()
    authors = changes.select(*CHANGE, author_person_id="person_id")
    return (
        comments.filter(pl.col("comment_kind") == "review_comment", pl.col("reply_to_id").is_null())
        .drop_nulls("person_id")
        .join(humans, on="person_id", how="semi")
        .join(states, on=["repo_id", "comment_id"])
        .join(authors, on=CHANGE)
        .filter(pl.col("person_id").ne_missing(pl.col("author_person_id")))
    )


def complied(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.group_by("repo_id", "person_id", window_start=year_of("commented_at")).agg(
        n_line_comments=pl.len().cast(pl.Int64), compliance_share=pl.col("is_outdated").mean()
    )


def for_others(
    changes: pl.LazyFrame, reviews: pl.LazyFrame, comments: pl.LazyFrame, people: pl.LazyFrame
) -> pl.LazyFrame:
    """Merges by a human of what somebody else proposed."""
    told = merges(changes, reviews, comments, people).rename({"merger": "person_id"})
    return told.drop_nulls("person_id").filter(pl.col("person_id").ne_missing(pl.col("author")))


def authority(merged: pl.LazyFrame) -> pl.LazyFrame:
    own = merged.group_by("repo_id", "person_id", window_start=year_of("merged_at")).agg(
        n_merges_for_others=pl.len().cast(pl.Int64)
    )
    n = pl.col("n_merges_for_others")
    return own.with_columns(merge_authority_share=n / n.sum().over("repo_id", "window_start"))
