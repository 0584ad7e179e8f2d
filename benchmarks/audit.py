"""What the suites cost: seconds and peak memory of an audit, and of the comparison with the night before.

    python benchmarks/audit.py FOLDER [N]                   N contributions, a million unless said otherwise
    python benchmarks/audit.py FOLDER [N] --copies 10       and ten times as many repositories with the same people

The draft is built once and kept in FOLDER, for building takes much longer than judging. Each measurement runs in a
process of its own; the calibration of build_tables.py stands beside, to compare machines and hours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from build_tables import calibration, peak
from copies import copied
from synthetic import ENDS_AT, write_community


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("contributions", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--copies", type=int, default=1, help="so many copies of every repository")
    parser.add_argument("--measure", choices=("build", "audit", "compare"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.folder, given.measure)))
        return
    if not (given.folder / "draft.duckdb").exists():
        write_community(given.folder / "raw", given.contributions, 20, None)
        tell(given.folder, "build")
    if given.copies > 1:
        one, given.folder = given.folder, given.folder / f"{given.copies} copies"
        given.folder.mkdir(exist_ok=True)
        if not (given.folder / "draft.duckdb").exists():
            copied(one / "draft.duckdb", given.folder / "draft.duckdb", given.copies)
    print(f"calibration {calibration():.3f} s")
    for what in ("audit", "compare"):
        tell(given.folder, what)


def tell(folder: Path, what: str) -> None:
    from flows.environment import QUIET

    command = [sys.executable, __file__, str(folder), "--measure", what]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **QUIET}, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    print(json.loads(done.stdout.splitlines()[-1]), flush=True)


def measured(folder: Path, what: str) -> dict[str, object]:
    draft = folder / "draft.duckdb"
    started, cpu = time.perf_counter(), time.process_time()
    told = {"build": build, "audit": audit, "compare": compare}[what](folder, draft)
    seconds = {"seconds": round(time.perf_counter() - started, 1), "cpu": round(time.process_time() - cpu, 1)}
    return {"what": what, **seconds, "peak_mib": round(peak()), **told}


def build(folder: Path, draft: Path) -> dict[str, object]:
    from extract import raw
    from transform import warehouse
    from transform.parameters import Parameters

    parameters = Parameters(as_of=ENDS_AT, run_at=ENDS_AT + timedelta(hours=1))
    warehouse.build(draft, raw.scan(sorted((folder / "raw").iterdir())), parameters, lambda *_: None)
    return {"bytes": draft.stat().st_size}


def audit(folder: Path, draft: Path) -> dict[str, object]:
    from flows import publishing

    verdicts = publishing.audit(draft)
    return {
        "expectations": len(verdicts),
        "unmet": [f"{one.expectation} ({one.outcome}, {one.observed})" for one in verdicts if one.outcome != "passed"],
    }


def compare(folder: Path, draft: Path) -> dict[str, object]:
    from transform import nights

    return {"changes": nights.compared(draft, draft, program="same").height}


if __name__ == "__main__":
    main()
