"""Who waits for an answer now, and how long answers take: the part of the report to act on the same day."""

from __future__ import annotations

from typing import Any

import duckdb

from transform.columns import ALL_REPOSITORIES
from transform.report.cells import FEWEST_PERSONS
from transform.report.readings import frame, rows
from transform.report.trust import Source, stamp

ITEMS_SHOWN = 20
"""The latest: whoever asked years ago has gone, and a longer list is not worked off."""

WAITING = """
    SELECT repo_id, artefact_id, artefact_kind, url, waiting_hours / 24 AS waiting_days, has_bot_response, snapshot_at,
        definition
    FROM retention.waiting
    ORDER BY opened_at DESC, repo_id, artefact_id
"""
TIMED = {"repo_id": ALL_REPOSITORIES, "responder": "any_human", "opened_year": "all"}
RESPONSE_TIMES = """
    SELECT repo_id, artefact_kind, author_group, n_opened, p50_hours, p90_hours, answered_48h_share, snapshot_at,
        definition
    FROM retention.response_times
    WHERE responder = 'any_human' AND opened_year = 'all' AND repo_id = ? AND is_reportable AND n_opened >= ?
    ORDER BY artefact_kind, author_group
"""


def waiting(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any]:
    """The latest questions of newcomers without an answer, and how many there are; how long answers take beside them."""
    times = frame(db, RESPONSE_TIMES, ALL_REPOSITORIES, FEWEST_PERSONS)
    asked = rows(db, WAITING)
    return {
        "questions": [
            {**row, "source": sources[row["repo_id"]], "name": row["artefact_id"].replace(":", " #")}
            for row in asked[:ITEMS_SHOWN]
        ],
        "n_questions": len(asked),
        "n_left_out": max(0, len(asked) - ITEMS_SHOWN),
        "times": times.to_dicts(),
        "stamp": stamp(db, times, int(times["n_opened"].sum()), sources.values(), TIMED) if len(times) else None,
    }
