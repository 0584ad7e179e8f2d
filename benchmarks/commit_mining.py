"""Mining a repository's commits, against what an operator would type: `git log --numstat` on HEAD.

    python benchmarks/commit_mining.py REPOSITORY [--rounds N] [--jobs N] [--peers PYTHON]

All run in turn on the same machine; prints the wall clock and processor seconds of each round (git's and ours), the
ratio of the best, when headers and paths were there to be read, what a second run costs beyond git when nothing has
changed, and the peak memory. On a busy machine
trust the ratio of processor seconds. `--peers` is a Python that has Perceval and PyDriller; they read the same
repository, as their documentation says, with sizes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from extract.git.mine import mine

PERCEVAL = """
import sys
from perceval.backends.core.git import Git
print(sum(1 for _ in Git("file://" + sys.argv[1], sys.argv[2]).fetch()))
"""
PYDRILLER = """
import sys
from pydriller import Repository
print(sum(file.added_lines + 1 > 0 for each in Repository(sys.argv[1]).traverse_commits() for file in each.modified_files))
"""


@dataclass(frozen=True)
class Spent:
    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.processor:.2f} s of processor)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="git processes that count lines side by side")
    parser.add_argument("--peers", type=Path, help="a Python that has Perceval and PyDriller")
    given = parser.parse_args()
    plain, ours, again, looks = [], [], [], []
    for _ in range(given.rounds):
        plain.append(spent(lambda: plain_log(given.repository)))
        with tempfile.TemporaryDirectory() as folder:
            ours.append(spent(lambda to=Path(folder): looks.append(mined(given.repository, to, given.jobs))))
            again.append(spent(lambda to=Path(folder): mined(given.repository, to, given.jobs)))
    print("git log --numstat HEAD:", *plain, sep="\n    ")
    print(f"mining with {given.jobs} jobs:", *ours, sep="\n    ")
    print("headers and paths are there after:", *(f"{each:.2f} s" for each in looks), sep="\n    ")
    print("nothing new:", *again, sep="\n    ")
    best = _best(ours)
    processor = min(each.processor for each in ours) / min(each.processor for each in plain)
    print(f"ratio of the best: {best.wall / _best(plain).wall:.2f} by wall clock, {processor:.2f} by processor")
    for whose, who in (("ours", resource.RUSAGE_SELF), ("git's (largest child)", resource.RUSAGE_CHILDREN)):
        print(f"peak memory, {whose}: {resource.getrusage(who).ru_maxrss / 1024:.0f} MiB")
    if given.peers:
        peers(given.peers, given.repository, best)


def peers(python: Path, repository: Path, best: Spent) -> None:
    """Each reads a clone, for PyDriller wants one; making it is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        place, mirror = Path(folder) / "clone", Path(folder) / "mirror"
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(repository), str(place)], check=True)
        for name, program in (("Perceval", PERCEVAL), ("PyDriller", PYDRILLER)):
            command = [str(python), "-c", program, str(place), str(mirror)]
            took = spent(lambda asked=tuple(command): subprocess.run(asked, check=False))
            wall, processor = took.wall / best.wall, took.processor / best.processor
            print(f"{name}: {took}, {wall:.1f} times ours by wall clock, {processor:.1f} by processor")


def _best(rounds: list[Spent]) -> Spent:
    return min(rounds, key=lambda each: each.wall)


def spent(work: Callable[[], None]) -> Spent:
    """Processor seconds are ours and those of all processes that ended meanwhile."""
    start, before = time.perf_counter(), _processor()
    work()
    return Spent(time.perf_counter() - start, _processor() - before)


def _processor() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def plain_log(repository: Path) -> None:
    """A damaged repository ends it early: then the ratio says nothing, and the return code is printed."""
    command = ["git", "-C", str(repository), "log", "--numstat", "HEAD"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        print(f"git log ended early, return code {done.returncode}")


def mined(repository: Path, folder: Path, jobs: int) -> float:
    """Seconds until headers and paths were there to be read."""
    paths, looked_at, started = folder / "raw" / "commit_files.parquet", [], time.time()

    def report(stream: str, done: int, total: int | None) -> None:
        if stream == "commit_sizes" and not looked_at and paths.exists():
            looked_at.append(paths.stat().st_mtime)

    streams = mine(
        str(repository),
        repo_id="git:benchmark",
        forge="git",
        mirror_folder=folder / "mirror",
        raw_folder=folder / "raw",
        secret=b"benchmark",
        environment=dict(os.environ),
        until=datetime.now(UTC),
        changes=None,
        report=report,
        with_lines=False,  # see line_lives.py
        jobs=jobs,
    )
    files = pl.scan_parquet(folder / "raw" / "commit_files.parquet").select(pl.len()).collect().item()
    held = ", ".join(f"{row['stream']} {row['held']} of {row['source_total']}" for row in streams.to_dicts())
    print(f"{held}, files {files}", *streams["reason"].drop_nulls())
    return (looked_at[0] if looked_at else paths.stat().st_mtime) - started


if __name__ == "__main__":
    main()
