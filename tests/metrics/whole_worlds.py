"""Every table about retention, or influence, from raw rows: what is told in `core_stories` and all that follows from it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from core_stories import RUN_AT, Row, told

from quality.contract import Table
from transform.parameters import Parameters, Policy
from transform.tables import BUILT

RETENTION = [module for module in BUILT if module.TABLE.schema == "retention"]
INFLUENCE = [module for module in BUILT if module.TABLE.schema == "influence"]
PARAMETERS = Parameters(
    as_of=RUN_AT,
    run_at=RUN_AT + timedelta(hours=1),
    policies=(Policy("quiet", ("any",), 6),),
)


def needed(wanted: list = RETENTION) -> list:
    """The tables that those wanted are made of, and these, in order."""
    names = {str(module.TABLE) for module in wanted}
    for module in reversed(BUILT):
        names |= set(module.TABLE.inputs) if str(module.TABLE) in names else set()
    return [module for module in BUILT if str(module.TABLE) in names]


def world(parameters: Parameters = PARAMETERS, **rows: list[Row]) -> dict[str, pl.DataFrame]:
    """All tables by name, each with its promise checked, in key order."""
    return built(told(**rows), parameters)


def built(
    raw: dict[str, pl.LazyFrame], parameters: Parameters = PARAMETERS, wanted: list = RETENTION
) -> dict[str, pl.DataFrame]:
    frames, made = dict(raw), {}
    for module in needed(wanted):
        given = [frames[name] for name in module.TABLE.inputs]
        rows = module.TABLE.checked(module.build(*given, parameters=parameters).collect())
        frames[str(module.TABLE)] = rows.lazy()
        made[str(module.TABLE)] = rows.sort(module.TABLE.key)
    return made


def retention(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: rows for name, rows in tables.items() if name.startswith("retention.")}


def broken(table: Table, rows: pl.DataFrame) -> list[str]:
    """What of the promise does not hold beyond types and nulls: keys, bounds, and words that nobody declared."""
    found = ["key"] if rows.select(table.key).is_duplicated().any() else []
    for column in table.columns:
        values = rows[column.name].drop_nulls()
        if column.one_of and not set(values) <= set(column.one_of):
            found.append(f"{column.name}: {set(values) - set(column.one_of)}")
        if column.at_least is not None and (values < column.at_least).any():
            found.append(f"{column.name} below {column.at_least}: {values.min()}")
        if column.at_most is not None and (values > column.at_most).any():
            found.append(f"{column.name} above {column.at_most}: {values.max()}")
        if column.dtype == pl.Float64 and not values.is_finite().all():
            found.append(f"{column.name} is no number")
    return found
