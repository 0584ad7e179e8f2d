"""The one module that runs Great Expectations: it judges what was measured.

A check whose query crashes comes back as `success=False` with an exception inside; here that is `could_not_run`,
never a bad row and never a pass.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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
from quality.verdicts import WHOLE, Finding, Measured, Verdict


def judged(measured: Sequence[Measured]) -> list[Verdict]:
    """What becomes of each expectation, one suite a table, judged from a small file of what was found."""
    with tempfile.TemporaryDirectory(prefix="forbenefit-audit-") as folder:
        findings = Path(folder) / "findings.duckdb"
        _write(findings, measured)
        with _opened(findings) as batch:
            return [
                verdict
                for table, group in groupby(measured, key=lambda one: one.expectation.table)
                for verdict in _judge(batch, table, list(group))
            ]


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
