"""retention.other_definitions: who came and who stayed by the published rules of others, beside our own (CMP-01)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count
from transform.core.repositories import IS_HISTORY_CUT
from transform.core.spells import kept_acts
from transform.parameters import Parameters
from transform.retention.cohorts import QUARTER_DAYS
from transform.retention.rests_on import ACT_DAY, IS_HUMAN_ACT
from transform.statistics.concentration import in_core

CELL = ("repo_id", "period_start")
PERSON = ("repo_id", "person_id")
NAMES = ("rule", "period", "quantity", "own_measure")
EVERY = {"month": "1mo", "quarter": "1q"}
FEW_CHANGES = 12
EPISODIC_PAUSE = "3mo"
INACTIVE_MONTHS = 6

RULES = {
    "chaoss_new": ("month", "persons", "RET-01 newcomers, family any"),
    "devstats_new": ("month", "persons", "RET-01 newcomers, family code"),
    "devstats_episodic": ("month", "persons", "the same without those who opened their first change"),
    "lfx_retention": ("quarter", "share", "RET-06 bounded at day 90, newcomers of the quarter before"),
    "opendigger_inactive": ("month", "persons", "RET-03 exits by first_gap in the month, family code"),
    "compass_core_retention": ("month", "share", "the same for the core of 80 % (RET-11)"),
}
"""Each rule with its period, what it counts, and which measure of ours stands beside it."""

IS_FIRST_CLASS = pl.col("kind").is_in(["commit", "issue_open", "change_open", "review", "review_comment"])
"""What CHAOSS names: commits, issues, change requests and reviews; plain comments are not among them."""

IS_ON_CODE = pl.col("kind").is_in(["commit", "change_open", "change_merge", "review_comment"]) | (
    (pl.col("kind") == "comment") & pl.col("artefact_id").cast(pl.String).str.starts_with("change:")
)
"""What OSS Compass counts as code: commits, and opening, merging and commenting changes."""

TABLE = Table(
    schema="retention",
    name="other_definitions",
    grain="one row per repository, rule and calendar period that is over, from the first with an act the rule is about",
    key=("repo_id", "rule", "period_start"),
    inputs=("core.contributions", "core.repositories", "core.spells", "retention.newcomers", "retention.cohorts"),
    definition="CMP-01/1",
    formula="chaoss_new: first commit, issue, change or review is in the month; devstats_new: opened a change, none before; "
    "devstats_episodic: opened a change, none in the 3 months before, at most 12 before; lfx_retention: active in the "
    "quarter / active in the one before; opendigger_inactive: once merged, but not in the 6 months up to the end of the "
    "month; compass_core_retention: still in the core / core of the month before, core: fewest with 50 % of the acts on code",
    source="CHAOSS New Contributors (chaoss.community/?p=3613; wg-evolution at 0018510); DevStats (cncf/devstats at 7df1211, "
    "metrics/shared/new_contributors.sql and episodic_contributors.sql); LFX Insights (CrowdDotDev/crowd.dev at 0a9b150, "
    "contributor_retention.pipe); OpenDigger (X-lab2017/open-digger at 9dbe621, src/metrics/chaoss.ts); OSS Compass "
    "(oss-compass/compass-metrics-model at 3b5b042, developer_metrics_v2.py); all read in November 2026",
    parameters={"horizon_days": "parameters.horizon_days"},
    caveats="The rules of others on our acts, persons and repositories: their sites count other acts, bots and groups of "
    "repositories, so expect other numbers there. Where LFX shows 0 because nobody was active before, this is NULL.",
    may_be_empty="No rule has a row before the first month of a repository is over.",
    evidence=(
        Evidence(
            "core.contributions",
            "the acts of humans up to the end of the period",
            same=("repo_id",),
            when=f"{IS_HUMAN_ACT} AND {ACT_DAY} < here.period_start + CASE WHEN here.rule = 'lfx_retention' THEN INTERVAL 3 MONTH ELSE INTERVAL 1 MONTH END",
        ),
    ),
    columns=(
        REPO_ID,
        Column("rule", pl.String, "Whose rule for what; see the formula.", one_of=tuple(RULES)),
        Column("period_start", pl.Date, "First day of the calendar period (UTC)."),
        Column("period", pl.String, "Length of the period.", one_of=tuple(EVERY)),
        Column("quantity", pl.String, "What rule_value and own_value are.", one_of=("persons", "share")),
        count("n_numerator", "Persons who meet the rule."),
        count("n_denominator", "Persons it is a share of; null for plain counts.", nullable=True),
        Column(
            "rule_value", pl.Float64, "The number by that rule; null where it divides by 0.", nullable=True, at_least=0
        ),
        Column("own_value", pl.Float64, "Our own; null where it cannot be known yet.", nullable=True, at_least=0),
        Column("own_measure", pl.String, "Which measure of ours that is."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    spells: pl.LazyFrame,
    newcomers: pl.LazyFrame,
    cohorts: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    acts = kept_acts(contributions, repositories).pipe(named)
    opened = acts.filter(pl.col("kind") == "change_open").cache()
    merged = opened.filter(pl.col("accepted_at") < pl.col("snapshot_at")).with_columns(at="accepted_at")
    on_code = acts.filter(IS_ON_CODE)
    rules = {
        "chaoss_new": (acts, acts.filter(IS_FIRST_CLASS).pipe(first_in), arrivals(newcomers, "any")),
        "devstats_new": (opened, opened.pipe(first_in), arrivals(newcomers, "code")),
        "devstats_episodic": (opened, opened.pipe(episodic, least=0), opened.pipe(episodic, least=1).pipe(as_own)),
        "lfx_retention": (acts, acts.pipe(active_in, "quarter").pipe(kept, "quarter"), came_back(cohorts)),
        "opendigger_inactive": (merged, merged.pipe(inactive, repositories), leavers(spells, parameters.horizon_days)),
        "compass_core_retention": (
            on_code,
            on_code.pipe(core_in, parts=1, of=2).pipe(kept, "month"),
            on_code.pipe(core_in, parts=4, of=5).pipe(kept, "month").pipe(as_own),
        ),
    }
    tables = [of_rule(name, grid(acts, repositories, RULES[name][0]), *given) for name, (acts, *given) in rules.items()]
    return (
        pl.concat(tables)
        .with_columns(known_own(parameters.horizon_days), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def named(acts: pl.LazyFrame) -> pl.LazyFrame:
    columns = (*PERSON, "kind", "artefact_id", "accepted_at", "snapshot_at")
    return acts.select(*columns, at="contributed_at").cache()


def grid(relevant: pl.LazyFrame, repositories: pl.LazyFrame, period: str) -> pl.LazyFrame:
    """Every period that is over, from the first relevant act; where history is missing, from newcomers_from_at on."""
    every = EVERY[period]
    first = relevant.group_by(pl.col("repo_id").cast(pl.String)).agg(
        start=pl.col("at").min().dt.date().dt.truncate(every)
    )
    known_from = (
        (pl.col("newcomers_from_at") - pl.duration(microseconds=1)).dt.date().dt.truncate(every).dt.offset_by(every)
    )
    start = pl.when(IS_HISTORY_CUT).then(pl.max_horizontal("start", known_from)).otherwise("start")
    periods = pl.date_ranges(start, pl.col("snapshot_at").dt.date().dt.truncate(every), interval=every, closed="left")
    return (
        first.join(repositories, on="repo_id")
        .select("repo_id", "snapshot_at", period_start=periods)
        .explode("period_start")
        .drop_nulls("period_start")
    )


def of_rule(rule: str, periods: pl.LazyFrame, theirs: pl.LazyFrame, own: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of one rule: a period without anybody counts 0, and has no share."""
    period, quantity, own_measure = RULES[rule]
    is_share = quantity == "share"
    met, among = pl.col("n_numerator").fill_null(0), pl.col("n_denominator")
    rows = periods.join(theirs, on=CELL, how="left").join(own, on=CELL, how="left")
    return rows.select(
        *CELL,
        "snapshot_at",
        "own_value" if is_share else pl.col("own_value").fill_null(0),
        n_numerator=met,
        n_denominator=among.fill_null(0) if is_share else among,
        rule_value=met / among if is_share else met.cast(pl.Float64),
        **{name: pl.lit(text) for name, text in zip(NAMES, (rule, period, quantity, own_measure), strict=True)},
    )


