"""retention.breaks: who rests, who works on something else than code, and who is gone? (RET-10)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, PERSON_ID, SCOPE_ID, SNAPSHOT_AT
from transform.core.spells import SCOPE_KEY, lives, packed, snapshots
from transform.parameters import Parameters
from transform.retention.rests_on import ALL_ACTS_OF_PERSON
from transform.statistics.far_out import FEWEST_PAUSES, STEP_DAYS, WINDOW_DAYS, with_thresholds

STATES = ("non_coding", "inactive", "gone")
ACTIVE = "active"
GONE_DAYS = 365
FEWEST_CODING_DAYS = FEWEST_PAUSES + 1
OF_BREAK = (*SCOPE_KEY, "break_day", "threshold_days", "is_open", "back_day", "snapshot_at")

TABLE = Table(
    schema="retention",
    name="breaks",
    grain="one row per repository (or all), person and stretch of a break from coding",
    key=(*SCOPE_KEY, "start_day"),
    inputs=("core.contributions", "core.repositories"),
    definition="RET-10/1",
    formula="break: a pause between coding days longer than Q3 + 3 IQR of the person's pauses in the 90 days around; in it a "
    "silence longer than that is inactive, or gone beyond 365 days; other acts in between, for longer than that, are "
    "non_coding",
    source="Calefato, Gerosa, Iaffaldano, Lanubile and Steinmacher 2022",
    parameters={
        "gone_days": GONE_DAYS,
        "window_days": WINDOW_DAYS,
        "step_days": STEP_DAYS,
        "fewest_pauses": FEWEST_PAUSES,
    },
    caveats="About persons, so for helping them only: no report shows it. What is normal differs from person to person, "
    "and so does the threshold; who never coded regularly has none, and no breaks. People return, also after years: gone is a word for long silence. Leave and work elsewhere "
    "look alike.",
    may_be_empty="Nobody may have coded on enough days, or paused for long.",
    is_large=True,
    evidence=(ALL_ACTS_OF_PERSON,),
    columns=(
        SCOPE_ID,
        PERSON_ID,
        Column("break_day", pl.Date, "Last coding day (UTC) before the break."),
        Column("start_day", pl.Date, "Last day (UTC) with an act before the stretch."),
        Column("end_day", pl.Date, "Next day (UTC) with an act after it, or that of the snapshot."),
        Column("break_days", pl.Int32, "From start_day to end_day.", unit="days", at_least=1),
        Column("state", pl.String, "What the stretch is.", one_of=STATES),
        Column("previous_state", pl.String, "What was before it.", one_of=(ACTIVE, *STATES)),
        Column(
            "next_state", pl.String, "What came after it; null while it lasts.", nullable=True, one_of=(ACTIVE, *STATES)
        ),
        Column("is_open", pl.Boolean, "Whether it lasts at the snapshot."),
        Column("threshold_days", pl.Float64, "Pauses longer than this are breaks for the person.", unit="days"),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    days = lives(contributions, repositories)
    is_code = pl.col("family") == "code"
    breaks = days.filter(is_code).pipe(coding_breaks).join(snapshots(repositories), on="repo_id")
    breaks = breaks.with_row_index("number").cache()
    other = days.filter(~is_code, pl.col("family") != "any").select(*SCOPE_KEY, "day")
    return (
        stretches(breaks, other)
        .with_columns(pl.col(SCOPE_KEY).cast(pl.String), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def coding_breaks(days: pl.LazyFrame) -> pl.LazyFrame:
    """The pauses that are breaks, the one up to the snapshot among them: `break_day`, `back_day`, `is_open`."""
    pauses = (
        days.filter(pl.len().over("life") >= FEWEST_CODING_DAYS)
        .select(
            *SCOPE_KEY,
            start_day="day",
            pause_days="silence_days",
            is_open=(pl.col("life") != pl.col("life").shift(-1)).fill_null(value=True),
        )
        .filter(pl.col("pause_days") > 0)
    )
    return (
        with_thresholds(pauses, by=SCOPE_KEY)
        .filter(pl.col("pause_days") > pl.col("threshold_days"))
        .select(
            *SCOPE_KEY,
            "threshold_days",
            "is_open",
            break_day="start_day",
            back_day=pl.col("start_day") + pl.duration(days=pl.col("pause_days")),
        )
    )


def stretches(breaks: pl.LazyFrame, other: pl.LazyFrame) -> pl.LazyFrame:
    """Cuts every break (`number`) at the days with other acts; gaps up to the threshold between them run together."""
    gap = pl.col("gap_days")
    is_silent = gap > pl.col("threshold_days")
    # a silence is a stretch of its own; so is what lies between two of them
    stretch = (is_silent | is_silent.shift(1, fill_value=False)).cum_sum().over("number")
    told = (
        gaps(breaks, other)
        .with_columns(stretch=stretch, is_silent=is_silent)
        .group_by("number", "stretch")
        .agg(
            pl.col("start_day").min(),
            pl.col("end_day").max(),
            pl.col("is_silent", *OF_BREAK).first(),
            break_days=gap.sum().cast(pl.Int32),
        )
        .with_columns(state=state())
    )
    return told.pipe(with_neighbours).filter(pl.col("state") != ACTIVE)


def gaps(breaks: pl.LazyFrame, other: pl.LazyFrame) -> pl.LazyFrame:
    """The time between neighbouring days with an act of any kind, from the last coding day to the next."""
    starts = breaks.with_columns(start_day="break_day")
    inside = (
        other.sort("day")
        .join_asof(
            starts.sort("start_day"), left_on="day", right_on="start_day", by=list(SCOPE_KEY), check_sortedness=False
        )
        .filter(pl.col("break_day") < pl.col("day"), pl.col("day") < pl.col("back_day"))
        .drop("start_day")
        .rename({"day": "start_day"})
    )
    columns = ("number", *OF_BREAK, "start_day")
    points = pl.concat([starts.select(columns), inside.select(columns)]).sort(packed(*SCOPE_KEY, "start_day"))
    end_day = pl.col("start_day").shift(-1).over("number").fill_null(pl.col("back_day"))
    return points.with_columns(end_day=end_day).with_columns(
        gap_days=(pl.col("end_day") - pl.col("start_day")).dt.total_days()
    )


def state() -> pl.Expr:
    length = pl.col("break_days")
    silent = pl.when(length > GONE_DAYS).then(pl.lit("gone")).otherwise(pl.lit("inactive"))
    busy = pl.when(length > pl.col("threshold_days")).then(pl.lit("non_coding")).otherwise(pl.lit(ACTIVE))
    return pl.when("is_silent").then(silent).otherwise(busy)


def with_neighbours(told: pl.LazyFrame) -> pl.LazyFrame:
    """Adds what was before and after within the break; between two silences one was active, if only for a day."""
    # not by their days: of two kinds of acts on one day comes a stretch without length
    in_order = told.sort("number", "stretch")
    both_silent = pl.col("is_silent") & pl.col("is_silent").shift(1).over("number")
    before, after = pl.col("state").shift(1).over("number"), pl.col("state").shift(-1).over("number")
    is_last = after.is_null()
    return in_order.with_columns(
        previous_state=pl.when(both_silent).then(pl.lit(ACTIVE)).otherwise(before).fill_null(ACTIVE),
        next_state=pl.when(both_silent.shift(-1).over("number")).then(pl.lit(ACTIVE)).otherwise(after),
        is_open=pl.col("is_open") & is_last,
    ).with_columns(next_state=pl.when(~pl.col("is_open")).then(pl.col("next_state").fill_null(ACTIVE)))
