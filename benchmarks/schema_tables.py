"""All tables of one schema, apart from the tables they are made of: seconds, peak memory, and how both grow.

What retention_tables.py and influence_tables.py share. The tables below are made first, each size in a process of its own,
and laid down as files; those of the schema are then made from these in another process. The figure beside the seconds is
their ratio to a fixed amount of polars work (see build_tables.py).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from build_tables import calibration, peak
from synthetic import ENDS_AT

PERSONS_SHARE, REPOSITORIES_SHARE = 0.02, 0.00005
HEAVIEST = 8


@dataclass(frozen=True)
class Schema:
    """Whose tables, of how many contributions, and who writes raw: (folder, contributions, repositories, persons)."""

    name: str
    sizes: Sequence[int]
    write: Callable[[Path, int, int, int], object]
    goal_seconds: float | None = None
    goal_gib: float | None = None


def main(schema: Schema, description: str | None) -> None:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=schema.sizes)
    parser.add_argument("--keep", type=Path, help="folder for the tables below; left there")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make_core(given.make, schema)
    elif given.measure:
        print(json.dumps(measured(given.measure, schema)))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            tell_growth([of_size(given.keep or Path(temporary), size, schema) for size in given.sizes])


def of_size(folder: Path, size: int, schema: Schema) -> dict[str, Any]:
    place = folder / str(size)
    if not (place / "core").exists():
        n_persons, n_repositories = (max(5, round(size * part)) for part in (PERSONS_SHARE, REPOSITORIES_SHARE))
        schema.write(place / "raw", size, n_repositories, n_persons)
        in_fresh_process("--make", place)
    before = calibration()
    figures = json.loads(in_fresh_process("--measure", place))
    figures |= {"asked": size, "calibration": (before + calibration()) / 2}
    tell(figures, schema)
    return figures


def in_fresh_process(what: str, place: Path) -> str:
    """The very script that runs, asked for one of its steps."""
    from flows.environment import QUIET

    command = [sys.executable, sys.argv[0], what, str(place)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **QUIET}, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def modules(schema: str) -> tuple[list[Any], list[Any]]:
    """What the tables of the schema are made of, and these tables, each in the order they are built in."""
    from transform.tables import BUILT

    of_schema = [module for module in BUILT if module.TABLE.schema == schema]
    needed = {name for module in of_schema for name in module.TABLE.inputs}
    others = [module for module in BUILT if module not in of_schema]
    for module in reversed(others):
        needed |= set(module.TABLE.inputs) if str(module.TABLE) in needed else set()
    return [module for module in others if str(module.TABLE) in needed], of_schema


def make_core(place: Path, schema: Schema) -> None:
    from extract import raw

    frames = dict(raw.scan(sorted((place / "raw").iterdir())))
    unfinished = place / "unfinished"
    unfinished.mkdir(exist_ok=True)
    below, of_schema = modules(schema.name)
    for module in below:
        build(module, frames, unfinished)
    for name in sorted({name for module in of_schema for name in module.TABLE.inputs if name.startswith("raw.")}):
        frames[name].sink_parquet(unfinished / f"{name}.parquet")
    unfinished.rename(place / "core")


def build(module: Any, frames: dict[str, pl.LazyFrame], place: Path) -> int:
    """Makes one table into a file, as the next ones read it."""
    from transform.parameters import Parameters

    parameters = Parameters(as_of=ENDS_AT, run_at=ENDS_AT + timedelta(hours=1))
    given = [frames[name] for name in module.TABLE.inputs]
    rows = module.TABLE.checked(module.build(*given, parameters=parameters).collect())
    file = place / f"{module.TABLE}.parquet"
    rows.write_parquet(file, compression="lz4")
    frames[str(module.TABLE)] = pl.scan_parquet(file)
    return rows.height


def measured(place: Path, schema: Schema) -> dict[str, Any]:
    from transform.once import kept_in

    frames = {file.stem: pl.scan_parquet(file) for file in (place / "core").iterdir()}
    made = place / "made"
    made.mkdir(exist_ok=True)
    tables: dict[str, tuple[float, float, int, float]] = {}
    started, cpu = time.perf_counter(), time.process_time()
    with kept_in(made):
        for module in modules(schema.name)[1]:
            last, last_cpu = time.perf_counter(), time.process_time()
            rows = build(module, frames, made)
            spent = (time.perf_counter() - last, time.process_time() - last_cpu)
            tables[str(module.TABLE)] = (*spent, rows, peak())
    n_contributions = frames["core.contributions"].select(pl.len()).collect().item()
    seconds = {"total": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    return {"tables": tables, **seconds, "peak": peak(), "contributions": n_contributions}


def tell(one: Mapping[str, Any], schema: Schema) -> None:
    print(f"\n{one['contributions']:,} contributions")
    for table, (seconds, cpu, height, memory) in one["tables"].items():
        print(f"  {table:<36} {seconds:7.2f} s ({cpu:6.2f} CPU s) {height:>12,} rows, peak so far {memory:6.0f} MiB")
    ratio = one["total"] / one["calibration"]
    said = f"  all {schema.name} tables {one['total']:.1f} s ({one['cpu']:.1f} CPU s), {ratio:.0f} times the calibration of "
    print(f"{said}{one['calibration']:.3f} s; peak {one['peak']:.0f} MiB", flush=True)
    if schema.goal_seconds and schema.goal_gib and one["asked"] >= schema.sizes[-1]:
        is_met = one["total"] <= schema.goal_seconds and one["peak"] <= schema.goal_gib * 1024
        print(f"  goal of {schema.goal_seconds} s and {schema.goal_gib} GiB: {'met' if is_met else 'not met'}")


def tell_growth(figures: list[dict[str, Any]]) -> None:
    """The slope of log seconds over log size, of all and of the heaviest tables; n log n is 1.06 at a million."""
    for one, other in pairwise(figures):
        span = np.log(other["asked"] / one["asked"])
        slopes = {what: np.log(other[what] / one[what]) / span for what in ("total", "cpu", "peak")}
        told = ", ".join(f"{what} {slope:.2f}" for what, slope in slopes.items())
        print(f"\ngrowth exponents from {one['asked']:,} to {other['asked']:,}: {told}")
    if len(figures) > 1:
        tell_growth_of_tables(figures[0], figures[-1])


def tell_growth_of_tables(first: Mapping[str, Any], last: Mapping[str, Any]) -> None:
    """Tables that take longest, and how their processor time grows from the smallest to the largest size."""
    span = np.log(last["asked"] / first["asked"])
    for table, (_, cpu, *_rest) in sorted(last["tables"].items(), key=lambda one: -one[1][1])[:HEAVIEST]:
        slope = np.log(cpu / max(first["tables"][table][1], 0.01)) / span
        print(f"  {table:<36} {cpu:7.2f} CPU s, exponent {slope:.2f}")
