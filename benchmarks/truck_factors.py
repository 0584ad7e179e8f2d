"""The truck factor of real histories at a published day, against what Avelino's tool gave.

    python benchmarks/truck_factors.py vue=REPOSITORY jquery=REPOSITORY

Each repository is a git folder that holds the history up to 2016-11-15; nothing is fetched. It is read as it stood then:
the last commit of the default branch before that day, in a bare clone of its own. Published values, November 2016, in the
README of aserg-ufmg/Truck-Factor: vue 1, jquery 4.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from extract import raw
from extract.git.mine import mine
from transform.influence import truck_factor
from transform.parameters import Parameters
from transform.tables import BUILT

DAY = datetime(2016, 11, 15, tzinfo=UTC)
PUBLISHED = {"vue": 1, "jquery": 4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="NAME=FOLDER")
    for name, _, folder in (given.partition("=") for given in parser.parse_args().repositories):
        row = measured(Path(folder))
        if row["reason"]:
            print(f"{name}: no factor, for {row['reason']}. What there is without that guard:")
            row = measured(Path(folder), is_guarded=False)
        share = row["coverage_share"]
        print(
            f"{name}: truck factor {row['truck_factor']}, published {PUBLISHED.get(name, 'nothing')}; coverage "
            f"{share:.3f}, {row['n_files']} files, {row['n_authors']} authors"
        )


def measured(folder: Path, *, is_guarded: bool = True) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as place:
        then = as_it_stood(folder, Path(place) / "then.git")
        streams = mine(
            str(then),
            repo_id="git:then",
            forge="github",
            mirror_folder=Path(place) / "mirror",
            raw_folder=Path(place) / "raw" / "git",
            secret=b"benchmark",
            environment=dict(os.environ),
            until=DAY,
            changes=None,
            with_lines=False,
            report=lambda stream, done, total: None,
        )
        repository = {"repo_id": "git:then", "forge": "git", "full_name": str(folder)}
        rows = pl.DataFrame([repository], schema=raw.REPOSITORIES.polars_schema)
        needed = streams.filter(pl.col("stream") != "line_lives")  # they were not asked for
        if not is_guarded:
            needed = needed.with_columns(is_complete=pl.lit(value=True))
        raw.write(Path(place) / "raw" / "git", {"streams": needed, "repositories": rows})
        return built(Path(place) / "raw")


def as_it_stood(folder: Path, place: Path) -> Path:
    """A clone that shares the objects, with the default branch set back."""

    def git(*arguments: str, of: Path = folder) -> str:
        done = subprocess.run(["git", f"--git-dir={of}", *arguments], capture_output=True, check=True, text=True)
        return done.stdout.strip()

    tip = git("rev-list", "-1", f"--before={DAY.isoformat()}", "HEAD")
    subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", str(place)], check=True)
    (place / "objects" / "info" / "alternates").write_text(f"{folder.resolve() / 'objects'}\n")
    git("update-ref", "refs/heads/main", tip, of=place)
    return place


def built(folder: Path) -> dict[str, object]:
    """The row of the repository, from raw through the tables it needs."""
    frames = dict(raw.scan([folder]))
    parameters = Parameters(as_of=DAY)
    for module in BUILT:
        if module.TABLE.schema == "core" or module is truck_factor:
            given = [frames[name] for name in module.TABLE.inputs]
            frames[str(module.TABLE)] = module.build(*given, parameters=parameters).collect().lazy()
    return frames[str(truck_factor.TABLE)].collect().row(0, named=True)


if __name__ == "__main__":
    main()
