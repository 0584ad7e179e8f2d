"""retention.cohorts: retention of a quarter's newcomers after 30, 90, 180 and 365 days, in three measures (RET-06)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    COHORT_QUARTER,
    DAYS_SINCE_FIRST,
    DEFINITION,
    FAMILY,
    HORIZON_DAYS,
    N_NEWCOMERS,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
    share,
)
from transform.core.spells import IS_DECIDABLE, horizons_of, lives
from transform.parameters import Parameters
from transform.retention.newcomers import of_newcomers
from transform.statistics.intervals import wilson
from transform.statistics.kaplan_meier import ends, kaplan_meier, readings

COHORT = ("repo_id", "family", "cohort_quarter")
HORIZON_COHORT = (*COHORT, "horizon_days")
MEASURES = ("bounded", "unbounded", "km")
MONTH_DAYS = 30
QUARTER_DAYS = 90

TABLE = Table(
    schema="retention",
    name="cohorts",
    grain="one row per repository (or all), family, quarter of arrival, measure, horizon and day",
    key=(*COHORT, "measure", "horizon_days", "day"),
    inputs=("core.spells", "core.contributions", "core.repositories"),
    definition="RET-06/2",
    formula="bounded: active in [day, day + window_days) of those with all of it before the snapshot; unbounded: "
    "active on or after day, of those with day + horizon_days before the snapshot; km: survival at day (RET-03, "
    "first_gap)",
    source="intervals: Wilson 1927, for km log-log",
    parameters={
        "retention_days": "parameters.retention_days",
        "horizon_days": "parameters.horizon_days",
        "sensitivity_days": "parameters.sensitivity_days",
    },
    caveats="Three different numbers: never compare one with another. Days are UTC days since the first. While "
    "is_mature is false some newcomers are too young: their cohort has counts, and a share only for km. bounded knows no "
    "horizon and stands with the main one alone.",
    may_be_empty="No cohort without newcomers.",
    evidence=(
        Evidence(
            "core.spells",
            "the spells of all newcomers of the cohort",
            same=(*COHORT, "horizon_days"),
            when="there.is_newcomer AND there.end_rule = 'first_gap'",
            counted_in="n_newcomers",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        COHORT_QUARTER,
        Column("measure", pl.String, "What counts as retained; see the formula.", one_of=MEASURES),
        HORIZON_DAYS,
        DAYS_SINCE_FIRST,
        Column(
            "window_days",
            pl.Int32,
            "Days in which an act counts; null for measures without an end.",
            unit="days",
            nullable=True,
            at_least=1,
        ),
        N_NEWCOMERS,
        count("n_eligible", "Newcomers seen long enough to be judged; for km, those who are decidable."),
        count("n_retained", "Eligible newcomers who are retained; null for km, which counts none.", nullable=True),
        share("retained_share", "Share retained; null if nobody can be judged, or for a count not all.", nullable=True),
        share("retained_lower_share", "Lower 95 % bound.", nullable=True),
        share("retained_upper_share", "Upper 95 % bound.", nullable=True),
        Column("is_mature", pl.Boolean, "Whether every newcomer of the cohort was seen long enough."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    spells: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    marks = parameters.retention_days
    members = of_newcomers(spells).filter(pl.col("horizon_days").is_in(horizons_of(parameters)))
    counted = members.pipe(counts, marks).cache()
    back = lives(contributions, repositories).pipe(came_back, marks).cache()
    curves = members.filter(IS_DECIDABLE).pipe(ends, by=HORIZON_COHORT).pipe(kaplan_meier, by=HORIZON_COHORT)
    read = curves.pipe(readings, marks, by=HORIZON_COHORT).cache()
    main = counted.filter(pl.col("horizon_days") == parameters.horizon_days)
    tables = [main.pipe(bounded, back, mark) for mark in marks]
    tables += [counted.pipe(unbounded, mark) for mark in marks]
    tables += [counted.pipe(surviving, read, mark) for mark in marks]
    return (
        pl.concat(tables, how="diagonal")
        .with_columns(pl.col("repo_id", "family").cast(pl.String), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def window_of(day: int) -> int:
    """A month is wide enough to look for early returns; later ones are rarer and get a quarter."""
    return MONTH_DAYS if day < QUARTER_DAYS else QUARTER_DAYS


def counts(members: pl.LazyFrame, marks: tuple[int, ...]) -> pl.LazyFrame:
    """Per cohort and horizon: newcomers, and of every mark those seen long enough, and those of them who were back."""
    is_back = {mark: pl.col("last_day") >= pl.col("first_day") + pl.duration(days=mark) for mark in marks}
    told = {
        **{f"n_seen_window_{mark}": seen_for(mark + window_of(mark)) for mark in marks},
        **{f"n_seen_horizon_{mark}": seen_with_horizon(mark) for mark in marks},
        **{f"n_back_{mark}": seen_with_horizon(mark) & is_back[mark] for mark in marks},
        "n_decidable": IS_DECIDABLE,
    }
    return members.group_by(HORIZON_COHORT).agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        **{name: one.sum().cast(pl.Int64) for name, one in told.items()},
    )


def came_back(days: pl.LazyFrame, marks: tuple[int, ...]) -> pl.LazyFrame:
    """Per cohort and mark, newcomers with an act in [mark, mark + window), all of which lies before the snapshot."""
    age, life = pl.col("age_days"), pl.col("life")
    first_day = pl.col("day") - pl.duration(days=age)
    found = []
    for mark in marks:
        end = mark + window_of(mark)
        is_over = first_day + pl.duration(days=end) <= pl.col("snapshot_day")
        inside = days.filter("is_newcomer", age.is_between(mark, end, closed="left"), is_over)
        once = inside.filter((life != life.shift()).fill_null(value=True))
        quarters = once.group_by("repo_id", "family", cohort_quarter=first_day.dt.truncate("1q"))
        found.append(quarters.agg(n_retained=pl.len().cast(pl.Int64), day=pl.lit(mark, pl.Int32)))
    return pl.concat(found)


def seen_for(days: int) -> pl.Expr:
    """Whether that many days of the person, first day included, lie before the day of the snapshot."""
    return pl.col("first_day") + pl.duration(days=days) <= pl.col("snapshot_at").dt.date()


def seen_with_horizon(day: int) -> pl.Expr:
    """The same for the day and the horizon after it: who comes late lacks the chance to be back."""
    age = (pl.col("snapshot_at").dt.date() - pl.col("first_day")).dt.total_days()
    return age >= day + pl.col("horizon_days")


def bounded(counted: pl.LazyFrame, back: pl.LazyFrame, day: int) -> pl.LazyFrame:
    returned = back.filter(pl.col("day") == day).drop("day")
    rows = counted.join(returned, on=COHORT, how="left").with_columns(pl.col("n_retained").fill_null(0))
    told = rows.pipe(shares, "n_retained", f"n_seen_window_{day}").pipe(named, "bounded", day)
    return told.with_columns(window_days=pl.lit(window_of(day), pl.Int32))


def unbounded(counted: pl.LazyFrame, day: int) -> pl.LazyFrame:
    return counted.pipe(shares, f"n_back_{day}", f"n_seen_horizon_{day}").pipe(named, "unbounded", day)


def shares(counted: pl.LazyFrame, retained: str, eligible: str) -> pl.LazyFrame:
    """One count over another with its bounds, for cohorts of which everybody was seen long enough."""
    told = counted.select(
        *HORIZON_COHORT, "snapshot_at", "n_newcomers", n_retained=pl.col(retained), n_eligible=pl.col(eligible)
    )
    n, among = pl.col("n_retained"), pl.col("n_eligible")
    lower, upper = wilson(n, among)
    mature = pl.when("is_mature")
    return told.with_columns(is_mature=among == pl.col("n_newcomers")).with_columns(
        retained_share=mature.then(n / among),
        retained_lower_share=mature.then(lower),
        retained_upper_share=mature.then(upper),
    )


def surviving(counted: pl.LazyFrame, read: pl.LazyFrame, day: int) -> pl.LazyFrame:
    """Survival at the day; null where the last person still observed was censored before it."""
    told = counted.select(
        *HORIZON_COHORT,
        "snapshot_at",
        "n_newcomers",
        n_eligible="n_decidable",
        is_mature=pl.col(f"n_seen_horizon_{day}") == pl.col("n_newcomers"),
    )
    at_mark = read.filter(pl.col("day") == day).select(
        *HORIZON_COHORT,
        retained_share="survival_share",
        retained_lower_share="survival_lower_share",
        retained_upper_share="survival_upper_share",
    )
    return told.join(at_mark, on=HORIZON_COHORT, how="left").pipe(named, "km", day)


def named(rows: pl.LazyFrame, measure: str, day: int) -> pl.LazyFrame:
    return rows.with_columns(measure=pl.lit(measure), day=pl.lit(day, pl.Int32))
