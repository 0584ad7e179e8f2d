"""core.spells: how long a person stayed, per repository, family of acts, rule of leaving and horizon."""

from __future__ import annotations

from functools import reduce

import polars as pl

from quality.contract import Column, Table
from transform.columns import (
    ACTS_OF_PERSON,
    AFFILIATION_CLASS,
    ALL_REPOSITORIES,
    COHORT_QUARTER,
    DOOR,
    END_RULE,
    FAMILY,
    FIRST_AT,
    HORIZON_DAYS,
    PERSON_ID,
    SCOPE_ID,
    SNAPSHOT_AT,
    TRIAGE_KINDS,
)
from transform.once import made_once
from transform.parameters import Parameters

TABLE = Table(
    schema="core",
    name="spells",
    grain="one row per repository (or all), person, family, rule of leaving and horizon",
    key=("repo_id", "person_id", "family", "end_rule", "horizon_days"),
    inputs=("core.contributions", "core.repositories"),
    formula="first_gap: exit on the first day followed by at least horizon_days without an act; terminal: exit on the "
    "last day if it is at least horizon_days before the snapshot; otherwise censored at snapshot - horizon_days",
    source="Kaplan and Meier 1958; breaks and returns: Calefato et al. 2022",
    parameters={"horizon_days": "parameters.horizon_days and parameters.sensitivity_days"},
    caveats="Days are UTC days. In 'all' a person's acts in all repositories count together: the snapshot is the "
    "earliest of the repositories, and a person is a newcomer only who is one in every repository they acted in.",
    is_large=True,
    may_be_empty="No repository may have been crawled whole yet.",
    evidence=(ACTS_OF_PERSON,),
    columns=(
        SCOPE_ID,
        PERSON_ID,
        FAMILY,
        END_RULE,
        HORIZON_DAYS,
        FIRST_AT,
        Column("first_day", pl.Date, "UTC day of the first act of the family."),
        Column("last_day", pl.Date, "UTC day of the last act of the family before the snapshot."),
        Column(
            "end_day",
            pl.Date,
            "UTC day of the exit or censoring; null if first_day is less than horizon_days before the snapshot.",
            nullable=True,
        ),
        Column("duration_days", pl.Int32, "From first day to end day.", unit="days", nullable=True, at_least=0),
        Column(
            "is_exit",
            pl.Boolean,
            "True: left on the end day; false: censored; null: came too late to be decided.",
            nullable=True,
        ),
        Column(
            "entry_days",
            pl.Int32,
            "Age on the day of newcomers_from_at, before which only who stayed was seen; 0: from the start.",
            unit="days",
            at_least=0,
        ),
        Column("is_newcomer", pl.Boolean, "First act of the family not before the repository's newcomers_from_at."),
        COHORT_QUARTER,
        DOOR,
        AFFILIATION_CLASS,
        SNAPSHOT_AT,
    ),
)

SCOPE_KEY = ("repo_id", "person_id")
PERSON_KEY = (*SCOPE_KEY, "family")
IS_DECIDABLE = pl.col("is_exit").is_not_null()
"""Whether the person came long enough before the snapshot to be seen leaving."""

DOOR_OF_KIND = {
    "issue_open": "issue",
    "comment": "comment",
    "change_open": "change",
    "change_merge": "merge",
    "review": "review",
    "review_comment": "review",
    "commit": "commit",
    **dict.fromkeys(TRIAGE_KINDS, "triage"),
}


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    horizons = horizons_of(parameters)
    people = lives(contributions, repositories).pipe(arrivals, horizons)
    people = people.join(snapshots(repositories), on="repo_id")
    people = people.join(doors(contributions, repositories), on=SCOPE_KEY).pipe(readable)
    return pl.concat(
        [people.pipe(spells, end_rule, horizon) for end_rule in END_RULE.one_of for horizon in horizons]
    ).select(TABLE.column_names)


def horizons_of(parameters: Parameters) -> list[int]:
    """Every horizon the retention tables are made for, the main one among them."""
    return sorted({parameters.horizon_days, *parameters.sensitivity_days})


