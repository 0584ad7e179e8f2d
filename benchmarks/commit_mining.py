"""Mining a repository's commits, against what an operator would type: `git log --numstat` on HEAD.

    python benchmarks/commit_mining.py REPOSITORY [--rounds N] [--jobs N]

Both run in turn on the same machine; prints seconds of each round, the ratio of the best, and the peak memory of our
own process (git's own memory is in the children's figure).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from extract.git.mine import mine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="git processes that count lines side by side")
    given = parser.parse_args()
    plain, ours = [], []
    for _ in range(given.rounds):
        plain.append(seconds(lambda: plain_log(given.repository)))
        with tempfile.TemporaryDirectory() as folder:
            ours.append(seconds(lambda to=Path(folder): mined(given.repository, to, given.jobs)))
    print("git log --numstat HEAD:", *(f"{each:.2f} s" for each in plain))
    print(f"mining with {given.jobs} jobs:  ", *(f"{each:.2f} s" for each in ours))
    print(f"ratio of the best: {min(ours) / min(plain):.2f}")
    for whose, who in (("ours", resource.RUSAGE_SELF), ("git's (largest child)", resource.RUSAGE_CHILDREN)):
        print(f"peak memory, {whose}: {resource.getrusage(who).ru_maxrss / 1024:.0f} MiB")


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain_log(repository: Path) -> None:
    """A damaged repository ends it early: then the ratio says nothing, and the return code is printed."""
    command = ["git", "-C", str(repository), "log", "--numstat", "HEAD"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if done.returncode:
        print(f"git log ended early, return code {done.returncode}")


def mined(repository: Path, folder: Path, jobs: int) -> None:
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
        report=lambda stream, done, total: None,
        jobs=jobs,
    )
    files = pl.scan_parquet(folder / "raw" / "commit_files.parquet").select(pl.len()).collect().item()
    held = ", ".join(f"{row['stream']} {row['held']} of {row['source_total']}" for row in streams.to_dicts())
    print(f"{held}, files {files}", *streams["reason"].drop_nulls())


if __name__ == "__main__":
    main()
