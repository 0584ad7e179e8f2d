"""From GitHub's pages in the archive to parquet: how many a second on one core, and in how much memory.

    python benchmarks/page_reading.py [--years N]

The pages are those of a first crawl of the sandbox forge. Things are issues, changes and all that is on them: comments,
reviews, threads, events, reactions, links and mentions. Goal: 8,000 things a second of processor time.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from pathlib import Path

import polars as pl
from requests_per_item import PLACES, TOKEN, timed

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
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        crawl(Path(folder), given.years)
        print(f"peak memory while fetching and reading: {peak_mebibytes():.0f} MiB")
        for _ in range(ROUNDS):
            print(read_all(Path(folder)))


def crawl(folder: Path, years: float) -> None:
    world = build_world(parameters=CommunityParameters(years=years))
    with SandboxForge(world, folder=folder / "forge", tokens=(TOKEN,)) as forge:
        for name in world.repositories:
            timed(Source("bench", "github", name, forge.base_url, ("BENCHMARK_TOKEN",), ""), TOKEN, folder)


def read_all(folder: Path) -> str:
    items = things = 0
    started = time.process_time()
    for place in PLACES.values():
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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
