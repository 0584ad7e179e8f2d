"""The answer to: does influence follow contribution here, for whom not, and is that changing?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import duckdb
import polars as pl
from markupsafe import Markup

from transform.report import charts
from transform.report.charts import BLUE, MUTED, ORANGE
from transform.report.readings import REPOSITORIES_SHOWN, Row, frame
from transform.report.trust import Source, Stamp, stamp
from transform.statistics.intervals import Z_95

CLAIM = """
    SELECT * FROM influence.founding_claim
    WHERE rank_correlation IS NOT NULL OR residual_mean IS NOT NULL
    ORDER BY repo_id, window_start, member_group
"""
GROUP_NAMES = {
    "newcomers": "newcomers",
    "volunteers": "volunteers",
    "unaffiliated": "of unknown affiliation",
    "non_coders": "without code",
}
CLOSELY, PARTLY = 0.7, 0.4
"""How strong a correlation is called; conventions, not findings."""


@dataclass(frozen=True)
class Claim:
    """A repository's answer in words, its picture and the numbers below it, the last year first."""

    source: Source
    answer: str
    change: str
    groups: list[str]
    not_told: str
    picture: Markup
    years: list[Row]
    last: list[Row]
    stamp: Stamp


def claims(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any]:
    """The repositories with most persons in a complete year; groups of few persons have no number to show."""
    found = frame(db, CLAIM).filter(pl.col("is_window_complete"))
    everybody = found.filter(pl.col("member_group") == "everybody", pl.col("rank_correlation").is_not_null())
    busiest = everybody.group_by("repo_id").agg(pl.col("n_persons").max()).sort(-pl.col("n_persons"), "repo_id")
    ordered = [repo_id for repo_id in busiest["repo_id"] if repo_id in sources]
    shown = ordered[:REPOSITORIES_SHOWN]
    return {
        "each": [claim(db, sources[one], found.filter(pl.col("repo_id") == one)) for one in shown],
        "n_left_out": len(ordered) - len(shown),
        "n_without": len(sources) - len(ordered),
    }


def claim(db: duckdb.DuckDBPyConnection, source: Source, found: pl.DataFrame) -> Claim:
    years = found.filter(pl.col("member_group") == "everybody", pl.col("rank_correlation").is_not_null())
    last = years.tail(1).to_dicts()[0]
    groups = found.filter(
        pl.col("window_start") == last["window_start"],
        pl.col("member_group") != "everybody",
        pl.col("n_persons") < last["n_persons"],  # a group that is everybody tells nothing
        pl.col("residual_mean").is_not_null(),
    ).with_columns(name=pl.col("member_group").replace_strict(GROUP_NAMES, return_dtype=pl.String))
    answer = in_words(last)
    return Claim(
        source=source,
        answer=answer,
        change=change_in_words(last),
        groups=[said for row in groups.to_dicts() if (said := group_in_words(row)) is not None],
        not_told=not_told_in_words(set(groups["member_group"]), last["window_start"].year),
        picture=picture(years, groups, f"{answer} Numbers in the table."),
        years=years.sort("window_start", descending=True).to_dicts(),
        last=groups.to_dicts(),
        stamp=stamp(
            db, found, last["n_persons"], [source], about={"repo_id": last["repo_id"], "member_group": "everybody"}
        ),
    )


def in_words(row: Row) -> str:
    """Such as 'Yes, closely in 2025'; what the interval leaves open is left open."""
    rho, lower, year = row["rank_correlation"], row["rank_correlation_lower"], row["window_start"].year
    if lower is None or lower <= 0:
        return f"In {year} it cannot be told whether influence follows contribution."
    strength, least, most = (strength_in_words(one) for one in (rho, lower, row["rank_correlation_upper"]))
    is_wide = (least, most) == ("hardly", "closely")
    doubt = ", but with so few persons anything from hardly to closely may be true" if is_wide else ""
    return f"In {year} influence followed contribution {strength}{doubt}."


def strength_in_words(rho: float) -> str:
    return "closely" if rho >= CLOSELY else "in part" if rho >= PARTLY else "hardly"


