"""One repository of GitHub from the forge to its raw partition."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from extract import raw
from extract.archive import Archive, write_durably
from extract.errors import BadToken, ExtractError
from extract.git.mine import MIRROR, mine
from extract.github import authors, fetch, read
from extract.github.client import Client
from extract.source import Extracted, Source, Surroundings, folder_name

READER_VERSION = 1
"""Counts up when `read` changes, so that partitions are read again from the archive."""

ROWS_IN_MEMORY = 50_000
ITEM_STREAMS = ("issues", "changes")


def extract(source: Source, around: Surroundings) -> Extracted:
    """Fetches what is new, reads the archive into raw, then mines the git history.

    Whatever arrived before an error is in raw all the same, marked incomplete; the error is raised then.
    """
    token = around.token(source)
    if token is None:
        raise BadToken(source.forge, source.token_variables)
    client = Client(source.forge, source.base_url, token, source.token_variables, around.now)
    page = fetch.fetch_repository(client, source.name)
    repository = read.read_repository(page, source.forge)
    place = f"{folder_name(source.forge)}/{folder_name(str(page.data()['id']))}"
    archive, partition = around.archive / place, around.raw / place
    around.met(repository["repo_id"], partition)
    _keep_repository(Archive(archive / "repository"), page, repository, source.forge)
    try:
        _fetch_items(client, archive, repository["full_name"], around)
    finally:
        read_archive(archive, partition / "forge", source.forge)
    _mine_git(source, page.data().get("clone_url"), repository, archive, partition, around)
    if source.git_url != "":
        authors.link(client, archive, partition, repository["full_name"], around.report)
    return Extracted(repository["repo_id"], partition, client.requests, raw.reasons(partition))


def _keep_repository(archive: Archive, page: Any, repository: dict[str, Any], forge: str) -> None:
    last = next(archive.newest_first(), None)
    if last is None or read.read_repository(last[1], forge) != repository:
        archive.append([page])


def _fetch_items(client: Client, archive: Path, full_name: str, around: Surroundings) -> None:
    newest = fetch.fetch_newest(client, full_name)
    until = around.until.isoformat()
    for stream in fetch.STREAMS:
        place = Archive(archive / stream.name)
        fetch.fetch_stream(client, place, stream, full_name, newest[stream.name], until, around.report)


def read_archive(archive: Path, folder: Path, forge: str) -> None:
    """Raw from the archive, without a network; nothing is done where both are as they were."""
    streams = {name: Archive(archive / name) for name in ("repository", *ITEM_STREAMS)}
    stamp = json.dumps({"reader": READER_VERSION, **{name: _made_from(stream) for name, stream in streams.items()}})
    repository = read.read_repository(next(streams["repository"].newest_first())[1], forge)
    if not (folder / "stamp.json").exists() or (folder / "stamp.json").read_text() != stamp:
        records = read.Records(forge, repository["repo_id"])
        raw.write(folder, _frames(records, [streams[name] for name in ITEM_STREAMS]))
        raw.write(folder, {"repositories": pl.DataFrame([repository], schema=raw.REPOSITORIES.polars_schema)})
        write_durably(folder / "stamp.json", stamp.encode())
    raw.write(folder, {"streams": _coverage(repository["repo_id"], folder, streams)})


def _made_from(archive: Archive) -> tuple[int, str | None]:
    """How many pages there are and when the last one came: a stream fetched anew may have as many as the old one."""
    last = next(archive.newest_first(), None)
    return archive.manifest.pages, None if last is None else last[1].fetched_at


def _frames(records: read.Records, archives: Iterable[Archive]) -> dict[str, pl.DataFrame]:
    tables = {table.name: table for table in (raw.ITEMS, raw.COMMENTS, raw.REVIEWS, raw.QUARANTINE)}
    parts: dict[str, list[pl.DataFrame]] = {name: [table.empty()] for name, table in tables.items()}

    def shelve() -> None:
        for name, table in tables.items():
            parts[name].append(pl.DataFrame(records.tables.pop(name, []), schema=table.polars_schema))

    for archive in archives:
        seen: set[str] = set()
        for nodes, rests in read.read_groups(archive.newest_first()):
            read.read_items(nodes, rests, seen, records)
            if sum(map(len, records.tables.values())) > ROWS_IN_MEMORY:
                shelve()
    shelve()
    frames = {name: pl.concat(frames).unique(tables[name].key, keep="first") for name, frames in parts.items()}
    frames["accounts"] = pl.DataFrame(list(records.accounts.values()), schema=raw.ACCOUNTS.polars_schema)
    return frames


def _coverage(repo_id: str, folder: Path, streams: dict[str, Archive]) -> pl.DataFrame:
    """Held against the forge's own counts, per stream (raw.streams)."""
    items, comments, reviews = (
        pl.read_parquet(folder / f"{name}.parquet") for name in ("items", "comments", "reviews")
    )
    issues, changes = (items.filter(kind=kind) for kind in ("issue", "change"))
    totals = {name: _total(streams[name]) for name in ITEM_STREAMS}
    marks = {name: _watermark(streams[name]) for name in ITEM_STREAMS}
    known = [mark for mark in marks.values() if mark is not None]
    either = min(known) if len(known) == len(marks) else None
    rows = [
        ("issues", totals["issues"], len(issues), marks["issues"]),
        ("changes", totals["changes"], len(changes), marks["changes"]),
        ("comments", int(items["comments_total"].sum()), len(comments.filter(kind="comment")), either),
        ("reviews", int(changes["reviews_total"].sum()), len(reviews), marks["changes"]),
        (
            "review_comments",
            int(reviews["comments_total"].sum()),
            len(comments.filter(kind="review_comment")),
            marks["changes"],
        ),
    ]
    interrupted = any(archive.manifest.window is not None for archive in streams.values())
    return pl.DataFrame([_stream_row(repo_id, *row, interrupted) for row in rows], schema=raw.STREAMS.polars_schema)


