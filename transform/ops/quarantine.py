"""ops.quarantine: records that could not be read, with the reason; nothing is dropped in silence."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import REPO_ID
from transform.parameters import Parameters

TABLE = Table(
    schema="ops",
    name="quarantine",
    grain="one row per record that could not be read; the archive keeps it as it came",
    key=("repo_id", "stream", "record_id"),
    inputs=("raw.quarantine",),
    may_be_empty="Usually every record can be read.",
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("record_id", pl.String, "What the source calls it."),
        Column("reason", pl.String, "Why it could not be read."),
    ),
)


def build(quarantine: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    return quarantine
