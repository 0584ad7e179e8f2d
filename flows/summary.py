"""What a run says at its end."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from flows.data_directory import DataDirectory
from flows.errors import FAILED
from flows.job import Outcome

COUNTED = (
    ("repositories", "core.repositories", "true"),
    ("contributions", "core.contributions", "true"),
    ("people", "core.people", "actor_class = 'human'"),
    ("newcomers", "retention.newcomers", "repo_id = 'all' AND family = 'any'"),
)
RETENTION = """
SELECT day, survival_share FROM retention.curves
WHERE repo_id = 'all' AND family = 'any' AND cohort = 'all' AND end_rule = 'first_gap' AND horizon_days = 180
  AND is_reportable ORDER BY day
"""


def as_dict(outcome: Outcome, data: Path) -> dict[str, Any]:
    directory = DataDirectory(data)
    return {
        "run_id": outcome.run_id,
        "published": outcome.published,
        "exit_code": outcome.exit_code,
        "warehouse": str(directory.warehouse),
        "report": str(directory.report),
        "n_expectations": outcome.n_expectations,
        "failures": outcome.failures,
        "warnings": outcome.warnings,
        "problems": [f"{one.ref}: {problem}" for one in outcome.settled for problem in one.problems],
        "held_back": [one.words for one in outcome.held],
        "n_requests": sum(one.n_requests for one in outcome.settled),
        "counts": _counts(directory.warehouse) if outcome.published else {},
    }


def in_words(outcome: Outcome, data: Path) -> str:
    said = as_dict(outcome, data)
    lines = [f"missing: {problem}" for problem in said["problems"]]
    lines += [f"HELD BACK: {words[:800]}" for words in said["held_back"]]
    lines += [f"warning: {warning[:400]}" for warning in said["warnings"]]
    if outcome.exit_code == FAILED and not outcome.published:
        return "\n".join([*lines, *said["failures"]])
    if not outcome.published:
        lines += [f"REFUSED: {failure[:800]}" for failure in said["failures"]]
        lines.append("The suites refused to publish; the last published warehouse is as it was. Its rows are above.")
        return "\n".join(lines)
    counts = ", ".join(f"{number:,} {name}" for name, number in said["counts"].items())
    lines += [
        f"published: {counts}; {said['n_expectations']} expectations, {len(said['warnings'])} warning(s)",
        _retention(DataDirectory(data).warehouse),
        f"warehouse: {said['warehouse']}",
        f"report:    {said['report']}",
    ]
    return "\n".join(line for line in lines if line)


def _counts(warehouse: Path) -> dict[str, int]:
    import duckdb

    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        return {
            name: db.sql(f"SELECT count(*) FROM {table} WHERE {condition}").fetchall()[0][0]  # noqa: S608 - our constants
            for name, table, condition in COUNTED
        }


def _retention(warehouse: Path) -> str:
    """The last step of the curve at or before each day that analysts ask for; nothing where too few are at risk."""
    import duckdb

    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        curve = db.sql(RETENTION).fetchall()
    last_day = curve[-1][0] if curve else 0
    shares = {day: [share for at, share in curve if at <= day][-1] for day in (30, 90, 180, 365) if day <= last_day}
    told = ", ".join(f"{share:.0%} after {day} days" for day, share in shares.items())
    return f"retention: {told or 'too few newcomers to tell'}"


def audit_in_markdown(outcome: Outcome) -> str:
    """The audit as Prefect shows it; what strangers wrote stands in blocks that it cannot leave."""
    said = "published" if outcome.published else "NOT published"
    lines = [f"# {said}", "", f"{outcome.n_expectations} expectations, {len(outcome.failures)} critical failures, "]
    lines[-1] += f"{len(outcome.warnings)} warnings, {len(outcome.held)} repositories held back."
    told = {
        "Critical": outcome.failures,
        "Held back": tuple(one.words for one in outcome.held),
        "Warnings": outcome.warnings,
        "Missing": tuple(f"{one.ref}: {problem}" for one in outcome.settled for problem in one.problems),
    }
    for title, words in told.items():
        if words:
            lines += ["", f"## {title}", "", *(f"    {' '.join(line.split())[:800]}" for line in words)]
    return "\n".join(lines)
