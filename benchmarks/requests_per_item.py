"""What a repository costs in requests: a first run, and a second with nothing new.

    python benchmarks/requests_per_item.py                                         on the sandbox forge
    python benchmarks/requests_per_item.py --base-url URL --token T OWNER/NAME...  on any forge on loopback

Goals: at most 0.03 requests an item at first, at most 3 a repository when nothing is new. Items are issues and changes;
git's own requests are not counted here.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from extract.forges import FORGES
from extract.quota import Policy, Pools
from extract.sandbox.community import build_world
from extract.sandbox.server import SandboxForge
from extract.source import Extracted, Source, Surroundings

VARIABLE, TOKEN = "BENCHMARK_TOKEN", "sandbox-token"

PLACES: dict[str, str] = {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="*")
    parser.add_argument("--base-url")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--no-git", action="store_true", help="leave the history alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.base_url:
            measure(given.base_url, given.token, given.repositories, Path(folder), "" if given.no_git else None)
            return
        world = build_world()
        with SandboxForge(world, folder=Path(folder) / "forge", tokens=(TOKEN,)) as forge:
            measure(forge.base_url, TOKEN, list(world.repositories), Path(folder), "" if given.no_git else None)


def measure(base_url: str, token: str, names: Sequence[str], folder: Path, git_url: str | None) -> None:
    totals = [0, 0, 0]
    for name in names:
        source = Source("bench", "github", name, base_url, (VARIABLE,), git_url)
        first, seconds = timed(source, token, folder)
        second, seconds_again = timed(source, token, folder)
        items = pl.read_parquet(first.partition / "forge" / "items.parquet").height
        share = first.requests / max(items, 1)
        print(f"{name}: {items} items, {first.requests} requests ({share:.3f} an item), {seconds:.1f} s;", end=" ")
        print(f"again: {second.requests} requests, {seconds_again:.1f} s")
        totals = [total + one for total, one in zip(totals, (items, first.requests, second.requests), strict=True)]
    print(
        f"all: {totals[1] / max(totals[0], 1):.3f} requests an item; again {totals[2] / max(len(names), 1):.1f} a repository"
    )


def timed(source: Source, token: str, folder: Path) -> tuple[Extracted, float]:
    started = time.perf_counter()
    around = Surroundings(
        archive=folder / "archive",
        raw=folder / "raw",
        secret=b"benchmark",
        environment={**os.environ, VARIABLE: token},
        until=datetime.now(UTC),
        now=lambda: datetime.now(UTC),
        report=lambda *_: None,
        note=print,
        sleep=time.sleep,
        pools=Pools(Policy(), lambda: datetime.now(UTC), lambda forge, until: print(f"waiting until {until}")),
        places=PLACES,
        met=lambda repo_id, partition: PLACES.update({source.ref: str(partition.relative_to(folder / "raw"))}),
    )
    return FORGES["github"].extract(source, around), time.perf_counter() - started


if __name__ == "__main__":
    main()
