"""The one module that runs Great Expectations: an audit of a DuckDB file that nobody else has open for writing.

A check whose query crashes comes back as `success=False` with an exception inside; here that is `could_not_run`,
never a bad row and never a pass.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuite, ValidationDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.expectations.metadata_types import FailureSeverity

from quality import dialect
from quality.expectations import Expectation

SAMPLE_ROWS = 10


class EmptySuite(Exception):
    """Nothing was expected: that would pass whatever the data."""


@dataclass(frozen=True)
class Verdict:
    """What became of one expectation: `outcome` is passed, failed or could_not_run; `sample` has rows that break it."""

    expectation: Expectation
    outcome: str
    n_unexpected: int
    sample: str

    @property
    def forbids_publishing(self) -> bool:
        return self.outcome == "could_not_run" or (self.outcome == "failed" and self.expectation.severity == "critical")


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
    return [_verdict(expectation, results[expectation.name]) for expectation in expectations]


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


def _verdict(expectation: Expectation, result: Any) -> Verdict:
    crash = _crash(result.exception_info)
    if crash:
        return Verdict(expectation, "could_not_run", 0, json.dumps([{"error": crash[:2000]}]))
    if result.success:
        return Verdict(expectation, "passed", 0, "[]")
    rows = [dict(row) for row in result.result["details"]["unexpected_rows"]]
    count = int(rows[0]["n_unexpected"])
    sample = [{name: value for name, value in row.items() if name != "n_unexpected"} for row in rows]
    return Verdict(expectation, "failed", count, json.dumps(sample, default=str, ensure_ascii=False))


def _crash(info: Any) -> str | None:
    """The message of an exception, which lies at the top or one level down, per metric."""
    if not info:
        return None
    nested = [info] if "raised_exception" in info else list(info.values())
    return next((str(one["exception_message"]) for one in nested if one.get("raised_exception")), None)
