"""ops.headlines: what the headline numbers are with humans alone, with AI agents, and with everybody who acts (BOT-03).

The same functions make them as the published ones. Whoever does not count there is called a human here for as long as
that takes, so that nothing but the population differs.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    ACTOR_CLASSES,
    DEFINITION,
    N_CONTRIBUTIONS,
    N_NEWCOMERS,
    N_PERSONS,
    SCOPE_ID,
    SNAPSHOT_AT,
    share,
)
from transform.core import spells as core_spells
from transform.core.spells import human_acts, in_all, snapshots
from transform.influence.concentration import concentrations, contributions_by_person
from transform.influence.core_members import human_years
from transform.influence.windows import with_windows
from transform.ops.headline_attention import Threads, edges, named
from transform.ops.headline_attention import told as attention_of
from transform.parameters import Parameters
from transform.retention import curves, first_responses
from transform.retention.first_responses import THREAD
from transform.retention.response_times import in_scopes
from transform.statistics.kaplan_meier import ends, kaplan_meier, reached, readings

POPULATIONS = {"humans": ("human",), "humans_and_agents": ("human", "agent"), "all": ACTOR_CLASSES}
DAYS = (30, 90, 180, 365)
IS_HUMAN = pl.col("actor_class") == "human"

TABLE = Table(
    schema="ops",
    name="headlines",
    grain="one row per repository (or all) and population",
    key=("repo_id", "population"),
    inputs=(
        *("core.contributions", "core.people", "core.spells", "core.repositories"),
        *("core.issues", "core.changes", "core.reviews", "core.comments", "core.events"),
        *("retention.newcomers", "retention.first_responses"),
        *("core.interactions", "core.aliases", "raw.mentions", "raw.items"),
    ),
    definition="BOT-03/2",
    formula="the published formulas (RET-03 with the main horizon and the first gap, RET-12, INF-07, and of the last whole year "
    "INF-02 and INF-06), in which the population counts as the humans do",
    source="ours; that bots change such numbers: Wessel et al. 2018, Golzadeh et al. 2021",
    caveats="All other tables are about humans alone. With bots in it, retention is that of accounts. The difference between the rows is what "
    "a wrong class of actor could do at most.",
    may_be_empty="Nobody has acted before a snapshot.",
    evidence=(
        Evidence(
            "core.contributions",
            "the acts of the population in the scope before the snapshot",
            scope=("repo_id",),
            when="there.person_id IS NOT NULL AND there.contributed_at < least(here.snapshot_at, repository.snapshot_at) AND ("
            "here.population = 'all' OR there.actor_class = 'human' OR "
            "(here.population = 'humans_and_agents' AND there.actor_class = 'agent'))",
            counted_in="n_contributions",
        ),
    ),
    columns=(
        SCOPE_ID,
        Column("population", pl.String, "Who counts: humans, AI agents too, or bots too.", one_of=tuple(POPULATIONS)),
        N_PERSONS,
        N_CONTRIBUTIONS,
        N_NEWCOMERS,
        *(
            share(
                f"retained_{day}_share", f"Share still there after {day} days; null where too few are.", nullable=True
            )
            for day in DAYS
        ),
        Column(
            "response_p50_hours",
            pl.Float64,
            "Time after which half of the issues and changes have their first response; null while more than half wait.",
            unit="hours",
            nullable=True,
            at_least=0,
        ),
        Column(
            "effective_persons",
            pl.Float64,
            "Equal persons on whom the contributions of the last whole calendar year rest; null for 'all'.",
            unit="persons",
            nullable=True,
            at_least=1,
        ),
        share("top1_share", "Share that the person with the most has of them; null for 'all'.", nullable=True),
        Column(
            "attention_effective_persons",
            pl.Float64,
            "Equal persons on whom the PageRank in 'attention' of the last whole year rests; null for 'all' or without any.",
            unit="persons",
            nullable=True,
            at_least=1,
        ),
        share("attention_top1_share", "Share that the first of them has of it; null like that.", nullable=True),
        Column(
            "rank_correlation",
            pl.Float64,
            "Between contributions and that PageRank; null for 'all', for few persons or no spread.",
            nullable=True,
            at_least=-1,
            at_most=1,
        ),
        share(
            "unknown_affiliation_share",
            "Share of the contributions of which it is not known for whom they were done.",
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame,
    people: pl.LazyFrame,
    spells: pl.LazyFrame,
    repositories: pl.LazyFrame,
    issues: pl.LazyFrame,
    changes: pl.LazyFrame,
    reviews: pl.LazyFrame,
    comments: pl.LazyFrame,
    events: pl.LazyFrame,
    newcomers: pl.LazyFrame,
    waits: pl.LazyFrame,
    interactions: pl.LazyFrame,
    aliases: pl.LazyFrame,
    mentions: pl.LazyFrame,
    items: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    rows = []
    for population, classes in POPULATIONS.items():
        others = [one for one in classes if one != "human"]
        acts = as_humans(contributions, classes)
        anew = [spells_of_others(contributions, classes, repositories, parameters)] if others else []
        stays = pl.concat([spells.join(others_of(contributions, classes), on="person_id", how="anti"), *anew])
        touched = threads_of(contributions, events, people, others)
        asked, proposed = (one.join(touched, on=THREAD, how="semi") for one in (issues, changes))
        machines = comments.with_columns(is_by_machine=pl.col("is_by_machine") & ("bot" not in classes))
        answered = first_responses.build(
            asked,
            proposed,
            reviews,
            machines,
            events,
            as_humans(people, classes),
            repositories,
            newcomers,
            parameters=parameters,
        )
        every = pl.concat([waits.join(touched, on=THREAD, how="anti"), answered]) if others else waits
        years = human_years(acts, repositories)
        threads = Threads(changes, issues, reviews, machines, as_humans(people, classes), mentions, items, aliases)
        turned = pl.concat([touched, named(threads, others, people)]).unique()
        seen = edges(interactions, turned, years, threads, repositories, parameters) if others else interactions
        told = (
            counted(acts, repositories)
            .join(retained(stays.filter(is_read(parameters)), parameters), on="repo_id", how="left")
            .join(responded(every, repositories), on="repo_id", how="left")
            .join(concentrated(acts, repositories, parameters), on="repo_id", how="left")
            .join(attention_of(seen, years, repositories, parameters), on="repo_id", how="left")
        )
        rows.append(told.with_columns(population=pl.lit(population)))
    every_row = pl.concat(rows).with_columns(pl.col("n_newcomers").fill_null(0), definition=pl.lit(TABLE.definition))
    return every_row.select(TABLE.column_names).sort(TABLE.key)


def as_humans(rows: pl.LazyFrame, classes: tuple[str, ...]) -> pl.LazyFrame:
    """The same rows, in which whoever is of one of the classes is a human."""
    is_in = pl.col("actor_class").is_in(list(classes))
    return rows.with_columns(actor_class=pl.when(is_in).then(pl.lit("human")).otherwise("actor_class"))


def others_of(contributions: pl.LazyFrame, classes: tuple[str, ...]) -> pl.LazyFrame:
    """Persons with acts that count here and nowhere else."""
    theirs = contributions.filter(pl.col("actor_class").is_in(list(classes)), ~IS_HUMAN)
    return theirs.select("person_id").drop_nulls().unique()


def spells_of_others(
    contributions: pl.LazyFrame, classes: tuple[str, ...], repositories: pl.LazyFrame, parameters: Parameters
) -> pl.LazyFrame:
    """Their spells, from all of their acts that count; nobody's depends on anybody else."""
    counts = contributions.filter(pl.col("actor_class").is_in(list(classes)))
    acts = counts.join(others_of(contributions, classes), on="person_id", how="semi").pipe(as_humans, classes)
    return core_spells.build(acts, repositories, parameters=replace(parameters, sensitivity_days=()))


