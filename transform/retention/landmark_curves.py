"""retention.landmark_curves: how long do newcomers stay who were answered soon, by whom, and with which outcome? (RET-03c)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    COMPARISON,
    DEFINITION,
    END_RULE,
    FAMILY,
    HORIZON_DAYS,
    LANDMARK_COMPARISONS,
    SCOPE_ID,
    SNAPSHOT_AT,
)
from transform.core.spells import IS_DECIDABLE, in_all
from transform.parameters import Parameters
from transform.retention.group_curves import CURVE_COLUMNS, GROUP, GROUP_NAME, curves_of
from transform.statistics.kaplan_meier import ends

PERSON = ("repo_id", "person_id")

TABLE = Table(
    schema="retention",
    name="landmark_curves",
    grain="one row per repository (or all), comparison, group, rule of leaving, horizon and day of reading after the landmark",
    key=(*GROUP, "days_since_landmark"),
    inputs=("core.spells", "retention.first_questions", "retention.first_outcomes"),
    definition="RET-03c/1",
    formula="as retention.curves, per group, from the landmark on: response_time and responder landmark_days after a "
    "newcomer's first question, first_outcome outcome_days after the first change; who had fallen silent before leaves on "
    "day 0",
    source="landmark analysis: Anderson, Cain and Gelber 1983; Kaplan and Meier 1958",
    parameters={
        "landmark_days": "parameters.landmark_days",
        "outcome_days": "parameters.outcome_days",
        "curve_days": "parameters.curve_days",
        "fewest_at_risk": "parameters.fewest_at_risk",
        "confidence": 0.95,
    },
    caveats="Associations, not causes; see RET-18b for what is held constant, and for the negative control. Groups are as "
    "known at the landmark, so staying longer cannot have made them. Whether a difference may be chance is in "
    "retention.group_tests. In all a person counts in every repository they are new to.",
    may_be_empty="A plain git repository has no issues and no change requests.",
    is_large=True,
    evidence=(
        Evidence(
            "retention.first_questions",
            "the first questions of the group",
            scope=("repo_id",),
            when="here.group_name = CASE here.comparison WHEN 'response_time' THEN there.response_time WHEN 'responder' THEN there.responder END",
        ),
        Evidence(
            "retention.first_outcomes",
            "the first changes of the group",
            scope=("repo_id",),
            when="here.comparison = 'first_outcome' AND here.group_name = there.outcome",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        COMPARISON,
        GROUP_NAME,
        END_RULE,
        HORIZON_DAYS,
        Column("days_since_landmark", pl.Int32, "UTC days since the day of the landmark.", unit="days", at_least=0),
        *CURVE_COLUMNS,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    spells: pl.LazyFrame, first_questions: pl.LazyFrame, first_outcomes: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    within = landmark_ends(spells, first_questions, first_outcomes, parameters).cache()
    earliest = within.select(pl.col("snapshot_at").min().alias("earliest_at"))
    everywhere = in_all(within).join(earliest, how="cross").with_columns(snapshot_at="earliest_at")
    merged = pl.concat([within, everywhere.select(within.collect_schema().names())])
    return (
        curves_of(merged, parameters)
        .rename({"day": "days_since_landmark"})
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def landmark_ends(
    spells: pl.LazyFrame, first_questions: pl.LazyFrame, first_outcomes: pl.LazyFrame, parameters: Parameters
) -> pl.LazyFrame:
    """What `ends` counts, for every group of every comparison in each repository, days counted from the landmark.

    In it is who had not left when they asked, and could still be seen leaving on the day of the landmark.
    """
    stays = spells.filter("is_newcomer", IS_DECIDABLE, pl.col("family") == "any").select(
        *PERSON, "end_rule", "horizon_days", "end_day", "is_exit", "snapshot_at"
    )
    last_decidable = pl.col("snapshot_at").dt.date() - pl.duration(days=pl.col("horizon_days"))
    since = (pl.col("end_day") - pl.col("landmark_day")).dt.total_days().clip(0).cast(pl.Int32)
    return (
        groups(first_questions, first_outcomes, parameters)
        .join(stays, on=PERSON)
        .filter(pl.col("end_day") >= pl.col("opened_at").dt.date(), pl.col("landmark_day") <= last_decidable)
        .with_columns(
            pl.col("repo_id", "end_rule", "comparison", "group_name").cast(pl.Categorical),
            family=pl.lit("any").cast(pl.Categorical),
            entry_days=pl.lit(0, pl.Int32),
            duration_days=since,
        )
        .pipe(ends, by=(*GROUP, "snapshot_at"))
    )


def groups(first_questions: pl.LazyFrame, first_outcomes: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Newcomers once for every comparison of which their group is known, with `landmark_day`."""
    tables = {"response_time": first_questions, "responder": first_questions, "first_outcome": first_outcomes}
    days = {"first_outcome": parameters.outcome_days}
    level = {"first_outcome": "outcome"}
    return pl.concat(
        [
            tables[comparison].select(
                *PERSON,
                "opened_at",
                comparison=pl.lit(comparison),
                group_name=level.get(comparison, comparison),
                landmark_day=pl.col("opened_at").dt.date()
                + pl.duration(days=days.get(comparison, parameters.landmark_days)),
            )
            for comparison in LANDMARK_COMPARISONS
        ]
    ).drop_nulls("group_name")
