"""ops.corrections: known errors of a source, what is put in their place, and whether the source still has them."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import count

TABLE = Table(
    schema="ops",
    name="corrections",
    grain="one row per correction that was asked for and whose repository is known",
    key=("correction",),
    may_be_empty="Usually nothing is corrected.",
    columns=(
        Column("correction", pl.String, "Its name in the file of corrections."),
        Column("repo_id", pl.String, "The repository: the forge's name and its lasting id."),
        Column("table_name", pl.String, "Raw table whose rows are corrected."),
        Column("rows_json", pl.String, "Which rows, as JSON."),
        Column("expected_json", pl.String, "What the source says there, wrongly, as JSON."),
        Column(
            "corrected_json", pl.String, "What stands there instead, as JSON; 'dropped' where the rows are left out."
        ),
        Column("found_json", pl.String, "What the source does say now, as JSON."),
        Column("reason", pl.String, "Why it is wrong."),
        Column("source", pl.String, "Where that can be read."),
        count("n_rows", "Rows that it is about."),
        Column("is_applied", pl.Boolean, "Whether the source still says what was expected, so that it was applied."),
    ),
    caveats="A correction that does not apply any more is not applied, and forbids publishing until it is taken out.",
)