def human_acts(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The acts of humans before the snapshot of their repository, which is added as `snapshot_at`."""
    return (
        contributions.filter(pl.col("actor_class") == "human", pl.col("person_id").is_not_null())
        .join(repositories.select("repo_id", "snapshot_at", "newcomers_from_at"), on="repo_id")
        .filter(pl.col("contributed_at") < pl.col("snapshot_at"))
        .with_columns(pl.col("repo_id", "person_id", "family").cast(pl.Categorical))  # 5 times faster keys than text
    )


@made_once
def kept_acts(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The same for the many tables that look at every act: without pages and ids, and names are categorical throughout."""
    names = ("kind", "artefact_id", "organisation", "affiliation_class")
    instants = ("contributed_at", "accepted_at", "snapshot_at", "newcomers_from_at")
    return human_acts(contributions, repositories).select(*PERSON_KEY, pl.col(names).cast(pl.Categorical), *instants)


def snapshots(repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Scope and `snapshot_at`: every repository, and 'all' with the earliest of theirs."""
    each = repositories.select(pl.col("repo_id").cast(pl.Categorical), "snapshot_at", "observed_from_at")
    # a repository that was never crawled whole has no acts to speak of, and must not hold the others back
    whole = each.filter(pl.col("snapshot_at") > pl.col("observed_from_at"))
    earliest = in_all(whole.select(pl.col("repo_id").first(), pl.col("snapshot_at").min()))
    return pl.concat([each.drop("observed_from_at"), earliest]).drop_nulls()


def in_all(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows as rows of 'all'."""
    return rows.with_columns(repo_id=pl.lit(ALL_REPOSITORIES).cast(pl.Categorical))


def active_days(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """One row per scope, person, family ('any' too) and UTC day with an act.

    `first_at` is the first act of the day; `surely_new_from` is the repository's newcomers_from_at where an act of the
    day came before it, else null.
    """
    known = kept_acts(contributions, repositories)
    is_early = pl.col("contributed_at") < pl.col("newcomers_from_at")
    once = known.group_by(*PERSON_KEY, day=pl.col("contributed_at").dt.date()).agg(
        first_at=pl.col("contributed_at").min(),
        surely_new_from=pl.when(is_early).then(pl.col("newcomers_from_at").dt.date()).max(),
        n_contributions=pl.len().cast(pl.Int64),
    )
    once = once.cache()  # used four times; inside something repeated itself, polars would not share it
    twice = pl.concat([once, once.with_columns(family=pl.lit("any").cast(pl.Categorical))])
    everywhere = (
        pl.concat([twice, in_all(twice)])
        .group_by(*PERSON_KEY, "day")
        .agg(pl.col("first_at").min(), pl.col("surely_new_from").max(), pl.col("n_contributions").sum())
    )
    return everywhere.join(snapshots(repositories), on="repo_id").filter(pl.col("first_at") < pl.col("snapshot_at"))


@made_once
def lives(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The active days in order, with `life` (see in_order), `age_days` since the first of the life, and `silence_days`.

    That is from the day to the person's next one with an act, or to that of the snapshot. `is_newcomer` is of the life. Kept for whoever is about days
    with acts; of the snapshot it says the day alone, which is narrower (see snapshots).
    """
    narrow = pl.col("snapshot_at").dt.date().alias("snapshot_day")
    days = active_days(contributions, repositories).with_columns(narrow).drop("snapshot_at").pipe(in_order)
    day, life = pl.col("day"), pl.col("life")
    is_first, is_last = (life != life.shift()).fill_null(value=True), (life != life.shift(-1)).fill_null(value=True)
    is_early = pl.col("surely_new_from").is_not_null().cast(pl.UInt32)
    n_early = is_early.cum_sum()
    next_day = pl.when(is_last).then("snapshot_day").otherwise(day.shift(-1))
    return days.with_columns(
        silence_days=(next_day - day).dt.total_days().cast(pl.Int32),
        age_days=(day - pl.when(is_first).then(day).forward_fill()).dt.total_days().cast(pl.Int32),
        is_newcomer=pl.when(is_first).then(n_early - is_early).forward_fill()
        == pl.when(is_last).then(n_early).backward_fill(),
    )


@made_once
def months_of(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The lives by calendar month (`month_start`) with an act, in order, with the number of acts."""
    days = lives(contributions, repositories).with_columns(month_start=pl.col("day").dt.truncate("1mo"))
    return added_up(days, "life", "month_start").select(*PERSON_KEY, "life", "month_start", "n_contributions")


def added_up(in_order: pl.LazyFrame, *by: str) -> pl.LazyFrame:
    """One row for neighbouring rows that are alike, with the sum of `n_contributions`, and how many they were (`n_rows`)."""
    goes_on = pl.all_horizontal(pl.col(name) == pl.col(name).shift(-1) for name in by)
    sums = (pl.col("n_contributions"), pl.col("n_rows"))
    return (
        in_order.with_columns(n_rows=pl.lit(1, pl.Int64))
        .with_columns(one.cum_sum() for one in sums)
        .filter(~goes_on.fill_null(value=False))
        .with_columns(one - one.shift(fill_value=0) for one in sums)
    )


def in_order(days: pl.LazyFrame) -> pl.LazyFrame:
    """The days of each person, scope and family one behind the other; `life` numbers these.

    Neighbours of one life can then be compared by shifting, and a number groups five times faster than names.
    """
    return days.sort(packed(*PERSON_KEY, "day")).with_columns(life=packed(*PERSON_KEY).rle_id())


def packed(*names: str) -> pl.Expr:
    """Up to four 32-bit columns as one number, which sorts twice as fast: equal keys adjoin, the last in order."""
    start = pl.lit(0, pl.Int128)
    return reduce(lambda key, name: key * 2**32 + pl.col(name).to_physical(), names, start)


def paired(first: str, second: str) -> pl.Expr:
    """Two 32-bit columns as one number, which joins and groups twice as fast."""
    return pl.col(first).to_physical().cast(pl.Int64) * 2**32 + pl.col(second).to_physical()


def arrivals(days: pl.LazyFrame, horizons: list[int]) -> pl.LazyFrame:
    """One row per scope, person and family; `quiet_from_<horizon>` is the day before the first such silence."""
    return days.group_by("life").agg(
        pl.col(PERSON_KEY).first(),
        pl.col("first_at").min(),
        first_day=pl.col("day").min(),
        last_day=pl.col("day").max(),
        surely_new_from=pl.col("surely_new_from").max(),
        **{
            f"quiet_from_{horizon}": pl.when(pl.col("silence_days") >= horizon).then(pl.col("day")).min()
            for horizon in horizons
        },
    )


def doors(contributions: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """`door` and `affiliation_class` of the first act per scope and person.

    Of acts at the same instant the lowest artefact number, then id, comes first.
    """
    at = pl.col("contributed_at")
    firsts = human_acts(contributions, repositories).filter(at == at.min().over(SCOPE_KEY)).cache()
    belongs_to_change = pl.col("artefact_id").str.starts_with("change:")
    number = pl.col("artefact_id").str.extract(r"^(?:issue|change):(\d+)$").cast(pl.Int64)
    door = pl.when(pl.col("kind") == "commit", belongs_to_change).then(pl.lit("change"))
    return (
        pl.concat([firsts, in_all(firsts)])
        .sort("contributed_at", number, "contribution_id", nulls_last=True)
        .unique(SCOPE_KEY, keep="first", maintain_order=True)
        .select(
            *SCOPE_KEY,
            "affiliation_class",
            door=door.otherwise(pl.col("kind").replace_strict(DOOR_OF_KIND, return_dtype=pl.String)),
        )
    )


def readable(people: pl.LazyFrame) -> pl.LazyFrame:
    first_day, seen_from = pl.col("first_day"), pl.col("surely_new_from")
    return people.with_columns(
        pl.col(PERSON_KEY).cast(pl.String),
        is_newcomer=seen_from.is_null(),
        entry_days=(pl.max_horizontal(first_day, seen_from) - first_day).dt.total_days().cast(pl.Int32),
        cohort_quarter=pl.col("first_day").dt.truncate("1q"),
    )


def spells(people: pl.LazyFrame, end_rule: str, horizon: int) -> pl.LazyFrame:
    """One spell a row. A first day later than snapshot - horizon leaves no time to see whether the person left."""
    last_decidable = pl.col("snapshot_at").dt.date() - pl.duration(days=horizon)
    last_day = pl.col("last_day")
    exits = {
        "first_gap": pl.col(f"quiet_from_{horizon}"),
        "terminal": pl.when(last_day <= last_decidable).then(last_day),
    }
    decidable = pl.when(pl.col("first_day") <= last_decidable)
    return people.with_columns(
        end_rule=pl.lit(end_rule),
        horizon_days=pl.lit(horizon, pl.Int32),
        is_exit=decidable.then(exits[end_rule].is_not_null()),
        end_day=decidable.then(pl.coalesce(exits[end_rule], last_decidable)),
    ).with_columns(duration_days=(pl.col("end_day") - pl.col("first_day")).dt.total_days().cast(pl.Int32))
