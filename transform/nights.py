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
from transform.causes import CAUSED, DEFINITIONS, NEWCOMERS, REPOSITORIES, STEPS, SUBJECTS
from transform.core import aliases, commits, contributions, people, repositories
from transform.ops import changes, corrections, coverage, definitions, quarantine, runs, tombstones
from transform.retention import newcomers
from transform.tables import TABLES

SAMPLE = 5
WHILE_COMPARING: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "1GB"}
NEEDED: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (aliases.TABLE, ("alias_id", "person_id")),
    (commits.TABLE, ("repo_id", "sha", "is_time_fixed")),
    (
        contributions.TABLE,
        (
            *("contribution_id", "repo_id", "kind", "person_id"),
            *("artefact_id", "actor_class", "contributed_at"),
        ),
    ),
    (people.TABLE, ("person_id", "actor_class", "actor_class_reason")),
    (repositories.TABLE, ("repo_id", "full_name", "held_until_at", "snapshot_at", "newcomers_from_at")),
    (newcomers.TABLE, ("repo_id", "family", "person_id", "first_at")),
    (corrections.TABLE, ("repo_id", "table_name", "rows_json", "expected_json", "corrected_json", "is_applied")),
    (coverage.TABLE, ("repo_id", "stream", "held", "source_total", "is_complete")),
    (definitions.TABLE, ("definition", "table_name", "formula", "parameters_json")),
    (quarantine.TABLE, ("repo_id", "record_id", "is_still_there")),
    (runs.TABLE, ("run_id", "program", "outcome")),
    (tombstones.TABLE, ("repo_id", "item_kind", "number")),
)
"""What is asked of two nights. One of another version may have more, and is compared all the same."""


def compared(
    before: Path, after: Path, held: Sequence[str] = (), *, program: str | None = None, accepted: str = ""
) -> pl.DataFrame:
    """The rows of ops.changes: what is otherwise in `after`, of which `held` are left out.

    `program` is the fingerprint of the one that made `after`, where its runs are not in it yet; `accepted` is why the
    operator takes what nothing explains. A night that lacks what is asked cannot be compared, which is one row.
    """
    with closing(duckdb.connect(config=WHILE_COMPARING)) as db:
        db.execute("SET TimeZone = 'UTC'")
        for name, path in (("before", before), ("after", after)):
            db.execute(f"ATTACH {_literal(path)} AS {name} (READ_ONLY)")
        rows = changed(db, held, program=program, accepted=accepted)
    return changes.TABLE.checked(pl.DataFrame(rows, schema=changes.TABLE.polars_schema))


def changed(
    db: duckdb.DuckDBPyConnection, held: Sequence[str] = (), *, program: str | None = None, accepted: str = ""
) -> list[dict[str, object]]:
    """The same of a connection to which both nights are attached, as `before` and `after`."""
    strange = {night: _strange(db, night) for night in ("before", "after")}
    if any(strange.values()):
        since, told = "unknown", [_of_another_version(strange, "accepted" if accepted else "program")]
    else:
        since, program_before = _last_run(db, "before")
        is_other_program = program_before != (program or _last_run(db, "after")[1])
        told = _changes(db, held, is_other_program=is_other_program, accepts=bool(accepted))
    return [
        {**row, "since_run_id": since, "accepted_because": accepted if row["cause"] == "accepted" else None}
        for row in told
    ]


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
        "CREATE OR REPLACE TEMP TABLE told AS SELECT ?::VARCHAR[] AS redefined, ? AS is_other_program, ? AS accepts",
        [sorted(_redefined(db)), is_other_program, accepts],
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


def _redefined(db: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables whose definition has another version, or is made with another parameter, and all that is made of them.

    A definition that says something else under the same number explains nothing.
    """
    versions = [set(_rows(db, f"SELECT table_name, definition FROM {n}.ops.definitions")) for n in ("before", "after")]
    found = {table for table, _ in versions[0] ^ versions[1]}
    settings = [_settings(db, night) for night in ("before", "after")]
    other = {name for name in settings[0] | settings[1] if settings[0].get(name) != settings[1].get(name)}
    found |= {str(table) for table in TABLES if other & _asked_for(table)}
    for table in TABLES:  # each stands after what it is made of
        if found & set(table.inputs):
            found.add(str(table))
    return found


def _settings(db: duckdb.DuckDBPyConnection, night: str) -> dict[str, object]:
    """The parameters of a night's build, but for those of the run itself."""
    kept = _rows(db, f"SELECT parameters_json FROM {night}.ops.definitions LIMIT 1")
    return {k: v for k, v in json.loads(kept[0][0]).items() if k not in definitions.OF_THE_RUN} if kept else {}


def _asked_for(table: Table) -> set[str]:
    """The parameters of the build that a table says it is made with."""
    return {word.removeprefix("parameters.") for value in table.parameters.values() for word in str(value).split()} | {
        name for name, value in table.parameters.items() if value == "transform.parameters"
    }


def _rows(db: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, ...]]:
    return db.sql(query).fetchall()


def _strange(db: duckdb.DuckDBPyConnection, night: str) -> list[str]:
    """Tables of which a night lacks what is asked, or has it otherwise: it is of another version."""
    return [str(table) for table, needed in NEEDED if not _has(db, night, table, needed)]


def _has(db: duckdb.DuckDBPyConnection, night: str, table: Table, needed: Sequence[str]) -> bool:
    asked = "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ?"
    there = dict(db.execute(asked, [night, table.schema, table.name]).fetchall())
    return all(there.get(name) == table.column(name).sql_type for name in needed)


def _of_another_version(strange: dict[str, list[str]], cause: str) -> dict[str, object]:
    told = {"repo_id": "all", "subject": "definitions", "change": "changed", "cause": cause, "n_changed": 1}
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
    is_same = all(_has(db, night, table, table.column_names) for night in ("before", "after"))
    told = db.sql(f"SELECT count(b.n), count(a.n), {counted} FROM {joined}").fetchall()[0] if is_same else (None,) * 5
    names = ("n_before", "n_after", "n_appeared", "n_vanished", "n_changed")
    return {"table": str(table), "definition": table.definition, **dict(zip(names, told, strict=True))}
