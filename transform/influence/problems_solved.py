"""influence.problems_solved: who solved which problem of somebody else, by a change or by an answer (INF-06c)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence, Table
from transform.columns import ARTEFACT_ID, DEFINITION, PERSON_ID, REPO_ID, SNAPSHOT_AT, count
from transform.core.people import human_ids
from transform.influence.windows import before_snapshot
from transform.parameters import Parameters

KEY = ("repo_id", "artefact_id", "person_id")
WAYS = ("change", "answer")
FAVOURABLE = ("thumbs_up", "heart", "hooray", "rocket")
NO_ANSWER = ("not_planned", "duplicate")
SOLUTION = (*KEY, "solved_by", "solving_artefact_id", "solved_at")

TABLE = Table(
    schema="influence",
    name="problems_solved",
    grain="one row per issue and human who solved it for somebody else",
    key=KEY,
    inputs=(
        *("core.issues", "core.changes", "core.comments", "core.people", "core.events", "core.commits"),
        *("raw.closing_links", "raw.reactions", "core.repositories"),
    ),
    definition="INF-06c/1",
    formula="change: a merged change of the person closes the issue of somebody else, by a link or because the forge says that it, "
    "or a commit of it, closed it; answer: the issue was closed by whoever "
    "opened it, no merged change closes it, the reason is neither 'not planned' nor 'duplicate', and the last comment of "
    "another human before that was the person's",
    source="ours; problems solved as in INF-06",
    caveats="A change that closes an issue without a link is not seen. The forges mark no answer of an issue as accepted: that "
    "the opener closes the issue after it stands for that, and is sometimes wrong. Reactions are those last seen.",
    is_large=True,
    may_be_empty="A plain git repository has no issues.",
    evidence=(
        Evidence(
            "core.contributions",
            "the change that closed it, or the comments of the person on it",
            same=("repo_id", "person_id"),
            when="there.artefact_id = here.solving_artefact_id AND there.kind = "
            "CASE here.solved_by WHEN 'change' THEN 'change_open' ELSE 'comment' END AND "
            "there.contributed_at <= here.solved_at",
        ),
    ),
    columns=(
        REPO_ID,
        ARTEFACT_ID,
        PERSON_ID,
        Column("solved_by", pl.String, "How; a change where there is one of each.", one_of=WAYS),
        Column(
            "solving_artefact_id", pl.String, "The change that closed it, or the issue itself where it was answered."
        ),
        Column("solved_at", INSTANT, "When the change was merged, or the issue was closed by its opener."),
        count("n_reactions", "Favourable reactions on the issue, when last seen."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    issues: pl.LazyFrame,
    changes: pl.LazyFrame,
    comments: pl.LazyFrame,
    people: pl.LazyFrame,
    events: pl.LazyFrame,
    commits: pl.LazyFrame,
    links: pl.LazyFrame,
    reactions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    humans = human_ids(people)
    closing = closed_by_changes(issues, changes, closings(links, events, commits, issues)).cache()
    fixed = closing.filter(pl.col("person_id").ne_missing(pl.col("opener")))
    answered = answers(issues, comments, humans).join(closing, on=["repo_id", "artefact_id"], how="anti")
    liked = (
        reactions.filter(pl.col("content").is_in(FAVOURABLE))
        .group_by("repo_id", artefact_id="subject_id")
        .agg(n_reactions=pl.col("reactions_total").sum())
    )
    return (
        pl.concat([fixed.select(SOLUTION), answered.select(SOLUTION)])
        .join(humans, on="person_id", how="semi")
        .pipe(before_snapshot, repositories, "solved_at")
        .sort("solved_at", "solving_artefact_id")
        .unique(KEY, keep="first", maintain_order=True)
        .join(liked, on=["repo_id", "artefact_id"], how="left")
        .with_columns(pl.col("n_reactions").fill_null(0), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(KEY)
    )


def closings(links: pl.LazyFrame, events: pl.LazyFrame, commits: pl.LazyFrame, issues: pl.LazyFrame) -> pl.LazyFrame:
    """Which change (`number`) closes which issue (`other_number`), by links and by the events of closing."""
    pair = ("repo_id", "number", "other_number")
    here = pl.col("repo_id") == pl.col("other_repo_id").fill_null(pl.col("repo_id"))
    closed = events.filter(pl.col("kind") == "closed").join(
        issues.select("repo_id", "artefact_id", issue="number"), on=["repo_id", "artefact_id"]
    )
    by_change = closed.filter(here, pl.col("other_kind").fill_null("change") == "change").drop_nulls("other_number")
    brought = commits.select("repo_id", "sha", number="change_number").drop_nulls()
    return pl.concat(
        [
            links.filter(here).select(pair),
            by_change.select("repo_id", number="other_number", other_number="issue"),
            closed.drop_nulls("sha")
            .join(brought, on=["repo_id", "sha"])
            .select("repo_id", "number", other_number="issue"),
        ]
    ).unique()


def closed_by_changes(issues: pl.LazyFrame, changes: pl.LazyFrame, within: pl.LazyFrame) -> pl.LazyFrame:
    """Merged changes that close an issue in the same repository, with who opened it."""
    merged = changes.filter("is_merged").select(
        "repo_id", "number", "person_id", solving_artefact_id="artefact_id", solved_at="merged_at"
    )
    opened = issues.select("repo_id", "artefact_id", opener="person_id", other_number="number")
    return (
        within.join(merged.drop_nulls(), on=["repo_id", "number"])
        .join(opened, on=["repo_id", "other_number"])
        .with_columns(solved_by=pl.lit("change"))
    )


def answers(issues: pl.LazyFrame, comments: pl.LazyFrame, humans: pl.LazyFrame) -> pl.LazyFrame:
    """The last comment of another human on an issue that its opener closed then."""
    closed = issues.filter(
        pl.col("person_id") == pl.col("closed_by_person_id"),
        ~pl.col("close_reason").is_in(NO_ANSWER).fill_null(value=False),
    ).select("repo_id", "artefact_id", opener="person_id", solved_at="closed_at")
    said = (
        comments.filter(~pl.col("is_by_machine"))
        .drop_nulls("person_id")
        .join(humans, on="person_id", how="semi")
        .select("repo_id", "artefact_id", "person_id", "commented_at", "comment_id")
    )
    in_order = ["commented_at", "comment_id"]
    return (
        closed.drop_nulls()
        .join(said, on=["repo_id", "artefact_id"])
        .filter(pl.col("person_id") != pl.col("opener"), pl.col("commented_at") <= pl.col("solved_at"))
        .group_by("repo_id", "artefact_id")
        .agg(pl.col("person_id").sort_by(in_order).last(), pl.col("solved_at").first())
        .with_columns(solved_by=pl.lit("answer"), solving_artefact_id="artefact_id")
    )
