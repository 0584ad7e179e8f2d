"""What changed between two warehouses, and why.

Acts are compared bucket by bucket first (a count and a checksum per repository, kind and month), so that only what
differs is looked at row by row: ten million acts of which nothing changed cost two scans.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl

from quality.contract import Table, quoted
from transform.core import aliases, commits, contributions, people, repositories
from transform.ops import changes, corrections, coverage, definitions, quarantine, runs, tombstones
from transform.retention import newcomers

SAMPLE = 5
WHILE_COMPARING: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB"}
COMPARED = tuple(
    module.TABLE
    for module in (
        *(aliases, commits, contributions, people, repositories, newcomers),
        *(corrections, coverage, definitions, quarantine, runs, tombstones),
    )
)
OF_THE_RUN = ("as_of", "run_at")
"""Parameters that differ every night."""

SUMS = """
    SELECT repo_id, kind, date_trunc('month', contributed_at) AS month, count(*) AS n,
        bit_xor(hash(contribution_id, person_id, contributed_at, actor_class)) AS checksum
    FROM {night}.core.contributions GROUP BY ALL
"""
DIFFERING = f"""
    CREATE OR REPLACE TEMP TABLE differing AS SELECT DISTINCT repo_id, kind, month FROM (
        ({SUMS.format(night="before")} EXCEPT {SUMS.format(night="after")})
        UNION ALL ({SUMS.format(night="after")} EXCEPT {SUMS.format(night="before")}))
"""
ACTS = """
    CREATE OR REPLACE TEMP TABLE acts_{night} AS SELECT c.* FROM {night}.core.contributions AS c SEMI JOIN differing AS d
        ON c.repo_id = d.repo_id AND c.kind = d.kind AND date_trunc('month', c.contributed_at) = d.month
"""
MOVED_PEOPLE = """
    CREATE OR REPLACE TEMP TABLE moved_people AS SELECT unnest([b.person_id, a.person_id]) AS person_id
    FROM before.core.aliases AS b JOIN after.core.aliases AS a USING (alias_id) WHERE b.person_id != a.person_id
    UNION SELECT person_id FROM before.core.people AS b JOIN after.core.people AS a USING (person_id)
    WHERE b.actor_class != a.actor_class AND b.actor_class_reason != a.actor_class_reason
"""
PAIRS = """
    CREATE OR REPLACE TEMP TABLE pairs AS SELECT
        contribution_id, coalesce(a.repo_id, b.repo_id) AS repo_id, coalesce(a.kind, b.kind) AS kind,
        coalesce(b.artefact_id, a.artefact_id) AS artefact,
        b.person_id AS person_before, a.person_id AS person_after, b.contributed_at AS at_before,
        a.contributed_at AS at_after, regexp_extract(contribution_id, '/commit/([0-9a-f]+)', 1) AS sha,
        CASE WHEN b.repo_id IS NULL THEN 'appeared' WHEN a.repo_id IS NULL THEN 'vanished'
            WHEN a.contributed_at != b.contributed_at THEN 'moved' ELSE 'reassigned' END AS change,
        CASE coalesce(a.kind, b.kind) WHEN 'comment' THEN 'comments' WHEN 'review' THEN 'reviews'
            WHEN 'review_comment' THEN 'review_comments' WHEN 'issue_open' THEN 'issues' WHEN 'commit' THEN 'commits'
            WHEN 'change_open' THEN 'changes' WHEN 'change_merge' THEN 'changes' ELSE 'events' END AS stream
    FROM acts_before AS b FULL JOIN acts_after AS a USING (contribution_id)
    WHERE a.repo_id IS NULL OR b.repo_id IS NULL OR a.contributed_at != b.contributed_at
        OR a.person_id IS DISTINCT FROM b.person_id OR a.actor_class IS DISTINCT FROM b.actor_class
"""
FEWER = """
    CREATE OR REPLACE TEMP TABLE fewer AS SELECT repo_id, stream FROM (
        SELECT repo_id, stream, count(*) FILTER (change = 'vanished') AS gone,
            count(*) FILTER (change = 'appeared') AS came FROM pairs GROUP BY ALL)
    JOIN before.ops.coverage AS b USING (repo_id, stream) JOIN after.ops.coverage AS a USING (repo_id, stream)
    WHERE gone > 0 AND a.is_complete AND a.source_total < b.held + came
