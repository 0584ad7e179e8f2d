"""From GitHub's pages in the archive to parquet: how many a second on one core, and in how much memory.

    python benchmarks/page_reading.py [--years N] [--times N]

The pages are those of a first crawl of the sandbox forge, so often as is asked, and read in a process of their own. Things are issues, changes and all that is on them: comments,
reviews, threads, events, reactions, links and mentions. Goal: 8,000 things a second of processor time.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from requests_per_item import PLACES, TOKEN, timed

from extract.archive import Archive
from extract.backfills import ITEM_STREAMS
from extract.github.read import READER
from extract.partition import read_archive
from extract.reading import ITEM_TABLES
from extract.sandbox.community import build_world
from extract.sandbox.parameters import CommunityParameters
from extract.sandbox.server import SandboxForge
from extract.source import Source

ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=float, default=3, help="how long the simulated community lives")
    parser.add_argument("--times", type=int, default=1, help="how often its pages are there, under other numbers")
    parser.add_argument("--read", type=Path, help="only read what is in this folder (used by the program itself)")
    given = parser.parse_args()
    if given.read:
        for _ in range(ROUNDS):
            print(read_all(given.read))
        print(f"peak memory: {peak_mebibytes():.0f} MiB, of which {START:.0f} before anything was read")
        return
    with tempfile.TemporaryDirectory() as folder:
        crawl(Path(folder), given.years)
        for which in range(1, given.times):
            for place in PLACES.values():
                prolong(Path(folder) / "archive" / place, which)
        subprocess.run([sys.executable, __file__, "--read", folder], check=True)


def prolong(archive: Path, which: int) -> None:
    """The same pages once more, later, with all things under other numbers and ids."""
    for name in ITEM_STREAMS:
        stream = Archive(archive / name)
        facts = {"n": stream.manifest.pages, **stream.manifest.facts}
        pages = [page for number, page in reversed(list(stream.newest_first())) if number < facts["n"]]
        later = datetime.fromisoformat(pages[-1].fetched_at) + timedelta(days=which)
        again = [
            replace(page, body=json.dumps(renumbered(page.data(), which)), fetched_at=later.isoformat())
            for page in pages
        ]
        stream.append(again, facts=facts)


def renumbered(value: Any, which: int) -> Any:
    if isinstance(value, list):
        return [renumbered(one, which) for one in value]
    if not isinstance(value, dict):
        return value
    said = {name: renumbered(one, which) for name, one in value.items()}
    said |= {name: f"{said[name]}{which:05d}" for name in ("id", "fullDatabaseId") if isinstance(said.get(name), str)}
    return said | ({"number": said["number"] + which * 1_000_000} if "number" in said else {})


def crawl(folder: Path, years: float) -> None:
    world = build_world(parameters=CommunityParameters(years=years))
    with SandboxForge(world, folder=folder / "forge", tokens=(TOKEN,)) as forge:
        for name in world.repositories:
            timed(Source("bench", "github", name, forge.base_url, ("BENCHMARK_TOKEN",), ""), TOKEN, folder)


def read_all(folder: Path) -> str:
    items = things = 0
    started = time.process_time()
    for place in sorted(path.parent.relative_to(folder / "archive") for path in folder.glob("archive/*/*/issues")):
        out = folder / "anew" / place
        shutil.rmtree(out, ignore_errors=True)
        read_archive(READER, folder / "archive" / place, out, "bench")
        heights = {
            name: pl.scan_parquet(out / f"{name}.parquet").select(pl.len()).collect().item() for name in ITEM_TABLES
        }
        items, things = items + heights["items"], things + sum(heights.values())
    took = time.process_time() - started
    return f"{items} items, {things} things: {items / took:,.0f} items and {things / took:,.0f} things a second"


def peak_mebibytes() -> float:
    """Linux tells a child the peak of its parent too, but for what it says in /proc."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


START = peak_mebibytes()


if __name__ == "__main__":
    main()
