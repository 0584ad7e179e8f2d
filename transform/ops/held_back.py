"""ops.held_back: repositories that a run did not take in as they came, and why; the others were published."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table

TABLE = Table(
    schema="ops",
    name="held_back",
    grain="one row per run and repository whose data broke a critical promise in it",
    key=("run_id", "repo_id"),
    may_be_empty="Usually every repository keeps its promises.",
    columns=(
        Column("run_id", pl.String, "When the run started, which is its name."),
        Column("repo_id", pl.String, "The repository: the forge's name and its lasting id."),
        Column("repository", pl.String, "How it is called in the configuration."),
        Column(
            "is_shown_as_last_good",
            pl.Boolean,
            "Whether what its last good night held stands in the warehouse; if not, the repository is not in it.",
        ),
        Column("reason", pl.String, "Promises that were broken."),
    ),
    caveats="Of the rows of the last published run the warehouse holds what was held at the last good night, or nothing.",
)
