"""retention.curve_summaries: the retention curves in a few numbers: shares, means and half-lives (RET-08)."""

from __future__ import annotations

from math import log

import polars as pl

from quality.contract import Column, Table
from transform.columns import (
    COHORT,
    DAYS_SINCE_FIRST,
    DEFINITION,
    END_RULE,
    FAMILY,
    HORIZON_DAYS,
    N_NEWCOMERS,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
    share,
)
from transform.parameters import Parameters
from transform.retention.curves import CURVE
from transform.retention.rests_on import SPELLS_OF_CURVE
from transform.statistics.kaplan_meier import reached, readings

TABLE = Table(
    schema="retention",
    name="curve_summaries",
    grain="one row per repository (or all), family, cohort, rule of leaving, horizon and day the curve is read at",
    key=(*CURVE, "day"),
    inputs=("retention.curves",),
    definition="RET-08/1",
    formula="half-life: first day with survival <= 0.5; exponential half-life: ln 2 / (exits / person-days); restricted "
    "mean: area under the survival curve from 0 to day",
    source="Kaplan and Meier 1958; restricted mean survival time: Irwin 1949, Royston and Parmar 2013",
    parameters={"retention_days": "parameters.retention_days", "fewest_at_risk": "parameters.fewest_at_risk"},
    caveats="NULL where fewer than fewest_at_risk persons are at risk. The half-lives are of the whole curve and stand in "
    "each of its rows. Many leave on day 0, so a constant rate fits badly: never show the exponential half-life alone.",
    may_be_empty="No curve without newcomers.",
    is_large=True,
    evidence=(SPELLS_OF_CURVE,),
    columns=(
        SCOPE_ID,
        FAMILY,
        COHORT,
        END_RULE,
        HORIZON_DAYS,
        DAYS_SINCE_FIRST,
        N_NEWCOMERS,
        count("n_excluded", "Newcomers who came too late for their leaving to be decidable."),
        count("n_at_risk", "Persons whose spell lasts at least until the day."),
        count("n_left", "Persons who left up to the day.", unit="persons"),
        share("survival_share", "Share that stays longer than the day; null past the reportable range.", nullable=True),
        share("survival_lower_share", "Lower 95 % bound; null also where the share is 0 or 1.", nullable=True),
        share("survival_upper_share", "Upper 95 % bound; null also where the share is 0 or 1.", nullable=True),
        Column(
            "restricted_mean_days",
            pl.Float64,
            "Mean of the days that persons stay, those after the day not counted; null past the reportable range.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        Column(
            "half_life_days",
            pl.Int32,
            "Days after which at most half stay, which is the median stay; null if the curve does not come there.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        Column(
            "exponential_half_life_days",
            pl.Float64,
            "The same if people left at one constant rate; null without an exit, or where all left on day 0.",
            unit="days",
            nullable=True,
            at_least=0,
        ),
        count("person_days", "Days that all the persons of the curve were seen to stay.", unit="days"),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)

OF_THE_DAY = ("survival_share", "survival_lower_share", "survival_upper_share", "restricted_mean_days")


def build(curves: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    read = curves.pipe(readings, parameters.retention_days, by=CURVE)
    enough = pl.when(pl.col("n_at_risk") >= parameters.fewest_at_risk)
    return (
        read.with_columns(enough.then(pl.col(OF_THE_DAY)), n_left="n_exits")
        .drop("n_exits")
        .join(curves.pipe(whole_curves, parameters.fewest_at_risk), on=CURVE)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def whole_curves(curves: pl.LazyFrame, fewest: int) -> pl.LazyFrame:
    """What is said of a curve as a whole; the exponential half-life too only if enough are in it."""
    ends = pl.col("n_exits") + pl.col("n_censored")
    exits, days = pl.col("n_exits"), pl.col("person_days")
    halves = curves.filter("is_reportable").pipe(reached, by=CURVE, half_life_days=0.5)
    totals = curves.group_by(CURVE).agg(
        pl.col("snapshot_at", "n_newcomers", "n_excluded").first(),
        exits.sum(),
        person_days=(ends * pl.col("day")).sum().cast(pl.Int64),
        n_decided=ends.sum(),
    )
    fits = (pl.col("n_decided") >= fewest) & (exits > 0) & (days > 0)
    return (
        totals.with_columns(exponential_half_life_days=pl.when(fits).then(log(2) * days / exits))
        .drop("n_exits", "n_decided")
        .join(halves, on=CURVE, how="left")
    )
