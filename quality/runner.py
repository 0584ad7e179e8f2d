"""The one module that runs Great Expectations: an audit of a DuckDB file that nobody else has open for writing.

A check whose query crashes comes back as `success=False` with an exception inside; here that is `could_not_run`,
never a bad row and never a pass.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core import ExpectationSuite, ValidationDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.expectations.metadata_types import FailureSeverity

from quality import dialect
from quality.expectations import Expectation
from quality.verdicts import WHOLE, Finding, Verdict

SAMPLE_ROWS = 10


class EmptySuite(Exception):
    """Nothing was expected: that would pass whatever the data."""


def audit(path: Path, expectations: Sequence[Expectation]) -> list[Verdict]:
    """Judges every expectation, one suite a table."""
    if not expectations:
        raise EmptySuite(f"No expectation was given for {path}. An audit that expects nothing proves nothing.")
    by_table = sorted(expectations, key=lambda expectation: expectation.table)
    with _opened(path) as (context, source):
        return [
            verdict
            for table, group in groupby(by_table, key=lambda expectation: expectation.table)
            for verdict in _judge(context, source, table, list(group))
        ]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Great Expectations over the file, quietly; afterwards nobody holds the file open."""
    logging.disable(logging.WARNING)
    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql("warehouse", connection_string=dialect.url(path))
        yield context, source
        source.get_execution_engine().close()
        source.get_engine().dispose()
    finally:
        logging.disable(logging.NOTSET)


def _judge(context: Any, source: Any, table: str, expectations: list[Expectation]) -> Iterable[Verdict]:
    schema, name = table.split(".")
    batch = source.add_table_asset(table, table_name=name, schema_name=schema).add_batch_definition_whole_table("all")
    suite = ExpectationSuite(name=table, expectations=[_native(expectation) for expectation in expectations])
    definition = ValidationDefinition(name=table, data=batch, suite=context.suites.add(suite))
    outcome = context.validation_definitions.add(definition).run(result_format={"result_format": "COMPLETE"})
    results = {result.expectation_config.meta["name"]: result for result in outcome.results}
    with source.get_engine().connect() as db:
        return [_verdict(expectation, results[expectation.name], db) for expectation in expectations]


def _native(expectation: Expectation) -> Any:
    # the count rides on every row, so that a million bad rows are counted without being fetched
    sql = expectation.sql.replace("{", "{{").replace("}", "}}")
    # each query names its tables itself; the comment is there because a query without {batch} is printed as a warning
    query = f"SELECT *, count(*) OVER () AS n_unexpected FROM ({sql}) LIMIT {SAMPLE_ROWS} /* {{batch}} */"
    return UnexpectedRowsExpectation(
        unexpected_rows_query=query,
        description=expectation.doc,
        severity=FailureSeverity(expectation.severity),
        meta={"name": expectation.name},
    )


def _verdict(expectation: Expectation, result: Any, db: sa.Connection) -> Verdict:
    crash = _crash(result.exception_info)
    if crash:
        said = json.dumps([{"error": crash[:2000]}])
        return Verdict(expectation, "could_not_run", "nothing: the check broke", (Finding(WHOLE, 0, said),))
    n_rows = db.execute(sa.text(f"SELECT count(*) FROM {expectation.table}")).scalar_one()
    if result.success:
        return Verdict(expectation, "passed", f"no bad row, {n_rows:,} in the table")
    rows = [dict(row) for row in result.result["details"]["unexpected_rows"]]
    found = _by_repository(expectation, db) if "repo_id" in rows[0] else [_finding(WHOLE, rows)]
    n_bad = sum(finding.n_unexpected for finding in found)
    return Verdict(expectation, "failed", f"{n_bad:,} bad rows, {n_rows:,} in the table", tuple(found))


def _by_repository(expectation: Expectation, db: sa.Connection) -> list[Finding]:
    """Whose the bad rows are; this is asked only of what failed."""
    query = (
        f"SELECT *, count(*) OVER (PARTITION BY repo_id) AS n_unexpected FROM ({expectation.sql}) "
        f"QUALIFY row_number() OVER (PARTITION BY repo_id) <= {SAMPLE_ROWS} ORDER BY repo_id"
    )
    rows = [dict(row) for row in db.exec_driver_sql(query).mappings()]
    return [_finding(scope or WHOLE, list(of)) for scope, of in groupby(rows, key=lambda row: row["repo_id"])]


def _finding(scope: str, rows: list[dict[str, Any]]) -> Finding:
    sample = [{name: value for name, value in row.items() if name != "n_unexpected"} for row in rows]
    return Finding(scope, int(rows[0]["n_unexpected"]), json.dumps(sample, default=str, ensure_ascii=False))


def _crash(info: Any) -> str | None:
    """The message of an exception, which lies at the top or one level down, per metric."""
    if not info:
        return None
    nested = [info] if "raised_exception" in info else list(info.values())
    return next((str(one["exception_message"]) for one in nested if one.get("raised_exception")), None)
