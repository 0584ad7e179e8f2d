"""A forge on loopback with every fault on at once: is everything here in the end, and were limits obeyed?

    python benchmarks/bad_days.py --base-url URL --token T1 --token T2 [--rising N] OWNER/NAME...

The forge is to have the knobs of a GitHub on loopback that serves recorded histories: POST /_control, GET /_stats and
POST /_truth. First come nights in all weathers at once, with items that are edited while pages are read; then, in fair
weather, nights at `--rising` instants of the forge's own clock, which must leave, row for row, what one crawl at the end
leaves. Prints what is held beside the truth, and how often a request came while a limit was in force.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from extract import raw
from extract.errors import TryAgain
from extract.forges import FORGES
from extract.quota import Policy, Pools
from extract.reading import ITEM_TABLES
from extract.source import Source, Surroundings

WEATHER = {
    **dict.fromkeys(("graphql_502", "graphql_502_json", "graphql_error", "reset", "truncate", "slow"), 0.05),
    **dict.fromkeys(("rest_500", "rest_502", "secondary_403", "secondary_429"), 0.05),
    "slow_seconds": 0.5,
    "retry_after": 1,
    "graphql_502_over_nodes": 9_000,
    "graphql_limits_over_nodes": 7_000,
    "live_rate": 0.3,
    "graphql_limit": 150,
    "window": 20,
}
TABLES = (raw.REPOSITORIES, raw.ACCOUNTS, *ITEM_TABLES.values(), raw.TOMBSTONES, raw.QUARANTINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--token", action="append", default=[])
    parser.add_argument("--rising", type=int, default=8, help="nights of the union")
    given = parser.parse_args()
    forge = Forge(given.base_url, tuple(given.token))
    with tempfile.TemporaryDirectory() as folder:
        for name in given.repositories:
            bad_nights(forge, name, Path(folder) / "bad")
        forge.control(calm=True)
        forge.control(forget_edits=True)
        for name in given.repositories:
            union(forge, name, Path(folder), given.rising)


class Forge:
    """What stands behind the API's address, and our nights there."""

    def __init__(self, base_url: str, tokens: tuple[str, ...]) -> None:
        self.base_url, self.tokens = base_url.rstrip("/"), tokens
        self.root = self.base_url.removesuffix("/api/v3")

    def asked(self, path: str, said: dict[str, Any] | None = None) -> Any:
        body = None if said is None else json.dumps(said).encode()
        request = urllib.request.Request(self.root + path, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def control(self, **knobs: Any) -> Any:
        return self.asked("/_control", knobs)

    def night(self, name: str, folder: Path, until: datetime | None = None) -> Path:
        variables = {f"BENCHMARK_TOKEN_{at}": token for at, token in enumerate(self.tokens)}
        places: dict[str, str] = {}
        source = Source("bench", "github", name, self.base_url, tuple(variables), git_url="")
        policy = Policy(0.0, timedelta(seconds=60), timedelta(seconds=1))
        around = Surroundings(
            archive=folder / "archive",
            raw=folder / "raw",
            secret=b"benchmark",
            environment={**os.environ, **variables},
            until=until or datetime.now(UTC),
            now=lambda: datetime.now(UTC),
            report=lambda *_: None,
            note=print,
            sleep=time.sleep,
            pools=Pools(policy, lambda: datetime.now(UTC), lambda forge, until: None),
            places=places,
            met=lambda repo_id, partition: places.update({source.ref: str(partition.relative_to(folder / "raw"))}),
        )
        return FORGES["github"].extract(source, around).partition / "forge"


def bad_nights(forge: Forge, name: str, folder: Path) -> None:
    """A night in all weathers, deletions, and a night after it."""
    forge.control(**WEATHER)
    forge.asked("/_reset", {})
    place = patiently(forge, name, folder)
    numbers = pl.read_parquet(place / "items.parquet")["number"].sort().to_list()
    forge.control(delete=[f"{name}#{number}" for number in (numbers[3], numbers[len(numbers) // 2])])
    place = patiently(forge, name, folder)
    stats, truth = forge.asked("/_stats"), forge.asked(f"/_truth?repo={name}", {})
    print(f"{name}: truth {json.dumps(truth)}")
    print(f"{name}: held  {json.dumps(held(place))}")
    asked, faults = stats["requests"], {key: count for key, count in stats["faults"].items() if count}
    print(f"{name}: {asked} requests, faults {faults}, violations {stats['violations']}")


def patiently(forge: Forge, name: str, folder: Path) -> Path:
    """Runs until one comes to its end, as nights do."""
    for run in range(1, 21):
        try:
            place = forge.night(name, folder)
        except TryAgain as error:
            print(f"{name}: run {run} ended early: {error}")
            continue
        print(f"{name}: whole after {run} run(s)")
        return place
    raise SystemExit(f"{name}: not whole after 20 runs")


def held(place: Path) -> dict[str, int]:
    streams = pl.read_parquet(place / "streams.parquet").select("stream", "held").rows()
    stones = pl.read_parquet(place / "tombstones.parquet").height
    return {**dict(streams), "tombstones": stones, "quarantine": pl.read_parquet(place / "quarantine.parquet").height}


def union(forge: Forge, name: str, folder: Path, nights: int) -> None:
    """Nights at rising instants against one crawl at the last of them."""
    whole = forge.night(name, folder / "whole")
    opened = pl.read_parquet(whole / "items.parquet")["opened_at"].sort()
    for at in range(1, nights + 1):
        instant = opened[(opened.len() - 1) * at // (nights + 1)]
        forge.control(as_of=instant.strftime("%Y-%m-%dT%H:%M:%SZ"))
        place = forge.night(name, folder / "rising", until=instant)
    forge.control(as_of=None)
    place = forge.night(name, folder / "rising")
    differ = [table.name for table in TABLES if rows_of(place, table) != rows_of(whole, table)]
    n_rows = sum(len(rows_of(whole, table)) for table in TABLES)
    print(
        f"{name}: {nights} nights at rising instants and a last one, against one crawl: {n_rows} rows, differ {differ}"
    )


def rows_of(place: Path, table: raw.Table) -> list[tuple[Any, ...]]:
    return pl.read_parquet(place / f"{table.name}.parquet").sort(table.key).rows()


if __name__ == "__main__":
    main()
