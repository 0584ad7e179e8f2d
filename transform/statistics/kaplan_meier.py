"""The Kaplan-Meier estimator, with late entry, for many groups at once (Kaplan and Meier 1958).

It reproduces `survfit` of R and lifelines' KaplanMeierFitter, including their rule for late entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from transform.statistics.intervals import log_log

Integers = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]

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
    groups, numbered = in_numbers(counted, by)
    kind = numbered.collect_schema()["duration"]
    curves = (
        moves(numbered, groups.select("group"), kind)
        .sort(one_behind_the_other("time", kind))
        .map_batches(drawn, schema={"group": pl.get_index_type(), "time": kind, **DRAWN})
        .with_columns(**errors())
    )
    return (
        groups.join(curves, on="group", maintain_order="left_right")
        .drop("group", "greenwood_sum")
        .rename({"time": time})
    )


DRAWN = {
    "n_at_risk": pl.Int64,
    "n_exits": pl.Int64,
    "n_censored": pl.Int64,
    "survival_share": pl.Float64,
    "greenwood_sum": pl.Float64,
}


def errors() -> dict[str, pl.Expr]:
    survival, greenwood = pl.col("survival_share"), pl.col("greenwood_sum")
    lower, upper = log_log(survival, greenwood)
    return {
        "standard_error": pl.when(survival > 0).then(survival * greenwood.sqrt()),
        "survival_lower_share": lower,
        "survival_upper_share": upper,
    }


def in_numbers(rows: pl.LazyFrame, by: Sequence[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The groups, numbered in the order of their names as `group`, and the rows with the number for the names.

    Numbers sort and join faster than names.
    """
    rows = rows.cache()  # else polars counts anew for each of its uses
    groups = rows.select(by).unique().sort(by).with_row_index("group").cache()
    return groups, rows.join(groups, on=by).drop(by)


LONGEST = 2**32
"""More days than anybody stays."""


def one_behind_the_other(time: str, kind: pl.DataType) -> list[pl.Expr]:
    """What sorts by group and within it by time: one number where it can be, which is three times faster."""
    if kind.is_integer():
        return [pl.col("group").cast(pl.Int64) * LONGEST + pl.col(time)]
    return [pl.col("group"), pl.col(time)]


def moves(counted: pl.LazyFrame, groups: pl.LazyFrame, kind: pl.DataType) -> pl.LazyFrame:
    """How many exit, end in any way, and enter late, per group and time in several rows; time 0 is always there."""
    entry, end, none = pl.col("entry"), pl.col("duration"), pl.lit(0, pl.Int64)
    seen = counted.filter((entry == 0) | (entry < end))
    return pl.concat(
        [
            seen.select("group", "n_exits", "n_ends", time=end, n_entering=none),
            seen.filter(entry > 0).select(
                "group", n_exits=none, time=entry.cast(kind), n_entering="n_ends", n_ends=none
            ),
            groups.select("group", n_exits=none, n_ends=none, time=pl.lit(0, kind), n_entering=none),
        ],
        how="diagonal",
    )


def drawn(moves: pl.DataFrame) -> pl.DataFrame:
    """The curves of all groups, whose moves lie one behind the other; group numbers run from 0 without a gap.

    At risk are those with entry < time <= duration, and at any time those seen from the start.
    """
    steps = first_of_each(moves, "group", "time")
    exits, ended, entering = (summed(moves[name], steps) for name in ("n_exits", "n_ends", "n_entering"))
    told = moves.select("group", "time")[steps]
    starts = first_of_each(told, "group")
    left = np.append((ended - entering)[::-1].cumsum()[::-1], 0)  # of this group and all that follow
    at_risk = left[:-1] - repeated(left[np.append(starts, len(told))[1:]], starts, len(told))
    survival, greenwood = survivals(exits, at_risk, starts)
    return told.with_columns(
        pl.Series("n_at_risk", at_risk, pl.Int64),
        pl.Series("n_exits", exits, pl.Int64),
        pl.Series("n_censored", ended - exits, pl.Int64),
        pl.Series("survival_share", survival, pl.Float64),
        pl.Series("greenwood_sum", greenwood, pl.Float64),
    ).filter((pl.col("n_exits") + pl.col("n_censored") > 0) | (pl.col("time") == 0))


