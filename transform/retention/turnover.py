"""retention.turnover: how many of those who are active were not there the year before, and how many left (RET-11)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import (
    DEFINITION,
    FAMILY,
    IS_WINDOW_COMPLETE,
    SCOPE_ID,
    SNAPSHOT_AT,
    WINDOW_START,
    count,
    share,
)
from transform.core.repositories import IS_HISTORY_CUT
from transform.core.spells import PERSON_KEY, added_up, in_all, months_of, packed, snapshots
from transform.parameters import Parameters
from transform.retention.rests_on import acts_between
from transform.statistics.concentration import in_core

SERIES = ("repo_id", "family", "members")
CELL = (*SERIES, "window_start")
MEMBERS = ("everybody", "core")

TABLE = Table(
    schema="retention",
    name="turnover",
    grain="one row per repository (or all), family, members and calendar year from the first with an act to the snapshot",
    key=CELL,
    inputs=("core.contributions", "core.repositories"),
    definition="RET-11/1",
    formula="inflow = n_joiners / n_persons; outflow = n_leavers / n_before; turnover = (n_joiners + n_leavers) / "
    "(n_persons + n_before); core: the fewest persons who did at least 80 % of the year's acts, equals by person_id",
    source="core of 80 %: Mockus et al. 2002; yearly turnover of core developers: Ferreira et al. 2020",
    parameters={"window": "calendar year, UTC", "core_share": 0.8},
    caveats="Who rests for one calendar year leaves and joins again: a leaver here may return, see RET-03. A member of the "
    "core who did less the year after left the core, perhaps not the repository.",
    may_be_empty="No rows without contributions by humans.",
    evidence=(
        acts_between(
            "here.window_start - INTERVAL 1 YEAR",
            "here.window_start + INTERVAL 1 YEAR",
            "the acts of humans in the year and the one before",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        Column("members", pl.String, "Whether everybody with an act counts or the core alone.", one_of=MEMBERS),
        WINDOW_START,
        count("n_persons", "Members with an act in the year.", unit="persons"),
        count(
            "n_before",
            "Members with an act in the year before; null in the first year, and where part of it was not observed.",
            unit="persons",
            nullable=True,
        ),
        count("n_joiners", "Members who were none in the year before; null where n_before is.", nullable=True),
        count(
            "n_leavers", "Members of the year before who are none; null also if the year is not over.", nullable=True
        ),
        count("n_tied", "Persons outside the core who did as much as the last one in it."),
        share("inflow_share", "Joiners among the members; null without members.", nullable=True),
        share("outflow_share", "Leavers among the members of the year before; null without any.", nullable=True),
        share("turnover_share", "Mean of joiners and leavers over the mean number of members.", nullable=True),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


SEAT = ("repo_id", "family", "window_start")


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    members = months_of(contributions, repositories).pipe(yearly_amounts).pipe(with_core).pipe(with_year_before)
    counted = members.pipe(counts).cache()
    return (
        counted.pipe(windows, repositories)
        .join(counted, on=CELL, how="left")
        .with_columns(pl.col("n_persons", "n_stayers", "n_tied").fill_null(0))
        .pipe(flows)
        .with_columns(*rates(), definition=pl.lit(TABLE.definition))
        .with_columns(pl.col("repo_id", "family").cast(pl.String))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def yearly_amounts(months: pl.LazyFrame) -> pl.LazyFrame:
    """One row per scope, family, year and person with the number of their acts."""
    years = months.with_columns(window_start=pl.col("month_start").dt.truncate("1y"))
    return (
        added_up(years, "life", "window_start").select(*PERSON_KEY, "life", "window_start", "n_contributions").cache()
    )


def with_core(amounts: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `is_core`, and `is_tied` for those who did as much as the last of the core and are not in it."""
    amount = pl.col("n_contributions")
    names = amounts.select("person_id").unique().sort(pl.col("person_id").cast(pl.String)).with_row_index("person_rank")
    ranked = amounts.join(names, on="person_id")
    # within a seat by falling amount, equals by the order of their names, which numbers tell faster
    in_order = ranked.sort(packed(*SEAT), packed_number(-amount, pl.col("person_rank"))).with_columns(
        seat=packed(*SEAT).rle_id()
    )
    return in_order.with_columns(is_core=in_core(amount, by=("seat",), parts=4, of=5)).with_columns(
        is_tied=~pl.col("is_core") & (amount == pl.when("is_core").then(amount).min().over("seat"))
    )


