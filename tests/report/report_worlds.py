"""Small warehouses for the report: rows of a few tables, the rest empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from transform import warehouse
from transform.ops import definitions
from transform.parameters import Parameters
from transform.report.page import render
from transform.tables import TABLES

SNAPSHOT = datetime(2024, 1, 1, tzinfo=UTC)
MADE_AT = datetime(2024, 1, 2, 3, tzinfo=UTC)
BY_NAME = {str(table): table for table in TABLES}

SCRIPT_NAME = "<script>document.title='owned'</script>"
IMAGE_NAME = '"><img src=x onerror="document.title=1">'
HOSTILE_REASON = "the forge said <b onmouseover=alert(1)>502</b>\u202e"

Rows = Mapping[str, Iterable[Mapping[str, object]]]


def write_warehouse(path: Path, rows: Rows) -> Path:
    with closing(duckdb.connect(str(path))) as db:
        warehouse.create(db, TABLES)
        for name, given in rows.items():
            warehouse.insert(db, BY_NAME[name], BY_NAME[name].rows(*given))
        stamped = definitions.rows(TABLES, Parameters(as_of=SNAPSHOT)).collect()
        warehouse.insert(db, definitions.TABLE, stamped)
    return path


def page_of(folder: Path, rows: Rows) -> str:
    return render(write_warehouse(folder / "warehouse.duckdb", rows), MADE_AT)


def curve(scope: str, *steps: tuple[int, int, float], n: int = 40, horizon: int = 180) -> list[dict[str, object]]:
    """Steps are day, persons at risk and share."""
    return [
        {
            "repo_id": scope, "family": "any", "cohort": "all", "end_rule": "first_gap", "horizon_days": horizon,
            "day": day, "n_at_risk": at_risk, "survival_share": share, "survival_lower_share": max(share - 0.1, 0.0),
            "survival_upper_share": min(share + 0.1, 1.0), "is_reportable": at_risk >= 10, "n_newcomers": n,
            "n_excluded": 3, "snapshot_at": SNAPSHOT, "definition": "RET-03/1",
        }
        for day, at_risk, share in steps
    ]  # fmt: skip


def cohort(quarter: date, n: int, share: float | None, *, day: int = 30, is_mature: bool = True) -> dict[str, object]:
    return {
        "repo_id": "all", "family": "any", "cohort_quarter": quarter, "measure": "km", "horizon_days": 180, "day": day, "n_newcomers": n,
        "retained_share": share, "is_mature": is_mature, "snapshot_at": SNAPSHOT, "definition": "RET-06/1",
    }  # fmt: skip


def newcomers(month: date, door: str, n: int) -> list[dict[str, object]]:
    return [
        {
            "repo_id": "all", "family": "any", "person_id": f"person-{month}-{door}-{i}", "door": door,
            "first_month": month, "snapshot_at": SNAPSHOT, "definition": "RET-01/1",
        }
        for i in range(n)
    ]  # fmt: skip


def year(scope: str, start: int, quantity: str, n: int, *, effective: float = 3.5) -> dict[str, object]:
    return {
        "repo_id": scope, "window_start": date(start, 1, 1), "quantity": quantity, "n_persons": n,
        "effective_persons": effective, "gini_share": 0.61, "is_window_complete": start < 2024,
        "snapshot_at": SNAPSHOT, "definition": "INF-07/1",
    }  # fmt: skip


def claim(scope: str, start: int, group: str = "everybody", n: int = 40, **more: object) -> dict[str, object]:
    """A row of the founding claim; by default influence follows closely, and the group is heard as it does."""
    usual = {
        "rank_correlation": 0.8, "rank_correlation_lower": 0.6, "rank_correlation_upper": 0.9,
        "residual_mean": 0.0, "residual_lower": -0.1, "residual_upper": 0.1,
    }  # fmt: skip
    return {
        "repo_id": scope, "window_start": date(start, 1, 1), "member_group": group, "n_persons": n,
        "is_window_complete": start < 2024, "snapshot_at": SNAPSHOT, "definition": "INF-06/1", **usual, **more,
    }  # fmt: skip


def waiting(repo_id: str, number: int, url: str, days: int) -> dict[str, object]:
    return {
        "repo_id": repo_id, "artefact_id": f"issue:{number}", "artefact_kind": "issue", "url": url,
        "person_id": "f:p1", "waiting_hours": 24.0 * days, "opened_at": SNAPSHOT - timedelta(days=days),
        "has_bot_response": number == 7, "snapshot_at": SNAPSHOT, "definition": "RET-12c/1",
    }  # fmt: skip


def response_time(author_group: str, n: int, half: float) -> dict[str, object]:
    return {
        "repo_id": "all", "artefact_kind": "issue", "author_group": author_group, "responder": "any_human",
        "opened_year": "all", "n_opened": n, "p50_hours": half, "is_reportable": True, "snapshot_at": SNAPSHOT,
        "definition": "RET-12b/1",
    }  # fmt: skip


def repository(repo_id: str, name: str, url: str | None = None, *, is_complete: bool = True) -> dict[str, object]:
    return {"repo_id": repo_id, "full_name": name, "url": url, "is_complete": is_complete, "snapshot_at": SNAPSHOT}


def verdict(outcome: str, doc: str, sample_json: str = "[]") -> dict[str, object]:
    return {
        "run_id": "night", "table_name": "core.people", "expectation": f"{outcome}: {doc}", "doc": doc,
        "outcome": outcome, "sample_json": sample_json, "n_unexpected": 2, "judged_at": MADE_AT,
    }  # fmt: skip


def busy_world() -> dict[str, list[dict[str, object]]]:
    """Two repositories with hostile names, one of them incomplete; old, young and small cohorts; a failed audit."""
    small = date(2021, 4, 1)
    return {
        "core.repositories": [
            repository("f:1", SCRIPT_NAME, "https://example.org/one", is_complete=False),
            repository("f:2", IMAGE_NAME, "javascript:alert(1)"),
        ],
        "core.people": [{"person_id": "f:p1", "login": "ada-secret-login", "actor_class": "human"}],
        "retention.curves": [
            *curve("all", (0, 40, 0.8), (45, 30, 0.6), (400, 12, 0.33), (500, 4, 0.2)),
            *curve("f:1", (0, 20, 0.7), (200, 4, 0.5), n=23),
            *curve("f:2", (10, 20, 0.75), (100, 15, 0.5), n=23),
        ],
        "retention.cohorts": [
            *(cohort(date(2021, 1, 1), 31, 0.47, day=day) for day in (30, 365)),
            *(cohort(small, 3, 0.6789, day=day) for day in (30, 365)),
            cohort(date(2023, 10, 1), 29, 0.0123, is_mature=False),
        ],
        "retention.newcomers": newcomers(date(2023, 5, 1), "issue", 8) + newcomers(date(2023, 5, 1), "commit", 3),
        "retention.waiting": [
            waiting("f:1", 7, "https://example.org/one/issues/7", 2), waiting("f:2", 8, "javascript:alert(2)", 9),
        ],
        "retention.response_times": [response_time("newcomer", 40, 12.5), response_time("regular", 4, 98.7)],
        "influence.founding_claim": [
            claim("f:1", 2022), claim("f:1", 2023, correlation_trend=-0.2, correlation_trend_error=0.05),
            claim("f:1", 2023, "newcomers", n=12, residual_mean=-0.3, residual_lower=-0.4, residual_upper=-0.2),
        ],
        "influence.concentration": [
            year("f:1", 2022, "contributions_any", 12),
            year("f:1", 2023, "pagerank", 11),
            year("f:1", 2021, "contributions_any", 3, effective=2.2222),
        ],
        "ops.coverage": [
            {"repo_id": "f:1", "stream": "comments", "reason": HOSTILE_REASON, "source_total": 100, "held": 83,
             "held_share": 0.83, "is_complete": False},
            {"repo_id": "f:2", "stream": "issues", "source_total": 9, "held": 9, "held_share": 1, "is_complete": True},
        ],
        "ops.quarantine": [{"repo_id": "f:1", "stream": "comments", "record_id": "9", "reason": "<i>no date</i>",
                            "is_still_there": True}],
        "ops.quality_results": [
            verdict("passed", "People have a class."),
            verdict("could_not_run", "A check that breaks."),
            verdict("failed", "Logins are not blank.",
                    '[{"login": "ada-secret-login", "who": "f:p1", "rule": "</pre><script>x</script>", "rows": 7}]'),
        ],
        "ops.runs": [
            {"run_id": "night", "outcome": "published", "problems": "", "started_at": MADE_AT},
            {"run_id": "bad night", "outcome": "refused", "problems": "<u>two rows</u>", "started_at": SNAPSHOT},
        ],
    }  # fmt: skip