"""
CORRECTED = """
    CREATE OR REPLACE TEMP TABLE corrected AS SELECT coalesce(a.repo_id, b.repo_id) AS repo_id
    FROM (SELECT * FROM before.ops.corrections WHERE is_applied) AS b
    FULL JOIN (SELECT * FROM after.ops.corrections WHERE is_applied) AS a
        USING (table_name, rows_json, expected_json, corrected_json)
    WHERE a.repo_id IS NULL OR b.repo_id IS NULL
"""
REWRITTEN = """
    CREATE OR REPLACE TEMP TABLE rewritten AS SELECT repo_id FROM after.ops.coverage AS a
    LEFT JOIN before.ops.coverage AS b USING (repo_id, stream)
    WHERE stream = 'lost_commits' AND a.held > coalesce(b.held, 0)
"""
FIXED = """
    CREATE OR REPLACE TEMP TABLE fixed AS SELECT repo_id, sha FROM after.core.commits WHERE is_time_fixed
    UNION SELECT repo_id, sha FROM before.core.commits WHERE is_time_fixed
"""
IS_OTHERWISE = """
        WHEN {repo_id} IN (FROM corrected) THEN 'correction'
        WHEN (SELECT is_redefined FROM told) THEN 'definition'
        WHEN (SELECT is_other_program FROM told) THEN 'program'
        WHEN (SELECT accepts FROM told) THEN 'accepted'"""
CAUSED = f"""
    CREATE OR REPLACE TEMP TABLE caused AS SELECT p.*, CASE
        WHEN p.repo_id IN (FROM held) THEN 'held_back'
        WHEN change = 'appeared' AND (b.repo_id IS NULL OR at_after >= b.held_until_at) THEN 'new'
        WHEN change = 'vanished' AND at_before >= a.held_until_at THEN 'as_of'
        WHEN change = 'vanished' AND (p.repo_id, artefact) IN
            (SELECT (repo_id, item_kind || ':' || number) FROM after.ops.tombstones) THEN 'deleted'
        WHEN person_before IN (FROM moved_people) OR person_after IN (FROM moved_people) THEN 'identity'
        WHEN change = 'appeared' THEN 'late'
        WHEN change = 'vanished' AND kind = 'commit' AND p.repo_id IN (FROM rewritten) THEN 'rewritten'
        WHEN change = 'vanished' AND (p.repo_id, stream) IN (SELECT (repo_id, stream) FROM fewer) THEN 'deleted'
        WHEN change = 'vanished' AND (p.repo_id, split_part(artefact, ':', 2)) IN (SELECT (repo_id, record_id) FROM after.ops.quarantine WHERE readable_since_at IS NULL)
            THEN 'quarantined'
        WHEN change = 'moved' AND (p.repo_id, sha) IN (SELECT (repo_id, sha) FROM fixed) THEN 'clock'
        {IS_OTHERWISE.format(repo_id="p.repo_id")} ELSE 'unexplained' END AS cause
    FROM pairs AS p LEFT JOIN before.core.repositories AS b USING (repo_id)
    LEFT JOIN after.core.repositories AS a USING (repo_id)
"""
NEWCOMERS = f"""
    CREATE OR REPLACE TEMP TABLE newcomers AS SELECT repo_id, person_id, b.first_at AS at_before, a.first_at AS at_after,
        CASE WHEN b.first_at IS NULL THEN 'appeared' WHEN a.first_at IS NULL THEN 'vanished' ELSE 'moved' END AS change,
        CASE WHEN repo_id IN (FROM held) THEN 'held_back'
            WHEN a.first_at >= rb.snapshot_at OR rb.repo_id IS NULL THEN 'new'
            WHEN b.first_at >= ra.snapshot_at THEN 'as_of'
            WHEN ra.newcomers_from_at != rb.newcomers_from_at THEN 'late'
            WHEN c.cause IS NOT NULL THEN c.cause
            {IS_OTHERWISE.format(repo_id="repo_id")} ELSE 'unexplained' END AS cause
    FROM (SELECT * FROM before.retention.newcomers WHERE family = 'any' AND repo_id != 'all') AS b
    FULL JOIN (SELECT * FROM after.retention.newcomers WHERE family = 'any' AND repo_id != 'all') AS a
        USING (repo_id, person_id)
    LEFT JOIN before.core.repositories AS rb USING (repo_id) LEFT JOIN after.core.repositories AS ra USING (repo_id)
    LEFT JOIN (SELECT repo_id, person_id, max(cause) FILTER (cause != 'new') AS cause FROM (
        SELECT repo_id, unnest([person_before, person_after]) AS person_id, cause FROM caused) GROUP BY ALL) AS c
        USING (repo_id, person_id)
    WHERE a.first_at IS DISTINCT FROM b.first_at
