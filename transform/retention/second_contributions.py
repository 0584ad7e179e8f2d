"""retention.second_contributions: what share of the newcomers has come back for something else by then (RET-07)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from quality.contract import Column, Table
from transform.columns import (
    COHORT,
    DAYS_SINCE_FIRST,
    DEFINITION,
    FAMILY,
    N_NEWCOMERS,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
    share,
)
from transform.core.spells import PERSON_KEY, in_all, kept_acts, snapshots
from transform.parameters import Parameters
from transform.retention.cohorts import seen_for
from transform.retention.curves import with_every_year
from transform.retention.newcomers import newcomers
from transform.retention.rests_on import SPELLS_OF_COHORT
from transform.statistics.kaplan_meier import ends, kaplan_meier, reached, readings

CURVE_OF_YEAR = ("repo_id", "family", "cohort_year")
CURVE = ("repo_id", "family", "cohort")
ARTEFACT_KEY = ("repo_id", "artefact_id", "person_id")

TABLE = Table(
    schema="retention",
    name="second_contributions",
    grain="one row per repository (or all), family, cohort and day since the first contribution",
    key=(*CURVE, "day"),
    inputs=("core.spells", "core.contributions", "core.repositories"),
    definition="RET-07/1",
    formula="second = first UTC day after the first on which the person touches an artefact that is new to them; "
    "returned_share(day) = 1 - Kaplan-Meier of the days between, censored at the snapshot",
    source="Kaplan and Meier 1958; the rule for what is a second contribution is our own",
    parameters={"retention_days": "parameters.retention_days", "fewest_at_risk": "parameters.fewest_at_risk"},
    caveats="Newcomers only. Going on with what was touched on the first day is no second contribution, however late. "
    "Do not read a share where is_reportable is false. median_days is of the whole curve and stands in each of its rows.",
    may_be_empty="No row without newcomers.",
    evidence=(SPELLS_OF_COHORT,),
    columns=(
        SCOPE_ID,
        FAMILY,
        COHORT,
        DAYS_SINCE_FIRST,
        N_NEWCOMERS,
        count("n_eligible", "Newcomers of whom the day lies not after the snapshot."),
        count("n_at_risk", "Newcomers seen until the day who had not returned before it."),
        count("n_returned", "Newcomers who were seen to return up to the day."),
        share(
            "returned_share", "Share that has returned up to the day; null if nobody was seen so long.", nullable=True
        ),
        share("returned_lower_share", "Lower 95 % bound; null where the share is 0 or 1.", nullable=True),
        share("returned_upper_share", "Upper 95 % bound; null where the share is 0 or 1.", nullable=True),
        Column(
            "median_days",
            pl.Int32,
            "Days after which half has returned; null if half never did while seen.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        Column("is_reportable", pl.Boolean, "Whether enough persons are at risk for the share to be shown."),
        Column("is_mature", pl.Boolean, "Whether every newcomer of the cohort was seen until the day."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    spells: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    arrived = newcomers(spells, parameters).with_columns(cohort_year=pl.col("cohort_quarter").dt.year())
    waits = early_touches(contributions, repositories).pipe(second_days, arrived).pipe(waiting_times)
    counted = waits.pipe(ends, by=CURVE_OF_YEAR).pipe(with_every_year)
    curves = counted.pipe(kaplan_meier, by=CURVE).cache()
    read = curves.pipe(readings, parameters.retention_days, by=CURVE).cache()
    medians = curves.pipe(reached, by=CURVE, median_days=0.5)
    seen = waits.pipe(eligible, parameters.retention_days).cache()
    return (
        pl.concat([at_mark(seen, read, day) for day in parameters.retention_days])
        .join(medians, on=CURVE)
        .with_columns(
            pl.col("repo_id", "family").cast(pl.String),
            is_reportable=pl.col("n_at_risk") >= parameters.fewest_at_risk,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def early_touches(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Of the first acts on artefacts, per scope, person and family ('any' too) those on the first two such `day`s.

    A repository's first two are all that can be among the first two of 'all' as well.
    """
    acts = kept_acts(contributions, repositories)
    each = acts.group_by(*ARTEFACT_KEY, "family").agg(at=pl.col("contributed_at").min()).cache()
    whole = each.group_by(ARTEFACT_KEY).agg(pl.col("at").min(), family=pl.lit("any").cast(pl.Categorical))
    at = pl.col("at")
    is_later = at.dt.date() > at.min().dt.date()
    both = pl.concat([each.select(*PERSON_KEY, "at"), whole.select(*PERSON_KEY, "at")])
    early = both.group_by(PERSON_KEY).agg(at.min(), later_at=at.filter(is_later).min()).cache()
    touches = pl.concat([early.drop("later_at"), early.select(*PERSON_KEY, at="later_at").drop_nulls("at")]).cache()
    everywhere = pl.concat([touches, in_all(touches)]).join(snapshots(repositories), on="repo_id")
    return everywhere.filter(at < pl.col("snapshot_at")).select(*PERSON_KEY, day=at.dt.date())


def second_days(touches: pl.LazyFrame, arrived: pl.LazyFrame) -> pl.LazyFrame:
    """The newcomers with `second_day`, null for whom was not seen to return."""
    later = touches.join(arrived.select(*PERSON_KEY, "first_day"), on=PERSON_KEY).filter(
        pl.col("day") > pl.col("first_day")
    )
    return arrived.join(later.group_by(PERSON_KEY).agg(second_day=pl.col("day").min()), on=PERSON_KEY, how="left")


def waiting_times(people: pl.LazyFrame) -> pl.LazyFrame:
    """Days to the second contribution as spells: an exit is a return, the others are censored at the snapshot."""
    until = pl.coalesce("second_day", pl.col("snapshot_at").dt.date())
    return people.select(
        "repo_id",
        "family",
        "cohort_year",
        "first_day",
        "snapshot_at",
        "entry_days",
        duration_days=(until - pl.col("first_day")).dt.total_days().cast(pl.Int32),
        is_exit=pl.col("second_day").is_not_null(),
    ).cache()


def at_mark(seen: pl.LazyFrame, read: pl.LazyFrame, day: int) -> pl.LazyFrame:
    return (
        seen.select(*CURVE, "snapshot_at", "n_newcomers", n_eligible=f"n_eligible_{day}")
        .join(read.filter(pl.col("day") == day).drop("day"), on=CURVE)
        .rename({"n_exits": "n_returned"})
        .with_columns(
            day=pl.lit(day, pl.Int32),
            returned_share=1 - pl.col("survival_share"),
            returned_lower_share=1 - pl.col("survival_upper_share"),
            returned_upper_share=1 - pl.col("survival_lower_share"),
            is_mature=pl.col("n_eligible") == pl.col("n_newcomers"),
        )
    )


def eligible(waits: pl.LazyFrame, days: Sequence[int]) -> pl.LazyFrame:
    """Newcomers per curve, and of each of the days how many could be seen so long."""
    names = [f"n_eligible_{day}" for day in days]
    counted = waits.group_by(CURVE_OF_YEAR).agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        **{name: seen_for(day).sum().cast(pl.Int64) for name, day in zip(names, days, strict=True)},
    )
    return (
        counted.pipe(with_every_year)
        .group_by(CURVE)
        .agg(pl.col("snapshot_at").first(), pl.col("n_newcomers", *names).sum())
    )