def known_own(horizon: int) -> pl.Expr:
    """Who leaves in a month is known once the horizon has passed since."""
    month_end = pl.col("period_start").dt.offset_by(EVERY["month"])
    decidable = month_end + pl.duration(days=horizon) <= pl.col("snapshot_at").dt.date()
    return pl.when((pl.col("rule") != "opendigger_inactive") | decidable).then("own_value").alias("own_value")


def per_period(rows: pl.LazyFrame, period_start: pl.Expr) -> pl.LazyFrame:
    """How many rows per repository and period."""
    counted = rows.group_by(pl.col("repo_id").cast(pl.String), period_start=period_start)
    return counted.agg(n_numerator=pl.len().cast(pl.Int64)).with_columns(n_denominator=pl.lit(None, pl.Int64))


def as_own(theirs: pl.LazyFrame) -> pl.LazyFrame:
    met, among = pl.col("n_numerator"), pl.col("n_denominator")
    return theirs.select(*CELL, own_value=pl.when(among.is_null()).then(met.cast(pl.Float64)).otherwise(met / among))


def first_in(acts: pl.LazyFrame) -> pl.LazyFrame:
    """Persons by the month of the first of the acts."""
    return acts.group_by(PERSON).agg(pl.col("at").min()).pipe(per_period, month_of(pl.col("at")))


