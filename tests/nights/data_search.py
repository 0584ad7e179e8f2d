"""Looks through everything that a data directory holds for words: pages, tables and warehouses are opened."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

MIRROR = "repository.git"
"""Git's own objects, which nobody but the project can rewrite."""


def places_of(data: Path, *words: str) -> list[set[str]]:
    """For each word the files in which it stands by itself; "eze-1" does not stand in "eze-12"."""
    alone = [re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE) for word in words]
    found: list[set[str]] = [set() for _ in words]
    for file in files(data):
        for text in texts(file, words):
            for at, pattern in enumerate(alone):
                if pattern.search(text):
                    found[at].add(str(file.relative_to(data)))
    return found


def files(data: Path) -> list[Path]:
    """All of them; a night that is kept beside the published warehouse is the same file."""
    there = [file for file in sorted(data.rglob("*")) if file.is_file() and MIRROR not in file.parts]
    return list({file.stat().st_ino: file for file in there}.values())


def texts(file: Path, words: tuple[str, ...]) -> Iterator[str]:
    content = file.read_bytes()
    if file.suffix == ".parquet":
        yield pl.read_parquet(file).write_json()
    if file.suffix == ".duckdb":
        yield from rows_with(file, words)
    yield (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8", "replace")


def rows_with(file: Path, words: tuple[str, ...]) -> Iterator[str]:
    """Rows of any table that hold one of the words somewhere."""
    with duckdb.connect(str(file), read_only=True) as db:
        for schema, name in db.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
            query = f'SELECT t::VARCHAR FROM "{schema}"."{name}" AS t WHERE list_bool_or([contains(lower(t::VARCHAR), one) FOR one IN ?])'
            for (row,) in db.sql(query, params=[[word.lower() for word in words]]).fetchall():
                yield row