def survivals(exits: Integers, at_risk: Integers, starts: Integers) -> tuple[Floats, Floats]:
    """Of every step the product of what stays and the sum of Greenwood up to it, within its group."""
    is_exit = exits > 0
    n_before = is_exit.cumsum() - is_exit  # exits before the step
    d, n = exits[is_exit], at_risk[is_exit]
    group_of_exit = np.searchsorted(starts, np.flatnonzero(is_exit), "right")
    runs = np.flatnonzero(np.diff(group_of_exit, prepend=0))
    last = n_before + is_exit - 1
    has_any = last >= repeated(n_before[starts], starts, len(exits))
    with np.errstate(divide="ignore"):
        terms = (running(1 - d / n, runs, np.multiply), running(d / (n * (n - d)), runs, np.add))
    found = []
    for term, nobody_left in zip(terms, (1.0, 0.0), strict=True):
        known = np.full(len(exits), nobody_left)
        known[has_any] = term[last[has_any]]
        found.append(known)
    return found[0], found[1]


MANY = 256


def running(values: Floats, starts: Integers, step: np.ufunc) -> Floats:
    """Every value combined with those before it from its start on, in order: a product or sum so far of many runs."""
    so_far = values.copy()
    sizes = np.diff(np.append(starts, len(values)))
    for start, size in zip(starts[sizes > MANY], sizes[sizes > MANY], strict=True):
        step.accumulate(values[start : start + size], out=so_far[start : start + size])
    # the many short ones all at once, place by place
    starts, sizes = starts[sizes <= MANY], sizes[sizes <= MANY]
    by_size = np.argsort(-sizes, kind="stable")
    place, sizes = starts[by_size], sizes[by_size]
    for k in range(1, int(sizes.max(initial=0))):
        at = place[: np.searchsorted(-sizes, -k)] + k
        so_far[at] = step(so_far[at - 1], so_far[at])
    return so_far


