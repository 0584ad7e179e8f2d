"""An audit of a DuckDB file that nobody else has open for writing: DuckDB measures, Great Expectations judges.

DuckDB looks for the bad rows, each query once. Great Expectations, which would run it several times over, judges and
records what was found (`quality/runner.py`); while it is imported, the first queries run already.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from quality import dialect, digests
from quality.expectations import Expectation, is_broken
from quality.verdicts import WHOLE, Finding, Measured, Verdict

SAMPLE_ROWS = 10
AT_ONCE = 2
"""While one query plans, ends or goes through few rows with one thread, another keeps the processors busy."""
WHILE_MEASURING = (
    "SET memory_limit = '700MB'",
    "SET preserve_insertion_order = false",
    "SET TimeZone = 'UTC'",
    "USE draft",
)


class EmptySuite(Exception):
    """Nothing was expected: that would pass whatever the data."""


def audit(path: Path, expectations: Sequence[Expectation]) -> list[Verdict]:
    """Judges every expectation, one suite a table."""
    if not expectations:
        raise EmptySuite(f"No expectation was given for {path}. An audit that expects nothing proves nothing.")
    waiting = deque(enumerate(sorted(expectations, key=lambda expectation: expectation.table)))
    with dialect.attached(path) as db, ThreadPoolExecutor(AT_ONCE) as workers:
        found = [workers.submit(_measure_those, db, waiting) for _ in range(AT_ONCE)]
        from quality.runner import judged  # Great Expectations takes seconds to import

        measured = [one for some in found for one in some.result()]
    return judged(sorted(measured, key=lambda one: one.number))


def _measure_those(database: Any, waiting: deque[tuple[int, Expectation]]) -> list[Measured]:
    """One after the other until none waits; each worker has a connection of its own to the one database."""
    found = []
    with database.cursor() as db:
        for setting in WHILE_MEASURING:
            db.execute(setting)
        with suppress(IndexError):
            while True:
                found.append(_measure(db, *waiting.popleft()))
    return found


def _measure(db: Any, number: int, expectation: Expectation) -> Measured:
    try:
        ((n_rows,),) = db.sql(f"SELECT count(*) FROM {expectation.table}").fetchall()
        asked = replace(expectation, sql=digests.read_once(db, expectation.sql))
        found = _findings(db, asked) if is_broken(db, asked) else ()
    except dialect.DatabaseError as error:
        return Measured(number, expectation, 0, error=str(error)[:2000])
    return Measured(number, expectation, n_rows, found)


def _findings(db: Any, expectation: Expectation) -> tuple[Finding, ...]:
    """Whose the bad rows are, and some of each; this is asked only of what failed."""
    whose = "repo_id" if "repo_id" in db.sql(expectation.sql).columns else f"'{WHOLE}'"
    found = db.sql(
        f"SELECT *, count(*) OVER (PARTITION BY scope) AS n_unexpected FROM (SELECT *, coalesce({whose}, '{WHOLE}') AS scope "
        f"FROM ({expectation.sql})) QUALIFY row_number() OVER (PARTITION BY scope) <= {SAMPLE_ROWS} ORDER BY scope"
    )
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return tuple(_finding(scope, list(of)) for scope, of in groupby(rows, key=lambda row: str(row["scope"])))


def _finding(scope: str, rows: list[dict[str, Any]]) -> Finding:
    told = [{name: value for name, value in row.items() if name not in ("n_unexpected", "scope")} for row in rows]
    return Finding(scope, int(rows[0]["n_unexpected"]), json.dumps(told, default=str, ensure_ascii=False))
