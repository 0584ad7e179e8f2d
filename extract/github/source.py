"""One repository of GitHub from the forge to its raw partition."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from extract import membership, raw
from extract.archive import Archive, Page, set_aside
from extract.backfills import ITEM_STREAMS, Backfill
from extract.errors import ArchiveDamaged
from extract.forge import Forge, Public
from extract.git.mine import GITHUB_NOREPLY
from extract.github import authors, fetch, organisation, read
from extract.github import backfill as backfilling
from extract.github.client import Client
from extract.github.read import READER
from extract.github.sweep import ROWS_PER_REQUEST, Sweep
from extract.mining import Clone, mine_git, remine_git
from extract.partition import READ_STREAMS, compact, is_current, is_known, read_archive
from extract.quota import Pool
from extract.reach import reach
from extract.source import Extracted, Forecast, Source, Surroundings, Window, folder_name

LISTS = ("comments", "events", "reviews", "review_threads")


def extract(source: Source, around: Surroundings) -> Extracted:
    """Fetches what is new, reads the archive into raw, then mines the git history.

    Whatever arrived before an error is in raw all the same, marked incomplete; the error is raised then. Pages that
    cannot be read any more are set aside, and their stream is fetched anew.
    """
    client = _client(source, around)
    for _ in READ_STREAMS:
        try:
            return _extract(source, client, around)
        except ArchiveDamaged as damage:
            around.note(f"{damage} Set aside; fetching it anew.")
            set_aside(damage.folder)
    return _extract(source, client, around)


def _client(source: Source, around: Surroundings) -> Client:
    way = reach(source, around.environment)
    return Client(source.forge, source.base_url, around.pool(source), around.now, around.sleep, way)


def forecast(source: Source, window: Window, around: Surroundings) -> Forecast:
    """What a backfill of the window will cost; asks for the repository and for counts, and writes nothing."""
    client = _client(source, around)
    full_name = _repository_page(source, client, around).data()["full_name"]
    return _forecast(client, full_name, window, around.pool(source))


def _forecast(client: Client, full_name: str, window: Window, pool: Pool) -> Forecast:
    return backfilling.forecast(client, full_name, window, len(pool.tokens), pool.policy.reserve_share)


def backfill(source: Source, window: Window, around: Surroundings) -> Extracted:
    """Fetches what was opened in the window, with all its parts; watermarks and git are left to the nightly runs."""
    client = _client(source, around)
    page = _repository_page(source, client, around)
    repository = read.read_repository(page, source.forge)
    place = f"{folder_name(source.forge)}/{folder_name(str(page.data()['id']))}"
    archive, partition = around.archive / place, around.raw / place
    around.met(repository["repo_id"], partition)
    _keep_repository(Archive(archive / "repository"), page, repository, source.forge)
    full_name = repository["full_name"]
    sweep = Sweep(client, Archive(archive / "again"), Archive(archive / "tombstones"), full_name, around.report)
    try:
        whole = Backfill(client, sweep, Archive(archive / "backfill"), around.now)
        whole.to_the_end(window, lambda: _forecast(client, full_name, window, around.pool(source)))
    finally:
        read_archive(READER, archive, partition / "forge", source.forge)
    return Extracted(repository["repo_id"], partition, client.requests)


def _extract(source: Source, client: Client, around: Surroundings) -> Extracted:
    page = _repository_page(source, client, around)
    repository = read.read_repository(page, source.forge)
    place = f"{folder_name(source.forge)}/{folder_name(str(page.data()['id']))}"
    archive, partition = around.archive / place, around.raw / place
    full_name = repository["full_name"]
    # what was never met, and is refused now, leaves nothing behind
    first = None if around.known_place(source) else fetch.fetch_newest(client, full_name)
    around.met(repository["repo_id"], partition)
    _keep_repository(Archive(archive / "repository"), page, repository, source.forge)
    sweep = Sweep(client, Archive(archive / "again"), Archive(archive / "tombstones"), full_name, around.report)
    was_whole = all(Archive(archive / name).manifest.watermark is not None for name in ITEM_STREAMS)
    try:
        current = was_whole and is_current(READER, archive, partition / "forge")
        held = _shown(partition / "forge", _hidden(page)) if current else {}
        long = _long(partition / "forge") if current else set()
        is_old = lambda pages: is_known(READER, pages, partition / "forge")  # noqa: E731
        newest = first or sweep.look(held, around.rereads, is_old, long)
        _fetch_items(client, sweep, archive, full_name, newest, _hidden(page), around)
    finally:
        outdated = read_archive(READER, archive, partition / "forge", source.forge)
    if _swept(sweep, archive, partition / "forge", newest):
        outdated = read_archive(READER, archive, partition / "forge", source.forge)
    if outdated:
        compact(READER, archive, partition / "forge", outdated)
    membership.look(archive, around.now(), lambda: organisation.ask(client, page, full_name), around.note)
    membership.write(archive, partition, partial(organisation.read, forge=source.forge))
    clone = Clone(page.data().get("clone_url") or "", client.git_headers)
    mine_git(source, clone, repository["repo_id"], archive, partition, around)
    if source.git_url != "":
        authors.link(client, archive, partition, full_name, around.report)
    return Extracted(repository["repo_id"], partition, client.requests, raw.reasons(partition))


def _repository_page(source: Source, client: Client, around: Surroundings) -> Page:
    place = around.known_place(source)
    last = None if place is None else next(Archive(around.archive / place / "repository").newest_first(), None)
    return fetch.fetch_repository(client, source.name, None if last is None else last[1])


def _keep_repository(archive: Archive, page: Page, repository: dict[str, Any], forge: str) -> None:
    last = next(archive.newest_first(), None)
    if last is None or read.read_repository(last[1], forge) != repository:
        archive.append([page])


def _hidden(page: Page) -> set[str]:
    """Streams that the repository's owners have switched off: what is in them is there, and not shown."""
    return set() if page.data().get("has_issues", True) else {"issues"}


