"""retention.funnel: how many newcomers go on from talking to proposing, to being merged, to reviewing, to merging (RET-09)."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, HORIZON_DAYS, N_NEWCOMERS, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import IS_DECIDABLE, SCOPE_KEY, horizons_of, human_acts, in_all, snapshots
from transform.parameters import Parameters
from transform.retention.newcomers import of_newcomers
from transform.statistics.aalen_johansen import CENSORED, COMPETING, EVENT, aalen_johansen, incidence_at
from transform.statistics.intervals import wilson

STAGES = ("talk", "change", "merged_change", "review", "merge")
STEPS = tuple(pairwise(STAGES))
READINGS = ("ever", "sequential")
SCOPE = ("repo_id", "horizon_days", "reading")
STEP = (*SCOPE, "from_stage")

TABLE = Table(
    schema="retention",
    name="funnel",
    grain="one row per repository (or all), horizon, reading and stage with a next one",
    key=STEP,
    inputs=("core.spells", "core.contributions", "core.changes", "core.repositories"),
    definition="RET-09/2",
    formula="Aalen-Johansen incidence of to_stage within conversion_days of from_stage, leaving (RET-03, first_gap) "
    "competing, censored at the snapshot less horizon_days; ever: the first act of each stage; sequential: the first "
    "after that of the stage before",
    source="Aalen and Johansen 1978",
    parameters={
        "conversion_days": "parameters.conversion_days",
        "horizon_days": "parameters.horizon_days",
        "sensitivity_days": "parameters.sensitivity_days",
    },
    caveats="Whoever reached to_stage first converts at once under ever; skipped_share says how many. Those who only watch "
    "are not seen. One less Kaplan-Meier, with leaving as censoring, would overstate the share, and is not here.",
    may_be_empty="No funnel without newcomers.",
    evidence=(
        Evidence(
            "core.spells",
            "the spells of all newcomers who can be judged",
            same=("repo_id", "horizon_days"),
            when="there.family = 'any' AND there.is_newcomer AND there.is_exit IS NOT NULL AND there.end_rule = 'first_gap'",
            counted_in="n_newcomers",
        ),
    ),
    columns=(
        SCOPE_ID,
        HORIZON_DAYS,
        Column("reading", pl.String, "Whether stages may be reached in any order.", one_of=READINGS),
        Column("from_stage", pl.String, "Stage that was reached.", one_of=STAGES[:-1]),
        Column("to_stage", pl.String, "The next one.", one_of=STAGES[1:]),
        N_NEWCOMERS,
        count(
            "n_entered", "Newcomers who reached from_stage while there, early enough to be followed.", unit="persons"
        ),
        count("n_converted", "Those seen to reach to_stage within conversion_days.", unit="persons"),
        count("n_left", "Those seen to leave before, within conversion_days.", unit="persons"),
        share("converted_share", "Share that reaches to_stage; null if nobody was followed so long.", nullable=True),
        share("converted_lower_share", "Lower 95 % bound; null where the share is 0 or 1.", nullable=True),
        share("converted_upper_share", "Upper 95 % bound; null where the share is 0 or 1.", nullable=True),
        share("left_share", "Share that leaves before; null if nobody was followed so long.", nullable=True),
        count(
            "n_reached", "Newcomers who ever reached to_stage; null under sequential.", unit="persons", nullable=True
        ),
        count("n_skipped", "Those who had not reached from_stage before.", unit="persons", nullable=True),
        share("skipped_share", "Share of them; null if nobody reached to_stage.", nullable=True),
        share("skipped_lower_share", "Lower 95 % bound.", nullable=True),
        share("skipped_upper_share", "Upper 95 % bound.", nullable=True),
        Column("is_reportable", pl.Boolean, "Whether fewest_at_risk or more entered."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    spells: pl.LazyFrame,
    contributions: pl.LazyFrame,
    changes: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    is_asked = pl.col("horizon_days").is_in(horizons_of(parameters))
    members = of_newcomers(spells).filter(is_asked, pl.col("family") == "any", IS_DECIDABLE).pipe(keyed).cache()
    acts = stage_acts(human_acts(contributions, repositories), changes, repositories, members).cache()
    ways = {"ever": first_acts(acts), "sequential": acts_in_order(acts)}
    people = [
        members.join(way, on=SCOPE_KEY, how="left").with_columns(reading=pl.lit(name)) for name, way in ways.items()
    ]
    reached = pl.concat(people).cache()
    entered = reached.pipe(steps).cache()
    curves = aalen_johansen(entered, by=STEP, duration="days", cause="cause")
    return (
        reached.pipe(every_step)
        .join(entered.group_by(STEP).agg(n_entered=pl.len().cast(pl.Int64)), on=STEP, how="left")
        .join(curves.pipe(incidence_at, parameters.conversion_days, by=STEP), on=STEP, how="left")
        .pipe(told, parameters.fewest_at_risk)
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def keyed(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.select(*SCOPE_KEY, "horizon_days", "first_day", "end_day", "is_exit", "snapshot_at")


def stage_acts(
    acts: pl.LazyFrame, changes: pl.LazyFrame, repositories: pl.LazyFrame, members: pl.LazyFrame
) -> pl.LazyFrame:
    """Scope, person, number of the stage and instant of what newcomers did, and of their being merged."""
    thread = (pl.col("repo_id").cast(pl.Categorical), "artefact_id")
    authors = changes.select(*thread, author_id=pl.col("person_id").cast(pl.Categorical))
    on_others = acts.filter(pl.col("kind").is_in(["review", "review_comment", "change_merge"])).join(
        authors, on=["repo_id", "artefact_id"]
    )
    judged = on_others.filter(pl.col("person_id").ne_missing(pl.col("author_id")))
    merged = changes.filter("is_merged").select(
        thread[0], pl.col("person_id").cast(pl.Categorical), at="merged_at", stage=pl.lit(2)
    )
    by_kind = {"issue_open": 0, "comment": 0, "change_open": 1}
    alone = acts.filter(pl.col("kind").is_in(list(by_kind)))
    number = pl.col("kind").replace_strict
    each = pl.concat(
        [
            alone.select(*SCOPE_KEY, at="contributed_at", stage=number(by_kind, return_dtype=pl.Int32)),
            judged.select(
                *SCOPE_KEY,
                at="contributed_at",
                stage=pl.when(pl.col("kind") == "change_merge").then(pl.lit(4)).otherwise(pl.lit(3)),
            ),
            merged.drop_nulls(),
        ]
    )
    return (
        pl.concat([each, in_all(each)])
        .join(members.select(SCOPE_KEY).unique(), on=SCOPE_KEY, how="semi")
        .join(snapshots(repositories), on="repo_id")
        .filter(pl.col("at") < pl.col("snapshot_at"))
        .select(*SCOPE_KEY, "stage", "at")
    )


def first_acts(acts: pl.LazyFrame) -> pl.LazyFrame:
    """One row a person; `at_0` to `at_4` are the first acts of the stages."""
    number = pl.col("stage")
    return acts.group_by(SCOPE_KEY).agg(
        pl.col("at").filter(number == stage).min().alias(f"at_{stage}") for stage in range(len(STAGES))
    )


def acts_in_order(acts: pl.LazyFrame) -> pl.LazyFrame:
    """The same, but of each stage the first act after that of the stage before."""
    start = acts.filter(pl.col("stage") == 0).group_by(SCOPE_KEY).agg(at_0=pl.col("at").min())
    return reduce(lambda found, stage: found.pipe(with_next, acts, stage), range(1, len(STAGES)), start)


def with_next(found: pl.LazyFrame, acts: pl.LazyFrame, stage: int) -> pl.LazyFrame:
    before = found.select(*SCOPE_KEY, before_at=f"at_{stage - 1}").drop_nulls()
    following = (
        acts.filter(pl.col("stage") == stage)
        .join(before, on=SCOPE_KEY)
        .filter(pl.col("at") > pl.col("before_at"))
        .group_by(SCOPE_KEY)
        .agg(pl.col("at").min().alias(f"at_{stage}"))
    )
    return found.join(following, on=SCOPE_KEY, how="left")


def steps(people: pl.LazyFrame) -> pl.LazyFrame:
    """Who entered each step, after how many days it ended, and why.

    Nobody acts in the silence that makes a leaving, but others may still merge what was left behind: that counts.
    """
    horizon = pl.duration(days=pl.col("horizon_days"))
    last_decidable = pl.col("snapshot_at").dt.date() - horizon
    gone_on = pl.when("is_exit").then(pl.col("end_day") + horizon)

    def is_there(day: str) -> pl.Expr:
        return (pl.col(day) <= last_decidable) & (gone_on.is_null() | (pl.col(day) < gone_on))

    is_converted = is_there("to_day").fill_null(value=False)
    end = pl.when(is_converted).then("to_day").otherwise("end_day")
    cause = (
        pl.when(is_converted).then(pl.lit(EVENT)).when("is_exit").then(pl.lit(COMPETING)).otherwise(pl.lit(CENSORED))
    )
    return pl.concat(
        [
            people.with_columns(
                from_stage=pl.lit(name),
                from_day=pl.col(f"at_{number}").dt.date(),
                to_day=pl.col(f"at_{number + 1}").dt.date(),
            )
            .filter(is_there("from_day"))
            .select(*STEP, days=(end - pl.col("from_day")).dt.total_days().clip(0), cause=cause)
            for number, (name, _) in enumerate(STEPS)
        ]
    )


def every_step(people: pl.LazyFrame) -> pl.LazyFrame:
    """A row for every step of a scope with newcomers, with those who skipped it; skipping asks for any order."""
    is_ever = pl.col("reading") == "ever"
    rows = []
    for number, (name, following) in enumerate(STEPS):
        here, there = pl.col(f"at_{number}"), pl.col(f"at_{number + 1}")
        is_skipped = there.is_not_null() & (here.is_null() | (here > there))
        counted = people.group_by(SCOPE).agg(
            pl.col("snapshot_at").first(),
            n_newcomers=pl.len().cast(pl.Int64),
            n_reached=there.is_not_null().sum().cast(pl.Int64),
            n_skipped=is_skipped.sum().cast(pl.Int64),
        )
        rows.append(counted.with_columns(from_stage=pl.lit(name), to_stage=pl.lit(following)))
    return pl.concat(rows).with_columns(pl.when(is_ever).then(pl.col("n_reached", "n_skipped")))


def told(rows: pl.LazyFrame, fewest: int) -> pl.LazyFrame:
    reached, skipped = pl.col("n_reached"), pl.col("n_skipped")
    lower, upper = wilson(skipped, reached)
    return rows.with_columns(
        pl.col("repo_id").cast(pl.String),
        pl.col("n_entered").fill_null(0),
        n_converted=pl.col("n_events").fill_null(0),
        n_left=pl.col("n_competing").fill_null(0),
        converted_share="incidence_share",
        converted_lower_share="incidence_lower_share",
        converted_upper_share="incidence_upper_share",
        left_share="competing_share",
        skipped_share=pl.when(reached > 0).then(skipped / reached),
        skipped_lower_share=lower,
        skipped_upper_share=upper,
        is_reportable=pl.col("n_entered").fill_null(0) >= fewest,
        definition=pl.lit(TABLE.definition),
    )
