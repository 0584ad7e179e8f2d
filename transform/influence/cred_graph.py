"""The graph that SourceCred scores: what people wrote, what belongs to what, and what refers to what."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT
from transform.core.items import artefact, of_items

WEIGHTS = {"authors": (0.5, 1.0), "has_parent": (1.0, 0.25), "merged_as": (0.5, 1.0), "references": (1.0, 0.0)}
"""Forth and back. Who reacted to what is not known, so that reactions have no edges."""
TIES = pl.Schema(
    [
        ("repo_id", pl.String),
        ("source", pl.String),
        ("target", pl.String),
        ("at", INSTANT),
        ("forth", pl.Float64),
        ("back", pl.Float64),
    ]
)
REPOSITORY = "repository"
PERSON = "person "
"""Begins the name of a person's node; no other node's name begins so."""


def posts(
    issues: pl.LazyFrame, changes: pl.LazyFrame, comments: pl.LazyFrame, reviews: pl.LazyFrame, commits: pl.LazyFrame
) -> pl.LazyFrame:
    """What can have an author: `node`, `kind`, `person_id`, `at`, and the node it belongs to."""
    whole = pl.lit(REPOSITORY)
    of_review = pl.when(pl.col("review_id").is_not_null()).then(pl.lit("review ") + pl.col("review_id"))
    return pl.concat(
        [
            issues.select(*POST, node="artefact_id", kind=pl.lit("issue"), at="opened_at", parent=whole),
            changes.select(*POST, node="artefact_id", kind=pl.lit("change"), at="opened_at", parent=whole),
            comments.select(
                *POST,
                node=pl.lit("comment ") + pl.col("comment_id"),
                kind=pl.lit("comment"),
                at="commented_at",
                parent=pl.coalesce(of_review, "artefact_id"),
            ),
            reviews.select(
                *POST,
                node=pl.lit("review ") + pl.col("review_id"),
                kind=pl.lit("review"),
                at="submitted_at",
                parent="artefact_id",
            ),
            commits.filter("is_in_default_branch").select(
                *POST,
                node=pl.lit("commit ") + pl.col("sha"),
                kind=pl.lit("commit"),
                at="authored_at",
                parent=pl.lit(None, pl.String),
            ),
        ]
    )


POST = ("repo_id", "person_id")


def authorship(made: pl.LazyFrame) -> pl.LazyFrame:
    person = pl.lit(PERSON) + pl.col("person_id")
    return made.drop_nulls("person_id").select("repo_id", "at", **weighted("authors"), source=person, target="node")


def parents(made: pl.LazyFrame) -> pl.LazyFrame:
    return made.drop_nulls("parent").select("repo_id", "at", **weighted("has_parent"), source="node", target="parent")


def merge_commits(changes: pl.LazyFrame) -> pl.LazyFrame:
    commit = pl.lit("commit ") + pl.col("merge_sha")
    merged = changes.filter("is_merged").drop_nulls("merge_sha")
    return merged.select("repo_id", at="merged_at", **weighted("merged_as"), source="artefact_id", target=commit)


def references(
    events: pl.LazyFrame,
    changes: pl.LazyFrame,
    links: pl.LazyFrame,
    mentions: pl.LazyFrame,
    items: pl.LazyFrame,
    aliases: pl.LazyFrame,
) -> pl.LazyFrame:
    """What texts refer to: issues and changes of the same repository, and persons they name with an @."""
    crossed = events.filter(
        pl.col("kind") == "cross_referenced", pl.col("other_repo_id").fill_null(pl.col("repo_id")) == pl.col("repo_id")
    ).drop_nulls("other_number")
    others = [
        crossed.select("repo_id", at="occurred_at", source=artefact(pl.lit(kind), "other_number"), target="artefact_id")
        for kind in ("issue", "change")  # numbers of both together say by themselves which: the other is no node
    ]
    closing = (
        links.filter(pl.col("repo_id") == pl.col("other_repo_id"))
        .join(changes.select("repo_id", "number", "opened_at", "artefact_id"), on=["repo_id", "number"])
        .select("repo_id", at="opened_at", source="artefact_id", target=artefact(pl.lit("issue"), "other_number"))
    )
    subject = pl.col("subject_id")
    named = of_items(mentions, items).join(
        aliases.select(account_id="alias_id", person_id="person_id"), on="account_id"
    )
    by_text = [
        named.select(
            "repo_id", at="mentioned_at", source=pl.lit(prefix) + subject, target=pl.lit(PERSON) + pl.col("person_id")
        )
        for prefix in ("", "comment ", "review ")
    ]
    both = pl.concat([*others, closing, *by_text]).unique(["repo_id", "source", "target"], keep="any")
    return both.select("repo_id", "at", **weighted("references"), source="source", target="target")


def weighted(kind: str) -> dict[str, pl.Expr]:
    forth, back = WEIGHTS[kind]
    return {"forth": pl.lit(forth), "back": pl.lit(back)}


def known_ends(ties: pl.LazyFrame, made: pl.LazyFrame, humans: pl.LazyFrame) -> pl.LazyFrame:
    """Ties both ends of which are there: posts, the repository, and humans."""
    everywhere = made.select("repo_id", node=pl.lit(REPOSITORY)).unique()
    nodes = pl.concat([made.select("repo_id", "node"), everywhere])
    persons = humans.select(node=pl.lit(PERSON) + pl.col("person_id"))
    for end in ("source", "target"):
        is_person = pl.col(end).str.starts_with(PERSON)
        ties = pl.concat(
            [
                ties.filter(is_person).join(persons.rename({"node": end}), on=end, how="semi"),
                ties.filter(~is_person).join(nodes.rename({"node": end}), on=["repo_id", end], how="semi"),
            ]
        )
    return ties.select(list(TIES))
