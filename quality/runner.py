"""The one module that runs Great Expectations: an audit of a DuckDB file that nobody else has open for writing.

A check whose query crashes comes back as `success=False` with an exception inside; here that is `could_not_run`,
never a bad row and never a pass.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.expectations.metadata_types import FailureSeverity

from quality import dialect
from quality.contract import literal
from quality.expectations import Expectation, is_broken
from quality.verdicts import WHOLE, Finding, Verdict

SAMPLE_ROWS = 10
AT_ONCE = 2
"""While one query plans, ends or goes through few rows with one thread, another keeps the processors busy."""
WHILE_MEASURING = ("SET memory_limit = '700MB'", "SET preserve_insertion_order = false", "SET TimeZone = 'UTC'")


class EmptySuite(Exception):
    """Nothing was expected: that would pass whatever the data."""


def audit(path: Path, expectations: Sequence[Expectation]) -> list[Verdict]:
    """Judges every expectation, one suite a table.

    DuckDB looks for the bad rows, each query once; Great Expectations, which would run it several times over, judges and
    records what was found, from a small file of its own.
    """
    if not expectations:
        raise EmptySuite(f"No expectation was given for {path}. An audit that expects nothing proves nothing.")
    by_table = sorted(expectations, key=lambda expectation: expectation.table)
    measured = _measured(path, by_table)
    with tempfile.TemporaryDirectory(prefix="forbenefit-audit-") as folder:
        findings = Path(folder) / "findings.duckdb"
        _write(findings, measured)
        with _opened(findings) as batch:
            return [
                verdict
                for table, group in groupby(measured, key=lambda one: one.expectation.table)
                for verdict in _judge(batch, table, list(group))
            ]


@dataclass(frozen=True)
class Measured:
    """The bad rows of one expectation, by repository; or why its query could not run."""

    number: int
    expectation: Expectation
    n_rows: int
    findings: tuple[Finding, ...] = ()
    error: str = ""


def _measured(path: Path, expectations: Sequence[Expectation]) -> list[Measured]:
    waiting = deque(enumerate(expectations))
    with ThreadPoolExecutor(AT_ONCE) as workers:
        found = [workers.submit(_measure_those, path, waiting) for _ in range(AT_ONCE)]
    return sorted((one for some in found for one in some.result()), key=lambda one: one.number)


def _measure_those(path: Path, waiting: deque[tuple[int, Expectation]]) -> list[Measured]:
    """One after the other until none waits; each worker has a connection of its own to the one database."""
    found = []
    with dialect.connected(path) as db:
        for setting in WHILE_MEASURING:
            db.execute(setting)
        with suppress(IndexError):
            while True:
                found.append(_measure(db, *waiting.popleft()))
    return found


def _measure(db: Any, number: int, expectation: Expectation) -> Measured:
    try:
        ((n_rows,),) = db.sql(f"SELECT count(*) FROM {expectation.table}").fetchall()
        found = _findings(db, expectation) if is_broken(db, expectation) else ()
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


def _write(path: Path, measured: Sequence[Measured]) -> None:
    engine = sa.create_engine(dialect.url(path, access="READ_WRITE"))
    with engine.connect() as db:
        db.exec_driver_sql("CREATE TABLE findings (number INTEGER, scope VARCHAR, n_unexpected BIGINT, sample VARCHAR)")
        for one in measured:
            for finding in one.findings:
                values = (one.number, finding.scope, finding.n_unexpected, finding.sample)
                db.exec_driver_sql("INSERT INTO findings VALUES (?, ?, ?, ?)", values)
    engine.dispose()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Great Expectations over the findings, quietly; afterwards nobody holds the file open.

    One batch for all suites: whatever is added to its context makes it write down its whole configuration anew.
    """
    logging.disable(logging.WARNING)
    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql("findings", connection_string=dialect.url(path))
        yield source.add_table_asset("findings").add_batch_definition_whole_table("all").get_batch()
        source.get_execution_engine().close()
        source.get_engine().dispose()
    finally:
        logging.disable(logging.NOTSET)


def _judge(batch: Any, table: str, measured: list[Measured]) -> Iterable[Verdict]:
    suite = ExpectationSuite(name=table, expectations=[_native(one) for one in measured])
    outcome = batch.validate(suite, result_format="BASIC")
    results = {result.expectation_config.meta["number"]: result for result in outcome.results}
    return [_verdict(one, results[one.number]) for one in measured]


def _native(one: Measured) -> Any:
    # a query that could not run breaks here too; the comment is there because one without {batch} is printed as a warning
    broken = literal(one.error).replace("{", "{{").replace("}", "}}")
    query = f"SELECT error({broken})" if one.error else f"SELECT * FROM findings WHERE number = {one.number}"
    return UnexpectedRowsExpectation(
        unexpected_rows_query=f"{query} /* {{batch}} */",
        description=one.expectation.doc,
        severity=FailureSeverity(one.expectation.severity),
        meta={"number": one.number},
    )


def _verdict(one: Measured, result: Any) -> Verdict:
    crash = _crash(result.exception_info) or one.error
    if crash:
        said = json.dumps([{"error": crash[:2000]}])
        return Verdict(one.expectation, "could_not_run", "nothing: the check broke", (Finding(WHOLE, 0, said),))
    if result.success:
        return Verdict(one.expectation, "passed", f"no bad row, {one.n_rows:,} in the table")
    n_bad = sum(finding.n_unexpected for finding in one.findings)
    return Verdict(one.expectation, "failed", f"{n_bad:,} bad rows, {one.n_rows:,} in the table", one.findings)


def _crash(info: Any) -> str | None:
    """The message of an exception, which lies at the top or one level down, per metric."""
    if not info:
        return None
    nested = [info] if "raised_exception" in info else list(info.values())
    return next((str(one["exception_message"]) for one in nested if one.get("raised_exception")), None)
