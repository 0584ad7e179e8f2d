"""retention.curves: what share of the newcomers is still there so many days after they came (RET-03)."""

from __future__ import annotations

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
from transform.core.spells import IS_DECIDABLE
from transform.parameters import Parameters
from transform.retention.rests_on import SPELLS_OF_CURVE
from transform.statistics.kaplan_meier import ends, kaplan_meier

EVERY_YEAR = "all"
CURVE_OF_YEAR = ("repo_id", "family", "cohort_year", "end_rule", "horizon_days")
CURVE = ("repo_id", "family", "cohort", "end_rule", "horizon_days")

TABLE = Table(
    schema="retention",
    name="curves",
    grain="one row per repository (or all), family, cohort, rule of leaving, horizon and day on which a spell ends",
    key=(*CURVE, "day"),
    inputs=("core.spells",),
    definition="RET-03/1",
    formula="product over exit days t up to day of (1 - n_exits(t) / n_at_risk(t)); Greenwood error, log-log bounds",
    source="Kaplan and Meier 1958; checked against R survfit and lifelines",
    parameters={"fewest_at_risk": "parameters.fewest_at_risk", "confidence": 0.95},
    caveats="Newcomers only. Persons who came later than horizon_days before the snapshot are left out and counted in "
    "n_excluded. Between two rows the curve is flat. Do not read it where is_reportable is false.",
    may_be_empty="No curve without newcomers.",
    evidence=(SPELLS_OF_CURVE,),
    is_large=True,
    columns=(
        SCOPE_ID,
        FAMILY,
        COHORT,
        END_RULE,
        HORIZON_DAYS,
        DAYS_SINCE_FIRST,
        count("n_at_risk", "Persons not yet gone and still observed just before the end of the day."),
        count("n_exits", "Persons who left on the day."),
        count("n_censored", "Persons who stayed and whose observation ends on the day."),
        share("survival_share", "Share that stays longer than the day; null if nobody is decidable.", nullable=True),
        share("survival_lower_share", "Lower 95 % bound; null where the share is 0 or 1.", nullable=True),
        share("survival_upper_share", "Upper 95 % bound; null where the share is 0 or 1.", nullable=True),
        Column(
            "standard_error",
            pl.Float64,
            "Greenwood's standard error of the share; null where the share is 0.",
            nullable=True,
            at_least=0,
        ),
        Column("is_reportable", pl.Boolean, "Whether enough persons are at risk for the curve to be shown."),
        N_NEWCOMERS,
        count("n_excluded", "Newcomers who came too late for their leaving to be decidable."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(spells: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    names = ("repo_id", "family", "end_rule")
    members = spells.filter(pl.col("is_newcomer")).select(
        pl.col(names).cast(pl.Categorical),
        *("horizon_days", "entry_days", "duration_days", "is_exit", "snapshot_at"),
        cohort_year=pl.col("cohort_quarter").dt.year(),
    )
    decided = members.filter(IS_DECIDABLE).pipe(ends, by=CURVE_OF_YEAR)
    curves = decided.pipe(with_every_year).pipe(kaplan_meier, by=CURVE)
    return (
        members.pipe(cohorts)
        .join(curves, on=CURVE, how="left")
        .with_columns(pl.col("day", "n_at_risk", "n_exits", "n_censored").fill_null(0))
        .with_columns(
            pl.col(names).cast(pl.String),
            is_reportable=pl.col("n_at_risk") >= parameters.fewest_at_risk,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def with_every_year(counted: pl.LazyFrame) -> pl.LazyFrame:
    """Every count twice: in the cohort of its year and in the one of all years."""
    years = counted.with_columns(cohort=pl.col("cohort_year").cast(pl.String)).drop("cohort_year")
    return pl.concat([years, years.with_columns(cohort=pl.lit(EVERY_YEAR))])


def cohorts(members: pl.LazyFrame) -> pl.LazyFrame:
    counted = members.group_by(CURVE_OF_YEAR).agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        n_excluded=(~IS_DECIDABLE).sum().cast(pl.Int64),
    )
    return (
        counted.pipe(with_every_year)
        .group_by(CURVE)
        .agg(pl.col("snapshot_at").first(), pl.col("n_newcomers", "n_excluded").sum())
    )
