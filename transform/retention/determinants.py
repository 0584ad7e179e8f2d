"""retention.determinants: what of a newcomer's first month goes with staying longer? (RET-05)"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, DOORS, FAMILY, HORIZON_DAYS, SCOPE_ID, SNAPSHOT_AT, count
from transform.core.spells import IS_DECIDABLE, PERSON_KEY, SCOPE_KEY, horizons_of, in_all
from transform.parameters import Parameters
from transform.retention.hazard_models import (
    FEWEST_CLUSTERS,
    TERM_COLUMNS,
    TERM_SCHEMA,
    People,
    Terms,
    groups_of,
    people_of,
    ratios,
    sorted_out,
    told,
)
from transform.retention.newcomers import of_newcomers
from transform.statistics.cox import Lives

DOOR_TERMS = tuple(f"door_{door}" for door in DOORS)
OF_ARRIVAL = ("partners_doubled", "issue_fixed", "change_merged")
EMPLOYED = ("company", "academic", "public")
TERMS = (
    "contributions_doubled",
    "active_days_doubled",
    *OF_ARRIVAL,
    "employed",
    "volunteer",
    "later_year",
    *DOOR_TERMS,
)
FEWEST_PER_DOOR = 10
CHANGES_AT = 0.05
"""Below such a p-value of proportionality a model is fitted to each period as well."""
WHOLE = "whole"
MODEL = ("repo_id", "family", "horizon_days")

TABLE = Table(
    schema="retention",
    name="determinants",
    grain="one row per repository (or all), family, horizon, period of staying and term of the model",
    key=(*MODEL, "period", "term"),
    inputs=("core.spells", "retention.newcomers", "retention.first_months"),
    definition="RET-05/3",
    formula="hazard of leaving (first_gap) after the first month = baseline x exp(sum of coefficient x term), of those "
    "still there then; partial likelihood with Efron's ties, in all stratified by repository; errors robust",
    source="Cox 1972; Efron 1977; Lin and Wei 1989; Grambsch and Therneau 1994; first month: Zhou and Mockus 2012",
    parameters={
        "first_month_days": "parameters.first_month_days",
        "horizon_days": "parameters.horizon_days",
        "sensitivity_days": "parameters.sensitivity_days",
        "determinants_sample": "parameters.determinants_sample",
        "exits_per_term": "parameters.exits_per_term",
        "hazard_split_days": "parameters.hazard_split_days",
        "fewest_per_door": FEWEST_PER_DOOR,
        "fewest_clusters": FEWEST_CLUSTERS,
        "changes_at": CHANGES_AT,
    },
    caveats="Associations, not causes. Only of newcomers who acted again after their first month. Where "
    "proportionality_p_value is small the ratio is a mean over changing ones: read those of the periods. A null says why "
    "in reason.",
    may_be_empty="No model where nobody outlasted their first month.",
    evidence=(
        Evidence(
            "core.spells",
            "the spells of newcomers, each in its repository, who were there after the first month",
            same=("family", "horizon_days"),
            scope=("repo_id",),
            when="there.repo_id <> 'all' AND there.is_newcomer AND there.is_exit IS NOT NULL AND there.end_rule = 'first_gap' AND there.duration_days > here.landmark_days",
            counted_in="n_persons",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        HORIZON_DAYS,
        Column("period", pl.String, "Days of staying the model is about, such as 30-90; the other horizons: whole."),
        Column(
            "term",
            pl.String,
            "Twice the acts, active days or partners of the first month; an issue fixed or a change merged in it; a "
            "calendar year later; known to be employed, or a volunteer, rather than unknown; a door instead of reference_door.",
            one_of=TERMS,
        ),
        Column("reference_door", pl.String, "The door most came through; others are compared with it.", one_of=DOORS),
        Column("landmark_days", pl.Int32, "Age from which on leaving counts.", unit="days", at_least=1),
        count("n_persons", "Persons the row rests on.", unit="persons"),
        count("n_sampled", "Persons the model was fitted to.", unit="persons"),
        count("sample_cap", "Most persons a model takes: a setting (determinants_sample).", unit="persons"),
        *TERM_COLUMNS,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)
FITTED = {
    "period": pl.String,
    "reference_door": pl.String,
    "n_persons": pl.Int64,
    "n_sampled": pl.Int64,
    **TERM_SCHEMA,
    "snapshot_at": TABLE.column("snapshot_at").dtype,
}
MODEL_SCHEMA = {"repo_id": pl.Categorical, "family": pl.Categorical, "horizon_days": pl.Int32}


def build(
    spells: pl.LazyFrame, arrived: pl.LazyFrame, first_months: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    within = stayed(spells, arrived, first_months, parameters)
    return (
        within.map_batches(partial(models, parameters=parameters), schema={**MODEL_SCHEMA, **FITTED})
        .with_columns(
            pl.col("repo_id", "family").cast(pl.String),
            **ratios(),
            landmark_days=pl.lit(parameters.first_month_days, pl.Int32),
            sample_cap=pl.lit(parameters.determinants_sample, pl.Int64),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def stayed(
    spells: pl.LazyFrame, arrived: pl.LazyFrame, first_months: pl.LazyFrame, parameters: Parameters
) -> pl.LazyFrame:
    """The newcomers to each repository who were there after their first month, with what is known of it.

    `draw` is a number by chance, always the same for the same person in the same repository.
    """
    landmark = parameters.first_month_days
    months = arrived.select(
        pl.col(PERSON_KEY).cast(pl.Categorical), "n_contributions_first_month", "n_active_days_first_month"
    )
    door = pl.col("door")
    return (
        of_newcomers(spells)
        .filter(
            IS_DECIDABLE,
            pl.col("horizon_days").is_in(horizons_of(parameters)),
            pl.col("duration_days") > landmark,
            pl.col("repo_id") != "all",
        )
        .select(
            *PERSON_KEY,
            "horizon_days",
            "is_exit",
            "duration_days",
            "door",
            "snapshot_at",
            draw=pl.concat_str(PERSON_KEY).hash(0),
            later_year=pl.col("cohort_quarter").dt.year().cast(pl.Float64),
            stratum="repo_id",
            employed=pl.col("affiliation_class").cast(pl.String).is_in(EMPLOYED).cast(pl.Float64),
            volunteer=(pl.col("affiliation_class") == "volunteer").cast(pl.Float64),
            **{f"door_{name}": (door == name).cast(pl.Float64) for name in DOORS},
        )
        .join(months, on=PERSON_KEY)
        .with_columns(
            contributions_doubled=pl.col("n_contributions_first_month").log(2),
            active_days_doubled=pl.col("n_active_days_first_month").log(2),
        )
        .drop_nulls()
        .join(first_months.pipe(of_arrival), on=PERSON_KEY, how="left")
        .with_columns(pl.col(OF_ARRIVAL).fill_null(0.0))
    )


def of_arrival(first_months: pl.LazyFrame) -> pl.LazyFrame:
    """What is known of the month of arrival, not that of the first act of one family: terms of `any` alone."""
    return first_months.select(
        pl.col(SCOPE_KEY).cast(pl.Categorical),
        family=pl.lit("any").cast(pl.Categorical),
        partners_doubled=(pl.col("n_partners_first_month") + 1).log(2),
        issue_fixed=(pl.col("n_issues_fixed_first_month") > 0).cast(pl.Float64),
        change_merged=(pl.col("n_changes_merged_first_month") > 0).cast(pl.Float64),
    )


def models(rows: pl.DataFrame, *, parameters: Parameters) -> pl.DataFrame:
    """The rows of every repository, family and horizon, and of all repositories together."""
    rows = rows.sort("draw")
    people, ends_at = people_of(rows, TERMS), rows["snapshot_at"].to_physical().to_numpy()
    found = []
    for scoped in (rows.select(MODEL), rows.select(MODEL).lazy().pipe(in_all).collect()):
        for names, places in groups_of(scoped, MODEL):
            sampled = people.at(places[: parameters.determinants_sample])
            shared = {**names, "n_persons": len(places), "snapshot_at": int(ends_at[places].max())}
            found += [{**shared, **row} for row in model(sampled, names["horizon_days"], parameters)]
    schema = {**MODEL_SCHEMA, **FITTED}
    return pl.DataFrame(found, schema={**schema, "snapshot_at": pl.Int64}).cast({"snapshot_at": schema["snapshot_at"]})


def model(sampled: People, horizon: int, parameters: Parameters) -> list[dict[str, object]]:
    """What is told of every term, fitted to these people."""
    taken = dict(zip(DOORS, sampled.terms[:, [TERMS.index(term) for term in DOOR_TERMS]].sum(axis=0), strict=True))
    reference = min(DOORS, key=lambda door: (-taken[door], door))
    terms = sorted_out(TERMS, sampled, absent_doors(taken, reference))
    shared = {
        "reference_door": reference,
        "n_sampled": len(sampled.duration),
        "clustered_by": "repository" if sampled.has_clusters else "person",
    }
    is_main = horizon == parameters.horizon_days
    return [{**shared, **row} for row in in_periods(sampled.lives(terms.places), terms, parameters, is_main=is_main)]


def absent_doors(taken: Mapping[str, float], reference: str) -> dict[str, str]:
    """A door must have been taken, and not taken, by several to be compared."""
    few = {f"door_{door}": "no variation" for door, n in taken.items() if n < FEWEST_PER_DOOR}
    return {**few, f"door_{reference}": "reference"}


def in_periods(lives: Lives, terms: Terms, parameters: Parameters, *, is_main: bool) -> list[dict[str, object]]:
    """The model of all days, and where its ratios change with time, one of each period; not for other horizons."""
    rows = [{"period": WHOLE, **row} for row in told(lives, terms, parameters)]
    p_values = [row["proportionality_p_value"] for row in rows]
    if not is_main or not any(p is not None and float(str(p)) < CHANGES_AT for p in p_values):
        return rows
    landmark = parameters.first_month_days
    starts = [landmark, *(day for day in parameters.hazard_split_days if day > landmark)]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        name = f"{start}-{end}" if end else f"{start} on"
        rows += [{"period": name, **row} for row in told(lives.between(start, end), terms, parameters)]
    return rows