"""
REPOSITORIES = """
    CREATE OR REPLACE TEMP TABLE repositories AS SELECT repo_id, coalesce(a.full_name, b.full_name) AS full_name,
        CASE WHEN b.repo_id IS NULL THEN 'appeared' ELSE 'vanished' END AS change,
        CASE WHEN b.repo_id IS NULL THEN 'new' WHEN repo_id IN (FROM held) THEN 'held_back'
        WHEN (SELECT accepts FROM told) THEN 'accepted' ELSE 'unexplained' END AS cause
    FROM before.core.repositories AS b FULL JOIN after.core.repositories AS a USING (repo_id)
    WHERE a.repo_id IS NULL OR b.repo_id IS NULL
"""
DEFINITIONS = """
    CREATE OR REPLACE TEMP TABLE definitions AS SELECT 'all' AS repo_id, definition, a.formula, 'definition' AS cause,
        CASE WHEN b.definition IS NULL THEN 'appeared' WHEN a.definition IS NULL THEN 'vanished' ELSE 'changed' END AS change
    FROM before.ops.definitions AS b FULL JOIN after.ops.definitions AS a USING (definition)
    WHERE a.formula IS DISTINCT FROM b.formula
"""
STEPS = (
    DIFFERING,
    ACTS.format(night="before"),
    ACTS.format(night="after"),
    MOVED_PEOPLE,
    PAIRS,
    FEWER,
    CORRECTED,
    REWRITTEN,
    FIXED,
)
SUBJECTS = {
    "contributions": ("caused", "contribution_id, person_before, person_after, at_before, at_after"),
    "newcomers": ("newcomers", "person_id, at_before, at_after"),
    "repositories": ("repositories", "full_name"),
    "definitions": ("definitions", "definition, formula"),
}


def compared(
    before: Path, after: Path, held: Sequence[str] = (), *, program: str | None = None, accepts: bool = False
) -> pl.DataFrame:
    """The rows of ops.changes: what is otherwise in `after`, of which `held` are left out.

    `program` is the fingerprint of the one that made `after`, where its runs are not in it yet. A night whose tables are those of another version cannot be compared, which is one row that says so.
    """
    with closing(duckdb.connect(config=WHILE_COMPARING)) as db:
        db.execute("SET TimeZone = 'UTC'")
        for name, path in (("before", before), ("after", after)):
            db.execute(f"ATTACH {_literal(path)} AS {name} (READ_ONLY)")
        rows = changed(db, held, program=program, accepts=accepts)
    return changes.TABLE.checked(pl.DataFrame(rows, schema=changes.TABLE.polars_schema))


def changed(
    db: duckdb.DuckDBPyConnection, held: Sequence[str] = (), *, program: str | None = None, accepts: bool = False
) -> list[dict[str, object]]:
    """The same of a connection to which both nights are attached, as `before` and `after`."""
    strange = {night: _strange(db, night) for night in ("before", "after")}
    if any(strange.values()):
        return [{**_of_another_version(strange), "since_run_id": "unknown"}]
    since, program_before = _last_run(db, "before")
    is_other_program = program_before != (program or _last_run(db, "after")[1])
    told = _changes(db, held, is_other_program=is_other_program, accepts=accepts)
    return [{**row, "since_run_id": since} for row in told]


def _last_run(db: duckdb.DuckDBPyConnection, night: str) -> tuple[str, str]:
    """The run that published a warehouse, and the program it ran."""
    found = db.sql(
        f"SELECT run_id, program FROM {night}.ops.runs WHERE outcome = 'published' ORDER BY run_id DESC LIMIT 1"
    )
    rows = found.fetchall()
    return rows[0] if rows else ("none", "")


def _changes(
    db: duckdb.DuckDBPyConnection, held: Sequence[str], *, is_other_program: bool, accepts: bool
) -> list[dict[str, object]]:
    db.execute("CREATE OR REPLACE TEMP TABLE held AS SELECT unnest(?::VARCHAR[]) AS repo_id", [list(held)])
    db.execute(DEFINITIONS)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE told AS SELECT ? AS is_redefined, ? AS is_other_program, ? AS accepts",
        [_redefined(db), is_other_program, accepts],
    )
    for step in (*STEPS, CAUSED, NEWCOMERS, REPOSITORIES):
        db.execute(step)
    return [row for subject, (table, shown) in SUBJECTS.items() for row in _counted(db, subject, table, shown)]


def _counted(db: duckdb.DuckDBPyConnection, subject: str, table: str, shown: str) -> list[dict[str, object]]:
    found = db.sql(
        f"SELECT repo_id, change, cause, count(*) OVER w AS n_changed, {shown} FROM {table} "
        f"WINDOW w AS (PARTITION BY repo_id, change, cause) "
        f"QUALIFY row_number() OVER (PARTITION BY repo_id, change, cause ORDER BY {shown}) <= {SAMPLE} ORDER BY ALL"
    ).pl()
    groups = found.group_by("repo_id", "change", "cause", "n_changed", maintain_order=True)
    return [
        {
            "repo_id": repo_id,
            "subject": subject,
            "change": change,
            "cause": cause,
            "n_changed": n,
            "sample_json": _sample(of),
        }
        for (repo_id, change, cause, n), of in groups
    ]


def _sample(rows: pl.DataFrame) -> str:
    told = rows.drop("repo_id", "change", "cause", "n_changed").to_dicts()
    return json.dumps(
        [{k: v for k, v in row.items() if v is not None} for row in told], default=str, ensure_ascii=False
    )


def _redefined(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether a definition or a parameter that is not of the run itself differs."""
    kept = [
        db.sql(f"SELECT parameters_json FROM {night}.ops.definitions LIMIT 1").fetchall()
        for night in ("before", "after")
    ]
    settings = [
        {k: v for k, v in json.loads(rows[0][0]).items() if k not in OF_THE_RUN} if rows else {} for rows in kept
    ]
    return settings[0] != settings[1] or bool(db.sql("SELECT count(*) FROM definitions").fetchall()[0][0])


