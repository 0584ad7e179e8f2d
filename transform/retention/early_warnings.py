"""retention.early_warnings: which regulars fall silent in a way that people who did not return did? (RET-10c)"""

from __future__ import annotations

import numpy as np
import polars as pl

from quality.contract import Column, Table
from transform.columns import ALL_REPOSITORIES, DEFINITION, HORIZON_DAYS, PERSON_ID, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.spells import SCOPE_KEY, active_days, silences
from transform.parameters import Parameters
from transform.retention.rests_on import ALL_ACTS_OF_PERSON
from transform.statistics.logistic import Flags, NoModel, fit, predicted

YEAR_DAYS = 365
QUARTER_DAYS = 90
FEWEST_ACTIVE_DAYS = 3
FEWEST_OUTCOMES = 50
"""Of either kind among the person-months a model is fitted to: ten a coefficient."""
COVARIATES = ("silence_days", "n_active_days_quarter", "n_active_days_year", "tenure_days")

TABLE = Table(
    schema="retention",
    name="early_warnings",
    grain="one row per repository and regular: a person with 3 or more active days in the last 365",
    key=SCOPE_KEY,
    inputs=("core.contributions", "core.repositories"),
    definition="RET-10c/1",
    formula="log odds of no act within horizon_days = a + sum of b x ln(1 + covariate), fitted to the regulars of all "
    "repositories at every month's start that is horizon_days and a year of held-out months before snapshot - horizon_days",
    source="discrete-time hazard: Allison 1982; checked in retention.early_warning_calibration",
    parameters={"horizon_days": "parameters.horizon_days", "fewest_active_days": FEWEST_ACTIVE_DAYS},
    caveats="For maintainers who want to ask somebody how they are; not a ranking, not for publishing, and in no report. A "
    "probability is no judgement of a person: most of what makes people stop is not in the data. Look at the calibration "
    "first.",
    may_be_empty="There may be no regulars.",
    is_large=True,
    evidence=(ALL_ACTS_OF_PERSON,),
    columns=(
        REPO_ID,
        PERSON_ID,
        HORIZON_DAYS,
        Column("silence_days", pl.Int32, "From the last active day to the snapshot.", unit="days", at_least=0),
        count("n_active_days_quarter", "Active days in the last 90."),
        count("n_active_days_year", "Active days in the last 365."),
        Column("tenure_days", pl.Int32, "From the first active day to the snapshot.", unit="days", at_least=0),
        share("silent_share", "Probability of no act in the next horizon_days; null if unknown.", nullable=True),
        Column(
            "reason",
            pl.String,
            "Why there is no probability; null where there is one.",
            nullable=True,
            one_of=("too little past", "no model"),
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)
JUDGED: dict[str, pl.DataType] = {"silent_share": pl.Float64(), "reason": pl.String()}


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    return (
        judged(contributions, repositories, parameters.horizon_days)
        .filter(pl.col("part") == "now")
        .with_columns(
            pl.col(SCOPE_KEY).cast(pl.String),
            horizon_days=pl.lit(parameters.horizon_days, pl.Int32),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def judged(contributions: pl.LazyFrame, repositories: pl.LazyFrame, horizon: int) -> pl.LazyFrame:
    """Regulars at every month's start and at the snapshot, with what the model says of them (`silent_share`)."""
    days = active_days(contributions, repositories).filter(
        pl.col("family") == "any", pl.col("repo_id") != ALL_REPOSITORIES
    )
    rows = days.pipe(silences).pipe(regulars).pipe(parted, horizon)
    schema = pl.Schema({**rows.collect_schema(), **JUDGED})
    return rows.map_batches(with_probabilities, schema=schema)


def regulars(days: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person and date (`as_of_day`) on which they had enough active days in the year before.

    `returns_day` is the next active day on or after it, or that of the snapshot.
    """
    day, today = pl.col("day"), pl.col("snapshot_at").dt.date()
    asked = pl.col("as_of_day")
    frequent = days.filter(pl.len().over(SCOPE_KEY) >= FEWEST_ACTIVE_DAYS).with_columns(
        first_day=day.min().over(SCOPE_KEY), returns_day=day + pl.duration(days=pl.col("silence_days"))
    )
    months = pl.date_ranges(
        day.dt.offset_by("1d").dt.truncate("1mo"), pl.min_horizontal(day + pl.duration(days=YEAR_DAYS), today), "1mo"
    )
    dates = pl.concat_list(months, pl.concat_list(today)).list.unique()
    age = (asked - day).dt.total_days()
    return (
        frequent.with_columns(as_of_day=dates)
        .explode("as_of_day")
        .filter((day < asked) | ((day == asked) & (asked == today)), age <= YEAR_DAYS)
        .group_by(*SCOPE_KEY, "as_of_day")
        .agg(
            pl.col("snapshot_at", "first_day").first(),
            pl.col("returns_day").max(),
            silence_days=age.min().cast(pl.Int32),
            n_active_days_quarter=(age <= QUARTER_DAYS).sum().cast(pl.Int64),
            n_active_days_year=pl.len().cast(pl.Int64),
        )
        .filter(pl.col("n_active_days_year") >= FEWEST_ACTIVE_DAYS)
        .with_columns(tenure_days=(asked - pl.col("first_day")).dt.total_days().cast(pl.Int32))
    )


def parted(rows: pl.LazyFrame, horizon: int) -> pl.LazyFrame:
    """Adds `is_silent` and `part`: to train with, held out to check with, now, or null for neither.

    What is trained with was over, outcome and all, before the first held-out month began.
    """
    asked, today = pl.col("as_of_day"), pl.col("snapshot_at").dt.date()
    ahead = pl.duration(days=horizon)
    known_until = today - ahead
    held_out_from = known_until - pl.duration(days=YEAR_DAYS)
    part = (
        pl.when(asked == today)
        .then(pl.lit("now"))
        .when(asked + ahead <= held_out_from)
        .then(pl.lit("training"))
        .when(asked.is_between(held_out_from, known_until, closed="right"))
        .then(pl.lit("held out"))
    )
    return rows.with_columns(is_silent=pl.col("returns_day") >= asked + ahead, part=part).drop_nulls("part")


def with_probabilities(rows: pl.DataFrame) -> pl.DataFrame:
    training = rows.filter(pl.col("part") == "training").sort(*SCOPE_KEY, "as_of_day")
    x, y = covariates(training), training["is_silent"].to_numpy()
    if not is_enough(y):
        return rows.with_columns(unknown("too little past"))
    try:
        model = fit(x, y)
    except NoModel:
        return rows.with_columns(unknown("no model"))
    probabilities = pl.Series("silent_share", predicted(covariates(rows), model), pl.Float64)
    return rows.with_columns(probabilities, pl.lit(None, pl.String).alias("reason"))


def unknown(reason: str) -> list[pl.Expr]:
    return [pl.lit(None, pl.Float64).alias("silent_share"), pl.lit(reason).alias("reason")]


def covariates(rows: pl.DataFrame) -> np.typing.NDArray[np.floating]:
    return rows.select(pl.col(COVARIATES).log1p()).to_numpy()


def is_enough(y: Flags) -> bool:
    return bool(min(y.sum(), (~y).sum()) >= FEWEST_OUTCOMES)