def is_read(parameters: Parameters) -> pl.Expr:
    is_main = pl.col("horizon_days") == parameters.horizon_days
    return (pl.col("family") == "any") & (pl.col("end_rule") == "first_gap") & is_main


def threads_of(
    contributions: pl.LazyFrame, events: pl.LazyFrame, people: pl.LazyFrame, classes: list[str]
) -> pl.LazyFrame:
    """Issues and changes that somebody of the classes opened or acted on."""
    theirs = people.filter(pl.col("actor_class").is_in(classes))
    acts = contributions.filter(pl.col("actor_class").is_in(classes))
    return pl.concat([acts.select(THREAD), events.join(theirs, on="person_id", how="semi").select(THREAD)]).unique()


def counted(acts: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Persons and acts before the snapshot of each scope."""
    once = human_acts(acts, repositories).select("repo_id", "person_id", "contributed_at", "affiliation_class")
    return (
        pl.concat([once, in_all(once)])
        .join(snapshots(repositories), on="repo_id")
        .filter(pl.col("contributed_at") < pl.col("snapshot_at"))
        .group_by(pl.col("repo_id").cast(pl.String))
        .agg(
            pl.col("snapshot_at").first(),
            n_persons=pl.col("person_id").n_unique().cast(pl.Int64),
            n_contributions=pl.len().cast(pl.Int64),
            unknown_affiliation_share=(pl.col("affiliation_class") == "unknown").mean(),
        )
    )


def retained(stays: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Newcomers and how many of them are still there, by the curve of all years."""
    of_all = curves.build(stays, parameters=parameters).filter(pl.col("cohort") == curves.EVERY_YEAR).cache()
    told = of_all.group_by("repo_id").agg(pl.col("n_newcomers").first())
    read = readings(of_all, DAYS, by=("repo_id",)).filter(pl.col("n_at_risk") >= parameters.fewest_at_risk)
    for day in DAYS:
        then = read.filter(pl.col("day") == day).select(
            "repo_id", pl.col("survival_share").alias(f"retained_{day}_share")
        )
        told = told.join(then, on="repo_id", how="left")
    return told


def responded(waits: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """How long half of all questions wait for their first response, whoever asked."""
    seen = in_scopes(waits, repositories).with_columns(
        is_exit=pl.col("response_hours").is_not_null(),
        waited_hours=pl.coalesce("response_hours", "observed_hours"),
        entry_hours=0.0,
    )
    told = seen.pipe(ends, by=("repo_id",), entry="entry_hours", duration="waited_hours").pipe(
        kaplan_meier, by=("repo_id",), time="hour"
    )
    return reached(told, by=("repo_id",), time="hour", response_p50_hours=0.5).with_columns(
        pl.col("repo_id").cast(pl.String)
    )


def concentrated(acts: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """On how few persons the last whole calendar year of each repository rests."""
    return (
        human_acts(acts, repositories)
        .pipe(contributions_by_person)
        .filter(pl.col("quantity") == "contributions_any")
        .pipe(concentrations)
        .with_columns(window_kind=pl.lit("year"))
        .pipe(with_windows, repositories, parameters)
        .filter("is_window_complete")
        .sort("window_start")
        .group_by("repo_id")
        .agg(pl.col("effective_persons", "top1_share").last())
    )