def _strange(db: duckdb.DuckDBPyConnection, night: str) -> list[str]:
    """The compared tables that a night has with other columns than ours, or not at all: it is of another version."""
    return [str(table) for table in COMPARED if not _is_as_promised(db, night, table)]


def _is_as_promised(db: duckdb.DuckDBPyConnection, night: str, table: Table) -> bool:
    asked = "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ?"
    there = db.execute(f"{asked} ORDER BY column_index", [night, table.schema, table.name]).fetchall()
    return there == [(column.name, column.sql_type) for column in table.columns]


def _of_another_version(strange: dict[str, list[str]]) -> dict[str, object]:
    told = {"repo_id": "all", "subject": "definitions", "change": "changed", "cause": "program", "n_changed": 1}
    return {**told, "sample_json": json.dumps([{"of another version": strange}])}


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def figures(before: Path, after: Path, tables: Sequence[Table]) -> list[dict[str, object]]:
    """Of each measure: rows before and after, and how many came, went, or say something else. Dates of the night aside."""
    with closing(duckdb.connect(config=WHILE_COMPARING)) as db:
        for name, path in (("before", before), ("after", after)):
            db.execute(f"ATTACH {_literal(path)} AS {name} (READ_ONLY)")
        return [_figures(db, table) for table in tables if table.definition]


def _figures(db: duckdb.DuckDBPyConnection, table: Table) -> dict[str, object]:
    kept = [column.name for column in table.columns if column.name not in ("snapshot_at", "definition")]
    key, all_of_it = (", ".join(map(quoted, names)) for names in (table.key, kept))
    counted = "count(*) FILTER (b.n IS NULL), count(*) FILTER (a.n IS NULL), count(*) FILTER (b.said != a.said)"
    rows = f"(SELECT {key}, count(*) AS n, bit_xor(hash({all_of_it})) AS said FROM {{night}}.{table.sql_name} GROUP BY ALL)"
    joined = f"{rows.format(night='before')} AS b FULL JOIN {rows.format(night='after')} AS a USING ({key})"
    is_same = all(_is_as_promised(db, night, table) for night in ("before", "after"))
    told = db.sql(f"SELECT count(b.n), count(a.n), {counted} FROM {joined}").fetchall()[0] if is_same else (None,) * 5
    names = ("n_before", "n_after", "n_appeared", "n_vanished", "n_changed")
    return {"table": str(table), "definition": table.definition, **dict(zip(names, told, strict=True))}
