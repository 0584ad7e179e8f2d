"""retention.funnel: how many newcomers go on from talking to proposing, to being merged, to reviewing, to merging (RET-09)."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, HORIZON_DAYS, N_NEWCOMERS, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import IS_DECIDABLE, SCOPE_KEY, horizons_of, in_all, kept_acts, paired, snapshots
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
    acts = stage_acts(kept_acts(contributions, repositories), changes, repositories, members).cache()
    ways = {"ever": first_acts(acts), "sequential": acts_in_order(acts)}
    people = [
        members.join(way, on="member", how="left").with_columns(reading=named(name)) for name, way in ways.items()
    ]
    reached = pl.concat(people).cache()
    entered = reached.pipe(steps).cache()
    counted = entered.group_by(STEP).agg(n_entered=pl.len().cast(pl.Int64)).pipe(numbered).cache()
    curves = entered.join(counted, on=STEP).pipe(aalen_johansen, by=("step",), duration="days", cause="cause")
    return (
        reached.pipe(every_step)
        .join(counted, on=STEP, how="left")
        .join(curves.pipe(incidence_at, parameters.conversion_days, by=("step",)), on="step", how="left")
        .with_columns(pl.col("repo_id", "reading", "from_stage", "to_stage").cast(pl.String))
        .pipe(told, parameters.fewest_at_risk)
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def numbered(steps: pl.LazyFrame) -> pl.LazyFrame:
    """`step` numbers them by name: sums of fractions may hang on where their terms lie."""
    return steps.sort(pl.col(STEP).cast(pl.String)).with_row_index("step")


def named(name: str) -> pl.Expr:
    """A name in a column that many rows are grouped by."""
    return pl.lit(name).cast(pl.Categorical)


def keyed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """`member` tells who it is in which scope, with one number."""
    return rows.select(
        "repo_id", "horizon_days", "first_day", "end_day", "is_exit", "snapshot_at", member=paired(*SCOPE_KEY)
    )


def stage_acts(
    acts: pl.LazyFrame, changes: pl.LazyFrame, repositories: pl.LazyFrame, members: pl.LazyFrame
) -> pl.LazyFrame:
    """Member, number of the stage and instant of what newcomers did, and of their being merged."""
    thread = ("repo_id", "artefact_id")
    proposed = changes.with_columns(pl.col(*thread, "person_id").cast(pl.Categorical))
    authors = proposed.select(thread=paired(*thread), author_id="person_id")
    on_others = (
        acts.filter(pl.col("kind").is_in(["review", "review_comment", "change_merge"]))
        .with_columns(thread=paired(*thread))
        .join(authors, on="thread")
    )
    judged = on_others.filter(pl.col("person_id").ne_missing(pl.col("author_id")))
    merged = proposed.filter("is_merged").select(*SCOPE_KEY, at="merged_at", stage=pl.lit(2, pl.Int8))
    alone = acts.filter(pl.col("kind").is_in(["issue_open", "comment", "change_open"]))
    stage_of = {
        "alone": (pl.col("kind") == "change_open").cast(pl.Int8),
        "judged": pl.when(pl.col("kind") == "change_merge").then(pl.lit(4, pl.Int8)).otherwise(pl.lit(3, pl.Int8)),
    }
    each = pl.concat(
        [
            alone.select(*SCOPE_KEY, at="contributed_at", stage=stage_of["alone"]),
            judged.select(*SCOPE_KEY, at="contributed_at", stage=stage_of["judged"]),
            merged.drop_nulls(),
        ]
    )
    return (
        pl.concat([each, in_all(each)])
        .with_columns(member=paired(*SCOPE_KEY))
        .join(members.select("member").unique(), on="member", how="semi")
        .join(snapshots(repositories), on="repo_id")
        .filter(pl.col("at") < pl.col("snapshot_at"))
        .select("member", "stage", "at")
    )


def first_acts(acts: pl.LazyFrame) -> pl.LazyFrame:
    """One row a member; `at_0` to `at_4` are the first acts of the stages."""
    number = pl.col("stage")
    return acts.group_by("member").agg(
        pl.col("at").filter(number == stage).min().alias(f"at_{stage}") for stage in range(len(STAGES))
    )


def acts_in_order(acts: pl.LazyFrame) -> pl.LazyFrame:
    """The same, but of each stage the first act after that of the stage before."""
    start = acts.filter(pl.col("stage") == 0).group_by("member").agg(at_0=pl.col("at").min())
    return reduce(lambda found, stage: found.pipe(with_next, acts, stage), range(1, len(STAGES)), start)


def with_next(found: pl.LazyFrame, acts: pl.LazyFrame, stage: int) -> pl.LazyFrame:
    before = found.select("member", before_at=f"at_{stage - 1}").drop_nulls()
    following = (
        acts.filter(pl.col("stage") == stage)
        .join(before, on="member")
        .filter(pl.col("at") > pl.col("before_at"))
        .group_by("member")
        .agg(pl.col("at").min().alias(f"at_{stage}"))
    )
    return found.join(following, on="member", how="left")


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
                from_stage=named(name),
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
    counts: dict[str, pl.Expr] = {}
    for number in range(len(STEPS)):
        here, there = pl.col(f"at_{number}"), pl.col(f"at_{number + 1}")
        is_skipped = there.is_not_null() & (here.is_null() | (here > there))
        counts |= {f"n_reached_{number}": there.is_not_null(), f"n_skipped_{number}": is_skipped}
    counted = people.group_by(SCOPE).agg(
        pl.col("snapshot_at").first(),
        n_newcomers=pl.len().cast(pl.Int64),
        **{name: is_counted.sum().cast(pl.Int64) for name, is_counted in counts.items()},
    )
    return pl.concat(
        counted.cache().select(
            *SCOPE,
            "snapshot_at",
            "n_newcomers",
            from_stage=named(name),
            to_stage=named(following),
            n_reached=pl.when(is_ever).then(f"n_reached_{number}"),
            n_skipped=pl.when(is_ever).then(f"n_skipped_{number}"),
        )
        for number, (name, following) in enumerate(STEPS)
    )


def told(rows: pl.LazyFrame, fewest: int) -> pl.LazyFrame:
    reached, skipped = pl.col("n_reached"), pl.col("n_skipped")
    lower, upper = wilson(skipped, reached)
    return rows.with_columns(
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
