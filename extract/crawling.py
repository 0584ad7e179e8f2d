"""One repository of a forge whose items need requests of their own, from the forge to its raw partition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from extract import authorship, membership, raw
from extract.archive import Archive, Page, set_aside
from extract.backfills import ITEM_STREAMS, Backfill
from extract.crawl import Gathering, Item, Talk, Walk
from extract.errors import ArchiveDamaged, NotUnderstood
from extract.forge import Forge
from extract.mining import Clone, mine_git, remine_git
from extract.partition import READ_STREAMS, compact, read_archive
from extract.reading import Reader
from extract.records import Record
from extract.source import Extracted, Forecast, Source, Surroundings, Window, folder_name
from extract.sweeping import Sweep


def no_members(caller: object, page: Page) -> list[Page]:
    del caller, page
    return []


def nothing_shown(page: Page, forge: str) -> membership.Shown:
    del page, forge
    return membership.Shown()


@dataclass(frozen=True)
class Kind:
    """A kind of forge as this module crawls it.

    `call` makes what talks to one source; `repository` asks it for the repository by its last page, if there is one,
    and gives the page that holds now; `talk` knows the repository of that page, `hidden` names its streams that are
    not shown, with the reason. `clone_url` says where its history is; `noreply_hosts` are those whose addresses name
    accounts, by the repository's web address; `authors` reads pairs of a commit and the account behind it. `members` asks
    who belongs to the organisation that owns the repository of a page, and `member` reads such an answer; a forge without
    organisations has neither.
    """

    reader: Reader
    call: Callable[[Source, Surroundings], Any]
    repository: Callable[[Any, Source, Page | None], Page]
    talk: Callable[[Any, Page], Talk]
    hidden: Callable[[Page], dict[str, str]]
    clone_url: Callable[[Page], str]
    noreply_hosts: Callable[[str], tuple[str, ...]]
    authors: Callable[[Page, Any], Iterator[tuple[str, str]]]
    forecast: Callable[[Any, Window, Any], Forecast]
    members: Callable[[Any, Page], list[Page]] = no_members
    member: Callable[[Page, str], membership.Shown] = nothing_shown

    def read_links(self, archive: Path, partition: Path, forge: str) -> None:
        """Which address belongs to which account, from the archive."""
        authorship.read_links(archive, partition, self.reader.records(forge, ""), self.authors)

    def read_members(self, archive: Path, partition: Path, forge: str) -> None:
        """Who belongs to the organisation, from the archive."""
        membership.write(archive, partition, lambda page: self.member(page, forge))


@dataclass
class Crawl:
    """One repository on its way."""

    kind: Kind
    source: Source
    around: Surroundings

    def __post_init__(self) -> None:
        self.caller = self.kind.call(self.source, self.around)
        self.page = self.kind.repository(self.caller, self.source, self._last_page())
        self.repository = self.kind.reader.repository(self.page, self.source.forge)
        self.talk = self.kind.talk(self.caller, self.page)
        place = f"{folder_name(self.source.forge)}/{folder_name(self.repo_id.rpartition(':')[2])}"
        self.archive, self.partition = self.around.archive / place, self.around.raw / place
        self.folder = self.partition / "forge"

    @property
    def repo_id(self) -> str:
        return str(self.repository["repo_id"])

    def _last_page(self) -> Page | None:
        place = self.around.known_place(self.source)
        last = None if place is None else next(Archive(self.around.archive / place / "repository").newest_first(), None)
        return None if last is None else last[1]

    def begin(self) -> None:
        self.around.met(self.repo_id, self.partition)
        archive = Archive(self.archive / "repository")
        last = next(archive.newest_first(), None)
        if last is None or self.kind.reader.repository(last[1], self.source.forge) != self.repository:
            archive.append([self.page])
        self.gathering = Gathering(self.talk, self._held_updates())
        again, tombstones = Archive(self.archive / "again"), Archive(self.archive / "tombstones")
        self.sweep = Sweep(self.gathering, again, tombstones, self.around.report)

    def read(self) -> dict[str, list[int]]:
        return read_archive(self.kind.reader, self.archive, self.folder, self.source.forge)

    def night(self) -> Extracted:
        # what was never met, and is refused now, leaves nothing behind
        told = None if self.around.known_place(self.source) else self.talk.newest()
        self.begin()
        was_whole = all(Archive(self.archive / name).manifest.watermark is not None for name in ITEM_STREAMS)
        hidden = self.kind.hidden(self.page)
        try:
            told = told or self.talk.newest()
            hidden |= self.talk.unshown
            newest = {name: one for name, one in told.items() if name not in hidden}
            self._fetch(newest)
        finally:
            outdated = self.read()
        if self._swept(newest, self.around.rereads if was_whole else 0):
            outdated = self.read()
        if outdated:
            compact(self.kind.reader, self.archive, self.folder, outdated)
        self._tell(hidden)
        now = str(self.repository["full_name"])
        if now.lower() != self.source.name.lower():
            self.around.note(f"{self.source.ref} is called {now} now: name it so, and a night costs a request less.")
        for note in self.talk.notes:
            self.around.note(f"{self.source.ref}: {note}")
        self._look_at_members()
        hosts = self.kind.noreply_hosts(str(self.repository["url"]))
        clone = Clone(self.kind.clone_url(self.page), self.caller.git_headers, hosts)
        mine_git(self.source, clone, self.repo_id, self.archive, self.partition, self.around)
        if self.source.git_url != "":
            self._link()
        return Extracted(self.repo_id, self.partition, self.caller.requests, raw.reasons(self.partition))

    def _look_at_members(self) -> None:
        def note(text: str) -> None:
            self.around.note(f"{self.source.ref}: {text}")

        now = self.around.now()
        membership.look(self.archive, now, lambda: self.kind.members(self.caller, self.page), note)
        self.kind.read_members(self.archive, self.partition, self.source.forge)

    def _link(self) -> None:
        """Asks who is behind addresses that say nothing; an instance that does not show it is read without."""
        talk = self.talk
        try:
            authorship.link(self.archive, self.partition, talk.per_look, talk.authors, self.around.report)
        except NotUnderstood:
            self.around.note(
                f"{self.source.forge} does not show whose commits are; a newer version does. People are told apart by "
                "addresses."
            )
        self.kind.read_links(self.archive, self.partition, self.source.forge)

    def backfill(self, window: Window) -> Extracted:
        self.begin()
        archive = Archive(self.archive / "backfill")
        try:
            whole = Backfill(self.caller, self.sweep, archive, self.around.now)
            whole.to_the_end(window, lambda: self.forecast(window))
        finally:
            self.read()
        return Extracted(self.repo_id, self.partition, self.caller.requests)

    def forecast(self, window: Window) -> Forecast:
        return self.kind.forecast(self.talk, window, self.caller)

    def _fetch(self, newest: dict[str, dict[str, Any]]) -> None:
        """What an earlier run could not have, then what is new of the streams that are shown.

        What is hidden stays as it was: a list without items is no news of deletions.
        """
        until = self.around.until.isoformat()
        for stream in ITEM_STREAMS:
            place = Archive(self.archive / stream)
            if stream not in newest:
                facts = {**place.manifest.facts, "unshown": True}
                place.acknowledge(watermark=max(until, place.manifest.watermark or until), facts=facts)
                continue
            left = place.manifest.facts.get("again")
            if left:
                unfinished = self.sweep.read_again({stream: set(left)})
                place.acknowledge(facts={**place.manifest.facts, "again": sorted(unfinished)})
            Walk(self.gathering, place, stream, self.around.report).up_to(until, newest[stream])
        for stream in newest:
            self._read_beside(stream)

    def _read_beside(self, shown: str) -> None:
        """After a stream that was not shown is, what it is tied to in the other is read again: links were not told."""
        place = Archive(self.archive / shown)
        if "unshown" not in place.manifest.facts:
            return
        for other in ITEM_STREAMS:
            held = {number for stream, number in self.gathering.held if stream == other != shown}
            unfinished = self.sweep.read_again({other: held})
            if unfinished:
                archive = Archive(self.archive / other)
                again = sorted({*archive.manifest.facts.get("again", ()), *unfinished})
                archive.acknowledge(facts={**archive.manifest.facts, "again": again})
        facts = {name: fact for name, fact in place.manifest.facts.items() if name != "unshown"}
        place.acknowledge(facts=facts)

    def _swept(self, newest: dict[str, dict[str, Any]], glances: int) -> bool:
        """Whether the archive has grown by what the windows could not see."""
        pages = self.sweep.pages
        known = self._known()
        held = {name: {number for stream, number in known if stream == name} for name in newest}
        for stream, number in self._spoilt():
            held.get(stream, set()).add(number)
        left = {name: set(Archive(self.archive / name).manifest.facts.get("again", ())) for name in ITEM_STREAMS}
        self.sweep.reconcile(held, {name: newest[name]["total"] for name in newest}, left)
        self.sweep.glance(held, known, glances)
        return self.sweep.pages > pages

    def _known(self) -> dict[Item, dict[str, Any]]:
        items = pl.read_parquet(self.folder / "items.parquet")
        return {(f"{row['kind']}s", row["number"]): row for row in items.iter_rows(named=True)}

    def _spoilt(self) -> list[Item]:
        rows = pl.read_parquet(self.folder / "quarantine.parquet", columns=["stream", "record_id"])
        return [(stream, int(number)) for stream, number in rows.iter_rows() if stream in ITEM_STREAMS]

    def _held_updates(self) -> dict[Item, str]:
        """When each item last changed, as raw has it; what is to be read again is left out."""
        if not (self.folder / "items.parquet").exists():
            return {}
        unfinished = {
            (name, number)
            for name in ITEM_STREAMS
            for number in Archive(self.archive / name).manifest.facts.get("again", ())
        }
        rows = pl.read_parquet(self.folder / "items.parquet", columns=["kind", "number", "updated_at"]).iter_rows()
        told = {(f"{kind}s", number): instant_text(at) for kind, number, at in rows}
        return {item: at for item, at in told.items() if item not in unfinished}

    def _tell(self, hidden: dict[str, str]) -> None:
        """What is not shown is marked with the reason, unless the owners switched it off."""
        reasons = {stream: reason for stream, reason in hidden.items() if reason}
        if reasons:
            path = self.folder / "streams.parquet"
            reason = pl.col("stream").replace_strict(reasons, default=None, return_dtype=pl.String)
            told = raw.read_streams(path).with_columns(reason=pl.coalesce(reason, "reason"))
            told = told.with_columns(is_complete=pl.col("is_complete") & pl.col("reason").is_null())
            raw.write(self.folder, {"streams": told})


def instant_text(at: datetime) -> str:
    """An instant as listings compare it."""
    return at.isoformat(timespec="microseconds")


def same_instant(text: str) -> str:
    return instant_text(datetime.fromisoformat(text))


def extract(kind: Kind, source: Source, around: Surroundings) -> Extracted:
    """Fetches what is new, reads the archive into raw, then mines the git history.

    Whatever arrived before an error is in raw all the same, marked incomplete; the error is raised then. Pages that
    cannot be read any more are set aside, and their stream is fetched anew.
    """
    for _ in READ_STREAMS:
        try:
            return Crawl(kind, source, around).night()
        except ArchiveDamaged as damage:
            around.note(f"{damage} Set aside; fetching it anew.")
            set_aside(damage.folder)
    return Crawl(kind, source, around).night()


def backfill(kind: Kind, source: Source, window: Window, around: Surroundings) -> Extracted:
    """Fetches what was opened in the window, with all its parts; watermarks and git are left to the nightly runs."""
    return Crawl(kind, source, around).backfill(window)


def forecast(kind: Kind, source: Source, window: Window, around: Surroundings) -> Forecast:
    return Crawl(kind, source, around).forecast(window)


def reread(kind: Kind, source: Source, around: Surroundings, place: str) -> None:
    """Raw from the archive and the mirror, without a network."""
    archive, partition = around.archive / place, around.raw / place
    read_archive(kind.reader, archive, partition / "forge", source.forge, anew=True)
    kind.read_members(archive, partition, source.forge)
    url = str(pl.read_parquet(partition / "forge" / "repositories.parquet")["url"][0])
    if remine_git(source, kind.noreply_hosts(url), archive, partition, around):
        kind.read_links(archive, partition, source.forge)


def forge(name: str, kind: Kind, **told: Any) -> Forge:
    """The forge as the registry wants it: how it is extracted follows from the kind, the rest is told."""
    return Forge(
        kind=name,
        extract=partial(extract, kind),
        reread=partial(reread, kind),
        backfill=partial(backfill, kind),
        forecast=partial(forecast, kind),
        **told,
    )


__all__ = ["Crawl", "Kind", "Record", "forge", "same_instant"]
