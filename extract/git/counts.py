"""What was already counted: sizes of commits never change, so each is counted once and kept.

A folder of parts, two files a part (`<part>.files.parquet`, a row a file; `<part>.sizes.parquet`, a row a commit), and
`state.json`, which lists the parts that count. A part is durable before the state names it, and the state is replaced
whole: killed at any byte, the next run sees either the part or nothing of it. The folder may be deleted; that costs
time only. One process at a time.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from extract.archive import writing
from extract.git.numstat import FILES, SIZES

FORMAT = 2  # raise it when git is asked differently: what was counted before is then counted anew
MANY_PARTS = 64  # a part a night: merged about six times a year


class Counts:
    """The parts in a folder. Opening it removes what an interrupted run left behind."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._parts = _listed(folder / "state.json")
        expected = {"state.json", *(f"{part}.{kind}.parquet" for part in self._parts for kind in ("files", "sizes"))}
        for left_behind in folder.iterdir():
            if left_behind.name not in expected:
                left_behind.unlink()

    def keep(self, files: pl.DataFrame, sizes: pl.DataFrame) -> None:
        """Adds one part; safe from several threads."""
        with self._lock:
            part = max(self._parts, default=0) + 1
            write_durably(self._folder / f"{part}.files.parquet", files.write_parquet)
            write_durably(self._folder / f"{part}.sizes.parquet", sizes.write_parquet)
            self._name_parts([*self._parts, part])

    def as_of_now(self) -> Counts:
        """The parts there are, to be read while further ones are added."""
        with self._lock:
            return copy(self)

    def files(self) -> pl.LazyFrame:
        """All counted files (FILES), never wholly in memory."""
        return self._scan("files", FILES)

    def sizes(self) -> pl.DataFrame:
        """All counted commits (SIZES)."""
        return self._scan("sizes", SIZES).collect()

    def merge_parts(self) -> None:
        """One part instead of many, once there are MANY_PARTS."""
        if len(self._parts) < MANY_PARTS:
            return
        merged, old = max(self._parts) + 1, self._parts
        write_durably(self._folder / f"{merged}.files.parquet", self.files().sink_parquet)
        write_durably(self._folder / f"{merged}.sizes.parquet", self.sizes().write_parquet)
        self._name_parts([merged])
        self._remove(old)

    def clear(self) -> None:
        """Forgets everything."""
        old = self._parts
        if old:
            self._name_parts([])
            self._remove(old)

    def _remove(self, parts: list[int]) -> None:
        for part in parts:
            for kind in ("files", "sizes"):
                (self._folder / f"{part}.{kind}.parquet").unlink()

    def _scan(self, kind: str, schema: dict[str, Any]) -> pl.LazyFrame:
        paths = [self._folder / f"{part}.{kind}.parquet" for part in self._parts]
        return pl.scan_parquet(paths, glob=False) if paths else pl.LazyFrame(schema=schema)

    def _name_parts(self, parts: list[int]) -> None:
        write_durably(self._folder / "state.json", _writing({"format": FORMAT, "parts": parts}))
        self._parts = parts


def _listed(state: Path) -> list[int]:
    """Parts that count; none where the state is absent, unreadable or of another format."""
    try:
        said = json.loads(state.read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    return [int(part) for part in said["parts"]] if isinstance(said, dict) and said.get("format") == FORMAT else []


def _writing(said: object) -> Callable[[BinaryIO], object]:
    return lambda file: file.write(json.dumps(said).encode())


def write_durably(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """The file is there whole, on disk, or as it was before."""
    draft = path.with_name(path.name + ".draft")
    with writing(path):
        with draft.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
