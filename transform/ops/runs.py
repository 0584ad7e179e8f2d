"""ops.runs: every run, published or refused."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import count

OUTCOMES = ("published", "refused", "failed")
TABLE = Table(
    schema="ops",
    name="runs",
    grain="one row per run",
    key=("run_id",),
    columns=(
        Column("run_id", pl.String, "When the run started, which is its name."),
        Column("command", pl.String, "Command that started it."),
        Column("outcome", pl.String, "What became of it.", one_of=OUTCOMES),
        Column("program", pl.String, "Fingerprint of the program: two runs with the same differ by their data alone."),
        Column("problems", pl.String, "What went wrong, one line each; empty when nothing did."),
        count("n_repositories", "Repositories asked for."),
        count("n_partial", "Repositories of which something is missing."),
        count("n_requests", "Requests spent on forges' APIs."),
        count("n_failed_expectations", "Expectations that were not met, warnings included."),
        Column("as_of_at", INSTANT, "The instant nothing after which was used."),
        Column("started_at", INSTANT, "When it started."),
        Column("finished_at", INSTANT, "When its audit was over."),
    ),
)
