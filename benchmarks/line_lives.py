"""The lives of lines of a whole history, against `git log -p` of the same.

    python benchmarks/line_lives.py REPOSITORY [--commits N ...]

Replays the last N first parents of the repository for each N (all of them unless said otherwise), after git alone; both
on the same machine. Goal: under 3 times git. With several N the growth exponents are printed: 1 is linear.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from extract.git.command import reading
from extract.git.lines import line_lives
from extract.git.mirror import local_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--commits", type=int, nargs="+", help="how many commits, counted from the root")
    given = parser.parse_args()
    folder = local_folder(str(given.repository))
    assert folder is not None
    git = reading(folder, os.environ)
    trunk = git.run("rev-list", "--first-parent", "--reverse", "HEAD").decode().split()
    measured = [measure(folder, trunk[min(n, len(trunk)) - 1]) for n in given.commits or [len(trunk)]]
    if len(measured) > 1:
        (n0, *_, t0), (n1, *_, t1) = measured[0], measured[-1]
        print(f"growth exponent {math.log(t1 / t0) / math.log(n1 / n0):.2f} (1 is linear)")


def measure(folder: Path, tip: str) -> tuple[int, float]:
    """Commits, and our processor seconds."""
    git = reading(folder, os.environ)
    n = int(git.run("rev-list", "--count", tip))
    plain = spent(lambda: subprocess.run(["git", f"--git-dir={folder}", "log", "-p", tip], stdout=subprocess.DEVNULL))
    with tempfile.TemporaryDirectory() as place:
        ours = spent(lambda: line_lives(git, tip, [], Path(place), lambda stream, done, total: None))
        again = spent(lambda: line_lives(git, tip, [], Path(place), lambda stream, done, total: None))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{n:,} commits: git log -p {plain[0]:.1f} s ({plain[1]:.1f} of processor); lives {ours[0]:.1f} s ({ours[1]:.1f}), "
        f"{ours[0] / plain[0]:.2f} times by wall clock, {ours[1] / plain[1]:.2f} by processor; again {again[0]:.2f} s; "
        f"peak {peak:.0f} MiB"
    )
    return n, ours[1]


def spent(work) -> tuple[float, float]:
    def processor() -> float:
        uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(use.ru_utime + use.ru_stime for use in uses)

    start, before = time.perf_counter(), processor()
    work()
    return time.perf_counter() - start, processor() - before


if __name__ == "__main__":
    main()
