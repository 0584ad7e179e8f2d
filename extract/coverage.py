"""What we hold against what the forge counts, per stream (raw.streams)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from extract import backfills, raw
from extract.archive import Archive
from extract.backfills import ITEM_STREAMS

BELOW = {
    "comments": ("comments", ("issue", "change")),
    "reviews": ("reviews", ("change",)),
    "review_comments": ("comments", ("change",)),
    "review_threads": ("review_threads", ("change",)),
    "events": ("events", ("issue", "change")),
    "closing_links": ("closing_links", ("change",)),
}
"""What is below issues and changes: its raw table, and the kinds of item that have it."""


def streams(
    repo_id: str, folder: Path, archives: dict[str, Archive], untold: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """A row for each list of items, and for each kind of thing below them; `untold` are those nobody counts."""
    totals_of = [f"{name}_total" for name in BELOW]
    items = pl.read_parquet(folder / "items.parquet", columns=["kind", *totals_of])
    kinds_of_comments = pl.read_parquet(folder / "comments.parquet", columns=["kind"])["kind"]
    comments = dict(kinds_of_comments.value_counts().iter_rows())
    marks = {name: _watermark(archives[name]) for name in ITEM_STREAMS}
    known = [mark for mark in marks.values() if mark is not None]
    either = min(known) if len(known) == len(marks) else None
    interrupted = is_interrupted(archives)
    backfill = backfills.in_words(archives["backfill"].manifest)
    rows = [
        _stream_row(
            repo_id, name, _total(archives[name]), len(items.filter(kind=name[:-1])), marks[name], interrupted, backfill
        )
        for name in ITEM_STREAMS
    ]
    for name, (table, kinds) in BELOW.items():
        totals = items.filter(pl.col("kind").is_in(kinds))[f"{name}_total"]
        held = comments.get(name[:-1], 0) if table == "comments" else _height(folder / f"{table}.parquet")
        until = either if len(kinds) > 1 else marks["changes"]
        total = None if name in untold else int(totals.sum())
        row = _stream_row(repo_id, name, total, held, until, interrupted, backfill)
        rows.append(row if total is None or totals.null_count() == 0 else _never_asked(row, totals.null_count()))
    return pl.DataFrame(rows, schema=raw.STREAMS.polars_schema)


def is_interrupted(archives: dict[str, Archive]) -> bool:
    """Whether the last crawl stopped before its end."""
    return any(archives[name].manifest.window is not None for name in ITEM_STREAMS)


def _height(file: Path) -> int:
    return int(pl.scan_parquet(file).select(pl.len()).collect().item())


def _never_asked(row: dict[str, Any], items: int) -> dict[str, Any]:
    """An earlier version did not ask for these, so nobody knows how many there are."""
    reason = f"Not asked for when {items} items were fetched; re-reads bring them, or delete the archive to fetch anew."
    return {**row, "reason": reason, "source_total": None, "is_complete": False}


def _stream_row(
    repo_id: str,
    stream: str,
    total: int | None,
    held: int,
    until: datetime | None,
    interrupted: bool,
    backfill: str | None,
) -> dict[str, Any]:
    reason = None
    if until is None and backfill is not None:
        reason = backfill
    elif until is None:
        reason = "The first crawl has not reached the end yet; run again to continue."
    elif interrupted:
        reason = "The last crawl stopped before its end; run again to continue."
    elif total is not None and held < total:
        reason = f"The forge counts {total}, and delivered {held}."
    return {
        "repo_id": repo_id,
        "stream": stream,
        "reason": reason,
        "source_total": total,
        "held": held,
        "is_complete": reason is None,
        "complete_until_at": until,
        "reaches_start": None,
    }


def _total(archive: Archive) -> int | None:
    newest = (archive.manifest.window or archive.manifest.facts).get("newest")
    return None if newest is None or newest["total"] is None else int(newest["total"])


def _watermark(archive: Archive) -> datetime | None:
    return None if archive.manifest.watermark is None else datetime.fromisoformat(archive.manifest.watermark)
