"""From raw to every table, then the audit: seconds a table, peak memory, and how both grow.

    python benchmarks/build_tables.py [N]                            N contributions, a million unless said otherwise
    python benchmarks/build_tables.py --sizes 100000 300000 1000000  and the growth exponents

Each size is built in a fresh process, on invented raw tables (synthetic.py). On a shared machine compare the ratio to
the calibration, a fixed amount of polars work measured right before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from synthetic import ENDS_AT, write_community

CALIBRATION_ROWS = 5_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contributions", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--sizes", type=int, nargs="+", help="several sizes, to see how the seconds grow")
    parser.add_argument("--repositories", type=int, default=20)
    parser.add_argument("--persons", type=int, help="a tenth of the contributions unless said otherwise")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure)))
        return
    figures = [
        in_fresh_process(size, given.repositories, given.persons) for size in given.sizes or [given.contributions]
    ]
    for one in figures:
        tell(one)
    if len(figures) > 1:
        tell_growth(figures)


def in_fresh_process(n_contributions: int, n_repositories: int, n_persons: int | None) -> dict[str, Any]:
    from flows.environment import QUIET

    with tempfile.TemporaryDirectory() as folder:
        write_community(Path(folder) / "raw", n_contributions, n_repositories, n_persons)
        before = calibration()
        command = [sys.executable, __file__, "--measure", folder]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **QUIET}, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return {"asked": n_contributions, "calibration": (before + calibration()) / 2, **json.loads(done.stdout)}


def measured(folder: Path) -> dict[str, Any]:
    """Builds and audits; seconds, CPU seconds, rows per table, peak memory in MiB."""
    from extract import raw
    from transform import warehouse
    from transform.parameters import Parameters

    tables: dict[str, tuple[float, int]] = {}
    started, cpu = time.perf_counter(), time.process_time()
    last = started

    def report(table: str, rows: int) -> None:
        nonlocal last
        tables[table], last = (time.perf_counter() - last, rows), time.perf_counter()

    parameters = Parameters(as_of=ENDS_AT, run_at=ENDS_AT + timedelta(hours=1))
    partitions = sorted((folder / "raw").iterdir())
    warehouse.build(folder / "draft.duckdb", raw.scan(partitions), parameters, report)
    figures = {"tables": tables, "total": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    return {**figures, "peak": peak(), **audited(folder / "draft.duckdb")}


def audited(draft: Path) -> dict[str, Any]:
    from flows import publishing

    started = time.perf_counter()
    verdicts = publishing.audit(draft)
    seconds = time.perf_counter() - started
    unmet = [f"{verdict.expectation} ({verdict.outcome})" for verdict in verdicts if verdict.outcome != "passed"]
    return {"audit": seconds, "expectations": len(verdicts), "unmet": unmet, "peak_audit": peak()}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def calibration() -> float:
    """Seconds of a fixed group_by."""
    random = np.random.default_rng(0)
    rows = pl.DataFrame(
        {"key": random.integers(0, 500_000, CALIBRATION_ROWS), "value": random.random(CALIBRATION_ROWS)}
    )
    started = time.perf_counter()
    rows.group_by("key").agg(pl.col("value").sum(), pl.col("value").max().alias("most"))
    return time.perf_counter() - started


def tell(one: dict[str, Any]) -> None:
    rows = one["tables"]
    print(f"\n{one['asked']:,} contributions asked for, {rows['core.contributions'][1]:,} made")
    for table, (seconds, height) in rows.items():
        print(f"  {table:<26} {seconds:7.2f} s {height:>12,} rows")
    ratio = one["total"] / one["calibration"]
    print(f"  all tables {one['total']:.1f} s ({one['cpu']:.1f} CPU s), {ratio:.0f} times the calibration of ", end="")
    print(f"{one['calibration']:.3f} s; peak {one['peak']:.0f} MiB")
    print(f"  audit {one['audit']:.1f} s, {one['expectations']} expectations; peak with it {one['peak_audit']:.0f} MiB")
    for name in one["unmet"]:
        print(f"    not met: {name}")


def tell_growth(figures: Sequence[dict[str, Any]]) -> None:
    """The slope of log seconds over log size: 1 is linear."""
    sizes = np.log([one["asked"] for one in figures])
    print("\ngrowth exponents (1 is linear)")
    for what in ("total", "cpu", "audit", "peak"):
        slope = np.polyfit(sizes, np.log([one[what] for one in figures]), 1)[0]
        print(f"  {what:<6} {slope:.2f}")


if __name__ == "__main__":
    main()
