"""Raw tables while an archive is read: a few rows in memory, the others in parts on disk, so that no history is too long.

Parts lie in `<folder>/reading` and are gone at the end; what a killed run left there is removed by the next one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import polars as pl

from extract import raw
from extract.archive import writing
from extract.records import Record, Records
from quality.contract import Table

ROWS_IN_MEMORY = 25_000
Finish = Callable[[pl.DataFrame], pl.DataFrame]


class Shelves:
    """The rows of some tables, on their way to `folder`. Of rows with the same key the first one counts."""

    def __init__(self, folder: Path, tables: Mapping[str, Table]) -> None:
        self._folder, self._tables = folder, tables
        self._place = folder / "reading"
        self._parts: dict[str, list[Path]] = {name: [] for name in tables}

    def __enter__(self) -> Shelves:
        shutil.rmtree(self._place, ignore_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._place, ignore_errors=True)

    def shelve(self, records: Records) -> None:
        """Takes what was read so far, once that is much."""
        if sum(map(len, records.tables.values())) <= ROWS_IN_MEMORY:
            return
        for name in self._tables:
            if rows := records.tables.pop(name, None):
                path = self._place / f"{name}.{len(self._parts[name]):06d}.parquet"
                with writing(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._frame(name, rows).write_parquet(path)
                self._parts[name].append(path)

    def write(self, rest: Records, finish: Mapping[str, Finish]) -> None:
        """Each table to its file; `finish` sees the rows of a table part by part, once all are known."""
        for name, table in self._tables.items():
            done = finish.get(name, _as_it_is)
            last = done(self._frame(name, rest.tables.pop(name, [])))
            if not self._parts[name]:
                raw.write(self._folder, {name: last})
                continue
            for path in self._parts[name]:
                rows = table.checked(done(pl.read_parquet(path)))
                with writing(path):
                    rows.write_parquet(path)
            parts = pl.scan_parquet(self._parts[name], glob=False)
            rows_of_all = first_of_each_key(pl.concat([parts, table.checked(last).lazy()]), table.key)
            raw.sink(self._folder, table, rows_of_all)

    def _frame(self, name: str, rows: list[Record]) -> pl.DataFrame:
        table = self._tables[name]
        frame = pl.DataFrame(rows, schema=table.polars_schema)
        return frame.unique(table.key, keep="first", maintain_order=True)


def _as_it_is(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def first_of_each_key(rows: pl.LazyFrame, key: tuple[str, ...]) -> pl.LazyFrame:
    """The rows in their order without those whose key came before, in eight bytes of memory a row and not in all of them.

    >>> first_of_each_key(pl.LazyFrame({"k": [1, 2, 1], "v": ["a", "b", "c"]}), ("k",)).collect().rows()
    [(1, 'a'), (2, 'b')]
    """
    mark = pl.struct(key).hash()
    marks = rows.select(mark=mark).collect(engine="streaming").to_series().sort()
    twice = marks.filter(marks == marks.shift(1)).unique()
    if twice.is_empty():
        return rows
    place = "place of the row"
    suspects = rows.with_row_index(place).filter(mark.is_in(twice.implode())).select(place, *key).collect()
    later = suspects.join(suspects.unique(key, keep="first", maintain_order=True), on=place, how="anti")[place]
    return rows.with_row_index(place).filter(~pl.col(place).is_in(later.implode())).drop(place)
