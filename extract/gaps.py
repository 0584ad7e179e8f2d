"""Between which instants something of a stream is missing, and why (raw.gaps)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from extract import raw
from extract.archive import Archive, Manifest

Span = tuple[datetime | None, datetime | None]
"""Half open; None is the beginning of the repository, or now."""


def gaps(streams: pl.DataFrame, archives: dict[str, Archive], *, interrupted: bool) -> pl.DataFrame:
    """The gaps of the streams of one repository that are not complete.

    Before the first whole crawl all is missing but what backfills brought. After it, a crawl that stopped lacks what came
    since the last whole one; where the forge counts more than it delivered, that may be anywhere before.
    """
    backfilled = list(_backfilled(archives["backfill"].manifest))
    rows = []
    for stream in streams.filter(~pl.col("is_complete")).iter_rows(named=True):
        until = stream["complete_until_at"]
        whole: Sequence[Span] = backfilled if until is None else [(None, until)] if interrupted else [(until, None)]
        spans = enumerate(between(whole))
        rows += [_row(stream, number, span) for number, span in spans]
    return pl.DataFrame(rows, schema=raw.GAPS.polars_schema)


def between(whole: Iterable[Span]) -> Iterator[Span]:
    """What the given spans leave open."""
    end: datetime | None = None
    for since, until in sorted(whole, key=lambda span: span[0] or datetime.min.replace(tzinfo=UTC)):
        if since is not None and (end is None or since > end):
            yield end, since
        if until is None:
            return
        end = until if end is None else max(end, until)
    yield end, None


def _backfilled(manifest: Manifest) -> Iterator[Span]:
    for one in manifest.facts.get("done", ()):
        since, until = one["bounds"]
        # one without an end reached up to its start, which earlier versions did not note
        yield _instant(since), _instant(until or one.get("began_at") or one["finished_at"])


def _instant(said: str | None) -> datetime | None:
    if said is None:
        return None
    instant = datetime.fromisoformat(said)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _row(stream: dict[str, Any], number: int, span: Span) -> dict[str, Any]:
    told = {name: stream[name] for name in ("repo_id", "stream", "reason")}
    return {**told, "gap_number": number, "from_at": span[0], "until_at": span[1]}