def _fetch_items(
    client: Client,
    sweep: Sweep,
    archive: Path,
    full_name: str,
    newest: dict[str, dict[str, Any]],
    hidden: set[str],
    around: Surroundings,
) -> None:
    """What an earlier run could not have, then what is new; leaves in `newest` what is shown.

    What is switched off stays as it was: nothing happens in it, and a list without items is no news of deletions.
    """
    until = around.until.isoformat()
    for stream in fetch.STREAMS:
        place = Archive(archive / stream.name)
        if stream.name in hidden and place.manifest.watermark is not None:
            place.acknowledge(watermark=max(until, place.manifest.watermark))
            del newest[stream.name]
            continue
        left = place.manifest.facts.get("again")
        if left:
            unfinished = sweep.read_again({stream.name: set(left)})
            place.acknowledge(facts={**place.manifest.facts, "again": sorted(unfinished)})
        fetch.fetch_stream(client, place, stream, full_name, newest[stream.name], until, around.report)


def _shown(folder: Path, hidden: set[str]) -> dict[str, set[int]]:
    return {name: numbers for name, numbers in _held(folder).items() if name not in hidden}


def _long(folder: Path) -> set[int]:
    """Items of which a list needs requests of its own."""
    lists = pl.any_horizontal(pl.col(f"{name}_total") > ROWS_PER_REQUEST for name in LISTS)
    return set(pl.scan_parquet(folder / "items.parquet").filter(lists).select("number").collect()["number"])


def _swept(sweep: Sweep, archive: Path, folder: Path, newest: dict[str, dict[str, Any]]) -> bool:
    """Whether the archive has grown by what the windows could not see."""
    pages = sweep.pages
    held = {name: numbers for name, numbers in _held(folder).items() if name in newest}
    left = {name: set(Archive(archive / name).manifest.facts.get("again", ())) for name in ITEM_STREAMS}
    sweep.reconcile(held, {name: newest[name]["total"] for name in newest}, left)
    return sweep.pages > pages


def _held(folder: Path) -> dict[str, set[int]]:
    """Numbers in raw by stream, what is in quarantine with them."""
    items = pl.read_parquet(folder / "items.parquet", columns=["kind", "number"])
    spoilt = pl.read_parquet(folder / "quarantine.parquet", columns=["stream", "record_id"])
    return {
        f"{kind}s": {*items.filter(kind=kind)["number"], *map(int, spoilt.filter(stream=f"{kind}s")["record_id"])}
        for kind in ("issue", "change")
    }


def reread(source: Source, around: Surroundings, place: str) -> None:
    """Raw from the archive and the mirror, without a network."""
    archive, partition = around.archive / place, around.raw / place
    read_archive(READER, archive, partition / "forge", source.forge, anew=True)
    membership.write(archive, partition, partial(organisation.read, forge=source.forge))
    if remine_git(source, GITHUB_NOREPLY, archive, partition, around):
        authors.read_links(archive, partition, source.forge)


FORGE = Forge(
    kind="github",
    extract=extract,
    reread=reread,
    backfill=backfill,
    forecast=forecast,
    public=(Public("github", "github.com", "https://api.github.com", ("GITHUB_TOKEN", "GH_TOKEN")),),
    api="/api/v3",
    probe="/api/v3/rate_limit",
    is_it=lambda status, said: "documentation_url" in said or "resources" in said,
)