def first_of_each(rows: pl.DataFrame, *names: str) -> Integers:
    """Where neighbouring rows begin to differ from the one before."""
    is_new = np.zeros(len(rows), dtype=bool)
    is_new[:1] = True
    for name in names:
        values = rows[name].to_numpy()
        is_new[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(is_new)


def summed(values: pl.Series, starts: Integers) -> Integers:
    return np.add.reduceat(values.to_numpy(), starts) if len(starts) else np.zeros(0, dtype=np.int64)


def repeated(values: Integers, starts: Integers, n: int) -> Integers:
    """The value of each run for all of its rows."""
    return np.repeat(values, np.diff(np.append(starts, n)))


def reached(curves: pl.LazyFrame, /, *, by: Sequence[str], time: str = "day", **shares: float) -> pl.LazyFrame:
    """Per group the first time at which the survival is down to each of the shares; null where it stays above.

    `half=0.5` gives the median as the column `half`.
    """
    down = {name: pl.col("survival_share") <= share + ROUNDING for name, share in shares.items()}
    return curves.group_by(by).agg(**{name: pl.col(time).filter(is_down).min() for name, is_down in down.items()})


def readings(curves: pl.LazyFrame, days: Sequence[int], *, by: Sequence[str]) -> pl.LazyFrame:
    """The curves on the given days, one row per group and day, for curves that begin with a row for day 0.

    Takes and gives the columns of `kaplan_meier`. `n_at_risk` are those whose time lasts at least so long, `n_exits` those
    who left up to the day, `restricted_mean_days` is the area under the curve up to the day: the mean of the days until
    then that people stay. Shares, error and mean are null where the last person was lost from sight before the day: then
    nobody can know.
    """
    groups, numbered = in_numbers(curves, by)
    carried = dict.fromkeys(("survival_share", *errors()), pl.Float64)
    read = numbered.sort(one_behind_the_other("day", pl.Int32())).map_batches(
        partial(read_off, days=sorted(days), carried=carried), schema={**READ, **carried}
    )
    return groups.join(read, on="group").drop("group")


def read_at_once(counted: pl.LazyFrame, days: Sequence[int], *, by: Sequence[str], fewest: int) -> pl.LazyFrame:
    """The `readings` of the curves of which `ends` gave the counts, without all their steps in between.

    And `half_life_days`: the first day with at most half left; null where fewer than `fewest` are at risk before.
    """
    groups, numbered = in_numbers(counted, by)
    carried = dict.fromkeys(("survival_share", "greenwood_sum"), pl.Float64)
    read = (
        moves(numbered, groups.select("group"), pl.Int32())
        .sort(one_behind_the_other("time", pl.Int32()))
        .map_batches(
            partial(drawn_and_read, days=sorted(days), carried=carried, fewest=fewest),
            schema={**READ, **carried, "half_life_days": pl.Int32},
        )
        .with_columns(**errors())
    )
    return groups.join(read, on="group").drop("group", "greenwood_sum")


def drawn_and_read(moves: pl.DataFrame, *, days: Sequence[int], carried: Iterable[str], fewest: int) -> pl.DataFrame:
    curves = drawn(moves).rename({"time": "day"})
    is_down = (pl.col("survival_share") <= 0.5 + ROUNDING) & (pl.col("n_at_risk") >= fewest)
    halves = curves.filter(is_down).unique("group", keep="first", maintain_order=True)
    read = read_off(curves, days=days, carried=carried)
    return read.join(halves.select("group", half_life_days="day"), on="group", how="left")


READ = {
    "group": pl.get_index_type(),
    "day": pl.Int32,
    "n_at_risk": pl.Int64,
    "n_exits": pl.Int64,
    "restricted_mean_days": pl.Float64,
}


def read_off(curves: pl.DataFrame, *, days: Sequence[int], carried: Iterable[str]) -> pl.DataFrame:
    """What `readings` says, of curves that lie one behind the other; `carried` columns are those of the step."""
    starts, marks = first_of_each(curves, "group"), np.array(days, dtype=np.int64)
    ends = np.append(starts, len(curves))[1:]
    group, day = curves["group"].to_numpy().astype(np.int64), curves["day"].to_numpy().astype(np.int64)
    asked = group[starts][:, None] * LONGEST + marks
    line = group * LONGEST + day
    now, ahead = np.searchsorted(line, asked, "right") - 1, np.searchsorted(line, asked)
    is_followed = ahead < ends[:, None]
    at_risk, survival = curves["n_at_risk"].to_numpy(), curves["survival_share"].to_numpy()
    is_known = (is_followed | (survival[now] == 0)).ravel()
    left = np.append(0, curves["n_exits"].to_numpy().cumsum())
    area = areas(survival, day, starts, now) + survival[now] * (marks - day[now])
    told = {"n_at_risk": np.where(is_followed, at_risk[np.minimum(ahead, len(curves) - 1)], 0)}
    told |= {"n_exits": left[now + 1] - left[starts][:, None], "restricted_mean_days": area}
    read = curves.select("group", *carried)[now.ravel()].with_columns(
        pl.Series("day", np.broadcast_to(marks, now.shape).ravel(), pl.Int32),
        *(pl.Series(name, values.ravel()) for name, values in told.items()),
    )
    known = pl.when(pl.Series(is_known)).then(pl.col(*carried, "restricted_mean_days"))
    return read.with_columns(known.fill_nan(None)).select(*READ, *carried)


def areas(survival: Floats, day: Integers, starts: Integers, now: Integers) -> Floats:
    """The area under each curve up to the step that the readings `now` stand on; a row a group."""
    widths = np.append(np.diff(day), 0)  # the last step of a group is in no area
    cuts = np.column_stack([starts, now])
    pieces = np.add.reduceat(survival * widths, cuts.ravel()) if cuts.size else np.zeros(0)
    pieces = pieces.reshape(cuts.shape)[:, :-1]
    return np.where(cuts[:, 1:] > cuts[:, :-1], pieces, 0.0).cumsum(axis=1)
