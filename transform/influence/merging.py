"""Who merged what, and who stands behind it where a program pressed the button."""

from __future__ import annotations

import polars as pl

from transform.core.people import human_ids

CHANGE = ("repo_id", "artefact_id")


def merges(changes: pl.LazyFrame, reviews: pl.LazyFrame, comments: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """Merged changes: `merged_at`, `author`, `merger` (a human, or null) and whether a command or an approval tells that.

    Where a bot or queue merged, whoever told it to is taken for the one who merged, the author too; without a command,
    whoever else approved last before; without either, or where the forge names nobody, it is nobody.
    """
    classes = people.select(pressed_by="person_id", pressed_by_class="actor_class")
    merged = changes.filter("is_merged").select(
        *CHANGE, "merged_at", author="person_id", pressed_by="merged_by_person_id"
    )
    by_human = pl.col("pressed_by_class") == "human"
    by_program = pl.col("pressed_by_class").is_not_null() & ~by_human
    return (
        merged.join(classes, on="pressed_by", how="left")
        .join(last_commanders(merged, comments, people), on=CHANGE, how="left")
        .join(last_approvers(merged, reviews, people), on=CHANGE, how="left")
        .with_columns(is_program=by_program.fill_null(value=False), is_commanded=pl.col("commander").is_not_null())
        .with_columns(
            merger=pl.when(by_human).then("pressed_by").when("is_program").then(pl.coalesce("commander", "approver")),
            is_by_command=pl.col("is_program") & pl.col("is_commanded"),
            is_by_approval=pl.col("is_program") & ~pl.col("is_commanded") & pl.col("approver").is_not_null(),
        )
        .select(*CHANGE, "merged_at", "author", "merger", "is_by_command", "is_by_approval")
    )


def last_approvers(merged: pl.LazyFrame, reviews: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """The human other than the author who approved last before the merge: `approver`."""
    humans = human_ids(people, "approver")
    in_order = ["submitted_at", "approver"]
    return (
        reviews.filter(pl.col("state") == "approved")
        .select(*CHANGE, "submitted_at", approver="person_id")
        .join(humans, on="approver", how="semi")
        .join(merged, on=CHANGE)
        .filter(pl.col("approver").ne_missing(pl.col("author")), pl.col("submitted_at") <= pl.col("merged_at"))
        .group_by(CHANGE)
        .agg(pl.col("approver").sort_by(in_order).last())
    )


def last_commanders(merged: pl.LazyFrame, comments: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """The human who last told a program to merge: `commander`."""
    in_order = ["commented_at", "commander"]
    return (
        comments.filter("is_merge_command")
        .select(*CHANGE, "commented_at", commander="person_id")
        .join(human_ids(people, "commander"), on="commander", how="semi")
        .join(merged.select(*CHANGE, "merged_at"), on=CHANGE)
        .filter(pl.col("commented_at") <= pl.col("merged_at"))
        .group_by(CHANGE)
        .agg(pl.col("commander").sort_by(in_order).last())
    )
