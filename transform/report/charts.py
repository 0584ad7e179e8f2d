"""Pictures: a frame in, an SVG out, drawn here and by no browser. Names of repositories stay outside, in the page."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl
import vl_convert
from markupsafe import Markup

from transform.report.cells import HIDDEN_LABELS, OTHER_DOORS

INK = "#1f2933"
MUTED = "#52606d"
GRID = "#d9e0e6"
HATCHED = "#e4e8ec"
"""style.css finds these colours in a picture and changes them in the dark and for what may not be shown."""

CELL_INK = "#0b2239"
CELL_PAPER = "#fdfefe"
BLUE = "#2f6fb3"
ORANGE = "#cf6a1f"
DOOR_COLOURS = {
    "issue": "#2f6fb3",
    "comment": "#6fb1d8",
    "change": "#2a8c6a",
    "review": "#8a64b5",
    "commit": "#d08a1d",
    "merge": "#b5525c",
    "triage": "#4d5a66",
    OTHER_DOORS: "#8895a1",
}
QUANTITY_NAMES = {"contributions_any": "contributions", "pagerank": "attention (PageRank)"}

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "padding": {"left": 12, "right": 12, "top": 5, "bottom": 5},
    "font": "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "gridColor": GRID, "domainColor": GRID, "tickColor": GRID,
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
    },
    "legend": {"labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 12, "orient": "top", "title": None},
}  # fmt: skip


def svg(chart: alt.TopLevelMixin, text_alternative: str) -> Markup:
    """The chart as SVG that says in words what it shows. It may load nothing."""
    drawn = vl_convert.vegalite_to_svg({**chart.to_dict(validate=False), "config": CONFIG}, allowed_base_urls=[])
    opening = Markup('<svg role="img" aria-label="{}" ').format(text_alternative)
    return Markup(drawn.replace("<svg ", opening, 1))  # noqa: S704 - vega escapes its texts, the line above ours


def retention_curve(drawn: pl.DataFrame, text_alternative: str, *, width: int, height: int) -> Markup:
    """A curve with its 95 % band; `drawn` as survival.drawn gives it."""
    x = alt.X("day:Q", title="days since the first act", axis=alt.Axis(tickCount=6, grid=False))
    share = alt.Axis(format="%", tickCount=5)
    y = alt.Y("survival_share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=share)
    with_band = drawn.drop_nulls(["survival_lower_share", "survival_upper_share"])
    band = (
        alt.Chart(with_band)
        .mark_area(interpolate="step-after", color=BLUE, opacity=0.22)
        .encode(x=x, y=alt.Y("survival_lower_share:Q", axis=share, title=None), y2="survival_upper_share:Q")
    )
    line = alt.Chart(drawn).mark_line(interpolate="step-after", color=BLUE, strokeWidth=2).encode(x=x, y=y)
    dot = alt.Chart(drawn.tail(1)).mark_point(color=BLUE, filled=True, size=30).encode(x=x, y=y)
    return svg(alt.layer(band, line, dot).properties(width=width, height=height), text_alternative)


def cohort_heat_map(cells: pl.DataFrame, text_alternative: str) -> Markup:
    """Quarters by days, the newest first; what is not a number is hatched and says why. Needs `row`, `day`, `state`."""
    highest = max([0.2, *cells["retained_share"].drop_nulls().to_list()])
    percent = pl.format("{} %", (pl.col("retained_share") * 100).round(0).cast(pl.Int64))
    told = pl.col("state").replace_strict(HIDDEN_LABELS, default=None, return_dtype=pl.String)
    cells = cells.with_columns(
        label=pl.coalesce(told, percent),
        column=pl.format("day {}", "day"),
        is_dark=pl.col("retained_share") > highest * 0.6,
    )
    days = [f"day {day}" for day in cells["day"].unique().sort()]
    quarters = cells.sort("cohort_quarter", descending=True)["row"].unique(maintain_order=True).to_list()
    above = alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)
    beside = alt.Axis(domain=False, ticks=False, labelLimit=220)
    x, y = alt.X("column:N", sort=days, title=None, axis=above), alt.Y("row:N", sort=quarters, title=None, axis=beside)
    base = alt.Chart(cells).encode(x=x, y=y)
    colour = alt.Color("retained_share:Q", scale=alt.Scale(scheme="blues", domain=[0, highest]), legend=None)
    is_known = alt.datum.state == "known"
    hatched = base.transform_filter(~is_known).mark_rect(color=HATCHED, stroke=GRID)
    known = base.transform_filter(is_known).mark_rect(stroke=GRID).encode(color=colour)
    ink = alt.when(alt.datum.is_dark).then(alt.value(CELL_PAPER)).otherwise(alt.value(CELL_INK))
    numbers = base.transform_filter(is_known).mark_text(fontSize=12).encode(text="label:N", color=ink)
    words = base.transform_filter(~is_known).mark_text(fontSize=11, color=MUTED).encode(text="label:N")
    chart = alt.layer(hatched, known, numbers, words).properties(width=84 * len(days), height=25 * len(quarters))
    return svg(chart.resolve_scale(color="independent"), text_alternative)


def arrival_bars(bars: pl.DataFrame, text_alternative: str) -> Markup:
    """Stacked bars; needs `label` (the period in words, in order), `door` and `n_persons`."""
    doors = [door for door in DOOR_COLOURS if door in set(bars["door"])]
    order = {door: place for place, door in enumerate(doors)}
    stacked = bars.with_columns(place=pl.col("door").replace_strict(order, return_dtype=pl.Int32))
    labels = sorted(set(bars["label"]))
    scale = alt.Scale(domain=doors, range=[DOOR_COLOURS[door] for door in doors])
    chart = (
        alt.Chart(stacked)
        .mark_bar()
        .encode(
            x=alt.X("label:O", sort=labels, title=None, axis=alt.Axis(labelAngle=-45, labelOverlap="greedy")),
            y=alt.Y("n_persons:Q", title="newcomers", axis=alt.Axis(tickMinStep=1, tickCount=5, format=",d")),
            color=alt.Color("door:N", scale=scale, legend=alt.Legend(title=None)),
            order="place:Q",
        )
    )
    return svg(chart.properties(width=520, height=240), text_alternative)


def concentration_lines(years: pl.DataFrame, column: str, text_alternative: str) -> Markup:
    """One line a quantity over the years; a year that is not over is a hollow point. `column`: what is drawn."""
    named = years.with_columns(
        quantity=pl.col("quantity").replace(QUANTITY_NAMES), year=pl.col("window_start").dt.year().cast(pl.String)
    )
    is_share = column == "gini_share"
    scale = alt.Scale(domain=[0, 1]) if is_share else alt.Scale(zero=True)
    colours = alt.Scale(domain=list(QUANTITY_NAMES.values()), range=[BLUE, ORANGE])
    base = alt.Chart(named).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
        y=alt.Y(f"{column}:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5)),
        color=alt.Color("quantity:N", scale=colours, legend=alt.Legend(title=None)),
    )
    over = base.transform_filter(alt.datum.is_window_complete)
    running = base.transform_filter(~alt.datum.is_window_complete)
    points = over.mark_point(filled=True, size=36, opacity=1)
    chart = alt.layer(over.mark_line(strokeWidth=2), points, running.mark_point(size=44, opacity=1))
    return svg(chart.properties(width=300, height=180), text_alternative)
