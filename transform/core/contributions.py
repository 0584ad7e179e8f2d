"""core.contributions: every act that counts as contributing, from all sources, one row each."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import (
    ACTOR_CLASSES,
    AFFILIATION_CLASS,
    ARTEFACT_ID,
    AUTHOR_ID,
    FAMILIES,
    FAMILY_OF_KIND,
    KINDS,
    ORGANISATION,
    REPO_ID,
    URL,
)
from transform.core.affiliations import affiliated
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="contributions",
    grain="one row per act: a commit and author, a change or issue opened, a merge, a review, a comment, a step of triage",
    key=("contribution_id",),
    inputs=(
        "core.commits",
        "core.commit_roles",
        "core.aliases",
        "core.changes",
        "core.issues",
        "core.reviews",
        "core.comments",
        "core.events",
        "core.people",
        "core.affiliations",
    ),
    is_large=True,
    columns=(
        Column("contribution_id", pl.String, "Id of the act."),
        REPO_ID,
        AUTHOR_ID,
        Column(
            "ghost_id",
            pl.String,
            "Stands for a deleted or forgotten account, one an artefact, and is no person; null where there is one.",
            nullable=True,
        ),
        Column("kind", pl.String, "What was done.", one_of=KINDS),
        Column("family", pl.String, "Family of the kind.", one_of=FAMILIES[1:]),
        Column(
            "actor_class",
            pl.String,
            "Class of the actor; null for a deleted account.",
            nullable=True,
            one_of=ACTOR_CLASSES,
        ),
        ORGANISATION,
        AFFILIATION_CLASS,
        ARTEFACT_ID,
        URL,
        Column(
            "is_assisted",
            pl.Boolean,
            "Whether an AI agent helped with the commit, by a trailer; null for acts other than commits.",
            nullable=True,
        ),
        Column(
            "is_coauthor", pl.Boolean, "Whether a trailer or a squashed commit, not the author line, names the person."
        ),
        Column("contributed_at", INSTANT, "When the person acted (author time for commits, made plausible)."),
        Column(
            "accepted_at",
            INSTANT,
            "When the project took it in; null if it did not or the question is void.",
            nullable=True,
        ),
    ),
    caveats="A commit that came in by a change names the change. Triage is what one does to the issue or change of "
    "somebody else: label, assign, milestone, lock, close, reopen, and taking back the same; several of a kind at the "
    "same instant are one, and what a merge or a commit closed is none. Bots and deleted accounts are included; measures take "
    "actor_class = 'human'.",
)

NEVER = pl.lit(None, INSTANT)


def build(
    commits: pl.LazyFrame,
    roles: pl.LazyFrame,
    aliases: pl.LazyFrame,
    changes: pl.LazyFrame,
    issues: pl.LazyFrame,
    reviews: pl.LazyFrame,
    comments: pl.LazyFrame,
    events: pl.LazyFrame,
    people: pl.LazyFrame,
    affiliations: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    credited = credited_commits(commits, changes).pipe(with_assistance, roles, people)
    acts = pl.concat(
        [
            authored(credited),
            coauthored(credited, roles),
            opened(changes, "change_open"),
            opened(issues, "issue_open"),
            merged(changes),
            reviewed(reviews),
            commented(comments),
            triaged(events, artefact_authors(changes, issues)),
        ]
    )
    return (
        affiliated(acts, affiliations, aliases)
        .join(people.select("person_id", "actor_class"), on="person_id", how="left")
        .with_columns(
            actor_class=pl.when("is_by_machine").then(pl.lit("bot")).otherwise("actor_class"),
            family=pl.col("kind").replace_strict(FAMILY_OF_KIND, return_dtype=pl.String),
            ghost_id=pl.when(pl.col("person_id").is_null()).then(
                pl.concat_str(pl.lit("ghost:"), "repo_id", pl.lit("/"), "artefact_id")
            ),
            contribution_id=pl.concat_str("repo_id", "kind", "act_id", separator="/"),
        )
        .select(TABLE.column_names)
    )


def act(kind: pl.Expr | str, act_id: pl.Expr, **columns: pl.Expr | str) -> list[pl.Expr | str]:
    """The columns of one kind of act, from the columns of the table it is recorded in."""
    given = {
        "url": pl.col("url"),
        "is_coauthor": pl.lit(value=False),
        "accepted_at": NEVER,
        "person_id": pl.col("person_id"),
        "artefact_id": pl.col("artefact_id"),
        "alias_id": pl.lit(None, pl.String),
        "is_assisted": pl.lit(None, pl.Boolean),
        "is_by_machine": pl.lit(value=False),
        **{name: pl.col(value) if isinstance(value, str) else value for name, value in columns.items()},
    }
    order = (
        "person_id",
        "alias_id",
        "is_assisted",
        "is_by_machine",
        "artefact_id",
        "url",
        "is_coauthor",
        "contributed_at",
        "accepted_at",
    )
    named = pl.lit(kind) if isinstance(kind, str) else kind
    return ["repo_id", named.alias("kind"), act_id.alias("act_id"), *(given[name].alias(name) for name in order)]


def credited_commits(commits: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """Commits of the default branch without merges, which bring in the work of others (PIT-08)."""
    taken = changes.select("repo_id", "merged_at", "url", change_number="number")
    return (
        commits.filter("is_in_default_branch", pl.col("n_parents") < 2)
        .join(taken, on=["repo_id", "change_number"], how="left")
        .with_columns(
            artefact_id=pl.coalesce(
                pl.lit("change:") + pl.col("change_number").cast(pl.String), pl.lit("commit:") + pl.col("sha")
            ),
            accepted_at=pl.coalesce("merged_at", "committed_at"),
        )
    )


def with_assistance(commits: pl.LazyFrame, roles: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """Commits with `is_assisted`: an Assisted-by trailer, or an AI agent beside the author as co-author."""
    agents = people.filter(pl.col("actor_class") == "agent")
    beside = roles.filter(pl.col("role") == "coauthor").join(agents, on="person_id", how="semi")
    helped = pl.concat(
        [roles.filter(pl.col("role") == "assisted").select("repo_id", "sha"), beside.select("repo_id", "sha")]
    ).unique()
    return commits.join(
        helped.with_columns(is_assisted=pl.lit(value=True)), on=["repo_id", "sha"], how="left"
    ).with_columns(pl.col("is_assisted").fill_null(value=False))


def authored(credited: pl.LazyFrame) -> pl.LazyFrame:
    times = {"contributed_at": "authored_at", "accepted_at": "accepted_at", "is_assisted": "is_assisted"}
    return credited.select(act("commit", pl.col("sha"), alias_id="author_alias_id", **times))


def coauthored(credited: pl.LazyFrame, roles: pl.LazyFrame) -> pl.LazyFrame:
    """A co-author acts as the author does; naming oneself, or one person under two addresses, counts once (ID-03).

    Whoever wrote a commit that a squash took in is one too, named or not.
    """
    named = (
        roles.filter(pl.col("role").is_in(["coauthor", "squashed"]))
        .drop_nulls("person_id")
        .group_by("repo_id", "sha", "person_id")
        .agg(pl.col("alias_id").min())
    )
    authors = credited.rename({"person_id": "author_person_id"})
    return (
        authors.join(named, on=["repo_id", "sha"])
        .filter(pl.col("person_id") != pl.col("author_person_id"))
        .select(
            act(
                "commit",
                pl.concat_str("sha", "person_id", separator="/"),
                contributed_at="authored_at",
                accepted_at="accepted_at",
                is_coauthor=pl.lit(value=True),
                alias_id="alias_id",
                is_assisted="is_assisted",
            )
        )
    )


def opened(artefacts: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    accepted = pl.col("merged_at") if kind == "change_open" else NEVER
    number = pl.col("number").cast(pl.String)
    return artefacts.select(act(kind, number, contributed_at="opened_at", accepted_at=accepted))


def merged(changes: pl.LazyFrame) -> pl.LazyFrame:
    """The act of whoever pressed merge, where the forge says who it was."""
    known = changes.filter("is_merged", pl.col("merged_by_person_id").is_not_null())
    number = pl.col("number").cast(pl.String)
    return known.select(act("change_merge", number, person_id="merged_by_person_id", contributed_at="merged_at"))


def reviewed(reviews: pl.LazyFrame) -> pl.LazyFrame:
    return reviews.select(act("review", pl.col("review_id"), contributed_at="submitted_at"))


def commented(comments: pl.LazyFrame) -> pl.LazyFrame:
    given = {"contributed_at": "commented_at", "is_by_machine": "is_by_machine"}
    return comments.select(act(pl.col("comment_kind"), pl.col("comment_id"), **given))


TRIAGE_OF_EVENT = {
    "labelled": "label",
    "unlabelled": "label",
    "assigned": "assign",
    "unassigned": "assign",
    "milestoned": "milestone",
    "demilestoned": "milestone",
    "locked": "lock",
    "unlocked": "lock",
    "closed": "close",
    "reopened": "reopen",
}
STEP = ("repo_id", "artefact_id", "person_id", "kind", "occurred_at")


def artefact_authors(changes: pl.LazyFrame, issues: pl.LazyFrame) -> pl.LazyFrame:
    both = [changes, issues.with_columns(merged_at=NEVER)]
    told = pl.col("repo_id", "artefact_id", "url", "merged_at")
    return pl.concat([one.select(told, author_person_id="person_id") for one in both])


def triaged(events: pl.LazyFrame, authors: pl.LazyFrame) -> pl.LazyFrame:
    """Steps of triage; what an author does to their own is part of asking, and what a merge closes is the merge's."""
    is_by_hand = pl.all_horizontal(pl.col("other_number", "other_kind", "sha").is_null())
    # the forge notes a merge and its closing within a second
    is_by_merge = pl.col("occurred_at") >= pl.col("merged_at") - pl.duration(seconds=1)
    is_close = pl.col("kind") == "closed"
    return (
        events.filter(pl.col("kind").is_in(list(TRIAGE_OF_EVENT)), ~is_close | is_by_hand)
        .join(authors, on=["repo_id", "artefact_id"])
        .filter(~(is_close & is_by_merge.fill_null(value=False)))
        .filter(pl.col("person_id").ne_missing(pl.col("author_person_id")))
        .with_columns(pl.col("kind").replace_strict(TRIAGE_OF_EVENT, return_dtype=pl.String))
        .group_by(STEP)
        .agg(pl.col("event_id").min(), pl.col("url").first())
        .select(act(pl.col("kind"), pl.col("event_id"), contributed_at="occurred_at"))
    )
