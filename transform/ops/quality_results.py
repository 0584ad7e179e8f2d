"""ops.quality_results: every verdict of every run, refused nights included."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import count

TABLE = Table(
    schema="ops",
    name="quality_results",
    grain="one row per run, attempt and expectation; of a failed one, a row per repository whose rows break it",
    key=("run_id", "attempt", "table_name", "expectation", "scope"),
    columns=(
        Column("run_id", pl.String, "When the run started, which is its name."),
        count("attempt", "0: with everything as it came; each next one with some repositories held back."),
        Column("table_name", pl.String, "Table it is about."),
        Column("expectation", pl.String, "What is expected."),
        Column("doc", pl.String, "The expectation in a sentence."),
        Column("severity", pl.String, "Whether a failure forbids publishing.", one_of=("critical", "warning")),
        Column(
            "outcome",
            pl.String,
            "passed, failed, or could_not_run: the check itself broke.",
            one_of=("passed", "failed", "could_not_run"),
        ),
        Column("scope", pl.String, "The repository whose rows break it, or 'all'."),
        Column("observed", pl.String, "What was seen, in words."),
        Column("sample_json", pl.String, "Some rows that break it, as JSON."),
        count("n_unexpected", "Rows that break it."),
        Column("judged_at", INSTANT, "When the verdict fell."),
    ),
)
