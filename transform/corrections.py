"""Corrections are data: known errors of a source, replaced in raw before anything is built, each with a guard.

The guard is what the source is expected to say. Where it says something else by now, the correction is not applied, and
the suites refuse it: a correction that outlived its error would be an error of ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import polars as pl

from transform.ops import corrections

Frames = dict[str, pl.LazyFrame]
SAMPLE = 3


@dataclass(frozen=True)
class Correction:
    """In `repository`, rows of the raw `table` that are `where` say `expect`; they should say `put`, or not be there."""

    name: str
    repo_id: str
    table: str
    where: Mapping[str, object]
    expect: Mapping[str, object]
    reason: str
    source: str
    put: Mapping[str, object] = field(default_factory=dict)
    is_drop: bool = False


def corrected(frames: Frames, wanted: Sequence[Correction]) -> tuple[Frames, pl.DataFrame]:
    """Raw with the corrections that apply, and the rows of ops.corrections."""
    told = []
    for one in wanted:
        frame = frames[f"raw.{one.table}"]
        found = frame.filter(_is_meant(one, frame)).select(list(one.expect)).collect()
        applies = not found.is_empty() and found.filter(~_says(one.expect, frame)).is_empty()
        if applies:
            frames = {**frames, f"raw.{one.table}": _applied(one, frame)}
        told.append(_row(one, found, applies=applies))
    return frames, corrections.TABLE.checked(pl.DataFrame(told, schema=corrections.TABLE.polars_schema))


def _is_meant(one: Correction, frame: pl.LazyFrame) -> pl.Expr:
    return _says({"repo_id": one.repo_id, **one.where}, frame)


def _says(values: Mapping[str, object], frame: pl.LazyFrame) -> pl.Expr:
    schema = frame.collect_schema()
    equal = [pl.col(name).eq_missing(pl.lit(value, schema[name])) for name, value in values.items()]
    return reduce(lambda left, right: left & right, equal, pl.lit(value=True))


def _applied(one: Correction, frame: pl.LazyFrame) -> pl.LazyFrame:
    meant, schema = _is_meant(one, frame), frame.collect_schema()
    if one.is_drop:
        return frame.filter(~meant)
    return frame.with_columns(
        pl.when(meant).then(pl.lit(value, schema[name])).otherwise(name).alias(name) for name, value in one.put.items()
    )


def _row(one: Correction, found: pl.DataFrame, *, applies: bool) -> dict[str, object]:
    return {
        "correction": one.name,
        "repo_id": one.repo_id,
        "table_name": f"raw.{one.table}",
        "rows_json": _json(one.where),
        "expected_json": _json(one.expect),
        "corrected_json": _json("dropped" if one.is_drop else one.put),
        "found_json": _json(found.head(SAMPLE).to_dicts()),
        "reason": one.reason,
        "source": one.source,
        "n_rows": found.height,
        "is_applied": applies,
    }


def _json(value: object) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, default=str, ensure_ascii=False)