def packed_number(high: pl.Expr, low: pl.Expr) -> pl.Expr:
    """Two whole numbers as one, which sorts by the first and then by the second; the second is below 2^32."""
    return high.cast(pl.Int64) * 2**32 + low.cast(pl.Int64)


def with_year_before(members: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `was_here` and `was_core`: whether the same held in the year before."""
    in_order = members.sort(packed("life", "window_start"))
    same = pl.col("life") == pl.col("life").shift()
    year = pl.col("window_start").dt.year()
    follows = (same & (year == year.shift() + 1)).fill_null(value=False)
    return in_order.with_columns(was_here=follows, was_core=follows & pl.col("is_core").shift().fill_null(value=False))


def counts(members: pl.LazyFrame) -> pl.LazyFrame:
    """Of everybody, and once more of the core: `n_persons`, `n_stayers`, and of the core `n_tied`."""
    is_core, n_tied = pl.col("is_core"), pl.col("is_tied").sum().cast(pl.Int64)
    counted = members.group_by(SEAT).agg(
        n_persons=pl.len().cast(pl.Int64),
        n_stayers=pl.col("was_here").sum().cast(pl.Int64),
        n_core=is_core.sum().cast(pl.Int64),
        n_core_stayers=(is_core & pl.col("was_core")).sum().cast(pl.Int64),
        n_tied=n_tied,
    )
    everybody = counted.select(*SEAT, "n_persons", "n_stayers", n_tied=pl.lit(0, pl.Int64), members=pl.lit("everybody"))
    core = counted.select(*SEAT, "n_tied", n_persons="n_core", n_stayers="n_core_stayers", members=pl.lit("core"))
    return pl.concat([everybody, core.select(everybody.collect_schema().names())])


def windows(members: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Every year from the first with a member to the last before the snapshot, also those without any."""
    first = members.group_by("repo_id", "family").agg(first_year=pl.col("window_start").min())
    last_year = (pl.col("snapshot_at") - pl.duration(microseconds=1)).dt.date().dt.truncate("1y")
    years = first.join(snapshots(repositories), on="repo_id").with_columns(
        window_start=pl.date_ranges("first_year", last_year, interval="1y")
    )
    return (
        years.explode("window_start")
        .join(pl.LazyFrame({"members": MEMBERS}), how="cross")
        .join(missing_history(repositories), on="repo_id", how="left")
    )


def missing_history(repositories: pl.LazyFrame) -> pl.LazyFrame:
    """`missing_until_at` per scope: before it acts are missing; null where none are."""
    known = repositories.select(
        pl.col("repo_id").cast(pl.Categorical),
        missing_until_at=pl.when(IS_HISTORY_CUT).then("newcomers_from_at"),
    )
    return pl.concat([known, in_all(known).group_by("repo_id").agg(pl.col("missing_until_at").max())])


def flows(cells: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `n_before`, `n_joiners`, `n_leavers` and whether the year is over."""
    year_before = pl.col("window_start").dt.offset_by("-1y")
    is_whole = (year_before >= pl.col("missing_until_at").dt.date()) | pl.col("missing_until_at").is_null()
    return (
        cells.sort(CELL)
        .with_columns(
            n_before=pl.when(is_whole).then(pl.col("n_persons").shift().over(SERIES)),
            is_window_complete=pl.col("window_start").dt.offset_by("1y") <= pl.col("snapshot_at").dt.date(),
        )
        .with_columns(
            n_joiners=pl.when(pl.col("n_before").is_not_null()).then(pl.col("n_persons") - pl.col("n_stayers")),
            n_leavers=pl.when("is_window_complete").then(pl.col("n_before") - pl.col("n_stayers")),
        )
    )


def rates() -> list[pl.Expr]:
    """Null while the year is not over: who has not acted yet may still do."""
    now, before, joined, left = (pl.col(name) for name in ("n_persons", "n_before", "n_joiners", "n_leavers"))
    over = pl.col("is_window_complete")
    return [
        pl.when(over & (now > 0)).then(joined / now).alias("inflow_share"),
        pl.when(over & (before > 0)).then(left / before).alias("outflow_share"),
        pl.when(over & (now + before > 0)).then((joined + left) / (now + before)).alias("turnover_share"),
    ]
