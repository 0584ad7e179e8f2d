"""Frames that several tables are made of: made once in a build, and kept in files until its end.

A build function stays pure: it asks for the frame by the tables it was handed, and gets the same rows whether they were
made for it or for another table before. Outside of a build, as in most tests, they are made anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import ref

import polars as pl

Make = Callable[..., pl.LazyFrame]


@dataclass
class Shelf:
    """Where the frames of one build lie, by what made them, from which tables and with which settings.

    The tables are held weakly, so that a build can give their memory back.
    """

    folder: Path
    kept: dict[tuple[object, ...], tuple[list[ref[pl.LazyFrame]], Path]] = field(default_factory=dict)

    def file(self, make: Make, given: tuple[object, ...]) -> Path:
        tables = [one for one in given if isinstance(one, pl.LazyFrame)]
        settings = (one for one in given if not isinstance(one, pl.LazyFrame))
        key = (make.__module__, make.__qualname__, *map(id, tables), *settings)
        held, file = self.kept.get(key, ([], Path()))
        # an id is used again once its table is gone
        if not held or any(one() is not table for one, table in zip(held, tables, strict=True)):
            file = self.folder / f"{len(self.kept)}-{make.__qualname__}.parquet"
            make(*given).sink_parquet(file, compression="lz4")
            self.kept[key] = [ref(table) for table in tables], file
        return file


_SHELF: ContextVar[Shelf | None] = ContextVar("shelf", default=None)


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """While it is open, frames made by `made_once` functions are kept in a folder below the given one, then removed."""
    with TemporaryDirectory(dir=folder, prefix=".shared-") as place:
        before = _SHELF.set(Shelf(Path(place)))
        try:
            yield
        finally:
            _SHELF.reset(before)


def made_once(make: Make) -> Make:
    """The function of tables and settings, but called again with the same ones in one build it gives what it gave before.

    The tables must be those that the build hands out: what a caller makes of them on the way is another table each time.
    """

    @wraps(make)
    def made(*given: object) -> pl.LazyFrame:
        shelf = _SHELF.get()
        return make(*given) if shelf is None else pl.scan_parquet(shelf.file(make, given))

    return made
