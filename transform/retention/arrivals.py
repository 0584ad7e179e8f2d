"""retention.arrivals: how many are new in a month, quarter or year, by two meanings of new (RET-01c)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, FAMILY, SCOPE_ID, SNAPSHOT_AT, count
from transform.core.repositories import IS_HISTORY_CUT
from transform.core.spells import PERSON_KEY, active_days, in_all, snapshots
from transform.parameters import Parameters
from transform.retention.rests_on import acts_between

UNITS = {"month": "1mo", "quarter": "1q", "year": "1y"}
VARIANTS = ("first_ever", "period")
SERIES = ("repo_id", "family", "period_unit")
CELL = (*SERIES, "period_start")

TABLE = Table(
    schema="retention",
    name="arrivals",
    grain="one row per repository (or all), family, meaning of new, and calendar month, quarter or year that is over",
    key=("repo_id", "family", "variant", "period_unit", "period_start"),
    inputs=("retention.newcomers", "core.contributions", "core.repositories"),
    definition="RET-01c/1",
    formula="first_ever: the newcomers of RET-01 by the period of their first act; period: persons with an act in the period "
    "and none in the one before",
    source="period: studies of turnover, such as Ferreira et al. 2020",
    caveats="Under period, whoever rests for a whole period is new again, so shorter periods have more of them: never compare "
    "one unit with another, nor one variant with the other.",
    may_be_empty="No period may be over yet in which anybody acted.",
    is_large=True,
    evidence=(
        acts_between(
            "here.period_start",
            "here.period_start + CASE here.period_unit WHEN 'month' THEN INTERVAL 1 MONTH WHEN 'quarter' THEN INTERVAL 3 MONTH ELSE INTERVAL 1 YEAR END",
            "the acts of humans in the period",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        Column(
            "variant", pl.String, "What new means: for the first time ever, or not the period before.", one_of=VARIANTS
        ),
        Column("period_unit", pl.String, "Length of the period.", one_of=tuple(UNITS)),
        Column("period_start", pl.Date, "First day (UTC) of the period."),
        count("n_persons", "Persons the row rests on.", unit="persons"),
        count(
            "n_arrived",
            "Of those, who are new; null where it cannot be known who was here before.",
            unit="persons",
            nullable=True,
        ),
        count(
            "n_had_been_here",
            "Of those, who had been here before; none under first_ever; null as above.",
            unit="persons",
            nullable=True,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    newcomers: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    came = newcomers.select(pl.col(PERSON_KEY).cast(pl.Categorical), first_day=pl.col("first_at").dt.date())
    days = active_days(contributions, repositories).select(*PERSON_KEY, "day").cache()
    counted = pl.concat(
        [days.pipe(members, every).pipe(in_periods, came, unit, every) for unit, every in UNITS.items()]
    )
    return (
        counted.pipe(with_gaps, repositories)
        .pipe(told)
        .with_columns(pl.col("repo_id", "family").cast(pl.String), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def members(days: pl.LazyFrame, every: str) -> pl.LazyFrame:
    """Who acted in which period, and whether in the one before as well."""
    once = days.select(*PERSON_KEY, period_start=pl.col("day").dt.truncate(every)).unique().cache()
    before = once.select(
        *PERSON_KEY, period_start=pl.col("period_start").dt.offset_by(every), was_here=pl.lit(value=True)
    )
    return once.join(before, on=[*PERSON_KEY, "period_start"], how="left")


def in_periods(seats: pl.LazyFrame, came: pl.LazyFrame, unit: str, every: str) -> pl.LazyFrame:
    """Members, newcomers by RET-01, and those who were not members the period before."""
    is_first = (pl.col("first_day").dt.truncate(every) == pl.col("period_start")).fill_null(value=False)
    is_absent = pl.col("was_here").is_null()
    return (
        seats.join(came, on=PERSON_KEY, how="left")
        .group_by("repo_id", "family", "period_start")
        .agg(
            n_persons=pl.len().cast(pl.Int64),
            n_first=is_first.sum().cast(pl.Int64),
            n_joined=is_absent.sum().cast(pl.Int64),
            n_joined_again=(is_absent & ~is_first).sum().cast(pl.Int64),
        )
        .with_columns(period_unit=pl.lit(unit))
    )


def with_gaps(counted: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Every period from the first with an act to the last that is over by the snapshot, also those without any.

    `knows_from_day`: from here on it is known who is new; before, part of the git history is missing.
    """
    counted = counted.cache()
    first = counted.group_by(SERIES).agg(first_period=pl.col("period_start").min())
    ends = first.join(snapshots(repositories), on="repo_id").with_columns(end=pl.col("snapshot_at").dt.date())
    grids = [
        ends.filter(pl.col("period_unit") == unit).with_columns(
            # the period in which the snapshot lies is not over, unless the snapshot is its very end
            period_start=pl.date_ranges("first_period", pl.col("end").dt.truncate(every), every, closed="left")
        )
        for unit, every in UNITS.items()
    ]
    return (
        pl.concat(grids)
        .explode("period_start")
        .drop_nulls("period_start")
        .join(known_from(repositories), on="repo_id", how="left")
        .join(counted, on=CELL, how="left")
        .with_columns(pl.col("n_persons", "n_first", "n_joined", "n_joined_again").fill_null(0))
    )


def known_from(repositories: pl.LazyFrame) -> pl.LazyFrame:
    each = repositories.select(
        pl.col("repo_id").cast(pl.Categorical),
        knows_from_day=pl.when(IS_HISTORY_CUT).then("newcomers_from_at").dt.date(),
    )
    return pl.concat([each, in_all(each).group_by("repo_id").agg(pl.col("knows_from_day").max())])


def told(cells: pl.LazyFrame) -> pl.LazyFrame:
    """Both variants of every cell."""
    start = pl.col("period_start")
    has_before = (start > pl.col("first_period")) & (start >= pl.col("knows_from_day").fill_null(start))
    is_known = (start >= pl.col("knows_from_day").dt.truncate("1mo")).fill_null(value=True)
    first_ever = cells.with_columns(
        variant=pl.lit("first_ever"),
        n_arrived=pl.when(is_known).then("n_first"),
        n_had_been_here=pl.when(is_known).then(pl.lit(0, pl.Int64)),
    )
    period = cells.with_columns(
        variant=pl.lit("period"),
        n_arrived=pl.when(has_before).then("n_joined"),
        n_had_been_here=pl.when(has_before).then("n_joined_again"),
    )
    return pl.concat([first_ever, period])
