"""retention.split_cohorts: newcomers of half a year, who was seen again and who stayed, as studied at Hadoop (RET-01d)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, FAMILY, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import in_all, months_of, snapshots
from transform.parameters import Parameters
from transform.retention.rests_on import acts_between
from transform.statistics.intervals import wilson

EXISTING_MONTHS, ARRIVING_MONTHS, RETURNING_MONTHS, RETAINED_MONTHS = 36, 6, 6, 12
HALF_MONTHS = 6
CELL = ("repo_id", "family", "half_start")

TABLE = Table(
    schema="retention",
    name="split_cohorts",
    grain="one row per repository (or all), family and half of a calendar year whose newcomers were followed to the end",
    key=CELL,
    inputs=("core.contributions", "core.repositories"),
    definition="RET-01d/1",
    formula="existing: an act in the 36 months before; newcomers: an act in the half-year and none in those 36 months; seen "
    "again: an act in the 6 months after it; retained: those of them with an act in the 12 months after that",
    source="the design of the study of newcomers to Hadoop: Steinmacher et al. 2013",
    parameters={
        "existing_months": EXISTING_MONTHS,
        "arriving_months": ARRIVING_MONTHS,
        "returning_months": RETURNING_MONTHS,
        "retained_months": RETAINED_MONTHS,
    },
    caveats="Who was away for more than three years is new again. An early newcomer of the half-year had more time for a "
    "second act that does not count here. Needs four and a half years of history.",
    may_be_empty="A repository younger than four and a half years has no row.",
    evidence=(
        acts_between(
            "here.half_start - INTERVAL 36 MONTH",
            "here.half_start + INTERVAL 24 MONTH",
            "the acts of humans in the windows around the half-year",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        Column("half_start", pl.Date, "1 January or 1 July (UTC): first day of the half-year in which they came."),
        count("n_existing", "Members of the 36 months before.", unit="persons"),
        count("n_newcomers", "Newcomers of the cohort.", unit="persons"),
        count("n_seen_again", "Newcomers seen again in the 6 months after.", unit="persons"),
        count("n_retained", "Of those, who acted in the 12 months after that as well."),
        share("seen_again_share", "Of the newcomers; null without any.", nullable=True),
        share("seen_again_lower_share", "Lower 95 % bound, Wilson's.", nullable=True),
        share("seen_again_upper_share", "Upper 95 % bound.", nullable=True),
        share("retained_share", "Of the newcomers; null without any.", nullable=True),
        share("retained_lower_share", "Lower 95 % bound, Wilson's.", nullable=True),
        share("retained_upper_share", "Upper 95 % bound.", nullable=True),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    seats = months_of(contributions, repositories).pipe(members).cache()
    came = seats.pipe(newcomers_of_halves)
    again, retained, arrived = (pl.col(name) for name in ("n_seen_again", "n_retained", "n_newcomers"))
    lower, upper = wilson(again, arrived)
    retained_lower, retained_upper = wilson(retained, arrived)
    return (
        came.join(seats.pipe(existing), on=("repo_id", "family", "half"), how="full", coalesce=True)
        .pipe(followed, repositories)
        .with_columns(
            seen_again_share=pl.when(arrived > 0).then(again / arrived),
            seen_again_lower_share=lower,
            seen_again_upper_share=upper,
            retained_share=pl.when(arrived > 0).then(retained / arrived),
            retained_lower_share=retained_lower,
            retained_upper_share=retained_upper,
            definition=pl.lit(TABLE.definition),
        )
        .with_columns(pl.col("repo_id", "family").cast(pl.String))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def members(months: pl.LazyFrame) -> pl.LazyFrame:
    """Who acted in which half-year, numbered through: `half`, and the numbers of the one before and of the next two."""
    half, life = pl.col("half"), pl.col("life")
    month = pl.col("month_start")
    number = month.dt.year() * 2 + (month.dt.month() > HALF_MONTHS).cast(pl.Int32)
    seats = months.select("repo_id", "family", "life", half=number)
    once = seats.filter(~((life == life.shift()) & (half == half.shift())).fill_null(value=False))
    moves = {"before": 1, "next": -1, "next_but_one": -2}
    return once.with_columns(
        pl.when(life == life.shift(by)).then(half.shift(by)).alias(name) for name, by in moves.items()
    )


def newcomers_of_halves(seats: pl.LazyFrame) -> pl.LazyFrame:
    half, span = pl.col("half"), EXISTING_MONTHS // HALF_MONTHS
    is_new = pl.col("before").is_null() | (half - pl.col("before") > span)
    is_back = (pl.col("next") == half + 1).fill_null(value=False)
    later = pl.col("next_but_one") - half
    is_retained = is_back & later.is_between(2, 1 + RETAINED_MONTHS // HALF_MONTHS).fill_null(value=False)
    return (
        seats.filter(is_new)
        .group_by("repo_id", "family", "half")
        .agg(
            n_newcomers=pl.len().cast(pl.Int64),
            n_seen_again=is_back.sum().cast(pl.Int64),
            n_retained=is_retained.sum().cast(pl.Int64),
        )
    )


def existing(seats: pl.LazyFrame) -> pl.LazyFrame:
    """Members of the half-years before each; a later act of the same person takes over from an earlier one."""
    last = pl.min_horizontal(pl.col("half") + EXISTING_MONTHS // HALF_MONTHS, "next")
    return (
        seats.select("repo_id", "family", half=pl.int_ranges(pl.col("half") + 1, last + 1).cast(pl.List(pl.Int32)))
        .explode("half")
        .group_by("repo_id", "family", "half")
        .agg(n_existing=pl.len().cast(pl.Int64))
    )


def followed(cells: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The half-years of which all windows lie within what was observed whole."""
    known = repositories.select(pl.col("repo_id").cast(pl.Categorical), from_day=pl.col("newcomers_from_at").dt.date())
    everywhere = in_all(known).group_by("repo_id").agg(pl.col("from_day").max())
    start = pl.col("half_start")
    needed = ARRIVING_MONTHS + RETURNING_MONTHS + RETAINED_MONTHS
    return (
        cells.join(pl.concat([known, everywhere]), on="repo_id")
        .join(snapshots(repositories), on="repo_id")
        .with_columns(half_start=pl.date(pl.col("half") // 2, 1 + HALF_MONTHS * (pl.col("half") % 2), 1))
        .filter(
            start.dt.offset_by(f"-{EXISTING_MONTHS}mo") >= pl.col("from_day"),
            start.dt.offset_by(f"{needed}mo") <= pl.col("snapshot_at").dt.date(),
        )
        .with_columns(pl.col("n_existing", "n_newcomers", "n_seen_again", "n_retained").fill_null(0))
    )
