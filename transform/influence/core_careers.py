"""influence.core_careers: how long the way into the core is, and how long people stay in it (INF-08c)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.parameters import Parameters
from transform.statistics.aalen_johansen import CENSORED, COMPETING, EVENT, aalen_johansen
from transform.statistics.kaplan_meier import ends, kaplan_meier

YEARS = (1, 2, 3, 5)
DAYS_A_YEAR = 365

TABLE = Table(
    schema="influence",
    name="core_careers",
    grain="one row per repository with newcomers or a core",
    key=("repo_id",),
    inputs=("influence.core_members", "core.spells", "core.repositories"),
    definition="INF-08c/1",
    formula="ascent: cumulative incidence of the first year in the core (count80) since the first act, leaving being the "
    "competing event; half-life: Kaplan-Meier over unbroken runs of complete years in the core",
    source="Aalen and Johansen 1978; Kaplan and Meier 1958",
    parameters={"horizon_days": "parameters.horizon_days"},
    caveats="The core is told by calendar years: a person counts as in it from the start of the year, or from the first act.",
    may_be_empty="No rows without newcomers or commits.",
    evidence=(
        Evidence(
            "influence.core_members", "everybody who was in a core", same=("repo_id",), when="there.is_core_count80"
        ),
    ),
    columns=(
        REPO_ID,
        count("n_newcomers", "Newcomers whose way is followed.", unit="persons"),
        count("n_risen", "Those of them who came into the core.", unit="persons"),
        *(
            share(
                f"risen_{n}y_share",
                f"In the core within {n} years; null where nobody is observed so long.",
                nullable=True,
            )
            for n in YEARS
        ),
        count("n_core_runs", "Unbroken runs of years in the core."),
        Column(
            "core_half_life_years",
            pl.Float64,
            "After how many years half of the runs have ended; null while more than half go on.",
            unit="years",
            nullable=True,
            at_least=0,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    members: pl.LazyFrame, spells: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    core = (
        members.filter(pl.col("is_core_count80").fill_null(value=False))
        .select("repo_id", "person_id", "window_start")
        .cache()
    )
    ways = ascents(core, spells, parameters.horizon_days).cache()
    counted = ways.group_by("repo_id").agg(
        n_newcomers=pl.len().cast(pl.Int64), n_risen=(pl.col("cause") == EVENT).sum().cast(pl.Int64)
    )
    runs = core_runs(core, members).cache()
    n_runs = runs.group_by("repo_id").agg(n_core_runs=pl.len().cast(pl.Int64))
    curves = kaplan_meier(ends(runs, by=["repo_id"]), by=["repo_id"])
    halves = (
        curves.filter(pl.col("survival_share") <= 0.5)
        .group_by("repo_id")
        .agg(core_half_life_years=pl.col("day").min().cast(pl.Float64))
    )
    return (
        repositories.select("repo_id", "snapshot_at")
        .join(counted, on="repo_id", how="left")
        .join(risen(ways), on="repo_id", how="left")
        .join(n_runs, on="repo_id", how="left")
        .join(halves, on="repo_id", how="left")
        .filter(pl.col("n_newcomers").is_not_null() | pl.col("n_core_runs").is_not_null())
        .with_columns(pl.col("n_newcomers", "n_risen", "n_core_runs").fill_null(0), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort("repo_id")
    )


def ascents(core: pl.LazyFrame, spells: pl.LazyFrame, horizon_days: int) -> pl.LazyFrame:
    """Newcomers from their first act to the core, to leaving, or to the end of observation."""
    came = spells.filter(
        pl.col("family") == "any",
        pl.col("end_rule") == "first_gap",
        pl.col("horizon_days") == horizon_days,
        "is_newcomer",
        pl.col("is_exit").is_not_null(),
        pl.col("repo_id") != "all",
    )
    first_core = core.group_by("repo_id", "person_id").agg(core_day=pl.col("window_start").min())
    risen_after = (pl.col("core_day") - pl.col("first_day")).dt.total_days().clip(0)
    # whoever comes into the core after a silence had left before; the first way counts
    is_risen = (risen_after <= pl.col("duration_days")).fill_null(value=False)
    return came.join(first_core, on=["repo_id", "person_id"], how="left").select(
        "repo_id",
        time_days=pl.when(is_risen).then(risen_after).otherwise("duration_days"),
        cause=pl.when(is_risen).then(EVENT).when("is_exit").then(COMPETING).otherwise(CENSORED),
    )


def risen(ways: pl.LazyFrame) -> pl.LazyFrame:
    curves = aalen_johansen(ways, by=["repo_id"], duration="time_days", cause="cause")
    longest = pl.col("time").max()
    nobody_left = pl.col("n_censored").sort_by("time").last() == 0

    def within(years: int) -> pl.Expr:
        days = years * DAYS_A_YEAR
        share_then = pl.col("incidence_share").filter(pl.col("time") <= days).max().fill_null(0.0)
        return pl.when((longest >= days) | nobody_left).then(share_then)

    return curves.group_by("repo_id").agg(**{f"risen_{n}y_share": within(n) for n in YEARS})


def core_runs(core: pl.LazyFrame, members: pl.LazyFrame) -> pl.LazyFrame:
    """Unbroken runs of years in the core; one that reaches the last complete year may go on."""
    last = members.filter("is_window_complete").group_by("repo_id").agg(last_year=pl.col("window_start").max())
    year = pl.col("window_start").dt.year()
    within = (
        core.join(last, on="repo_id")
        .filter(pl.col("window_start") <= pl.col("last_year"))
        .sort("repo_id", "person_id", "window_start")
    )
    place = pl.int_range(pl.len()).over("repo_id", "person_id")
    return (
        within.with_columns(run=year - place)
        .group_by("repo_id", "person_id", "run")
        .agg(
            entry_days=pl.lit(0, pl.Int32),
            duration_days=pl.len().cast(pl.Int32),
            is_exit=pl.col("window_start").max() < pl.col("last_year").first(),
        )
    )
