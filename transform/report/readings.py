"""The rows of a published warehouse that the report shows. Nothing here names a person."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import polars as pl

from transform.columns import ALL_REPOSITORIES
from transform.parameters import Parameters

REPOSITORIES_SHOWN = 12
"""More small pictures than this are not looked at; the page says how many it leaves out."""

OVERVIEW = """
    SELECT
        (SELECT count(*) FROM core.repositories) AS n_repositories,
        (SELECT count(*) FROM core.people WHERE actor_class = 'human') AS n_persons,
        (SELECT count(*) FROM core.contributions WHERE actor_class = 'human') AS n_contributions,
        (SELECT min(snapshot_at) FROM core.repositories) AS first_snapshot_at,
        (SELECT max(snapshot_at) FROM core.repositories) AS last_snapshot_at
"""
REPOSITORIES = """
    SELECT r.repo_id, r.full_name, r.url, r.is_complete, r.snapshot_at, c.lowest_held_share, c.reasons
    FROM core.repositories r
    LEFT JOIN (
        SELECT
            repo_id,
            min(held_share) AS lowest_held_share,
            list(stream || ': ' || coalesce(reason, 'no reason given') ORDER BY stream)
                FILTER (WHERE NOT is_complete) AS reasons
        FROM ops.coverage
        GROUP BY repo_id
    ) c USING (repo_id)
    ORDER BY r.full_name, r.repo_id
"""
REPOSITORIES_WITH_CURVE = """
    SELECT repo_id, max(n_newcomers - n_excluded) AS n_persons
    FROM retention.curves
    WHERE repo_id <> ? AND family = 'any' AND cohort = 'all' AND end_rule = 'first_gap' AND horizon_days = ?
    GROUP BY repo_id
    HAVING bool_or(is_reportable AND survival_share IS NOT NULL)
    ORDER BY n_persons DESC, repo_id
"""
CURVES = """
    SELECT repo_id, horizon_days, day, n_at_risk, survival_share, survival_lower_share, survival_upper_share,
        is_reportable AND survival_share IS NOT NULL AS is_reportable, n_newcomers, n_excluded, snapshot_at, definition
    FROM retention.curves
    WHERE family = 'any' AND cohort = 'all' AND end_rule = 'first_gap' AND list_contains(?, repo_id)
    ORDER BY repo_id, horizon_days, day
"""
COHORTS = """
    SELECT cohort_quarter, day, n_newcomers, n_eligible, retained_share, retained_lower_share, retained_upper_share,
        is_mature, snapshot_at, definition
    FROM retention.cohorts
    WHERE repo_id = ? AND family = 'any' AND measure = 'km' AND horizon_days = ?
    ORDER BY cohort_quarter, day
"""
ARRIVALS = """
    SELECT first_month, door, count(*) AS n_persons, max(snapshot_at) AS snapshot_at, max(definition) AS definition
    FROM retention.newcomers
    WHERE repo_id = ? AND family = 'any'
    GROUP BY first_month, door
    ORDER BY first_month, door
"""
CONCENTRATION = """
    SELECT repo_id, window_start, quantity, n_persons, gini_share, effective_persons, is_window_complete, snapshot_at,
        definition
    FROM influence.concentration
    WHERE quantity IN ('contributions_any', 'pagerank')
    ORDER BY repo_id, window_start, quantity
"""
COVERAGE = """
    SELECT r.full_name, r.url, c.stream, c.reason, c.source_total, c.held, c.held_share, c.n_after_snapshot,
        c.n_quarantined, c.is_complete, c.complete_until_at
    FROM ops.coverage c
    LEFT JOIN core.repositories r USING (repo_id)
    ORDER BY c.is_complete, r.full_name, c.repo_id, c.stream
"""
GAPS = """
    SELECT r.full_name, g.stream, g.from_at, g.until_at, g.n_missing, g.reason
    FROM ops.coverage_gaps g
    LEFT JOIN core.repositories r USING (repo_id)
    ORDER BY r.full_name, g.repo_id, g.stream, g.gap_number
"""
QUARANTINE = """
    SELECT r.full_name, q.stream, q.reason, count(*) AS n_records, min(q.since_at) AS since_at,
        min(q.source_page) AS source_page
    FROM ops.quarantine q
    LEFT JOIN core.repositories r USING (repo_id)
    WHERE q.is_still_there
    GROUP BY ALL
    ORDER BY n_records DESC, r.full_name, q.stream, q.reason
"""
RUNS = "SELECT * FROM ops.runs ORDER BY started_at DESC, run_id DESC"
VERDICTS = """
    SELECT table_name, expectation, doc, severity, outcome, sample_json, n_unexpected, run_id, judged_at
    FROM ops.quality_results AS q
    WHERE run_id = (SELECT run_id FROM ops.quality_results ORDER BY judged_at DESC, run_id DESC LIMIT 1)
        AND attempt = (SELECT max(attempt) FROM ops.quality_results AS o WHERE o.run_id = q.run_id)
    ORDER BY table_name, expectation
"""
DEFINITIONS = "SELECT * FROM ops.definitions ORDER BY definition"
PERSONAL_AMONG = """
    SELECT login FROM core.people WHERE list_contains(?, login)
    UNION SELECT person_id FROM core.people WHERE list_contains(?, person_id)
    UNION SELECT alias_id FROM core.aliases WHERE list_contains(?, alias_id)
"""

Row = dict[str, Any]


def frame(db: duckdb.DuckDBPyConnection, query: str, *values: object) -> pl.DataFrame:
    found: pl.DataFrame = db.sql(query, params=list(values)).pl()
    return found


def rows(db: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[Row]:
    return frame(db, query, *values).to_dicts()


def main_horizon(db: duckdb.DuckDBPyConnection) -> int:
    """The silence that counts as having left, in days, as the build had it."""
    for row in rows(db, DEFINITIONS):
        return int(json.loads(row["parameters_json"]).get("horizon_days", Parameters.horizon_days))
    return Parameters.horizon_days


def curves(db: duckdb.DuckDBPyConnection, horizon: int) -> tuple[pl.DataFrame, list[str], int]:
    """Curves of all together and of the repositories with most newcomers; the latter; how many more there are."""
    with_curve = [row["repo_id"] for row in rows(db, REPOSITORIES_WITH_CURVE, ALL_REPOSITORIES, horizon)]
    shown = with_curve[:REPOSITORIES_SHOWN]
    return frame(db, CURVES, [ALL_REPOSITORIES, *shown]), shown, len(with_curve) - len(shown)


def personal_values(db: duckdb.DuckDBPyConnection, texts: list[str]) -> set[str]:
    """Those of the texts that are a login, a person or an alias here."""
    return {value for (value,) in db.execute(PERSONAL_AMONG, [texts, texts, texts]).fetchall()}
