"""retention.waiting: which newcomers wait for an answer now (RET-12)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import ARTEFACT_ID, DEFINITION, PERSON_ID, REPO_ID, SNAPSHOT_AT, URL
from transform.parameters import Parameters
from transform.retention.first_responses import ARTEFACT_KIND, OPENED_AT, hours

TABLE = Table(
    schema="retention",
    name="waiting",
    grain="one row per open issue or change of a newcomer that no other human has answered by the snapshot",
    key=("repo_id", "artefact_id"),
    inputs=("retention.first_responses",),
    definition="RET-12c/1",
    formula="the waits of RET-12 of authors new at opening, unanswered, and observed up to the snapshot",
    caveats="A list to act on, not a measure: how long newcomers wait is in retention.response_times. What only a deleted "
    "account answered is left out, for that may have been the answer.",
    may_be_empty="Nobody may be waiting.",
    evidence=(Evidence("retention.first_responses", "the wait", same=("repo_id", "artefact_id")),),
    columns=(
        REPO_ID,
        ARTEFACT_ID,
        ARTEFACT_KIND,
        PERSON_ID,
        URL,
        OPENED_AT,
        hours("waiting_hours", "From opening to the snapshot.", nullable=False),
        Column("has_bot_response", pl.Boolean, "Whether a bot has answered."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(first_responses: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    return (
        first_responses.filter(
            "is_newcomer_at_opening",
            pl.col("responded_at").is_null(),
            pl.col("observed_until_at") == pl.col("snapshot_at"),
        )
        .with_columns(
            waiting_hours="observed_hours",
            has_bot_response=pl.col("bot_responded_at").is_not_null(),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort("opened_at", *TABLE.key)
    )
