"""retention.newcomers: who arrived, when, through which door, and what their first month looked like (RET-01)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    COHORT_QUARTER,
    DEFINITION,
    DOOR,
    FAMILY,
    FIRST_AT,
    IS_WINDOW_COMPLETE,
    MAIN_HORIZON,
    PERSON_ID,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
)
from transform.core.spells import PERSON_KEY, added_up, lives
from transform.once import made_once
from transform.parameters import Parameters

TABLE = Table(
    schema="retention",
    name="newcomers",
    grain="one row per repository (or all), family and person who arrived there after its newcomers_from_at",
    key=("repo_id", "family", "person_id"),
    inputs=("core.spells", "core.contributions", "core.repositories"),
    definition="RET-01/1",
    formula="first act of the family not before newcomers_from_at; the first month is the first_month_days UTC days "
    "from the day of the first act, that day included",
    source="Newcomers by first act; the first month predicts a long stay: Zhou and Mockus 2012",
    parameters={"variant": "first_ever", "first_month_days": "parameters.first_month_days"},
    caveats="A person is judged for each family apart: an old hand who writes the first code is a newcomer to code.",
    is_large=True,
    may_be_empty="In a young or seldom seen repository everybody may be an old hand.",
    evidence=(
        Evidence(
            "core.spells",
            "the newcomer's spell",
            same=("repo_id", "family", "person_id"),
            when=f"there.end_rule = 'first_gap' AND there.horizon_days = {MAIN_HORIZON}",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        PERSON_ID,
        DOOR,
        FIRST_AT,
        Column("first_month", pl.Date, "First day of the calendar month (UTC) of the first act."),
        COHORT_QUARTER,
        IS_WINDOW_COMPLETE,
        Column("has_first_month", pl.Boolean, "Whether the whole first month was observed."),
        count("n_contributions_first_month", "Acts of the family in the first month; null if not over.", nullable=True),
        count("n_active_days_first_month", "Days with such an act; null if the month is not over.", nullable=True),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    spells: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    arrived = newcomers(spells, parameters).pipe(mark_windows, parameters.first_month_days)
    busy = lives(contributions, repositories).pipe(first_months, parameters.first_month_days)
    is_over = pl.when("has_first_month")
    return (
        arrived.join(busy, on=PERSON_KEY, how="left")
        .with_columns(
            pl.col(*PERSON_KEY, "door").cast(pl.String),
            is_over.then(pl.col("n_contributions_first_month", "n_active_days_first_month")),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def newcomers(spells: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """The newcomers among those with a spell, once per scope, person and family; their names are categorical."""
    return of_newcomers(spells).filter(pl.col("horizon_days") == parameters.horizon_days)


@made_once
def of_newcomers(spells: pl.LazyFrame) -> pl.LazyFrame:
    """The spells of newcomers by first_gap, for every horizon, with names that join and group fast."""
    names = (*PERSON_KEY, "door", "affiliation_class")
    return (
        spells.filter(pl.col("is_newcomer"), pl.col("end_rule") == "first_gap")
        .with_columns(pl.col(names).cast(pl.Categorical))
        .drop("end_rule", "is_newcomer")
    )


def mark_windows(arrived: pl.LazyFrame, month_days: int) -> pl.LazyFrame:
    month = pl.col("first_day").dt.truncate("1mo")
    observed_until = pl.col("snapshot_at").dt.date()
    return arrived.with_columns(
        first_month=month,
        is_window_complete=month.dt.offset_by("1mo") <= observed_until,
        has_first_month=pl.col("first_day") + pl.duration(days=month_days) <= observed_until,
    )


def first_months(days: pl.LazyFrame, month_days: int) -> pl.LazyFrame:
    """Acts and days with an act in first months, over or not, per scope, person and family."""
    first = days.filter("is_newcomer", pl.col("age_days") < month_days)
    return added_up(first.select(*PERSON_KEY, "life", "n_contributions"), "life").select(
        *PERSON_KEY, n_contributions_first_month="n_contributions", n_active_days_first_month="n_rows"
    )
