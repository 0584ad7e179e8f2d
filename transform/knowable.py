"""Raw as it could be known at an instant: what was deleted later is there, and who came later is not.

A night looks at everything that was said until it began, and there this changes nothing but that deleted things are out.
Asked for an earlier instant (`--as-of`), a build must not know what came after: an issue that was deleted since stood
there then, and an account or address that acts only later was nobody's alias yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

Frames = dict[str, pl.LazyFrame]

KIND_OF_ITEM: Mapping[str, pl.Expr] = {
    "raw.items": pl.col("kind"),
    "raw.comments": pl.col("item_kind"),
    "raw.events": pl.col("item_kind"),
    "raw.reactions": pl.col("item_kind"),
    "raw.mentions": pl.col("item_kind"),
    "raw.reviews": pl.lit("change"),
    "raw.review_threads": pl.lit("change"),
    "raw.closing_links": pl.lit("change"),
}
"""Tables of what belongs to issues and changes, and of which of the two a row is; what was deleted is still in them."""
STREAM_OF: Mapping[str, pl.Expr] = {
    "raw.items": pl.col("kind") + "s",
    "raw.comments": pl.col("kind") + "s",
    "raw.events": pl.lit("events"),
    "raw.reviews": pl.lit("reviews"),
    "raw.review_threads": pl.lit("review_threads"),
    "raw.closing_links": pl.lit("closing_links"),
}
"""The stream that counts a row, where one does."""
WHO_ACTED = (
    ("raw.items", "author_account_id", "opened_at"),
    ("raw.items", "merged_by_account_id", "merged_at"),
    ("raw.comments", "author_account_id", "commented_at"),
    ("raw.reviews", "author_account_id", "submitted_at"),
    ("raw.events", "actor_account_id", "occurred_at"),
    ("raw.events", "subject_account_id", "occurred_at"),
    ("raw.mentions", "account_id", "mentioned_at"),
)
"""Where an account shows, and when."""
ITEM = ["repo_id", "item_kind", "number"]


def knowable(frames: Mapping[str, pl.LazyFrame], until: datetime | None) -> Frames:
    """The frames without what was deleted, and, if `until` is given, as they could be known at that instant."""
    told = frames["raw.tombstones"].collect()
    stones = told.lazy()
    if until is None:
        return dict(frames) if told.is_empty() else without(dict(frames), stones)
    known = stones.filter(pl.col("noticed_at") <= until)
    standing = stones.filter(pl.col("noticed_at") > until)
    counted = {**frames, "raw.streams": recounted(frames, standing), "raw.tombstones": known}
    belonging = {"raw.memberships": seen_by(frames["raw.memberships"], until)}
    return with_who_is_known(without(counted | belonging, known), until)


def seen_by(memberships: pl.LazyFrame, until: datetime) -> pl.LazyFrame:
    """Memberships as looks had shown them by then."""
    is_missed = pl.col("missed_at") <= until
    return memberships.filter(pl.col("first_seen_at") <= until).with_columns(
        pl.min_horizontal("last_seen_at", pl.lit(until)), missed_at=pl.when(is_missed).then("missed_at")
    )


def without(frames: Frames, gone: pl.LazyFrame) -> Frames:
    """Without issues and changes that are gone, and all that belonged to them."""
    return {
        **frames,
        **{
            name: frames[name]
            .with_columns(of_kind=kind)
            .join(gone.select(*ITEM), left_on=["repo_id", "of_kind", "number"], right_on=ITEM, how="anti")
            .drop("of_kind")
            for name, kind in KIND_OF_ITEM.items()
        },
    }


def recounted(frames: Mapping[str, pl.LazyFrame], standing: pl.LazyFrame) -> pl.LazyFrame:
    """Streams that count what was still there, and that the source counted then."""
    back = pl.concat(
        frames[name]
        .with_columns(of_kind=KIND_OF_ITEM[name])
        .join(standing.select(*ITEM), left_on=["repo_id", "of_kind", "number"], right_on=ITEM, how="semi")
        .select("repo_id", stream=stream)
        for name, stream in STREAM_OF.items()
    )
    more = back.group_by("repo_id", "stream").agg(n_back=pl.len().cast(pl.Int64))
    streams = frames["raw.streams"]
    return (
        streams.join(more, on=["repo_id", "stream"], how="left")
        .with_columns(pl.col("source_total", "held") + pl.col("n_back").fill_null(0))
        .select(streams.collect_schema().names())
    )


def with_who_is_known(frames: Frames, until: datetime) -> Frames:
    """Without accounts and addresses that nobody had seen by then."""
    commits = frames["raw.commits"].filter(pl.col("committer_epoch").fill_null(0) < int(until.timestamp()))
    signing = pl.concat(commits.select(email_key=pl.col(f"{who}_email_key")) for who in ("author", "committer"))
    named = frames["raw.commit_people"].join(commits, on=["repo_id", "sha"], how="semi").select("email_key")
    emails = frames["raw.emails"].join(pl.concat([signing, named]).unique(), on="email_key", how="semi")
    links = frames["raw.email_links"].join(commits.select("sha").unique(), on="sha", how="semi")
    acted = [
        frames[table].filter(pl.col(at) < until).select(account_id=pl.col(column)) for table, column, at in WHO_ACTED
    ]
    seen = pl.concat([*acted, emails.select("account_id"), links.select("account_id")]).drop_nulls().unique()
    known = {
        "raw.accounts": frames["raw.accounts"].join(seen, on="account_id", how="semi"),
        "raw.emails": emails,
        "raw.email_links": links,
    }
    # small, and asked for so often that as plans they would be made anew many times over
    return {**frames, **{name: frame.lazy() for name, frame in zip(known, pl.collect_all(known.values()), strict=True)}}
