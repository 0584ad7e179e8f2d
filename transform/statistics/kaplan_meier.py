"""The Kaplan-Meier estimator, with late entry, for many groups at once (Kaplan and Meier 1958).

It reproduces `survfit` of R and lifelines' KaplanMeierFitter, including their rule for late entry.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transform.statistics.intervals import log_log

ROUNDING = 1e-9
"""Nine tenths of ten are gone at a survival of 0.1, which as a product of fractions may come out a hair above."""


def ends(
    spells: pl.LazyFrame, *, by: Sequence[str], entry: str = "entry_days", duration: str = "duration_days"
) -> pl.LazyFrame:
    """Counts spells that share a group, `entry` and `duration`: `n_exits` and `n_ends` (censored ones too).

    The entry is 0 for whom is seen from the start; else a person is under observation only after that age. Both are in
    one unit, whichever: days, or hours.
    """
    return spells.group_by(*by, entry=pl.col(entry), duration=pl.col(duration)).agg(
        n_exits=pl.col("is_exit").sum().cast(pl.Int64), n_ends=pl.len().cast(pl.Int64)
    )


def kaplan_meier(counted: pl.LazyFrame, *, by: Sequence[str], time: str = "day") -> pl.LazyFrame:
    """One row per group and distinct duration, and one for time 0, sorted; takes what `ends` gives.

    Gives `day` (or as `time` calls it), `n_at_risk`, `n_exits`, `n_censored`, `survival_share`, `standard_error`
    (Greenwood) and the bounds `survival_lower_share`, `survival_upper_share` (95 %, log-log). At one time exits come
    before censorings.
    """
    counted = counted.cache()  # else polars counts anew for each of its uses
    groups = counted.select(by).unique().sort(by).with_row_index("group").cache()
    numbered = counted.join(groups, on=by).drop(by).cache()  # numbers sort and join faster than names
    curves = flows(numbered, groups.select("group")).sort("group", "time").pipe(at_risk).pipe(survival)
    return groups.join(curves, on="group", maintain_order="left_right").drop("group").rename({"time": time})


def flows(counted: pl.LazyFrame, groups: pl.LazyFrame) -> pl.LazyFrame:
    """How many exit, end in any way, and enter late, per group and time; time 0 is always there."""
    entry, end = pl.col("entry"), pl.col("duration")
    seen = counted.filter((entry == 0) | (entry < end))
    late = seen.filter(entry > 0)
    return (
        pl.concat(
            [
                seen.select("group", "n_exits", "n_ends", time=end),
                late.select("group", time=entry, n_entering="n_ends"),
                groups.with_columns(time=0),
            ],
            how="diagonal_relaxed",
        )
        .group_by("group", "time")
        .agg(pl.col("n_exits", "n_ends", "n_entering").sum())
    )


def at_risk(moves: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `n_at_risk`: those with entry < time <= duration, and at any time those seen from the start."""
    still_to_end = pl.col("n_ends").cum_sum(reverse=True)
    still_to_enter = pl.col("n_entering").cum_sum(reverse=True)
    return moves.with_columns(n_at_risk=(still_to_end - still_to_enter).over("group")).filter(
        (pl.col("n_ends") > 0) | (pl.col("time") == 0)
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
        "time",
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


def reached(curves: pl.LazyFrame, /, *, by: Sequence[str], time: str = "day", **shares: float) -> pl.LazyFrame:
    """Per group the first time at which the survival is down to each of the shares; null where it stays above.

    `half=0.5` gives the median as the column `half`.
    """
    down = {name: pl.col("survival_share") <= share + ROUNDING for name, share in shares.items()}
    return curves.group_by(by).agg(**{name: pl.col(time).filter(is_down).min() for name, is_down in down.items()})


def at_day(curves: pl.LazyFrame, day: int, *, by: Sequence[str]) -> pl.LazyFrame:
    """One row per group with the curve at the day, for curves without late entry.

    `n_at_risk` are those whose time lasts at least so long, `n_exits` those who left up to the day, and
    `restricted_mean_days` is the area under the curve up to the day. Shares and mean are null where the last person was
    lost from sight before the day: then nobody can know.
    """
    now, before = pl.col("day"), pl.col("day") <= day
    known = pl.when((now.max() >= day) | (pl.col("survival_share").min() == 0))
    shares = ("survival_share", "survival_lower_share", "survival_upper_share")
    return curves.group_by(by).agg(
        pl.col("n_exits").filter(before).sum(),
        *(known.then(pl.col(name).filter(before).sort_by(now.filter(before)).last()).alias(name) for name in shares),
        n_at_risk=pl.col("n_at_risk").filter(now >= day).max().fill_null(0),
        restricted_mean_days=known.then(area(day)),
    )


def area(day: int) -> pl.Expr:
    """Area under the curve from day 0 to the day, within a group: the mean of the days until then that people stay."""
    steps = pl.col("day").sort()
    widths = steps.shift(-1).fill_null(day).clip(upper_bound=day) - steps.clip(upper_bound=day)
    return (pl.col("survival_share").sort_by("day") * widths).sum()


def read_at(curves: pl.LazyFrame, days: Sequence[int], *, by: Sequence[str]) -> pl.LazyFrame:
    """The curves on the given days, as far as they reach: until the last end, or for ever once nobody is left.

    Takes and gives the columns of `kaplan_meier`, but for the counts: `n_at_risk` is that of the first end on or after
    the day, 0 after the last. `restricted_mean_days` is the area under the curve up to the day.
    """
    width = (pl.col("day").shift(-1) - pl.col("day")).over(by, order_by="day").fill_null(0)
    area = (pl.col("survival_share") * width).cum_sum().over(by, order_by="day") - pl.col("survival_share") * width
    curves = curves.with_columns(step_day="day", area_before_step=area).sort("day").cache()
    marks = pl.LazyFrame({"day": sorted(days)}, schema={"day": pl.Int32})
    readings = curves.select(by).unique().join(marks, how="cross").sort("day")
    state = curves.drop("n_at_risk", "n_exits", "n_censored")
    known = (pl.col("survival_share") == 0) | pl.col("n_at_risk").is_not_null()
    return (
        readings.join_asof(state, on="day", by=by, check_sortedness=False)
        .sort("day")
        .join_asof(curves.select(*by, "day", "n_at_risk"), on="day", by=by, strategy="forward", check_sortedness=False)
        .filter(known)
        .with_columns(
            pl.col("n_at_risk").fill_null(0),
            restricted_mean_days=pl.col("area_before_step")
            + pl.col("survival_share") * (pl.col("day") - pl.col("step_day")),
        )
        .drop("area_before_step", "step_day")
    )
