"""All retention tables, apart from the core tables they are made of: seconds, peak memory, and how both grow.

    python benchmarks/retention_tables.py                       0.1, 1 and 10 million contributions; the goal is for the last
    python benchmarks/retention_tables.py --sizes 1000000       one size
    python benchmarks/retention_tables.py --keep FOLDER         keeps the core tables there, and uses them next time

10 million contributions are of 200,000 persons in 500 repositories, smaller sizes have as much less of both. Core tables
are made first, each size in a process of its own, and laid down as files; the retention tables are then made from these
in another process. The figure beside the seconds is their ratio to a fixed amount of polars work (see build_tables.py).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from build_tables import calibration, peak
from synthetic import ENDS_AT, write_community

SIZES = (100_000, 1_000_000, 10_000_000)
PERSONS_SHARE, REPOSITORIES_SHARE = 0.02, 0.00005
GOAL_SECONDS, GOAL_GIB = 120, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", type=Path, help="folder for the core tables; left there")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make_core(given.make)
    elif given.measure:
        print(json.dumps(measured(given.measure)))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            figures = [of_size(given.keep or Path(temporary), size) for size in given.sizes]
        tell_growth(figures)


def of_size(folder: Path, size: int) -> dict[str, Any]:
    place = folder / str(size)
    if not (place / "core").exists():
        n_persons, n_repositories = (max(5, round(size * part)) for part in (PERSONS_SHARE, REPOSITORIES_SHARE))
        write_community(place / "raw", size, n_repositories, n_persons)
        in_fresh_process("--make", place)
    before = calibration()
    figures = json.loads(in_fresh_process("--measure", place))
    figures |= {"asked": size, "calibration": (before + calibration()) / 2}
    tell(figures)
    return figures


def quiet() -> dict[str, str]:
    from flows.environment import QUIET

    return {**os.environ, **QUIET}


def in_fresh_process(what: str, place: Path) -> str:
    command = [sys.executable, __file__, what, str(place)]
    done = subprocess.run(command, capture_output=True, text=True, env=quiet(), check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def modules(schema: str = "retention") -> tuple[list[Any], list[Any]]:
    """What the tables of the schema are made of, and these tables, each in the order they are built in."""
    from transform.tables import BUILT

    of_schema = [module for module in BUILT if module.TABLE.schema == schema]
    needed = {name for module in of_schema for name in module.TABLE.inputs}
    others = [module for module in BUILT if module not in of_schema]
    for module in reversed(others):
        needed |= set(module.TABLE.inputs) if str(module.TABLE) in needed else set()
    return [module for module in others if str(module.TABLE) in needed], of_schema


def make_core(place: Path, schema: str = "retention") -> None:
    from extract import raw

    frames = dict(raw.scan(sorted((place / "raw").iterdir())))
    unfinished = place / "unfinished"
    unfinished.mkdir(exist_ok=True)
    below, of_schema = modules(schema)
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


def measured(place: Path) -> dict[str, Any]:
    frames = {file.stem: pl.scan_parquet(file) for file in (place / "core").iterdir()}
    made = place / "made"
    made.mkdir(exist_ok=True)
    from transform.once import kept_in

    tables: dict[str, tuple[float, float, int, float]] = {}
    started, cpu = time.perf_counter(), time.process_time()
    with kept_in(made):
        for module in modules()[1]:
            last, last_cpu = time.perf_counter(), time.process_time()
            rows = build(module, frames, made)
            spent = (time.perf_counter() - last, time.process_time() - last_cpu)
            tables[str(module.TABLE)] = (*spent, rows, peak())
    n_contributions = frames["core.contributions"].select(pl.len()).collect().item()
    seconds = {"total": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    return {"tables": tables, **seconds, "peak": peak(), "contributions": n_contributions}


def tell(one: Mapping[str, Any], schema: str = "retention") -> None:
    print(f"\n{one['contributions']:,} contributions")
    for table, (seconds, cpu, height, memory) in one["tables"].items():
        print(f"  {table:<36} {seconds:7.2f} s ({cpu:6.2f} CPU s) {height:>12,} rows, peak so far {memory:6.0f} MiB")
    ratio = one["total"] / one["calibration"]
    print(
        f"  all {schema} tables {one['total']:.1f} s ({one['cpu']:.1f} CPU s), {ratio:.0f} times the calibration of ",
        end="",
    )
    print(f"{one['calibration']:.3f} s; peak {one['peak']:.0f} MiB", flush=True)
    if schema == "retention" and one["asked"] >= SIZES[-1]:
        is_met = one["total"] <= GOAL_SECONDS and one["peak"] <= GOAL_GIB * 1024
        print(f"  goal of {GOAL_SECONDS} s and {GOAL_GIB} GiB: {'met' if is_met else 'not met'}")


def tell_growth(figures: list[dict[str, Any]]) -> None:
    """The slope of log seconds over log size between neighbouring sizes; n log n is 1.06 at a million."""
    for one, other in pairwise(figures):
        span = np.log(other["asked"] / one["asked"])
        slopes = {what: np.log(other[what] / one[what]) / span for what in ("total", "cpu", "peak")}
        told = ", ".join(f"{what} {slope:.2f}" for what, slope in slopes.items())
        print(f"\ngrowth exponents from {one['asked']:,} to {other['asked']:,}: {told}")


if __name__ == "__main__":
    main()
