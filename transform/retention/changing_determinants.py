"""retention.changing_determinants: what of the quarters before goes with leaving in this one? (RET-05b)"""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, HORIZON_DAYS, SCOPE_ID, SNAPSHOT_AT, count
from transform.core.spells import IS_DECIDABLE, SCOPE_KEY, horizons_of, in_all
from transform.parameters import Parameters
from transform.retention.hazard_models import (
    FEWEST_CLUSTERS,
    TERM_COLUMNS,
    TERM_SCHEMA,
    groups_of,
    numbered,
    people_of,
    ratios,
    sorted_out,
    told,
)

TERMS = (
    "familiarity",
    "team_newcomers",
    "has_partners",
    "cohesion",
    "bridging",
    "has_files",
    "heterogeneity",
    "team_doubled",
    "has_merged",
)
MODEL = ("repo_id", "horizon_days")

TABLE = Table(
    schema="retention",
    name="changing_determinants",
    grain="one row per repository (or all), horizon and term of the model",
    key=(*MODEL, "term"),
    inputs=("core.spells", "retention.social_capital", "core.changes"),
    definition="RET-05b/2",
    formula="hazard of leaving (first_gap, all families) = baseline x exp(sum of coefficient x term), terms as they stood at "
    "the end of the last quarter in which the person was in the team; partial likelihood with Efron's ties, late entry, in "
    "all stratified by repository; errors robust",
    source="time-varying covariates: Cox 1972; social capital and leaving: Qiu et al. 2019",
    parameters={
        "horizon_days": "parameters.horizon_days",
        "sensitivity_days": "parameters.sensitivity_days",
        "determinants_sample": "parameters.determinants_sample",
        "exits_per_term": "parameters.exits_per_term",
        "fewest_clusters": FEWEST_CLUSTERS,
    },
    caveats="Associations, not causes. Only of newcomers who committed or reviewed, and from the quarter after on. What "
    "happens within a quarter does not count in it: who is about to leave does less, and the less would seem to be why. "
    "Answers are not among the terms, for leaving is dated to the last act, and an answer after it would count as none.",
    may_be_empty="No model where nobody was in a team and stayed beyond its quarter.",
    evidence=(
        Evidence("retention.social_capital", "the quarters in a team of everybody", scope=("repo_id",)),
        Evidence(
            "core.spells",
            "the spells of newcomers, each in its repository",
            same=("horizon_days",),
            scope=("repo_id",),
            when="there.repo_id <> 'all' AND there.is_newcomer AND there.is_exit IS NOT NULL AND there.family = 'any' AND there.end_rule = 'first_gap'",
        ),
    ),
    columns=(
        SCOPE_ID,
        HORIZON_DAYS,
        Column(
            "term",
            pl.String,
            "One earlier quarter together more; only newcomers as teammates rather than none; conversations at all, and in "
            "them cohesion and bridging (RET-15) 1 rather than 0; known files at all, and in them heterogeneity 1 rather "
            "than 0; twice the team; a change merged before.",
            one_of=TERMS,
        ),
        count("n_persons", "Persons the row rests on.", unit="persons"),
        count("n_sampled", "Persons the model was fitted to.", unit="persons"),
        count("sample_cap", "Most persons a model takes: a setting (determinants_sample).", unit="persons"),
        count("n_stretches", "Stretches of days with unchanged terms that the persons in the model make."),
        *TERM_COLUMNS,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)
FITTED = {
    "n_persons": pl.Int64,
    "n_sampled": pl.Int64,
    "n_stretches": pl.Int64,
    **TERM_SCHEMA,
    "snapshot_at": TABLE.column("snapshot_at").dtype,
}
MODEL_SCHEMA = {"repo_id": pl.Categorical, "horizon_days": pl.Int32}


def build(
    spells: pl.LazyFrame, social_capital: pl.LazyFrame, changes: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    within = stretches(spells, social_capital, changes, parameters)
    return (
        within.map_batches(partial(models, parameters=parameters), schema={**MODEL_SCHEMA, **FITTED})
        .with_columns(
            pl.col("repo_id").cast(pl.String),
            **ratios(),
            sample_cap=pl.lit(parameters.determinants_sample, pl.Int64),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def stretches(
    spells: pl.LazyFrame, social_capital: pl.LazyFrame, changes: pl.LazyFrame, parameters: Parameters
) -> pl.LazyFrame:
    """The days of a newcomer's stay cut where their terms change: at the end of every quarter in a team.

    From the end of the first such quarter on they are at risk: before, nothing of an earlier quarter is known. `draw` is
    a number by chance, always the same for the same person in the same repository.
    """
    stays = spells.filter(
        "is_newcomer",
        IS_DECIDABLE,
        pl.col("family") == "any",
        pl.col("end_rule") == "first_gap",
        pl.col("horizon_days").is_in(horizons_of(parameters)),
        pl.col("repo_id") != "all",
    ).select(*SCOPE_KEY, "horizon_days", "first_day", "duration_days", "is_exit", "snapshot_at")
    since, until = (
        (pl.col(name) - pl.col("first_day")).dt.total_days().cast(pl.Int32) for name in ("from_day", "next_from_day")
    )
    last = pl.col("duration_days")
    return (
        stays.join(lagged(social_capital), on=SCOPE_KEY)
        .join(first_merges(changes), on=SCOPE_KEY, how="left")
        .with_columns(
            pl.col(SCOPE_KEY).cast(pl.Categorical),
            draw=pl.concat_str(SCOPE_KEY).hash(0),
            entry_days=since,
            ends_days=pl.min_horizontal(until.fill_null(last), last),
            has_merged=(pl.col("merged_day") < pl.col("from_day")).fill_null(value=False).cast(pl.Float64),
        )
        .filter(pl.col("entry_days") < pl.col("ends_days"))
        .with_columns(
            is_exit=pl.col("is_exit") & (pl.col("ends_days") == last), duration_days="ends_days", stratum="repo_id"
        )
    )


def lagged(social_capital: pl.LazyFrame) -> pl.LazyFrame:
    """Terms of each quarter of a person with the day from which they are known, and that from which later ones are.

    What does not apply (no partners, no files) is 0 beside a term that says so.
    """
    bridging, unlike = pl.col("bridging"), pl.col("heterogeneity_share")
    known = social_capital.select(
        *SCOPE_KEY,
        from_day=pl.col("quarter_start").dt.offset_by("1q"),
        familiarity=pl.col("familiarity_quarters").fill_null(0.0),
        team_newcomers="team_newcomer_share",
        has_partners=bridging.is_not_null().cast(pl.Float64),
        cohesion=pl.col("cohesion_share").fill_null(0.0),
        bridging=bridging.fill_null(0.0),
        has_files=unlike.is_not_null().cast(pl.Float64),
        heterogeneity=unlike.fill_null(0.0),
        team_doubled=(pl.col("n_teammates") + 1).log(2),
    )
    return known.sort(*SCOPE_KEY, "from_day").with_columns(next_from_day=pl.col("from_day").shift(-1).over(SCOPE_KEY))


def first_merges(changes: pl.LazyFrame) -> pl.LazyFrame:
    merged = changes.filter(pl.col("merged_at").is_not_null(), pl.col("person_id").is_not_null())
    return merged.group_by(SCOPE_KEY).agg(merged_day=pl.col("merged_at").min().dt.date())


def models(rows: pl.DataFrame, *, parameters: Parameters) -> pl.DataFrame:
    """The rows of every repository and horizon, and of all repositories together."""
    rows = rows.sort("draw", "entry_days")
    people, ends_at = people_of(rows, TERMS), rows["snapshot_at"].to_physical().to_numpy()
    drawn = numbered(rows["draw"])  # of a person the stretches adjoin
    found = []
    for scoped in (rows.select(MODEL), rows.select(MODEL).lazy().pipe(in_all).collect()):
        for names, places in groups_of(scoped, MODEL):
            n_before = np.append(0, (np.diff(drawn[places]) > 0).cumsum())
            n_sampled = min(int(n_before[-1]) + 1, parameters.determinants_sample)
            sampled = people.at(places[n_before < n_sampled])
            shared = {
                **names,
                "n_persons": int(n_before[-1]) + 1,
                "n_sampled": n_sampled,
                "n_stretches": len(sampled.duration),
                "clustered_by": "repository" if sampled.has_clusters else "person",
                "snapshot_at": int(ends_at[places].max()),
            }
            terms = sorted_out(TERMS, sampled, {})
            found += [{**shared, **row} for row in told(sampled.lives(terms.places), terms, parameters)]
    schema = {**MODEL_SCHEMA, **FITTED}
    return pl.DataFrame(found, schema={**schema, "snapshot_at": pl.Int64}).cast({"snapshot_at": schema["snapshot_at"]})
