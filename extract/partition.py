"""The raw partition of a repository, read from its archive: pure but for the files, and the same every time."""

from __future__ import annotations

import heapq
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from extract import coverage, gaps, raw
from extract.archive import Archive, Page, page_file, write_durably
from extract.backfills import ITEM_STREAMS
from extract.reading import ITEM_TABLES, Gone, Reader
from extract.records import Records
from extract.shelves import Shelves

STAMP = "stamp.json"
GONE = "gone"
"""Folder beside the tables: what was read of items that were deleted since, for who asks for an earlier instant."""
VERSION = 2
"""Counts up when partitions say more of the same pages: they are made anew then."""
Outdated = dict[str, list[int]]
"""By stream the numbers of pages of which nothing is the latest reading."""
GROUPED = (*ITEM_STREAMS, "again", "backfill")
READ_STREAMS = ("repository", *GROUPED, "tombstones")


def is_known(reader: Reader, pages: list[Page], folder: Path) -> bool:
    """Whether items read again say nothing but what raw says already: they need not be kept then."""
    repository = pl.read_parquet(folder / "repositories.parquet").row(0, named=True)
    records = reader.records(repository["forge"], repository["repo_id"])
    for group in reader.groups(reversed(list(enumerate(pages))), ""):
        reader.items(group, set(), {}, records)
    numbers: dict[str, list[int]] = {"issue": [], "change": []}
    for record in records.tables["items"]:
        numbers[record["kind"]].append(record["number"])
    for name, table in ITEM_TABLES.items():
        now = pl.DataFrame(records.tables[name], schema=table.polars_schema).sort(table.key)
        before = pl.scan_parquet(folder / f"{name}.parquet").filter(_is_of(name, numbers)).collect()
        if name == "mentions":  # whose the logins are is seen from all accounts together
            now, before = now.drop("account_id"), before.drop("account_id")
        if not now.equals(before.select(now.columns).sort(table.key)):
            return False
    return True


def _is_of(table: str, numbers: Mapping[str, list[int]]) -> pl.Expr:
    """Rows of a table that belong to these items; only changes have reviews and links."""
    columns = ITEM_TABLES[table].column_names
    column = "item_kind" if "item_kind" in columns else "kind" if table == "items" else None
    kind = pl.lit("change") if column is None else pl.col(column)
    return pl.any_horizontal((kind == one) & pl.col("number").is_in(found) for one, found in numbers.items())


def read_archive(reader: Reader, archive: Path, folder: Path, forge: str, *, anew: bool = False) -> Outdated:
    """Raw from the archive, without a network; nothing is done where both are as they were, unless it is to be made
    `anew`. Gives what may go. What is damaged is found here, and the next run finds it too."""
    if anew:
        (folder / STAMP).unlink(missing_ok=True)
    streams = {name: Archive(archive / name) for name in READ_STREAMS}
    repository = reader.repository(next(streams["repository"].newest_first())[1], forge)
    outdated: Outdated = {}
    if not (folder / STAMP).exists() or (folder / STAMP).read_text() != _stamp(reader, streams):
        outdated = _written(reader, reader.records(forge, repository["repo_id"]), streams, folder)
        raw.write(folder, {"repositories": pl.DataFrame([repository], schema=raw.REPOSITORIES.polars_schema)})
        write_durably(folder / STAMP, _stamp(reader, streams).encode())
    told = coverage.streams(repository["repo_id"], folder, streams, reader.untold)
    interrupted = coverage.is_interrupted(streams)
    raw.write(folder, {"streams": told, "gaps": gaps.gaps(told, streams, interrupted=interrupted)})
    return outdated


def is_current(reader: Reader, archive: Path, folder: Path) -> bool:
    """Whether raw is what the archive gives now."""
    streams = {name: Archive(archive / name) for name in READ_STREAMS}
    return (folder / STAMP).exists() and (folder / STAMP).read_text() == _stamp(reader, streams)


def compact(reader: Reader, archive: Path, folder: Path, outdated: Outdated) -> None:
    """Drops the pages of which nothing is the latest reading, where they are more than half of their stream: the archive
    then grows with what changes and not with the nights. Nobody may be writing to the archive."""
    for name, numbers in outdated.items():
        stream = Archive(archive / name)
        if len(numbers) > stream.n_kept / 2:
            stream.drop(numbers)
    streams = {name: Archive(archive / name) for name in READ_STREAMS}
    write_durably(folder / STAMP, _stamp(reader, streams).encode())


