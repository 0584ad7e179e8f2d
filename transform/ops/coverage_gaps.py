"""ops.coverage_gaps: between which instants something is missing, and why, so that a figure can be held against it."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import REPO_ID, count
from transform.parameters import Parameters

TABLE = Table(
    schema="ops",
    name="coverage_gaps",
    grain="one row per repository, stream and interval in which something of the stream is missing",
    key=("repo_id", "stream", "gap_number"),
    inputs=("raw.gaps", "ops.coverage", "core.repositories"),
    may_be_empty="Usually every stream is complete.",
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("gap_number", pl.Int64, "Number of the gap in its stream, from 0, the earliest first.", at_least=0),
        Column("reason", pl.String, "Why something is missing."),
        Column("from_at", INSTANT, "From when on something is missing."),
        Column("until_at", INSTANT, "Up to when; the run's instant where it is missing still."),
        count("n_missing", "By the source's count of the whole stream; null when it tells none.", nullable=True),
    ),
    caveats="What the source counts and did not deliver may lie anywhere in its interval. Records in quarantine are no gap: "
    "they are named one by one.",
)
STREAM = ["repo_id", "stream"]


def build(
    gaps: pl.LazyFrame, coverage: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    """The gaps that the crawl told of, and what is missing since the last whole crawl where it told of none."""
    incomplete = coverage.filter(~pl.col("is_complete")).select(
        *STREAM, "complete_until_at", why=pl.col("reason").fill_null("no reason given"), n_missing=_missing()
    )
    told = gaps.join(incomplete, on=STREAM).select(*STREAM, "reason", "from_at", "until_at", "n_missing")
    untold = incomplete.join(told, left_on=[*STREAM, "why"], right_on=[*STREAM, "reason"], how="anti")
    since_whole = untold.select(
        *STREAM,
        reason="why",
        from_at=pl.col("complete_until_at"),
        until_at=pl.lit(None, INSTANT),
        n_missing="n_missing",
    )
    starts = repositories.select("repo_id", "observed_from_at")
    now = pl.lit(parameters.as_of, INSTANT)
    return (
        pl.concat([told, since_whole])
        .join(starts, on="repo_id")
        .with_columns(
            from_at=pl.coalesce("from_at", pl.min_horizontal("observed_from_at", now)),
            until_at=pl.min_horizontal(pl.col("until_at").fill_null(now), now),
        )
        .filter(pl.col("from_at") < pl.col("until_at"))
        .sort(*STREAM, "from_at", "until_at", "reason")
        .with_columns(gap_number=pl.int_range(pl.len()).over(STREAM))
        .select(TABLE.column_names)
    )


def _missing() -> pl.Expr:
    short = pl.col("source_total") - pl.col("held") - pl.col("n_quarantined")
    return pl.when(short >= 0).then(short)
