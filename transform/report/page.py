"""The report: one HTML file that loads nothing and runs nothing, made from a published warehouse."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from transform.report import claim, influence, readings, retention, trust, validation, waiting, who
from transform.report.cells import FEWEST_PERSONS
from transform.report.explained import explanations
from transform.report.survival import DAYS_DRAWN

CONTROLS = (*range(9), 11, 12, *range(14, 32), *range(127, 160))
DIRECTIONS = (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Characters that hide or reorder their neighbours; a name with them could pass for another."""

VISIBLE = dict.fromkeys((*CONTROLS, *DIRECTIONS), "\N{REPLACEMENT CHARACTER}")
NOT_KNOWN = "\N{EN DASH}"


def write_report(warehouse: Path, out: Path, *, made_at: datetime) -> None:
    """Writes the page whole or not at all.

    Raises duckdb.Error if the warehouse cannot be opened or is none, OSError if the page cannot be written.
    """
    _write(out, render(warehouse, made_at))


def write_validation(warehouse: Path, out: Path, *, made_at: datetime) -> None:
    """Writes the page of the suites, as write_report does the report."""
    _write(out, render(warehouse, made_at, "validation.html.j2", validation.contents))


def _write(out: Path, page: str) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    part.write_text(page, encoding="utf-8")
    part.replace(out)


def render(
    warehouse: Path,
    made_at: datetime,
    template: str = "page.html.j2",
    told: Callable[..., dict[str, Any]] | None = None,
) -> str:
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        db.execute("SET TimeZone = 'UTC'")  # instants would otherwise be shown in the zone of this machine
        answers = (told or contents)(db)
    style = Markup(resources.files("transform.report").joinpath("style.css").read_text("utf-8"))  # noqa: S704 - ours
    return environment().get_template(template).render(**answers, made_at=made_at, style=style)


def contents(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Everything the template shows."""
    sources = trust.sources(db)
    runs = readings.rows(db, readings.RUNS)
    answers = {
        "overview": readings.rows(db, readings.OVERVIEW)[0],
        "sources": list(sources.values()),
        "last_run": runs[0] if runs else None,
        "curves": retention.curves(db, sources),
        "heat_map": retention.heat_map(db, sources),
        "waiting": waiting.waiting(db, sources),
        "arrivals": retention.arrivals(db, sources),
        "claims": claim.claims(db, sources),
        "concentrations": influence.concentrations(db, sources),
        "counting": who.counting(db, sources),
        "coverage": trust.coverage(db),
        "validation": trust.validation(db),
        "definitions": readings.rows(db, readings.DEFINITIONS),
        "fewest_persons": FEWEST_PERSONS,
        "days_drawn": DAYS_DRAWN,
    }
    return {**answers, "explanations": list(explanations(answers))}


def environment() -> Environment:
    templates = Environment(
        loader=PackageLoader("transform", "report"),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(percent=percent, number=number, counted=counted, day=day, web_page=web_page)
    return templates


def visible(value: object) -> object:
    """Text of strangers with what deceives the eye made visible."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else value.translate(VISIBLE)


def percent(share: float | None) -> str:
    """Whole percent; what is not quite nothing or not quite all is not rounded to it."""
    if share is None:
        return NOT_KNOWN
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "<\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}%" if share < 0.5 else ">\N{NO-BREAK SPACE}99\N{NO-BREAK SPACE}%"
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def number(value: float | None, decimals: int = 0) -> str:
    return NOT_KNOWN if value is None else f"{value:,.{decimals}f}"


def day(instant: datetime | None) -> str:
    return NOT_KNOWN if instant is None else f"{instant:%Y-%m-%d %H:%M} UTC"


def counted(n: int, noun: str) -> str:
    """Such as '1 repository' or '2,000 repositories'."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"


def web_page(url: str | None) -> str | None:
    """The address if it leads to a page on the web; anything else, such as javascript:, is no link."""
    return url if url and url.startswith(("https://", "http://")) else None
