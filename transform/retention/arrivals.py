"""retention.arrivals: how many are new in a month, quarter or year, by two meanings of new (RET-01c)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, FAMILY, SCOPE_ID, SNAPSHOT_AT, count
from transform.core.repositories import IS_HISTORY_CUT
from transform.core.spells import in_all, months_of, snapshots
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
    came = newcomers.select(pl.col("repo_id", "family").cast(pl.Categorical), day=pl.col("first_at").dt.date())
    months = months_of(contributions, repositories)
    counted = pl.concat(
        [months.pipe(members, unit).join(came.pipe(firsts, unit), on=CELL, how="left") for unit in UNITS]
    ).with_columns(pl.col("n_first").fill_null(0))
    return (
        counted.pipe(with_gaps, repositories)
        .pipe(told)
        .with_columns(pl.col("repo_id", "family").cast(pl.String), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def members(months: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    """Persons per period, and those of them who were not there in the one before."""
    month = pl.col("month_start")
    goes_on = pl.col("life") == pl.col("life").shift()
    number = pl.col("period_number")
    seats = months.with_columns(period_start=month.dt.truncate(UNITS[unit]), period_number=numbers()[unit])
    # the months of one life adjoin, so what differs from the row before begins a period
    once = seats.filter(~(goes_on & (number == number.shift())).fill_null(value=False))
    was_here = (goes_on & (number == number.shift() + 1)).fill_null(value=False)
    counted = once.with_columns(was_here=was_here).group_by("repo_id", "family", "period_start")
    joined = (~pl.col("was_here")).sum().cast(pl.Int64)
    return counted.agg(n_persons=pl.len().cast(pl.Int64), n_joined=joined).with_columns(period_unit=pl.lit(unit))


def numbers() -> dict[str, pl.Expr]:
    """Periods numbered through, so that neighbours differ by one."""
    month = pl.col("month_start")
    year = month.dt.year()
    return {"month": year * 12 + month.dt.month(), "quarter": year * 4 + month.dt.quarter(), "year": year}


def firsts(came: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    period = pl.col("day").dt.truncate(UNITS[unit])
    counted = came.group_by("repo_id", "family", period_start=period).agg(n_first=pl.len().cast(pl.Int64))
    return counted.with_columns(period_unit=pl.lit(unit))


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
        .with_columns(pl.col("n_persons", "n_first", "n_joined").fill_null(0))
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
        # who comes for the first time ever was not there the period before either
        n_had_been_here=pl.when(has_before).then(pl.col("n_joined") - pl.col("n_first")),
    )
    return pl.concat([first_ever, period])
