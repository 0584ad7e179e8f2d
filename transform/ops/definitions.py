"""ops.definitions: the definition, version and parameters behind every stamped row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

import polars as pl

from quality.contract import Column, Table
from transform.parameters import Parameters

TABLE = Table(
    schema="ops",
    name="definitions",
    grain="one row per definition",
    key=("definition",),
    columns=(
        Column("definition", pl.String, "Definition and version; see ops.definitions."),
        Column("table_name", pl.String, "Table it is about."),
        Column("formula", pl.String, "What is computed."),
        Column("source", pl.String, "Paper or specification it follows; empty where it is our own."),
        Column("caveats", pl.String, "What it does not say."),
        Column("parameters_json", pl.String, "Parameters of the build, as JSON, but for those of the run (ops.runs)."),
    ),
)

OF_THE_RUN = ("as_of", "run_at")
"""Parameters that differ every night, though no definition does: they stand in ops.runs, and in every `snapshot_at`."""


def rows(tables: Iterable[Table], parameters: Parameters) -> pl.LazyFrame:
    """From the promises themselves, so that no number can be stamped with a definition nobody wrote down."""
    of_the_build = {name: value for name, value in asdict(parameters).items() if name not in OF_THE_RUN}
    settings = json.dumps(of_the_build, default=str, sort_keys=True)
    stamped = [
        {
            "definition": table.definition,
            "table_name": str(table),
            "formula": table.formula,
            "source": table.source,
            "caveats": table.caveats,
            "parameters_json": settings,
        }
        for table in tables
        if table.definition
    ]
    return pl.LazyFrame(stamped, schema=TABLE.polars_schema)
