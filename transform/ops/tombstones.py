"""ops.tombstones: issues and changes that were there once and are no more; the other tables leave them out."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import REPO_ID
from transform.parameters import Parameters

TABLE = Table(
    schema="ops",
    name="tombstones",
    grain="one row per issue or change that the forge had once and has no more",
    key=("repo_id", "item_kind", "number"),
    inputs=("raw.tombstones",),
    may_be_empty="Usually nothing is deleted.",
    columns=(
        REPO_ID,
        Column("number", pl.Int64, "Number of the issue or change in its repository.", at_least=0),
        Column("item_kind", pl.String, "Which of the two it was.", one_of=("issue", "change")),
        Column("reason", pl.String, "What became of it.", one_of=("deleted", "transferred", "converted")),
        Column("moved_to_url", pl.String, "Where it is now; null when it is nowhere.", nullable=True),
        Column("noticed_at", INSTANT, "When a run saw that it was gone; it may have gone long before."),
    ),
)


def build(tombstones: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    return tombstones
