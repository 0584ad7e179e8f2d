"""retention.determinants: what of a newcomer's first month goes with staying longer? (RET-05)"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, DOORS, FAMILY, HORIZON_DAYS, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import IS_DECIDABLE, PERSON_KEY, in_all
from transform.parameters import Parameters
from transform.retention.newcomers import newcomers
from transform.statistics.cox import Fit, Lives, NotEstimable, fit
from transform.statistics.intervals import Z_95

DOOR_TERMS = tuple(f"door_{door}" for door in DOORS)
TERMS = ("contributions_doubled", "active_days_doubled", "later_year", *DOOR_TERMS)
FEWEST_PER_DOOR = 10
FEWEST_CLUSTERS = 10
MODEL = ("repo_id", "family")

TABLE = Table(
    schema="retention",
    name="determinants",
    grain="one row per repository (or all), family and term of the model",
    key=(*MODEL, "term"),
    inputs=("core.spells", "retention.newcomers"),
    definition="RET-05/1",
    formula="hazard of leaving (first_gap) after the first month = baseline x exp(sum of coefficient x term), of those "
    "still there then; partial likelihood with Efron's ties, in all stratified by repository; errors robust",
    source="Cox 1972; Efron 1977; Lin and Wei 1989; Grambsch and Therneau 1994; first month: Zhou and Mockus 2012",
    parameters={
        "first_month_days": "parameters.first_month_days",
        "horizon_days": "parameters.horizon_days",
        "determinants_sample": "parameters.determinants_sample",
        "exits_per_term": "parameters.exits_per_term",
        "fewest_per_door": FEWEST_PER_DOOR,
        "fewest_clusters": FEWEST_CLUSTERS,
    },
    caveats="Associations, not causes. Only of newcomers who acted again after their first month. Where "
    "proportionality_p_value is small the ratio is a mean over changing ones. A null says why in reason.",
    may_be_empty="No model where nobody outlasted their first month.",
    columns=(
        SCOPE_ID,
        FAMILY,
        Column(
            "term",
            pl.String,
            "Twice the acts, or active days, of the first month; a calendar year later; a door instead of reference_door.",
            one_of=TERMS,
        ),
        Column("reference_door", pl.String, "The door most came through; others are compared with it.", one_of=DOORS),
        HORIZON_DAYS,
        Column("landmark_days", pl.Int32, "Age from which on leaving counts.", unit="days", at_least=1),
        count("n_persons", "Persons the row rests on.", unit="persons"),
        count("n_sampled", "Persons the model was fitted to."),
        count("n_exits", "Of those, who left."),
        count("n_strata", "Repositories, each with a baseline of its own."),
        Column(
            "clustered_by",
            pl.String,
            "Within what errors may go together: repositories if there are enough of them, else persons.",
            one_of=("repository", "person"),
        ),
        Column("coefficient", pl.Float64, "Log hazard ratio.", nullable=True),
        Column("hazard_ratio", pl.Float64, "Below 1: they stay longer.", nullable=True, at_least=0),
        Column("hazard_ratio_lower", pl.Float64, "Lower 95 % bound.", nullable=True, at_least=0),
        Column("hazard_ratio_upper", pl.Float64, "Upper 95 % bound.", nullable=True, at_least=0),
        Column("robust_error", pl.Float64, "Robust standard error of the coefficient.", nullable=True, at_least=0),
        share("p_value", "Chance of so large a coefficient if the hazard did not hang on the term.", nullable=True),
        share("proportionality_p_value", "Small: the ratio changes with the days since arrival.", nullable=True),
        Column(
            "reason",
            pl.String,
            "Why there is no coefficient; null where there is one.",
            nullable=True,
            one_of=("reference", "too few exits", "no variation", "collinear", "did not converge"),
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)
ESTIMATES = ("coefficient", "robust_error", "p_value", "proportionality_p_value")
FITTED = {
    "term": pl.String,
    "reference_door": pl.String,
    "n_persons": pl.Int64,
    "n_sampled": pl.Int64,
    "n_exits": pl.Int64,
    "n_strata": pl.Int64,
    "clustered_by": pl.String,
    **dict.fromkeys(ESTIMATES, pl.Float64),
    "reason": pl.String,
    "snapshot_at": TABLE.column("snapshot_at").dtype,
}


def build(spells: pl.LazyFrame, arrived: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    within = stayed(spells, arrived, parameters)
    schema = {**dict.fromkeys(MODEL, pl.Categorical), **FITTED}
    coefficient, reach = pl.col("coefficient"), Z_95 * pl.col("robust_error")
    return (
        pl.concat([within, in_all(within)])
        .group_by(MODEL)
        .map_groups(partial(model, parameters=parameters), schema=schema)
        .with_columns(
            pl.col(MODEL).cast(pl.String),
            hazard_ratio=coefficient.exp(),
            hazard_ratio_lower=(coefficient - reach).exp(),
            hazard_ratio_upper=(coefficient + reach).exp(),
            horizon_days=pl.lit(parameters.horizon_days, pl.Int32),
            landmark_days=pl.lit(parameters.first_month_days, pl.Int32),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def stayed(spells: pl.LazyFrame, arrived: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """The newcomers to each repository who were there after their first month, with what is known of it.

    `draw` is a number by chance, always the same for the same person in the same repository.
    """
    landmark = parameters.first_month_days
    key = [pl.col(PERSON_KEY).cast(pl.Categorical)]
    first_months = arrived.select(*key, "n_contributions_first_month", "n_active_days_first_month")
    door = pl.col("door")
    return (
        newcomers(spells, parameters)
        .filter(IS_DECIDABLE, pl.col("duration_days") > landmark, pl.col("repo_id") != "all")
        .select(
            *key,
            "is_exit",
            "duration_days",
            "door",
            "snapshot_at",
            draw=pl.concat_str(PERSON_KEY).hash(0),
            later_year=pl.col("cohort_quarter").dt.year().cast(pl.Float64),
            stratum="repo_id",
            **{f"door_{name}": (door == name).cast(pl.Float64) for name in DOORS},
        )
        .join(first_months, on=PERSON_KEY)
        .with_columns(
            contributions_doubled=pl.col("n_contributions_first_month").log(2),
            active_days_doubled=pl.col("n_active_days_first_month").log(2),
        )
        .drop_nulls()
    )


def model(people: pl.DataFrame, *, parameters: Parameters) -> pl.DataFrame:
    """The rows of one repository and family."""
    sampled = people.sort("draw").head(parameters.determinants_sample)
    reference = sampled["door"].value_counts().sort(["count", "door"], descending=[True, False])["door"][0]
    missing = {term: without(term, sampled, reference) for term in TERMS}
    used = [term for term in TERMS if missing[term] is None]
    n_strata = sampled["stratum"].n_unique()
    clusters = "stratum" if n_strata >= FEWEST_CLUSTERS else "person_id"
    found, failure = attempted(sampled, used, clusters, parameters)
    told = {
        **dict(zip(MODEL, people.select(MODEL).row(0), strict=True)),
        "reference_door": reference,
        "n_persons": people.height,
        "n_sampled": sampled.height,
        "n_exits": int(sampled["is_exit"].sum()),
        "n_strata": n_strata,
        "clustered_by": "repository" if clusters == "stratum" else "person",
        "snapshot_at": people["snapshot_at"].max(),
    }
    rows = [
        {
            **told,
            "term": term,
            "reason": missing[term] or failure,
            **(estimates(found, used.index(term)) if found and term in used else dict.fromkeys(ESTIMATES)),
        }
        for term in TERMS
    ]
    return pl.DataFrame(rows, schema={**dict.fromkeys(MODEL, pl.Categorical), **FITTED})


def without(term: str, sampled: pl.DataFrame, reference: str) -> str | None:
    """Why a term cannot be in the model, if so: a door must have been taken, and not taken, by several."""
    if term == f"door_{reference}":
        return "reference"
    if term in DOOR_TERMS and sampled[term].sum() < FEWEST_PER_DOOR:
        return "no variation"
    return "no variation" if sampled[term].n_unique() < 2 else None


def attempted(
    sampled: pl.DataFrame, terms: list[str], clusters: str, parameters: Parameters
) -> tuple[Fit | None, str | None]:
    """The fit, or the reason why there is none."""
    if sampled["is_exit"].sum() < parameters.exits_per_term * max(len(terms), 1):
        return None, "too few exits"
    lives = Lives(
        duration=sampled["duration_days"].to_numpy(),
        is_exit=sampled["is_exit"].to_numpy(),
        covariates=sampled.select(terms).to_numpy().astype(np.float64),
        stratum=sampled["stratum"].cast(pl.String).rank("dense").to_numpy().astype(np.int64),
        cluster=sampled[clusters].to_physical().to_numpy(),
    )
    try:
        return fit(lives), None
    except NotEstimable as reason:
        return None, str(reason)


def estimates(found: Fit, place: int) -> dict[str, float | None]:
    values = (found.coefficients, found.robust_errors, found.p_values, found.proportional_p_values)
    return {
        name: None if np.isnan(value[place]) else float(value[place])
        for name, value in zip(ESTIMATES, values, strict=True)
    }
