"""retention.cohorts: retention of a quarter's newcomers after 30, 90, 180 and 365 days, in three measures (RET-06)."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    COHORT_QUARTER,
    DAYS_SINCE_FIRST,
    DEFINITION,
    FAMILY,
    HORIZON_DAYS,
    N_NEWCOMERS,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
    share,
)
from transform.core.spells import IS_DECIDABLE, PERSON_KEY, active_days, horizons_of
from transform.parameters import Parameters
from transform.retention.newcomers import newcomers
from transform.statistics.intervals import wilson
from transform.statistics.kaplan_meier import at_day, ends, kaplan_meier

COHORT = ("repo_id", "family", "cohort_quarter")
HORIZON_COHORT = (*COHORT, "horizon_days")
MEASURES = ("bounded", "unbounded", "km")
MONTH_DAYS = 30
QUARTER_DAYS = 90

TABLE = Table(
    schema="retention",
    name="cohorts",
    grain="one row per repository (or all), family, quarter of arrival, measure, horizon and day",
    key=(*COHORT, "measure", "horizon_days", "day"),
    inputs=("core.spells", "core.contributions", "core.repositories"),
    definition="RET-06/2",
    formula="bounded: active in [day, day + window_days) of those with all of it before the snapshot; unbounded: "
    "active on or after day, of those with day + horizon_days before the snapshot; km: survival at day (RET-03, "
    "first_gap)",
    source="intervals: Wilson 1927, for km log-log",
    parameters={
        "retention_days": "parameters.retention_days",
        "horizon_days": "parameters.horizon_days",
        "sensitivity_days": "parameters.sensitivity_days",
    },
    caveats="Three different numbers: never compare one with another. Days are UTC days since the first. While "
    "is_mature is false some newcomers are too young: their cohort has counts, and a share only for km. bounded knows no "
    "horizon and stands with the main one alone.",
    may_be_empty="No cohort without newcomers.",
    evidence=(
        Evidence(
            "core.spells",
            "the spells of all newcomers of the cohort",
            same=(*COHORT, "horizon_days"),
            when="there.is_newcomer AND there.end_rule = 'first_gap'",
            counted_in="n_newcomers",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        COHORT_QUARTER,
        Column("measure", pl.String, "What counts as retained; see the formula.", one_of=MEASURES),
        HORIZON_DAYS,
        DAYS_SINCE_FIRST,
        Column(
            "window_days",
            pl.Int32,
            "Days in which an act counts; null for measures without an end.",
            unit="days",
            nullable=True,
            at_least=1,
        ),
        N_NEWCOMERS,
        count("n_eligible", "Newcomers seen long enough to be judged; for km, those who are decidable."),
        count("n_retained", "Eligible newcomers who are retained; null for km, which counts none.", nullable=True),
        share("retained_share", "Share retained; null if nobody can be judged, or for a count not all.", nullable=True),
        share("retained_lower_share", "Lower 95 % bound.", nullable=True),
        share("retained_upper_share", "Upper 95 % bound.", nullable=True),
        Column("is_mature", pl.Boolean, "Whether every newcomer of the cohort was seen long enough."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    spells: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    members = newcomers(spells, parameters)
    returns = active_days(contributions, repositories).pipe(came_back, members, parameters.retention_days)
    judged = members.join(returns, on=PERSON_KEY, how="left").cache()
    every_horizon = [
        newcomers(spells, replace(parameters, horizon_days=horizon)) for horizon in horizons_of(parameters)
    ]
    tables = [judged.pipe(bounded, day) for day in parameters.retention_days]
    for those in every_horizon:
        curves = those.filter(IS_DECIDABLE).pipe(ends, by=HORIZON_COHORT).pipe(kaplan_meier, by=HORIZON_COHORT).cache()
        tables += [those.pipe(unbounded, day) for day in parameters.retention_days]
        tables += [those.pipe(surviving, curves, day) for day in parameters.retention_days]
    return (
        pl.concat(tables, how="diagonal")
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def window_of(day: int) -> int:
    """A month is wide enough to look for early returns; later ones are rarer and get a quarter."""
    return MONTH_DAYS if day < QUARTER_DAYS else QUARTER_DAYS


def came_back(days: pl.LazyFrame, members: pl.LazyFrame, marks: tuple[int, ...]) -> pl.LazyFrame:
    """`back_<day>` per scope, person and family: any act in [day, day + window)."""
    keyed = members.select(pl.col(PERSON_KEY).cast(pl.Categorical), "first_day")
    age = (pl.col("day") - pl.col("first_day")).dt.total_days()
    is_in = {mark: pl.col("age").is_between(mark, mark + window_of(mark), closed="left") for mark in marks}
    return (
        days.join(keyed, on=PERSON_KEY)
        .select(*PERSON_KEY, age=age)
        .filter(pl.any_horizontal(is_in.values()))
        .group_by(PERSON_KEY)
        .agg(inside.any().alias(f"back_{mark}") for mark, inside in is_in.items())
        .with_columns(pl.col(PERSON_KEY).cast(pl.String))
    )


def seen_for(days: int) -> pl.Expr:
    """Whether that many days of the person, first day included, lie before the day of the snapshot."""
    return pl.col("first_day") + pl.duration(days=days) <= pl.col("snapshot_at").dt.date()


def seen_with_horizon(day: int) -> pl.Expr:
    """The same for the day and the horizon after it: who comes late lacks the chance to be back."""
    age = (pl.col("snapshot_at").dt.date() - pl.col("first_day")).dt.total_days()
    return age >= day + pl.col("horizon_days")


def bounded(members: pl.LazyFrame, day: int) -> pl.LazyFrame:
    window = window_of(day)
    is_back = pl.col(f"back_{day}").fill_null(value=False)
    counted = members.pipe(counts, is_retained=is_back, is_eligible=seen_for(day + window))
    return counted.pipe(named, "bounded", day).with_columns(window_days=pl.lit(window, pl.Int32))


def unbounded(members: pl.LazyFrame, day: int) -> pl.LazyFrame:
    is_back = pl.col("last_day") >= pl.col("first_day") + pl.duration(days=day)
    return members.pipe(counts, is_retained=is_back, is_eligible=seen_with_horizon(day)).pipe(named, "unbounded", day)


def counts(members: pl.LazyFrame, *, is_retained: pl.Expr, is_eligible: pl.Expr) -> pl.LazyFrame:
    tallied = members.group_by(HORIZON_COHORT).agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        n_eligible=is_eligible.sum().cast(pl.Int64),
        n_retained=(is_retained & is_eligible).sum().cast(pl.Int64),
    )
    retained, eligible = pl.col("n_retained"), pl.col("n_eligible")
    lower, upper = wilson(retained, eligible)
    mature = pl.when("is_mature")
    return tallied.with_columns(is_mature=eligible == pl.col("n_newcomers")).with_columns(
        retained_share=mature.then(retained / eligible),
        retained_lower_share=mature.then(lower),
        retained_upper_share=mature.then(upper),
    )


def surviving(members: pl.LazyFrame, curves: pl.LazyFrame, day: int) -> pl.LazyFrame:
    """Survival at the day; null where the last person still observed was censored before it."""
    counted = members.group_by(HORIZON_COHORT).agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        n_eligible=IS_DECIDABLE.sum().cast(pl.Int64),
        is_mature=seen_with_horizon(day).all(),
    )
    shares = curves.pipe(at_day, day, by=HORIZON_COHORT).select(
        *HORIZON_COHORT,
        retained_share="survival_share",
        retained_lower_share="survival_lower_share",
        retained_upper_share="survival_upper_share",
    )
    return counted.join(shares, on=HORIZON_COHORT, how="left").pipe(named, "km", day)


def named(rows: pl.LazyFrame, measure: str, day: int) -> pl.LazyFrame:
    return rows.with_columns(measure=pl.lit(measure), day=pl.lit(day, pl.Int32))
