"""What issues and changes have in common: who, which of them existed by the snapshot, and in which state."""

from __future__ import annotations

import polars as pl

from quality.contract import Column

CLOSED_BY = Column(
    "closed_by_person_id",
    pl.String,
    "Who closed it last; null while open, when the forge does not say, or the account was deleted.",
    nullable=True,
    references="core.people.person_id",
)


def by_snapshot(rows: pl.LazyFrame, repositories: pl.LazyFrame, happened_at: str) -> pl.LazyFrame:
    """Rows that had happened by the end of what is held of their repository, with `held_until_at` beside them."""
    snapshots = repositories.select("repo_id", "held_until_at")
    return rows.join(snapshots, on="repo_id").filter(pl.col(happened_at) < pl.col("held_until_at"))


def of_items(rows: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """Rows whose issue or change is held, with its kind in `item_kind`; where that is null, the number alone says."""
    item = ["repo_id", "number", "item_kind"]
    kinds = items.select("repo_id", "number", item_kind="kind")
    by_number = kinds.group_by("repo_id", "number").agg(only_kind=pl.col("item_kind").min())
    return (
        rows.join(by_number, on=["repo_id", "number"])
        .with_columns(item_kind=pl.coalesce("item_kind", "only_kind"))
        .join(kinds, on=item, how="semi")
    )


def not_yet(ended_at: str) -> pl.Expr:
    """An end that lies later has not happened yet."""
    return pl.when(pl.col(ended_at) < pl.col("held_until_at")).then(ended_at).alias(ended_at)


def with_person(rows: pl.LazyFrame, aliases: pl.LazyFrame, alias: str, person: str) -> pl.LazyFrame:
    """Adds the person behind an alias column; null stays null, for a deleted account is no person."""
    links = aliases.select(pl.col("alias_id").alias(alias), pl.col("person_id").alias(person))
    return rows.join(links, on=alias, how="left")


def artefact(kind: pl.Expr, number: str = "number") -> pl.Expr:
    """`issue:12`, `change:34`."""
    return kind + ":" + pl.col(number).cast(pl.String)


def as_it_stood(rows: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """What was closed at the snapshot is, though it was reopened, or closed again, since: its events tell."""
    last = (
        events.filter(pl.col("kind").is_in(["closed", "reopened"]))
        .sort("occurred_at", "event_id")
        .group_by("repo_id", "artefact_id", maintain_order=True)
        .agg(last_kind=pl.col("kind").last(), last_at=pl.col("occurred_at").last())
    )
    changed_since = pl.col("updated_at") >= pl.col("held_until_at")
    was_closed = changed_since & pl.col("closed_at").is_null() & (pl.col("last_kind") == "closed")
    return rows.join(last, on=["repo_id", "artefact_id"], how="left").with_columns(
        closed_at=pl.when(was_closed).then("last_at").otherwise("closed_at")
    )


def with_closing(rows: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds who closed it last, and why, where `closed_at` says that it is closed."""
    in_order = ["occurred_at", "event_id"]
    last = (
        events.filter(pl.col("kind") == "closed")
        .group_by("repo_id", "artefact_id")
        .agg(
            closed_by_person_id=pl.col("person_id").sort_by(in_order).last(),
            close_reason=pl.col("reason").sort_by(in_order).last(),
        )
    )
    known = rows.join(last, on=["repo_id", "artefact_id"], how="left")
    return known.with_columns(
        pl.when(pl.col("closed_at").is_not_null()).then(pl.col("closed_by_person_id", "close_reason"))
    )
