"""retention.one_time_contributors: how many came once and never again, by every horizon (RET-02b)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import COHORT, DEFINITION, HORIZON_DAYS, N_PERSONS, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import horizons_of
from transform.parameters import Parameters
from transform.retention.contributor_types import seen_from
from transform.statistics.intervals import wilson

EVERY_YEAR = "all"
CELL = ("repo_id", "cohort")

TABLE = Table(
    schema="retention",
    name="one_time_contributors",
    grain="one row per repository (or all), year of the first act (or all) and horizon",
    key=(*CELL, "horizon_days"),
    inputs=("retention.contributor_types",),
    definition="RET-02b/1",
    formula="persons all of whose acts up to the snapshot belong to one single artefact / persons whose first act lies at "
    "least horizon_days before the snapshot",
    source="one-time contributors: usual in the literature, as one act in all; that what belongs to one artefact is one, "
    "and the horizons, are our own",
    parameters={"horizon_days": "parameters.horizon_days", "sensitivity_days": "parameters.sensitivity_days"},
    caveats="People come back after any horizon, so an older year has a smaller share for that alone: compare years under "
    "retention.curves, which looks at each for equally long. Old hands are here too, by the year of their first known act.",
    may_be_empty="Nobody may have acted yet.",
    evidence=(
        Evidence(
            "retention.contributor_types",
            "the persons whose first act is in the year",
            same=("repo_id",),
            when="here.cohort IN ('all', year(there.first_act_at AT TIME ZONE 'UTC')::VARCHAR)",
            counted_in="n_persons",
        ),
    ),
    columns=(
        SCOPE_ID,
        COHORT,
        HORIZON_DAYS,
        N_PERSONS,
        count("n_eligible", "Persons seen for the horizon at least, so that they could have come again."),
        count("n_one_time", "Of those, who never touched a second artefact.", unit="persons"),
        share("one_time_share", "Share of them; null if nobody was seen so long.", nullable=True),
        share("one_time_lower_share", "Lower 95 % bound, Wilson's.", nullable=True),
        share("one_time_upper_share", "Upper 95 % bound.", nullable=True),
        Column("is_reportable", pl.Boolean, "Whether fewest_at_risk persons or more can be judged."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(types: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    first = pl.col("first_act_at").dt
    people = types.select(
        "repo_id", "snapshot_at", "has_one_artefact", first_day=first.date(), cohort=first.year().cast(pl.String)
    )
    counted = pl.concat([people, people.with_columns(cohort=pl.lit(EVERY_YEAR))]).cache()
    once, seen = pl.col("n_one_time"), pl.col("n_eligible")
    lower, upper = wilson(once, seen)
    return (
        pl.concat([counted.pipe(judged, horizon) for horizon in horizons_of(parameters)])
        .with_columns(
            one_time_share=pl.when(seen > 0).then(once / seen),
            one_time_lower_share=lower,
            one_time_upper_share=upper,
            is_reportable=seen >= parameters.fewest_at_risk,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def judged(people: pl.LazyFrame, horizon: int) -> pl.LazyFrame:
    is_seen = seen_from(pl.col("first_day"), horizon)
    return people.group_by(CELL).agg(
        pl.col("snapshot_at").first(),
        horizon_days=pl.lit(horizon, pl.Int32),
        n_persons=pl.len().cast(pl.Int64),
        n_eligible=is_seen.sum().cast(pl.Int64),
        n_one_time=(is_seen & pl.col("has_one_artefact")).sum().cast(pl.Int64),
    )
