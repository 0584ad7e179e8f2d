"""All influence tables, apart from the tables they are made of: seconds, peak memory, and how both grow.

    python benchmarks/influence_tables.py                       0.1, 0.3 and 1 million contributions
    python benchmarks/influence_tables.py --sizes 1000000       one size
    python benchmarks/influence_tables.py --keep FOLDER         keeps the tables below there, and uses them next time

A million contributions are of 20,000 persons in 50 repositories over ten years, smaller sizes have as much less of both, so
that a repository is always of one size. Lines are invented too: every file of a commit takes away lines of another. The
figure beside the seconds is their ratio to a fixed amount of polars work (see build_tables.py). Goal: linear growth.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
import retention_tables
from build_tables import calibration, peak
from retention_tables import build, tell_growth
from synthetic_files import write_whole_community

SIZES = (100_000, 300_000, 1_000_000)
PERSONS_SHARE, REPOSITORIES_SHARE = 0.02, 0.00005
SCHEMA = "influence"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", type=Path, help="folder for the tables below; left there")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        retention_tables.make_core(given.make, SCHEMA)
    elif given.measure:
        print(json.dumps(measured(given.measure)))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            figures = [of_size(given.keep or Path(temporary), size) for size in given.sizes]
        tell_growth(figures)
        if len(figures) > 1:
            tell_growth_of_tables(figures)


def of_size(folder: Path, size: int) -> dict[str, Any]:
    place = folder / str(size)
    if not (place / "core").exists():
        n_persons, n_repositories = (max(5, round(size * part)) for part in (PERSONS_SHARE, REPOSITORIES_SHARE))
        write_whole_community(place / "raw", size, n_repositories, n_persons)
        in_fresh_process("--make", place)
    before = calibration()
    figures = json.loads(in_fresh_process("--measure", place))
    figures |= {"asked": size, "calibration": (before + calibration()) / 2}
    retention_tables.tell(figures, SCHEMA)
    return figures


def in_fresh_process(what: str, place: Path) -> str:
    done = subprocess.run(
        [sys.executable, __file__, what, str(place)],
        capture_output=True,
        text=True,
        env=retention_tables.quiet(),
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def measured(place: Path) -> dict[str, Any]:
    frames = {file.stem: pl.scan_parquet(file) for file in (place / "core").iterdir()}
    made = place / "made"
    made.mkdir(exist_ok=True)
    tables: dict[str, tuple[float, int, float]] = {}
    started, cpu = time.perf_counter(), time.process_time()
    for module in retention_tables.modules(SCHEMA)[1]:
        last = time.process_time()
        rows = build(module, frames, made)
        tables[str(module.TABLE)] = (time.process_time() - last, rows, peak())
    n_contributions = frames["core.contributions"].select(pl.len()).collect().item()
    seconds = {"total": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    return {"tables": tables, **seconds, "peak": peak(), "contributions": n_contributions}


def tell_growth_of_tables(figures: list[dict[str, Any]]) -> None:
    """Tables that take longest, and how their processor time grows from the smallest to the largest size."""
    first, last = figures[0], figures[-1]
    span = math.log(last["asked"] / first["asked"])
    for table, (seconds, *_) in sorted(last["tables"].items(), key=lambda one: -one[1][0])[:8]:
        slope = math.log(seconds / max(first["tables"][table][0], 0.01)) / span
        print(f"  {table:<36} {seconds:7.2f} s, exponent {slope:.2f}")


if __name__ == "__main__":
    main()