def _stream_row(
    repo_id: str, stream: str, total: int | None, held: int, until: datetime | None, interrupted: bool
) -> dict[str, Any]:
    reason = None
    if until is None:
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
    }


def _total(archive: Archive) -> int | None:
    newest = (archive.manifest.window or archive.manifest.facts).get("newest")
    return None if newest is None else int(newest["total"])


def _watermark(archive: Archive) -> datetime | None:
    return None if archive.manifest.watermark is None else datetime.fromisoformat(archive.manifest.watermark)


def _mine_git(
    source: Source,
    clone_url: str | None,
    repository: dict[str, Any],
    archive: Path,
    partition: Path,
    around: Surroundings,
) -> None:
    """The history by git, commits of changes included: no request of the API's is spent on commits."""
    if source.git_url == "":
        return
    url = source.git_url or clone_url or ""
    header = _header(around.token(source), clone_url, url)
    try:
        _mined(url, header, source.forge, repository["repo_id"], archive, partition, around)
    except ExtractError as error:
        raw.mark_incomplete(partition / "git", repository["repo_id"], str(error))
        raise


def _mined(
    where: str, header: str | None, forge: str, repo_id: str, archive: Path, partition: Path, around: Surroundings
) -> None:
    changes = pl.scan_parquet(partition / "forge" / "items.parquet").filter(pl.col("kind") == "change")
    mined = mine(
        where,
        repo_id=repo_id,
        forge=forge,
        mirror_folder=archive / "git",
        raw_folder=partition / "git",
        secret=around.secret,
        environment=around.environment,
        until=around.until,
        changes=changes.select("number", "base_sha", "head_sha", "merge_sha").collect(),
        http_header=header,
        report=around.report,
    )
    raw.write(partition / "git", {"streams": mined})


def reread(source: Source, around: Surroundings, place: str) -> None:
    """Raw from the archive and the mirror, without a network."""
    archive, partition = around.archive / place, around.raw / place
    read_archive(archive, partition / "forge", source.forge)
    mirror = archive / "git" / MIRROR
    if mirror.exists():
        repo_id = pl.read_parquet(partition / "forge" / "repositories.parquet")["repo_id"][0]
        _mined(str(mirror), None, source.forge, repo_id, archive, partition, around)
        authors.read_links(archive, partition, source.forge)


def _header(token: str | None, clone_url: str | None, url: str) -> str | None:
    """The token goes to git only where the address is the forge's own."""
    if token is None or url != clone_url:
        return None
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return f"Authorization: Basic {basic}"
