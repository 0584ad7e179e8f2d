"""core.interactions: who gave attention to whom (INF-01), one row an act, networks kept apart."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence, Table
from transform.columns import NETS, REPO_ID
from transform.core.items import artefact, by_snapshot, of_items
from transform.core.line_lives import OURS
from transform.core.people import human_ids
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="interactions",
    grain="one row per act of attention from one human to another in one network",
    key=("interaction_id",),
    inputs=(
        *("core.changes", "core.issues", "core.reviews", "core.comments", "core.people"),
        *("raw.mentions", "raw.items", "core.aliases", "core.line_lives", "core.repositories"),
    ),
    definition="INF-01/2",
    formula="review: author to reviewer, once a change; reply: commenter to the human who wrote just before, at most "
    "five a pair and thread; merge: author to the other who merged, once a change; mention: writer to whom an @ names, "
    "once a text; coedit: committer to whoever last wrote a line that the commit took away or rewrote, once a commit",
    source="replies: Bird et al. 2006; co-editing from editor to previous author: Gote et al. 2019 (git2net)",
    is_large=True,
    may_be_empty="One person alone interacts with nobody.",
    evidence=(
        Evidence(
            "core.contributions",
            "the act of attention, by whichever of the two it was",
            same=("repo_id", "artefact_id"),
            when="here.net != 'coedit' AND there.contributed_at = here.interacted_at AND "
            "there.person_id IN (here.source_person_id, here.target_person_id)",
        ),
        Evidence(
            "core.contributions",
            "the commit that rewrote the lines; a merge is no contribution",
            same=("repo_id",),
            when="here.net = 'coedit' AND "
            "there.contribution_id = here.repo_id || '/commit/' || replace(here.artefact_id, 'commit:', '')",
        ),
    ),
    columns=(
        Column("interaction_id", pl.String, "Id of the act within its network."),
        REPO_ID,
        Column("source_person_id", pl.String, "Who gives attention.", references="core.people.person_id"),
        Column("target_person_id", pl.String, "Who receives it.", references="core.people.person_id"),
        Column("net", pl.String, "The network.", one_of=NETS),
        Column("artefact_id", pl.String, "The issue, change or commit it happened on."),
        Column("interacted_at", INSTANT, "When it happened."),
    ),
)


def build(
    changes: pl.LazyFrame,
    issues: pl.LazyFrame,
    reviews: pl.LazyFrame,
    comments: pl.LazyFrame,
    people: pl.LazyFrame,
    mentions: pl.LazyFrame,
    items: pl.LazyFrame,
    aliases: pl.LazyFrame,
    lives: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    comments = comments.filter(~pl.col("is_by_machine"))
    humans = human_ids(people)
    edges = [
        review_edges(changes, reviews),
        merge_edges(changes),
        reply_edges(changes, issues, comments, humans, parameters.replies_per_pair_and_thread),
        mention_edges(mentions, items, aliases, repositories),
        coedit_edges(lives),
    ]
    between = pl.concat([edge.select(EDGE) for edge in edges]).filter(
        pl.col("source_person_id") != pl.col("target_person_id")
    )
    return (
        between.join(humans, left_on="source_person_id", right_on="person_id", how="semi")
        .join(humans, left_on="target_person_id", right_on="person_id", how="semi")
        .with_columns(interaction_id=pl.concat_str("repo_id", "net", "act_id", separator="/"))
        .select(TABLE.column_names)
    )


EDGE = ("repo_id", "source_person_id", "target_person_id", "net", "artefact_id", "interacted_at", "act_id")


def review_edges(changes: pl.LazyFrame, reviews: pl.LazyFrame) -> pl.LazyFrame:
    """An author gives attention to whoever reviews the change, once a change and reviewer."""
    first = (
        reviews.drop_nulls("person_id")
        .group_by("repo_id", "artefact_id", target_person_id="person_id")
        .agg(interacted_at=pl.col("submitted_at").min())
    )
    authors = changes.select("repo_id", "artefact_id", source_person_id="person_id").drop_nulls()
    act_id = pl.concat_str("artefact_id", "target_person_id", separator="/")
    return first.join(authors, on=["repo_id", "artefact_id"]).with_columns(net=pl.lit("review"), act_id=act_id)


def merge_edges(changes: pl.LazyFrame) -> pl.LazyFrame:
    """An author depends on whoever merges the change."""
    return (
        changes.filter("is_merged")
        .select(
            "repo_id",
            "artefact_id",
            source_person_id="person_id",
            target_person_id="merged_by_person_id",
            net=pl.lit("merge"),
            interacted_at="merged_at",
            act_id="artefact_id",
        )
        .drop_nulls()
    )


def reply_edges(
    changes: pl.LazyFrame, issues: pl.LazyFrame, comments: pl.LazyFrame, humans: pl.LazyFrame, at_most: int
) -> pl.LazyFrame:
    """A commenter answers the human who wrote just before in the thread, the opening post included.

    Bots are taken out before, so that one between two humans is skipped. A comment on a line answers the comment it
    names. Bird et al. 2006: a reply shows that the earlier post was worth answering.
    """
    thread = pl.concat(
        [
            *(posts.select("repo_id", "artefact_id", "person_id", *OPENING) for posts in (issues, changes)),
            comments.filter(pl.col("comment_kind") == "comment").select(
                "repo_id",
                "artefact_id",
                "person_id",
                at="commented_at",
                act_id="comment_id",
                names_another=NAMES_ANOTHER,
            ),
        ]
    ).join(humans, on="person_id", how="semi")
    # the opening post is the first whatever its clock says, and answers nobody
    in_order = [pl.col("act_id").is_not_null(), pl.col("at"), pl.col("act_id")]
    before = pl.col("person_id").shift().over("repo_id", "artefact_id", order_by=in_order)
    answers = thread.with_columns(target_person_id=before).filter(
        pl.col("target_person_id").is_not_null() & pl.col("act_id").is_not_null() & ~pl.col("names_another")
    )
    replies = (
        pl.concat([answers.select(REPLY), line_replies(comments).select(REPLY)])
        .rename({"person_id": "source_person_id", "at": "interacted_at"})
        .filter(pl.col("source_person_id") != pl.col("target_person_id"))
    )
    pair = ("repo_id", "artefact_id", "source_person_id", "target_person_id")
    nth = pl.col("act_id").cum_count().over(pair, order_by=["interacted_at", "act_id"])
    return replies.filter(nth <= at_most).with_columns(net=pl.lit("reply"))


NAMES_ANOTHER = pl.col("reply_to_id").is_not_null()
OPENING = (
    pl.col("opened_at").alias("at"),
    pl.lit(None, pl.String).alias("act_id"),
    pl.lit(value=False).alias("names_another"),
)
REPLY = ("repo_id", "artefact_id", "person_id", "at", "act_id", "target_person_id")


def line_replies(comments: pl.LazyFrame) -> pl.LazyFrame:
    answered = comments.select("repo_id", reply_to_id="comment_id", target_person_id="person_id")
    return (
        comments.drop_nulls("reply_to_id")
        .join(answered, on=["repo_id", "reply_to_id"])
        .drop_nulls(["person_id", "target_person_id"])
        .select("repo_id", "artefact_id", "person_id", "target_person_id", at="commented_at", act_id="comment_id")
    )


def mention_edges(
    mentions: pl.LazyFrame, items: pl.LazyFrame, aliases: pl.LazyFrame, repositories: pl.LazyFrame
) -> pl.LazyFrame:
    """Whoever writes a text turns to those it names; code, quotes and teams are left out before."""
    return (
        by_snapshot(of_items(mentions, items), repositories, "mentioned_at")
        .join(aliases.select(author_account_id="alias_id", source_person_id="person_id"), on="author_account_id")
        .join(aliases.select(account_id="alias_id", target_person_id="person_id"), on="account_id")
        .unique(["repo_id", "subject_id", "target_person_id"], keep="any")
        .with_columns(
            net=pl.lit("mention"),
            artefact_id=artefact(pl.col("item_kind")),
            interacted_at="mentioned_at",
            act_id=pl.concat_str("subject_id", "target_person_id", separator="/"),
        )
    )


def coedit_edges(lives: pl.LazyFrame) -> pl.LazyFrame:
    """Whoever rewrites a line takes up the work of the one who wrote it."""
    return (
        lives.filter(pl.col("died_person_id").is_not_null(), pl.col("file_class").is_in(OURS))
        .drop_nulls("born_person_id")
        .group_by("repo_id", "died_sha", target_person_id="born_person_id")
        .agg(source_person_id=pl.col("died_person_id").first(), interacted_at=pl.col("died_at").first())
        .with_columns(
            net=pl.lit("coedit"),
            artefact_id=pl.lit("commit:") + pl.col("died_sha"),
            act_id=pl.concat_str("died_sha", "target_person_id", separator="/"),
        )
    )
