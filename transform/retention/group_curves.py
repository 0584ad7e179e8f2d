"""retention.group_curves: do those who came another way, or in other years, stay as long? (RET-03b)"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    COMPARISON,
    COMPARISONS,
    DAYS_SINCE_FIRST,
    DEFINITION,
    END_RULE,
    FAMILY,
    HORIZON_DAYS,
    N_PERSONS,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
    share,
)
from transform.core.spells import IS_DECIDABLE
from transform.once import made_once
from transform.parameters import Parameters
from transform.statistics.kaplan_meier import read_at_once

SUBJECT = ("repo_id", "family", "comparison", "end_rule", "horizon_days")
GROUP = (*SUBJECT, "group_name")
NAMES = ("repo_id", "family", "comparison", "end_rule", "group_name")
WAS_SEEN = (pl.col("entry_days") == 0) | (pl.col("entry_days") < pl.col("duration_days"))
"""Whether the person was still there when observation began."""
IS_COMPARED = (
    "there.is_exit IS NOT NULL AND (there.entry_days = 0 OR there.entry_days < there.duration_days) "
    "AND (there.is_newcomer OR here.comparison = 'arrival')"
)
BAND = "(SELECT (parameters_json::JSON->>'$.cohort_band_years')::INTEGER FROM ops.definitions LIMIT 1)"
FIRST_YEAR = f"(year(there.cohort_quarter) - year(there.cohort_quarter) % {BAND})"
GROUP_OF_SPELL = (
    "CASE here.comparison WHEN 'door' THEN there.door WHEN 'affiliation' THEN there.affiliation_class "
    "WHEN 'arrival' THEN CASE WHEN there.is_newcomer THEN 'newcomer' ELSE 'old hand' END "
    f"WHEN 'cohort_band' THEN {FIRST_YEAR} || '-' || ({FIRST_YEAR} + {BAND} - 1) END"
)
"""SQL for what the polars below say: which spells take part, and in which group."""

GROUP_NAME = Column("group_name", pl.String, "The group, such as a door, a band of years (2019-2021), or within_24h.")
CURVE_COLUMNS = (
    count("n_at_risk", "Persons at risk at the first end of a spell on or after the day."),
    share("survival_share", "Share that stays longer than the day."),
    share("survival_lower_share", "Lower 95 % bound; null where the share is 0 or 1.", nullable=True),
    share("survival_upper_share", "Upper 95 % bound; null where the share is 0 or 1.", nullable=True),
    Column(
        "standard_error",
        pl.Float64,
        "Greenwood's standard error of the share; null where the share is 0.",
        nullable=True,
        at_least=0,
    ),
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
    Column("is_reportable", pl.Boolean, "Whether enough persons are at risk for the curve to be shown."),
    N_PERSONS,
)
"""What is told of the curve of a group at a day."""

TABLE = Table(
    schema="retention",
    name="group_curves",
    grain="one row per repository (or all), family, comparison, group, rule of leaving, horizon and day of reading",
    key=(*GROUP, "day"),
    inputs=("core.spells",),
    definition="RET-03b/2",
    formula="as retention.curves, per group; in the comparison by arrival who may be an old hand is at risk from "
    "entry_days on",
    source="Kaplan and Meier 1958; late entry as in R survfit and lifelines",
    parameters={
        "curve_days": "parameters.curve_days",
        "cohort_band_years": "parameters.cohort_band_years",
        "fewest_at_risk": "parameters.fewest_at_risk",
        "confidence": 0.95,
    },
    caveats="Groups differ in more than their name. Affiliations are those of the first act, and unknown for most who have "
    "not committed. Whether a difference may be chance is in retention.group_tests. Of "
    "old hands only those are seen who stayed, and their age counts from their first known act: too little rather than "
    "too much. A curve has no row for days that nobody was followed to.",
    may_be_empty="No curve before somebody can be judged.",
    is_large=True,
    evidence=(
        Evidence(
            "core.spells",
            "the spells of the group that can be judged",
            same=("repo_id", "family", "end_rule", "horizon_days"),
            when=f"{IS_COMPARED} AND here.group_name = {GROUP_OF_SPELL}",
            counted_in="n_persons",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        COMPARISON,
        GROUP_NAME,
        END_RULE,
        HORIZON_DAYS,
        DAYS_SINCE_FIRST,
        *CURVE_COLUMNS,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(spells: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    return (
        curves_of(grouped_ends(spells, parameters.cohort_band_years), parameters)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def curves_of(counted: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """The curves of groups, read on the days they are asked for, from what `ends` counts."""
    counted = counted.cache()
    groups = counted.group_by(GROUP).agg(pl.col("snapshot_at").first(), n_persons=pl.col("n_ends").sum())
    is_reportable = pl.col("n_at_risk") >= parameters.fewest_at_risk
    return (
        read_at_once(counted, parameters.curve_days, by=GROUP, fewest=parameters.fewest_at_risk)
        .drop_nulls("survival_share")
        .join(groups, on=GROUP)
        .with_columns(
            pl.col(NAMES).cast(pl.String),
            pl.when(is_reportable).then("restricted_mean_days"),
            is_reportable=is_reportable,
        )
    )


@made_once
def grouped_ends(spells: pl.LazyFrame, band_years: int) -> pl.LazyFrame:
    """What `ends` counts, for every group of every comparison, with `snapshot_at`; the names are categorical.

    Doors, years and employers are compared among newcomers; old hands take part in the comparison by arrival alone.
    """
    alike = ("repo_id", "family", "end_rule", "horizon_days", "entry_days", "duration_days")
    seen = (
        spells.filter(IS_DECIDABLE, WAS_SEEN)
        .select(
            pl.col("repo_id", "family", "end_rule").cast(pl.Categorical),
            *alike[3:],
            "snapshot_at",
            "is_exit",
            "is_newcomer",
            **group_names(band_years),
        )
        .cache()
    )
    takes_part = {**dict.fromkeys(COMPARISONS, pl.col("is_newcomer")), "arrival": pl.lit(value=True)}
    return pl.concat(
        seen.filter(takes_part[comparison])
        .group_by(*alike, group_name=comparison)
        .agg(
            pl.col("snapshot_at").first(),
            n_exits=pl.col("is_exit").sum().cast(pl.Int64),
            n_ends=pl.len().cast(pl.Int64),
        )
        .rename({"entry_days": "entry", "duration_days": "duration"})
        .with_columns(comparison=pl.lit(comparison).cast(pl.Categorical))
        for comparison in COMPARISONS
    )


def group_names(band_years: int) -> Mapping[str, pl.Expr]:
    year = pl.col("cohort_quarter").dt.year()
    band = year - year % band_years
    names = {
        "door": pl.col("door"),
        "cohort_band": pl.format("{}-{}", band, band + band_years - 1),
        "affiliation": pl.col("affiliation_class"),
        "arrival": pl.when("is_newcomer").then(pl.lit("newcomer")).otherwise(pl.lit("old hand")),
    }
    return {comparison: name.cast(pl.Categorical) for comparison, name in names.items()}
