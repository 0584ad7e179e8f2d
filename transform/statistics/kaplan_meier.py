"""The Kaplan-Meier estimator, with late entry, for many groups at once (Kaplan and Meier 1958).

It reproduces `survfit` of R and lifelines' KaplanMeierFitter, including their rule for late entry.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transform.statistics.intervals import log_log


def ends(spells: pl.LazyFrame, *, by: Sequence[str]) -> pl.LazyFrame:
    """Counts spells that share a group, `entry_days` and `duration_days`: `n_exits` and `n_ends` (censored ones too).

    `entry_days` is 0 for whom is seen from the start; else a person is under observation only after that age.
    """
    return spells.group_by(*by, "entry_days", "duration_days").agg(
        n_exits=pl.col("is_exit").sum().cast(pl.Int64), n_ends=pl.len().cast(pl.Int64)
    )


def kaplan_meier(counted: pl.LazyFrame, *, by: Sequence[str]) -> pl.LazyFrame:
    """One row per group and distinct duration, and one for day 0, sorted; takes what `ends` gives.

    Gives `day`, `n_at_risk`, `n_exits`, `n_censored`, `survival_share`, `standard_error` (Greenwood) and the bounds
    `survival_lower_share`, `survival_upper_share` (95 %, log-log). At one day exits come before censorings.
    """
    counted = counted.cache()  # else polars counts anew for each of its uses
    groups = counted.select(by).unique().sort(by).with_row_index("group").cache()
    numbered = counted.join(groups, on=by).drop(by).cache()  # numbers sort and join faster than names
    curves = flows(numbered, groups.select("group")).sort("group", "day").pipe(at_risk).pipe(survival)
    return groups.join(curves, on="group", maintain_order="left_right").drop("group")


def flows(counted: pl.LazyFrame, groups: pl.LazyFrame) -> pl.LazyFrame:
    """How many exit, end in any way, and enter late, per group and day; day 0 is always there."""
    entry, end = pl.col("entry_days"), pl.col("duration_days")
    seen = counted.filter((entry == 0) | (entry < end))
    late = seen.filter(entry > 0)
    return (
        pl.concat(
            [
                seen.select("group", "n_exits", "n_ends", day=end),
                late.select("group", day=entry, n_entering="n_ends"),
                groups.with_columns(day=pl.lit(0, pl.Int32)),
            ],
            how="diagonal",
        )
        .group_by("group", "day")
        .agg(pl.col("n_exits", "n_ends", "n_entering").sum())
    )


def at_risk(moves: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `n_at_risk`: those with entry < day <= duration, and on any day those seen from the start."""
    still_to_end = pl.col("n_ends").cum_sum(reverse=True)
    still_to_enter = pl.col("n_entering").cum_sum(reverse=True)
    return moves.with_columns(n_at_risk=(still_to_end - still_to_enter).over("group")).filter(
        (pl.col("n_ends") > 0) | (pl.col("day") == 0)
    )


def survival(moves: pl.LazyFrame) -> pl.LazyFrame:
    exits, risk = pl.col("n_exits"), pl.col("n_at_risk")
    leaves = pl.when(exits > 0)
    curve = moves.with_columns(
        survival_share=leaves.then(1 - exits / risk).otherwise(1.0).cum_prod().over("group"),
        greenwood_sum=leaves.then(exits / (risk * (risk - exits))).otherwise(0.0).cum_sum().over("group"),
    )
    lower, upper = log_log(pl.col("survival_share"), pl.col("greenwood_sum"))
    return curve.select(
        "group",
        "day",
        "n_at_risk",
        "n_exits",
        n_censored=pl.col("n_ends") - exits,
        survival_share="survival_share",
        standard_error=pl.when(pl.col("survival_share") > 0).then(
            pl.col("survival_share") * pl.col("greenwood_sum").sqrt()
        ),
        survival_lower_share=lower,
        survival_upper_share=upper,
    )


def read_at(curves: pl.LazyFrame, days: Sequence[int], *, by: Sequence[str]) -> pl.LazyFrame:
    """The curves on the given days, as far as they reach: until the last end, or for ever once nobody is left.

    Takes and gives the columns of `kaplan_meier`, but for the counts: `n_at_risk` is that of the first end on or after
    the day, 0 after the last.
    """
    curves = curves.sort("day").cache()
    marks = pl.LazyFrame({"day": sorted(days)}, schema={"day": pl.Int32})
    readings = curves.select(by).unique().join(marks, how="cross").sort("day")
    state = curves.drop("n_at_risk", "n_exits", "n_censored")
    known = (pl.col("survival_share") == 0) | pl.col("n_at_risk").is_not_null()
    return (
        readings.join_asof(state, on="day", by=by, check_sortedness=False)
        .sort("day")
        .join_asof(curves.select(*by, "day", "n_at_risk"), on="day", by=by, strategy="forward", check_sortedness=False)
        .filter(known)
        .with_columns(pl.col("n_at_risk").fill_null(0))
    )
