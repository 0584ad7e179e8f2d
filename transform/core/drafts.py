"""When a change was a draft: from its declarations of being ready, or a draft again."""

from __future__ import annotations

import polars as pl

IS_READY = pl.col("kind") == "ready_for_review"
CHANGE = ("repo_id", "number")


def with_drafts(changes: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `ready_at` and `draft_days` to changes that have `held_until_at`; null where events were not asked for.

    Ready and draft take turns. So the days as a draft are all ends less all beginnings, where a change that began as
    one began with its opening, and one that still is one ends with its closing or with what is held.
    """
    is_of_change = pl.col("item_kind").fill_null("change") == "change"
    told = events.filter(is_of_change, pl.col("kind").is_in(["ready_for_review", "converted_to_draft"]))
    first = told.group_by(CHANGE).agg(is_ready_first=IS_READY.sort_by("occurred_at", "event_id").first())
    seen = told.join(changes.select(*CHANGE, "opened_at", "held_until_at", "closed_at"), on=CHANGE).filter(
        pl.col("occurred_at") < pl.min_horizontal("held_until_at", "closed_at")
    )
    since_opening = (pl.col("occurred_at") - pl.col("opened_at")).dt.total_microseconds()
    turns = seen.group_by(CHANGE).agg(
        first_ready_at=pl.col("occurred_at").filter(IS_READY).min(),
        n_turns=pl.len(),
        until_ready=pl.when(IS_READY).then(since_opening).otherwise(-since_opening).sum(),
    )
    began = pl.coalesce("is_ready_first", "is_draft", pl.lit(value=False))
    # as often as it took turns, it is the other of what it began as
    ends = began ^ (pl.col("n_turns").fill_null(0) % 2 == 1)
    lived = (pl.min_horizontal("held_until_at", "closed_at") - pl.col("opened_at")).dt.total_microseconds()
    known = pl.when(pl.col("events_total").is_not_null())
    days = (pl.col("until_ready").fill_null(0) + pl.when(ends).then(lived).otherwise(0)) / MICROSECONDS_A_DAY
    return (
        changes.join(first, on=CHANGE, how="left")
        .join(turns, on=CHANGE, how="left")
        .with_columns(
            ready_at=known.then(pl.when(began).then("first_ready_at").otherwise("opened_at")),
            draft_days=known.then(days.round(NINE_DECIMALS)),
        )
    )


MICROSECONDS_A_DAY = 86_400_000_000
NINE_DECIMALS = 9
"""A tenth of a millisecond: the last bit of a quotient differs with the place of its row."""
