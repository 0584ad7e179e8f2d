"""ops.quarantine: records that could not be read, with the reason; nothing is dropped in silence."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import REPO_ID
from transform.parameters import Parameters

TABLE = Table(
    schema="ops",
    name="quarantine",
    grain="one row per record that could not be read in some night; the archive keeps it as it came",
    key=("repo_id", "stream", "record_id"),
    inputs=("raw.quarantine", "core.repositories"),
    may_be_empty="Usually every record can be read.",
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("record_id", pl.String, "What the source calls it."),
        Column("reason", pl.String, "Why it could not be read."),
        Column("url", pl.String, "Page of it on the forge; null where that is not known.", nullable=True),
        Column(
            "source_page",
            pl.String,
            "Page of the repository's archive that it is on, such as changes/pages/0000012.json.gz; null until an archive "
            "of an earlier version is read again.",
            nullable=True,
        ),
        Column("is_still_there", pl.Boolean, "Whether it cannot be read now; if not, see readable_since_at."),
        Column("since_at", INSTANT, "When a published night first could not read it."),
        Column(
            "readable_since_at", INSTANT, "When it could be read again, or was gone; null while neither.", nullable=True
        ),
    ),
)


def build(quarantine: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    """Tonight's records; those of earlier nights come from the night before (carried)."""
    is_number = pl.col("record_id").str.contains(r"^\d+$") & pl.col("stream").is_in(["issues", "changes"])
    now = pl.lit(parameters.run_at or parameters.as_of, INSTANT)
    return (
        quarantine.join(repositories.select("repo_id", page="url"), on="repo_id")
        .with_columns(
            url=pl.when(is_number).then(pl.concat_str("page", pl.lit("/issues/"), "record_id")),
            since_at=now,
            is_still_there=pl.lit(value=True),
            readable_since_at=pl.lit(None, INSTANT),
        )
        .select(TABLE.column_names)
    )


def remembered(before: pl.DataFrame) -> pl.DataFrame:
    """The rows of an earlier night, which an earlier version may have made: it knew no pages."""
    told = before.with_columns(
        pl.lit(None, column.dtype).alias(column.name) for column in TABLE.columns if column.name not in before.columns
    )
    return told.with_columns(is_still_there=pl.col("readable_since_at").is_null()).select(TABLE.column_names)


def carried(now: pl.DataFrame, before: pl.DataFrame, at: object) -> pl.DataFrame:
    """Tonight's rows with the instants of the night before, and its rows that are in quarantine no more."""
    known = before.select(*TABLE.key, known_since_at="since_at", known_readable_at="readable_since_at")
    still = now.join(known, on=TABLE.key, how="left").with_columns(
        since_at=pl.when(pl.col("known_readable_at").is_null())
        .then(pl.coalesce("known_since_at", "since_at"))
        .otherwise("since_at")
    )
    gone = before.join(now, on=TABLE.key, how="anti").with_columns(
        is_still_there=pl.lit(value=False), readable_since_at=pl.coalesce("readable_since_at", pl.lit(at, INSTANT))
    )
    return pl.concat([still.select(TABLE.column_names), gone])