def not_told_in_words(told: set[str], year: int) -> str:
    """Which groups have no bar; empty where all have one."""
    without = [name for group, name in GROUP_NAMES.items() if group not in told]
    return f"No bar in {year}, being too few or everybody: {', '.join(without)}." if without else ""


def change_in_words(row: Row) -> str:
    slope, error = row["correlation_trend"], row["correlation_trend_error"]
    if slope is None or error is None:
        return "There are too few years to see a change."
    if abs(slope) <= Z_95 * error:
        return "Over the years no change can be told from chance."
    return f"Over the years it follows {'more' if slope > 0 else 'less'} and {'more' if slope > 0 else 'less'}."


def group_in_words(row: Row) -> str | None:
    """A group that is heard more, or less, than what it does; None where the interval holds both."""
    who = row["name"].capitalize() if row["name"] in SELVES else f"Those {row['name']}"
    if row["residual_lower"] > 0:
        return f"{who} are heard beyond what they do."
    if row["residual_upper"] < 0:
        return f"{who} are heard less than what they do."
    return None


SELVES = ("newcomers", "volunteers")


def picture(years: pl.DataFrame, groups: pl.DataFrame, text_alternative: str) -> Markup:
    """Left: how closely influence follows, with its band. Right: for whom more or less than they do, with bounds."""
    drawn = years.with_columns(year=pl.col("window_start").dt.year().cast(pl.String))
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    low = min(0.0, *drawn["rank_correlation_lower"].drop_nulls().to_list())
    scale = alt.Scale(domain=[low, 1])
    marks = alt.Axis(values=[0, PARTLY, CLOSELY, 1], grid=True, labelExpr=MARKS)
    base = alt.Chart(drawn).encode(x=x)
    bounds = base.mark_rule(color=BLUE, opacity=0.35, strokeWidth=8).encode(
        y=alt.Y("rank_correlation_lower:Q", scale=scale, axis=marks, title=None), y2="rank_correlation_upper:Q"
    )
    y = alt.Y("rank_correlation:Q", scale=scale, axis=marks, title=None)
    line = base.mark_line(color=BLUE, strokeWidth=2).encode(y=y)
    points = base.mark_point(color=BLUE, filled=True, size=44, opacity=1).encode(y=y)
    left = alt.layer(bounds, line, points).properties(width=320, height=190)
    if groups.is_empty():
        return charts.svg(left, text_alternative)
    return charts.svg(alt.hconcat(left, beside_zero(groups), spacing=34), text_alternative)


MARKS = f"datum.value == {CLOSELY} ? 'closely' : datum.value == {PARTLY} ? 'in part' : datum.value == 0 ? 'not' : '1'"


def beside_zero(groups: pl.DataFrame) -> Any:
    reach = max(0.2, *groups["residual_upper"].abs().to_list(), *groups["residual_lower"].abs().to_list())
    scale = alt.Scale(domain=[-reach, reach])
    axis = alt.Axis(
        values=[-reach, 0, reach],
        labelExpr="datum.value < 0 ? 'heard less' : datum.value > 0 ? 'heard more' : 'as they do'",
    )
    y = alt.Y(
        "name:N", title=None, sort=list(GROUP_NAMES.values()), axis=alt.Axis(labelLimit=200, domain=False, ticks=False)
    )
    base = alt.Chart(groups).encode(y=y)
    zero = (
        alt.Chart(pl.DataFrame({"at": [0.0]}))
        .mark_rule(color=MUTED)
        .encode(x=alt.X("at:Q", scale=scale, axis=axis, title=None))
    )
    bounds = base.mark_rule(color=ORANGE, opacity=0.35, strokeWidth=8).encode(
        x=alt.X("residual_lower:Q", scale=scale, axis=axis, title=None), x2="residual_upper:Q"
    )
    points = base.mark_point(color=ORANGE, filled=True, size=60, opacity=1).encode(
        x=alt.X("residual_mean:Q", scale=scale, axis=axis, title=None)
    )
    return alt.layer(zero, bounds, points).properties(width=260, height=44 * groups.height + 20)
