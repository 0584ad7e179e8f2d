"""retention.response_times: how long newcomers and regulars wait for an answer, unanswered questions included (RET-12)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import in_all, snapshots
from transform.parameters import Parameters
from transform.retention.first_responses import ARTEFACT_KIND, hours, hours_between
from transform.retention.rests_on import OPENED_YEAR
from transform.statistics.intervals import wilson
from transform.statistics.kaplan_meier import ends, kaplan_meier, reached

AUTHOR_GROUPS = ("newcomer", "regular")
RESPONDERS = ("any_human", "insider", "bot")
HORIZONS = {"24h": 24, "48h": 48, "7d": 168}
EVERY_YEAR = "all"
GROUP = ("repo_id", "artefact_kind", "author_group", "responder", "opened_year")


def within(horizon: str) -> tuple[Column, ...]:
    """The columns about answers within one horizon."""
    return (
        count(f"n_eligible_{horizon}", f"Waits that can be judged at {horizon}: see the formula."),
        share(f"answered_{horizon}_share", f"Share of them answered within {horizon}.", nullable=True),
        share(f"answered_{horizon}_lower_share", "Lower 95 % bound.", nullable=True),
        share(f"answered_{horizon}_upper_share", "Upper 95 % bound.", nullable=True),
    )


TABLE = Table(
    schema="retention",
    name="response_times",
    grain="one row per repository (or all), kind of artefact, group of authors, responder and year of opening (or all)",
    key=GROUP,
    inputs=("retention.first_responses", "core.repositories"),
    definition="RET-12b/1",
    formula="Kaplan-Meier over the waits, censored at observed_until_at: p50 and p90 are the first time at which half "
    "and a tenth still wait; a share within a horizon is over those opened that long before the snapshot that were "
    "answered, or observed for as long as the horizon",
    source="Kaplan and Meier 1958; Wilson 1927",
    parameters={"horizons_hours": HORIZONS, "newcomer_days": "parameters.newcomer_days", "confidence": 0.95},
    caveats="p50 and p90 are null where so many still wait. The insider rows hold only what was opened after the "
    "repository had shown an insider. In 'all' an author is a newcomer to the repository of the question.",
    may_be_empty="A plain git repository has no issues and no change requests.",
    evidence=(
        Evidence(
            "retention.first_responses",
            "the issues or changes opened by such authors in the year",
            same=("artefact_kind",),
            scope=("repo_id",),
            when=f"there.opened_at < here.snapshot_at AND there.is_newcomer_at_opening = (here.author_group = 'newcomer') AND here.opened_year IN ('all', {OPENED_YEAR}) AND (here.responder <> 'insider' OR there.is_insider_known)",
            counted_in="n_opened",
        ),
    ),
    columns=(
        SCOPE_ID,
        ARTEFACT_KIND,
        Column("author_group", pl.String, "Author new at opening, or not.", one_of=AUTHOR_GROUPS),
        Column("responder", pl.String, "Whose first response ends the wait.", one_of=RESPONDERS),
        Column("opened_year", pl.String, "Calendar year (UTC) of opening, or 'all' years together."),
        count("n_opened", "Issues or changes opened."),
        count("n_answered", "Those with such a response."),
        count("n_unanswered", "Those without one so far, or up to their closing."),
        hours("p50_hours", "Time after which half have been answered; null while more than half wait."),
        hours("p90_hours", "Time after which nine in ten have been answered; null while more than a tenth wait."),
        *(column for horizon in HORIZONS for column in within(horizon)),
        Column("is_reportable", pl.Boolean, "Whether the row rests on fewest_at_risk waits or more."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(first_responses: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    waits = first_responses.pipe(in_scopes, repositories).pipe(by_responder).pipe(in_cohorts).cache()
    spells = waits.with_columns(
        is_exit=pl.col("hours").is_not_null(),
        waited_hours=pl.coalesce("hours", "observed_hours"),
        entry_hours=0.0,
    )
    curves = spells.pipe(ends, by=GROUP, entry="entry_hours", duration="waited_hours").pipe(
        kaplan_meier, by=GROUP, time="hour"
    )
    return (
        waits.pipe(counts)
        .join(curves.pipe(reached, by=GROUP, time="hour", p50_hours=0.5, p90_hours=0.1), on=GROUP)
        .with_columns(
            pl.col("repo_id").cast(pl.String),
            is_reportable=pl.col("n_opened") >= parameters.fewest_at_risk,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def in_scopes(first_responses: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Every wait in its repository and in 'all', each seen up to the snapshot of that scope (`seen_hours`)."""
    once = first_responses.drop("snapshot_at").with_columns(pl.col("repo_id").cast(pl.Categorical))
    seen = pl.concat([once, in_all(once)]).join(snapshots(repositories), on="repo_id")
    answered = ("response_hours", "insider_response_hours", "bot_response_hours")
    return (
        seen.filter(pl.col("opened_at") < pl.col("snapshot_at"))
        .with_columns(seen_hours=hours_between("opened_at", "snapshot_at"))
        .with_columns(pl.when(pl.col(name) < pl.col("seen_hours")).then(name).alias(name) for name in answered)
    )


def by_responder(waits: pl.LazyFrame) -> pl.LazyFrame:
    """Every wait once for each responder it may have had, with `hours` until that one's answer."""
    variants = {
        "any_human": waits.with_columns(hours="response_hours"),
        "insider": waits.filter("is_insider_known").with_columns(hours="insider_response_hours"),
        "bot": waits.with_columns(hours="bot_response_hours"),
    }
    return pl.concat([rows.with_columns(responder=pl.lit(name)) for name, rows in variants.items()])


def in_cohorts(waits: pl.LazyFrame) -> pl.LazyFrame:
    """Every wait in its year and in 'all' years."""
    named = waits.select(
        *("repo_id", "artefact_kind", "responder", "hours", "observed_hours", "seen_hours", "snapshot_at"),
        author_group=pl.when("is_newcomer_at_opening").then(pl.lit("newcomer")).otherwise(pl.lit("regular")),
        opened_year=pl.col("opened_at").dt.year().cast(pl.String),
    )
    return pl.concat([named, named.with_columns(opened_year=pl.lit(EVERY_YEAR))])


def counts(waits: pl.LazyFrame) -> pl.LazyFrame:
    is_answered = pl.col("hours").is_not_null()
    judged = {
        name: (pl.col("seen_hours") >= limit) & (is_answered | (pl.col("observed_hours") >= limit))
        for name, limit in HORIZONS.items()
    }
    tallied = waits.group_by(GROUP).agg(
        pl.col("snapshot_at").first(),
        n_opened=pl.len().cast(pl.Int64),
        n_answered=is_answered.sum().cast(pl.Int64),
        n_unanswered=(~is_answered).sum().cast(pl.Int64),
        **{f"n_eligible_{name}": is_judged.sum().cast(pl.Int64) for name, is_judged in judged.items()},
        **{
            f"n_within_{name}": (is_judged & (pl.col("hours") <= HORIZONS[name])).sum().cast(pl.Int64)
            for name, is_judged in judged.items()
        },
    )
    return tallied.with_columns(column for name in HORIZONS for column in shares_within(name))


def shares_within(horizon: str) -> list[pl.Expr]:
    answered, eligible = pl.col(f"n_within_{horizon}"), pl.col(f"n_eligible_{horizon}")
    lower, upper = wilson(answered, eligible)
    return [
        pl.when(eligible > 0).then(answered / eligible).alias(f"answered_{horizon}_share"),
        lower.alias(f"answered_{horizon}_lower_share"),
        upper.alias(f"answered_{horizon}_upper_share"),
    ]