def month_of(at: pl.Expr) -> pl.Expr:
    return at.dt.date().dt.truncate(EVERY["month"])


def episodic(opened: pl.LazyFrame, *, least: int) -> pl.LazyFrame:
    """Who opened changes in the month, none in the pause before it, and at least so many and at most a few earlier."""
    months = opened.group_by(*PERSON, period_start=month_of(pl.col("at"))).agg(n=pl.len(), last_at=pl.col("at").max())
    in_order = months.sort(*PERSON, "period_start")
    n_before = pl.col("n").cum_sum().over(PERSON) - pl.col("n")
    paused_from = pl.col("period_start").dt.offset_by(f"-{EPISODIC_PAUSE}")
    has_paused = (pl.col("last_at").shift().over(PERSON).dt.date() < paused_from).fill_null(value=True)
    return in_order.filter(has_paused, n_before.is_between(least, FEW_CHANGES)).pipe(per_period, pl.col("period_start"))


def active_in(acts: pl.LazyFrame, period: str) -> pl.LazyFrame:
    return acts.select(*PERSON, period_start=pl.col("at").dt.date().dt.truncate(EVERY[period])).unique()


def core_in(acts: pl.LazyFrame, *, parts: int, of: int) -> pl.LazyFrame:
    """Who is in the core of a month; of equals the first by person_id."""
    months = acts.group_by(*PERSON, period_start=month_of(pl.col("at"))).agg(n=pl.len().cast(pl.Int64))
    in_order = months.sort("n", "person_id", descending=[True, False])
    return in_order.filter(in_core(pl.col("n"), by=CELL, parts=parts, of=of)).drop("n")


def kept(members: pl.LazyFrame, period: str) -> pl.LazyFrame:
    """How many members of a period were members in the one before, of how many in that."""
    before = members.with_columns(pl.col("period_start").dt.offset_by(EVERY[period]))
    still = before.join(members, on=[*PERSON, "period_start"]).pipe(per_period, pl.col("period_start"))
    among = before.pipe(per_period, pl.col("period_start")).select(*CELL, n_denominator="n_numerator")
    return among.join(still.drop("n_denominator"), on=CELL, how="left").with_columns(pl.col("n_numerator").fill_null(0))


def inactive(merged: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Of all whose change was ever merged by the end of a month, those with none in the last six months of it."""
    month = month_of(pl.col("at"))
    firsts = merged.pipe(first_in).sort("period_start")
    ever = firsts.select(*CELL, n_denominator=pl.col("n_numerator").cum_sum().over("repo_id"))
    active = pl.concat(
        [merged.select(*PERSON, period_start=month.dt.offset_by(f"{later}mo")) for later in range(INACTIVE_MONTHS)]
    )
    n_active = active.unique().pipe(per_period, pl.col("period_start")).select(*CELL, n_active="n_numerator")
    months = grid(merged, repositories, "month").select(CELL).sort("period_start")
    stock = months.join_asof(ever, on="period_start", by="repo_id", check_sortedness=False)
    return stock.join(n_active, on=CELL, how="left").select(
        *CELL, n_numerator=pl.col("n_denominator") - pl.col("n_active").fill_null(0), n_denominator="n_denominator"
    )


def arrivals(newcomers: pl.LazyFrame, family: str) -> pl.LazyFrame:
    return newcomers.filter(pl.col("family") == family).pipe(per_period, pl.col("first_month")).pipe(as_own)


def leavers(spells: pl.LazyFrame, horizon: int) -> pl.LazyFrame:
    ours = (pl.col("end_rule") == "first_gap") & (pl.col("horizon_days") == horizon) & (pl.col("family") == "code")
    return spells.filter(ours, "is_exit").pipe(per_period, pl.col("end_day").dt.truncate(EVERY["month"])).pipe(as_own)


def came_back(cohorts: pl.LazyFrame) -> pl.LazyFrame:
    """The share of a mature quarter's newcomers who came back, at the quarter that follows it."""
    ours = (pl.col("measure") == "bounded") & (pl.col("day") == QUARTER_DAYS) & (pl.col("family") == "any")
    next_quarter = pl.col("cohort_quarter").dt.offset_by(EVERY["quarter"])
    return cohorts.filter(ours, "is_mature").select("repo_id", period_start=next_quarter, own_value="retained_share")