def _stamp(reader: Reader, streams: Mapping[str, Archive]) -> str:
    return json.dumps(
        {
            "reader": reader.version,
            "partition": VERSION,
            **{name: _made_from(stream) for name, stream in streams.items()},
        }
    )


def _made_from(archive: Archive) -> tuple[int, str | None]:
    """How many pages there are and when the last one came: a stream fetched anew may have as many as the old one."""
    last = next(archive.newest_first(), None)
    return archive.manifest.pages, None if last is None else last[1].fetched_at


def _written(reader: Reader, records: Records, streams: Mapping[str, Archive], folder: Path) -> Outdated:
    """Writes the tables; gives by stream the pages that nothing in them comes from."""
    gone: Gone = reader.tombstones(streams["tombstones"].newest_first(), records.repo_id)
    groups = [reader.groups(streams[name].newest_first(), name) for name in GROUPED]
    seen: set[Any] = set()
    outdated: Outdated = {name: [] for name in GROUPED}
    with Shelves(folder, ITEM_TABLES | {raw.QUARANTINE.name: raw.QUARANTINE}) as shelves:
        for group in heapq.merge(*groups, key=lambda group: group.fetched_at, reverse=True):
            if not reader.items(group, seen, gone, records):
                outdated[group.stream] += group.pages
            for record in records.tables["quarantine"]:
                record.setdefault("source_page", f"{group.stream}/{page_file(group.pages[-1])}")
            shelves.shelve(records)
        accounts = pl.DataFrame(list(records.accounts.values()), schema=raw.ACCOUNTS.polars_schema)
        named = {
            "mentions": lambda rows: with_accounts(rows, accounts),
            "events": lambda rows: with_subjects(rows, accounts),
        }
        shelves.write(records, named)
    set_apart(folder, records.buried)
    held = set(pl.read_parquet(folder / "items.parquet", columns=["kind", "number"]).rows())
    stones = [stone for stone in gone.values() if (stone["item_kind"], stone["number"]) not in held]
    tombstones = pl.DataFrame(stones, schema=raw.TOMBSTONES.polars_schema)
    raw.write(folder, {"accounts": accounts, "tombstones": tombstones})
    return outdated


def set_apart(folder: Path, buried: set[tuple[str, int]]) -> None:
    """Moves what was deleted out of the tables; that it could not be read is of no interest any more."""
    shutil.rmtree(folder / GONE, ignore_errors=True)
    if not buried:
        return
    numbers = {kind: [number for of, number in buried if of == kind] for kind in ("issue", "change")}
    names = [f"{kind}s/{number}" for kind, number in buried]
    for name, table in (ITEM_TABLES | {raw.QUARANTINE.name: raw.QUARANTINE}).items():
        rows = pl.scan_parquet(folder / f"{name}.parquet", glob=False)
        is_quarantine = name == raw.QUARANTINE.name
        named = pl.concat_str("stream", "record_id", separator="/").is_in(names)
        theirs = named if is_quarantine else _is_of(name, numbers).fill_null(value=False)
        gone = rows.filter(theirs).collect()
        if not gone.is_empty():
            raw.sink(folder, table, rows.filter(~theirs))
        if not is_quarantine:
            raw.write(folder / GONE, {name: gone})


def with_accounts(mentions: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """The account that has the login now; one that two accounts were seen with is nobody's for certain."""
    known = accounts.select("account_id", key=pl.col("login").str.to_lowercase()).unique("key", keep="none")
    named = mentions.drop("account_id").with_columns(key=pl.col("login").str.to_lowercase())
    return named.join(known, on="key", how="left", maintain_order="left").select(mentions.columns)


def with_subjects(events: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Where a forge names a subject in a text alone, as "@ada": the account that has the login now, as in mentions."""
    subject = pl.col("subject_account_id")
    known = accounts.select(known_id="account_id", key=pl.col("login").str.to_lowercase()).unique("key", keep="none")
    login = pl.when(subject.str.starts_with("@")).then(subject.str.strip_prefix("@").str.to_lowercase())
    named = events.with_columns(key=login).join(known, on="key", how="left", maintain_order="left")
    told = pl.when(pl.col("key").is_null()).then(subject).otherwise("known_id")
    return named.with_columns(subject_account_id=told).select(events.columns)
