"""core.behaviours: how everybody who comments much does it, and who of them writes like a program (BOT-02)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import PERSON_ID, count, share
from transform.core.items import by_snapshot, of_items
from transform.parameters import Parameters

FEWEST_COMMENTS = 10
"""Fewer show no habit; BoDeGHa asks for as many."""
QUICK_SECONDS = 60
MOSTLY_REPEATED, OFTEN_REPEATED, MOSTLY_QUICK = 0.8, 0.4, 0.5
MACHINE_USES, MACHINE_QUICK = 20, 0.8
"""So often, and so mostly quick, a text of one's own account comes that a program must post it."""
SHARED_USES = 5
MOST_OWNERS = 2
"""A pattern that more persons write is a phrase of the community; a program's own is its own, or that of two accounts."""

TABLE = Table(
    schema="core",
    name="behaviours",
    grain="one row per person with at least ten comments",
    key=("person_id",),
    inputs=("raw.comments", "raw.items", "core.repositories", "core.aliases"),
    definition="BOT-02/1",
    formula="machine-like: of at least 10 comments long enough to have a pattern, 8 in 10 repeat one of one's own (at most two "
    "persons write it), or 4 in 10 do and half "
    "of all comments come within a minute of what they answer",
    source="after BoDeGHa (Golzadeh et al. 2021), which compares the texts of an account with each other; the rest is ours",
    may_be_empty="Nobody has ten comments.",
    columns=(
        PERSON_ID,
        count("n_comments", "Comments of any kind."),
        count("n_patterned", "Comments long enough to have a pattern, where the text was read."),
        count("n_patterns", "Different patterns among them."),
        share(
            "repeated_share",
            "Share of them that repeat a pattern of one's own; null where fewer than ten.",
            nullable=True,
        ),
        share("quick_share", "Share of comments within a minute of the opening or comment before."),
        Column("is_machine_like", pl.Boolean, "Whether it looks like a program's."),
        Column("evidence", pl.String, "The figures in words."),
    ),
    caveats="A human with a stock of long canned answers looks like a program, and a program that writes something new "
    "every time does not. Precision and recall: docs/people.md.",
)


def build(
    comments: pl.LazyFrame,
    items: pl.LazyFrame,
    repositories: pl.LazyFrame,
    aliases: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    features = (
        with_quickness(by_snapshot(comments, repositories, "commented_at"), items)
        .join(aliases.select("person_id", author_account_id="alias_id"), on="author_account_id")
        .pipe(with_own_patterns)
        .group_by("person_id")
        .agg(
            n_comments=pl.len().cast(pl.Int64),
            n_patterned=pl.col("template_key").count().cast(pl.Int64),
            n_patterns=pl.col("template_key").drop_nulls().n_unique().cast(pl.Int64),
            n_repeating=(pl.col("own_key").count() - pl.col("own_key").drop_nulls().n_unique()).cast(pl.Int64),
            quick_share=pl.col("is_quick").mean(),
        )
        .filter(pl.col("n_comments") >= FEWEST_COMMENTS)
    )
    repeated = pl.col("n_repeating") / pl.col("n_patterned")
    told = features.with_columns(repeated_share=pl.when(pl.col("n_patterned") >= FEWEST_COMMENTS).then(repeated))
    return told.with_columns(is_machine_like=is_machine_like(), evidence=_evidence()).select(TABLE.column_names)


def is_machine_like() -> pl.Expr:
    repeated, quick = pl.col("repeated_share"), pl.col("quick_share")
    is_stock = (repeated >= OFTEN_REPEATED) & (quick >= MOSTLY_QUICK)
    return ((repeated >= MOSTLY_REPEATED) | is_stock).fill_null(value=False)


def _evidence() -> pl.Expr:
    percent = (pl.col(name).fill_null(0) * 100 for name in ("repeated_share", "quick_share"))
    repeated, quick = (one.round(0).cast(pl.Int64) for one in percent)
    return pl.format(
        "{}% of its {} longer comments repeat a pattern, {}% come within a minute", repeated, "n_patterned", quick
    )


def with_own_patterns(told: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `own_key`: the pattern where hardly anybody else writes it, else null."""
    owners = told.group_by("template_key").agg(n_owners=pl.col("person_id").n_unique())
    is_own = (pl.col("n_owners") <= MOST_OWNERS).fill_null(value=False)
    return told.join(owners, on="template_key", how="left").with_columns(own_key=pl.when(is_own).then("template_key"))


def with_quickness(comments: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """Comments with `is_quick`: whether they came within a minute of the opening or of the comment before."""
    opened = items.select("repo_id", "number", "opened_at", item_kind="kind")
    thread = ["repo_id", "item_kind", "number"]
    ordered = (
        of_items(comments, items)
        .select(*thread, "comment_id", "author_account_id", "template_key", "commented_at")
        .sort(*thread, "commented_at", "comment_id")
    )
    before = pl.coalesce(pl.col("commented_at").shift().over(thread), "opened_at")
    waited = pl.col("commented_at") - before
    return ordered.join(opened, on=thread, how="left", maintain_order="left").with_columns(
        is_quick=(waited <= pl.duration(seconds=QUICK_SECONDS)).fill_null(value=False)
    )


def by_machine(
    comments: pl.LazyFrame, items: pl.LazyFrame, aliases: pl.LazyFrame, people: pl.LazyFrame
) -> pl.LazyFrame:
    """Comments (repo_id, comment_id) of humans that a program posted under their account.

    Either a known program posts the same pattern, or the account itself does so many times, nearly always at once.
    """
    authors = aliases.select("person_id", author_account_id="alias_id").join(
        people.select("person_id", "actor_class"), on="person_id"
    )
    said = with_quickness(comments, items).join(authors, on="author_account_id").pipe(with_own_patterns)
    told = said.drop_nulls("own_key")
    is_machine = pl.col("actor_class").is_in(["bot", "agent"])
    shared = told.filter(is_machine).group_by("template_key").agg(n=pl.len()).filter(pl.col("n") >= SHARED_USES)
    humans = told.filter(pl.col("actor_class") == "human")
    own = (
        humans.group_by("person_id", "template_key")
        .agg(n=pl.len(), quick=pl.col("is_quick").mean())
        .filter(pl.col("n") >= MACHINE_USES, pl.col("quick") >= MACHINE_QUICK)
    )
    found = [
        humans.join(shared, on="template_key", how="semi"),
        humans.join(own, on=["person_id", "template_key"], how="semi"),
    ]
    return pl.concat(found).select("repo_id", "comment_id").unique()
