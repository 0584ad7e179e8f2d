"""retention.early_warnings: which regulars fall silent in a way that people who did not return did? (RET-10c)"""

from __future__ import annotations

import numpy as np
import polars as pl

from quality.contract import Column, Table
from transform.columns import ALL_REPOSITORIES, DEFINITION, HORIZON_DAYS, PERSON_ID, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.spells import SCOPE_KEY, lives, snapshots
from transform.once import made_once
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


@made_once
def judged(contributions: pl.LazyFrame, repositories: pl.LazyFrame, horizon: int) -> pl.LazyFrame:
    """Regulars at every month's start and at the snapshot, with what the model says of them (`silent_share`)."""
    days = lives(contributions, repositories).filter(pl.col("family") == "any", pl.col("repo_id") != ALL_REPOSITORIES)
    rows = days.pipe(regulars).pipe(parted, horizon).join(snapshots(repositories), on="repo_id").drop("snapshot_day")
    schema = pl.Schema({**rows.collect_schema(), **JUDGED})
    return rows.map_batches(with_probabilities, schema=schema)


def regulars(days: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person and date (`as_of_day`) on which they had enough active days in the year before.

    `returns_day` is the next active day on or after it, or that of the snapshot.
    """
    frequent = days.filter(pl.len().over("life") >= FEWEST_ACTIVE_DAYS).select(
        *SCOPE_KEY, "life", "day", "silence_days", "snapshot_day"
    )
    schema = frequent.select(*SCOPE_KEY, "snapshot_day").collect_schema()
    return frequent.map_batches(counted, schema={**schema, **COUNTED}).filter(
        pl.col("n_active_days_year") >= FEWEST_ACTIVE_DAYS
    )


COUNTED: dict[str, pl.DataType] = {
    "as_of_day": pl.Date(),
    "returns_day": pl.Date(),
    "silence_days": pl.Int32(),
    "n_active_days_quarter": pl.Int64(),
    "n_active_days_year": pl.Int64(),
    "tenure_days": pl.Int32(),
}


def counted(days: pl.DataFrame) -> pl.DataFrame:
    """Every person on every month's start up to a year after their last day, and on the day of the snapshot.

    The days of all persons lie on one line, those of one person apart from the others', so that how many lie between two
    dates is the difference of two places on it.
    """
    asked = days.group_by("life", maintain_order=True).agg(lifetime()).with_columns(as_of_day=dates())
    asked = asked.explode("as_of_day").drop_nulls("as_of_day")
    line, life = on_line(days["life"], days["day"]), asked["life"]
    today = asked["as_of_day"] == asked["snapshot_day"]
    upto = np.searchsorted(line, on_line(life, asked["as_of_day"]) + today.to_numpy())
    since = {n: np.searchsorted(line, on_line(life, asked["as_of_day"]) - n) for n in (QUARTER_DAYS, YEAR_DAYS)}
    last = days[np.maximum(upto - 1, 0)].select(latest_day="day", wait="silence_days")
    as_of = pl.col("as_of_day")
    return asked.hstack(last).select(
        *SCOPE_KEY,
        "snapshot_day",
        "as_of_day",
        returns_day=pl.col("latest_day") + pl.duration(days=pl.col("wait")),
        silence_days=(as_of - pl.col("latest_day")).dt.total_days().cast(pl.Int32),
        n_active_days_quarter=pl.Series(upto - since[QUARTER_DAYS], dtype=pl.Int64),
        n_active_days_year=pl.Series(upto - since[YEAR_DAYS], dtype=pl.Int64),
        tenure_days=(as_of - pl.col("first_day")).dt.total_days().cast(pl.Int32),
    )


def lifetime() -> list[pl.Expr]:
    whose = [pl.col(name).first() for name in (*SCOPE_KEY, "snapshot_day")]
    return [*whose, pl.col("day").min().alias("first_day"), pl.col("day").max().alias("last_day")]


def dates() -> pl.Expr:
    today = pl.col("snapshot_day")
    until = pl.min_horizontal(pl.col("last_day") + pl.duration(days=YEAR_DAYS), today)
    months = pl.date_ranges(pl.col("first_day").dt.offset_by("1d").dt.truncate("1mo"), until, "1mo")
    return pl.concat_list(months, pl.concat_list(today)).list.unique()


LINE = 2**24
"""More days than anybody lives, and a year on either side."""


def on_line(life: pl.Series, day: pl.Series) -> np.typing.NDArray[np.int64]:
    line: np.typing.NDArray[np.int64] = life.cast(pl.Int64).to_numpy() * LINE + day.to_physical().to_numpy()
    return line


def parted(rows: pl.LazyFrame, horizon: int) -> pl.LazyFrame:
    """Adds `is_silent` and `part`: to train with, held out to check with, now, or null for neither.

    What is trained with was over, outcome and all, before the first held-out month began.
    """
    asked, today = pl.col("as_of_day"), pl.col("snapshot_day")
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
    rows = rows.sort(*SCOPE_KEY, "as_of_day")  # products of matrices differ with the place of a row
    training = rows.filter(pl.col("part") == "training")
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
