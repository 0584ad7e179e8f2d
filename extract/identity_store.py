"""The identity store: who stands behind the keyed hashes. Names and addresses lie here and nowhere else, for the
owner's eyes alone (mode 0600). Without it everything can be built but links that rest on names.

One file a repository: the signatures under commits and in trailers, how many commits each is the author of, and when the
first and the last of them was. `tip` is the commit up to which they were read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

FILE = "signatures.parquet"
SIGNED: dict[str, Any] = {
    "email_key": pl.String,
    "email": pl.String,
    "name": pl.String,
    "n_commits": pl.Int64,
    "first_epoch": pl.Int64,
    "last_epoch": pl.Int64,
}
WHO = ("email_key", "email", "name")


def together(signed: pl.DataFrame) -> pl.DataFrame:
    """One row a signature (SIGNED), in a lasting order."""
    told = (pl.col("n_commits").sum(), pl.col("first_epoch").min(), pl.col("last_epoch").max())
    return signed.group_by(WHO).agg(*told).sort(WHO).select(list(SIGNED))


def load(folder: Path, tip: str | None) -> pl.DataFrame | None:
    """The signatures up to the tip; None when they are not there, or reach up to another commit."""
    try:
        held = pl.read_parquet(folder / FILE)
    except (FileNotFoundError, pl.exceptions.PolarsError):
        return None
    known = tip is not None and set(held.columns) == {*SIGNED, "tip"} and held["tip"].unique().to_list() == [tip]
    return held.select(list(SIGNED)) if known else None


def save(folder: Path, tip: str | None, signed: pl.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(folder / FILE, together(signed).with_columns(tip=pl.lit(tip, pl.String)))


def replace_file(path: Path, rows: pl.DataFrame) -> None:
    """The file is there whole, for its owner alone, or as it was before."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        rows.write_parquet(file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(root: Path) -> pl.DataFrame:
    """All signatures with the place of the repository they are from (`place`), from the store's root."""
    files = sorted(root.rglob(FILE)) if root.exists() else []
    parts = [
        pl.read_parquet(file).select(list(SIGNED)).with_columns(place=pl.lit(str(file.parent.relative_to(root))))
        for file in files
    ]
    return pl.concat([pl.DataFrame(schema={**SIGNED, "place": pl.String}), *parts])
