"""retention.break_transitions: what follows on coding, on silence, on work other than code? (RET-10)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, N_PERSONS, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.parameters import Parameters
from transform.retention.breaks import ACTIVE, STATES

FROM = ("repo_id", "from_state")
EVERY_STATE = (ACTIVE, *STATES)

TABLE = Table(
    schema="retention",
    name="break_transitions",
    grain="one row per repository (or all), state and the state that followed on it",
    key=(*FROM, "to_state"),
    inputs=("retention.breaks",),
    definition="RET-10b/1",
    formula="counts of neighbouring stretches of retention.breaks; share: of all that followed on the state",
    source="Calefato, Gerosa, Iaffaldano, Lanubile and Steinmacher 2022",
    caveats="Shares are of stretches that ended; those that last (n_open) are in no share, so the share that comes back is "
    "not the chance to. Only persons whose coding is regular enough for a threshold of their own.",
    may_be_empty="Nobody may have had a break.",
    evidence=(
        Evidence(
            "retention.breaks",
            "the stretches that began or ended with the transition",
            same=("repo_id",),
            when="(there.previous_state = here.from_state AND there.state = here.to_state) OR (there.state = here.from_state AND there.next_state = here.to_state)",
        ),
    ),
    columns=(
        SCOPE_ID,
        Column("from_state", pl.String, "The state that ended.", one_of=EVERY_STATE),
        Column("to_state", pl.String, "The state that followed.", one_of=EVERY_STATE),
        count("n_transitions", "How often it did."),
        N_PERSONS,
        count("n_open", "Stretches in from_state that last at the snapshot; those of coding are not counted."),
        share("transition_share", "Share of the transitions from from_state."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(breaks: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    kept = ("repo_id", "person_id", "snapshot_at")
    came = breaks.select(*kept, from_state="previous_state", to_state="state")
    # into another state of the break it is that stretch which came; into coding nothing else says so
    went = breaks.filter(pl.col("next_state") == ACTIVE).select(*kept, from_state="state", to_state="next_state")
    lasting = breaks.group_by("repo_id", from_state="state").agg(n_open=pl.col("is_open").sum().cast(pl.Int64))
    n = pl.col("n_transitions")
    return (
        pl.concat([came, went])
        .group_by(*FROM, "to_state")
        .agg(
            pl.col("snapshot_at").first(),
            n_transitions=pl.len().cast(pl.Int64),
            n_persons=pl.col("person_id").n_unique().cast(pl.Int64),
        )
        .join(lasting, on=FROM, how="left")
        .with_columns(
            pl.col("n_open").fill_null(0), transition_share=n / n.sum().over(FROM), definition=pl.lit(TABLE.definition)
        )
        .select(TABLE.column_names)
    )
