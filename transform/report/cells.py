"""What may be shown of few persons: nothing (ETH-02). And of the young: that it is too early."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

FEWEST_PERSONS = 5
OTHER_DOORS = "other doors"
PERIODS = (("month", "1mo", 36), ("quarter", "1q", 24), ("year", "1y", 30))
"""Name, polars interval, and how many of them are drawn: about as many bars as can be told apart."""

HIDDEN_LABELS = {"few": "fewer than 5", "withheld": "withheld", "early": "too early", "unknown": "not known"}


def are_few(n_persons: pl.Expr) -> pl.Expr:
    """One to four: a cell that could point at somebody. Nobody is not few."""
    return (n_persons > 0) & (n_persons < FEWEST_PERSONS)


def with_states(cohorts: pl.DataFrame) -> pl.DataFrame:
    """Adds `state` (known, few, withheld, early, unknown) and empties the numbers of every cell that is not known.

    Where the hidden quarters of a year sum to few persons, the smallest other quarter is withheld too: otherwise the
    total of the year, shown among the arrivals, gives the hidden number away.
    """
    n, year = pl.col("n_newcomers"), pl.col("cohort_quarter").dt.year()
    quarters = cohorts.unique("cohort_quarter").sort("n_newcomers", "cohort_quarter")
    hidden = n.filter(are_few(n)).sum().over(year)
    smallest_other = pl.col("cohort_quarter").filter(n >= FEWEST_PERSONS).first().over(year)
    withheld = quarters.filter(are_few(hidden), pl.col("cohort_quarter") == smallest_other)["cohort_quarter"].to_list()
    state = (
        pl.when(are_few(n)).then(pl.lit("few"))
        .when(pl.col("cohort_quarter").is_in(withheld)).then(pl.lit("withheld"))
        .when(~pl.col("is_mature")).then(pl.lit("early"))
        .when(pl.col("retained_share").is_null()).then(pl.lit("unknown"))
        .otherwise(pl.lit("known"))
    )  # fmt: skip
    shares = pl.col("retained_share", "retained_lower_share", "retained_upper_share")
    is_counted = ~pl.col("state").is_in(["few", "withheld"])
    return cohorts.with_columns(state=state).with_columns(
        pl.when(pl.col("state") == "known").then(shares), n_newcomers=pl.when(is_counted).then(n)
    )


@dataclass(frozen=True)
class Arrivals:
    """Persons per period and door, no cell of them few; `n_hidden_periods` were left out because their total was."""

    period: str
    bars: pl.DataFrame
    n_hidden_periods: int = 0


def arrivals(arrived: pl.DataFrame, observed_until: date) -> Arrivals:
    """The finest of months, quarters and years in which no total is few; else years, those with few left out."""
    counted = {name: per_period(arrived, every, shown, observed_until) for name, every, shown in PERIODS}
    for name, rows in counted.items():
        totals = rows.group_by("period").agg(pl.col("n_persons").sum())
        if rows.height and totals.filter(are_few(pl.col("n_persons"))).is_empty():
            return Arrivals(name, with_doors_merged(rows))
    years = counted["year"].with_columns(total=pl.col("n_persons").sum().over("period"))
    hidden = years.filter(are_few(pl.col("total")))["period"].n_unique()
    kept = years.filter(~are_few(pl.col("total"))).drop("total")
    return Arrivals("year", with_doors_merged(kept), hidden)


def per_period(arrived: pl.DataFrame, every: str, shown: int, observed_until: date) -> pl.DataFrame:
    """Persons per period and door, for the last `shown` periods that were over by then."""
    periods = pl.select(now=pl.lit(observed_until).dt.truncate(every)).select(
        first=pl.col("now").dt.offset_by(f"-{shown * int(every[0])}{every[1:]}"), now="now"
    )
    first, now = periods.row(0)
    return (
        arrived.with_columns(period=pl.col("first_month").dt.truncate(every))
        .filter(pl.col("period") >= first, pl.col("period") < now)
        .group_by("period", "door")
        .agg(pl.col("n_persons").sum().cast(pl.Int64))
        .sort("period", "door")
    )


def with_doors_merged(rows: pl.DataFrame) -> pl.DataFrame:
    """Doors with few persons become 'other doors'; if those are few together, the smallest other door joins them."""
    n = pl.col("n_persons")
    small = n < FEWEST_PERSONS
    pool = n.filter(small).sum().over("period")
    smallest_other = pl.col("door").filter(~small).first().over("period")
    joins = are_few(pool) & (pl.col("door") == smallest_other)
    return (
        rows.sort("period", "n_persons", "door")
        .with_columns(door=pl.when(small | joins).then(pl.lit(OTHER_DOORS)).otherwise("door"))
        .group_by("period", "door")
        .agg(pl.col("n_persons").sum())
        .sort("period", "door")
    )


def period_label(period: str, first_day: date) -> str:
    """Such as 2024-03, 2024 Q1 or 2024."""
    labels = {
        "month": f"{first_day:%Y-%m}",
        "quarter": f"{first_day.year} Q{(first_day.month + 2) // 3}",
        "year": f"{first_day.year}",
    }
    return labels[period]
