"""A hut of a repository on a forge of our own, and crawls of it without git."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from extract import raw
from extract.archive import Archive
from extract.forges import FORGES
from extract.quota import Policy, Pools
from extract.reading import ITEM_TABLES
from extract.sandbox.parameters import CommunityParameters, Rates, RepositoryPlan
from extract.sandbox.server import SandboxForge
from extract.source import Access, Extracted, Source, Surroundings

NAME = "commons/hut"
TOKEN = "a-token-that-nobody-may-see"
VARIABLE = "HUT_TOKEN"
HUT = RepositoryPlan(NAME, Rates(issue=2.2, comment=1.3, change=1.3, review=0.25), founders=2)
PARAMETERS = CommunityParameters(years=0.5, repositories=(HUT,), ghosts=1)
CRAWLED = (raw.REPOSITORIES, raw.ACCOUNTS, *ITEM_TABLES.values(), raw.TOMBSTONES, raw.QUARANTINE, raw.STREAMS)


def ticking() -> Iterator[datetime]:
    """Every look at the clock is a second later."""
    instant = datetime(2026, 6, 1, tzinfo=UTC)
    while True:
        instant += timedelta(seconds=1)
        yield instant


@dataclass
class Crawl:
    """An operator who watches the hut's issues and changes, and no commits."""

    forge: SandboxForge
    folder: Path
    token: str = field(default=TOKEN, repr=False)
    name: str = NAME
    git_url: str | None = ""
    clock: Iterator[datetime] = field(default_factory=ticking)
    tokens: tuple[str, ...] = field(default=(), repr=False)
    """Further tokens beside `token`."""
    rereads: int = 0
    reserve_share: float = 0.0
    patience_seconds: float = 0.0
    unexplained_seconds: float = 60.0
    """The first wait after a refusal that names no time."""
    notes: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    access: Access = field(default_factory=Access)
    variables: dict[str, str] = field(default_factory=dict)
    """Further variables of the environment."""

    @property
    def source(self) -> Source:
        kind = self.forge.dialect.kind
        return Source(
            "box", kind, self.name, self.forge.base_url, tuple(self._environment()), self.git_url, access=self.access
        )

    def _environment(self) -> dict[str, str]:
        return {VARIABLE: self.token, **{f"{VARIABLE}_{at}": token for at, token in enumerate(self.tokens, start=2)}}

    def pools(self) -> Pools:
        patience, unexplained = timedelta(seconds=self.patience_seconds), timedelta(seconds=self.unexplained_seconds)
        policy = Policy(self.reserve_share, patience, unexplained)
        return Pools(policy, lambda: datetime.now(UTC), lambda forge, until: None)

    def around(self, until: datetime | None = None) -> Surroundings:
        return Surroundings(
            archive=self.folder / "archive",
            raw=self.folder / "raw",
            secret=b"a-secret-for-hashes",
            environment={**self._environment(), **self.variables},
            until=until or self.forge.as_of,
            now=lambda: next(self.clock),
            report=lambda *_: None,
            note=self.notes.append,
            sleep=self.slept.append,
            pools=self.pools(),
            places=dict(self.places),
            met=self._met,
            rereads=self.rereads,
        )

    def _met(self, repo_id: str, partition: Path) -> None:
        self.places[self.source.ref] = str(partition.relative_to(self.folder / "raw"))

    def night(self, until: datetime | None = None) -> Extracted:
        return FORGES[self.source.kind].extract(self.source, self.around(until))

    def rebuild(self) -> None:
        FORGES[self.source.kind].reread(self.source, self.around(), self.places[self.source.ref])

    def stream(self, name: str) -> Archive:
        return Archive(next(self.folder.glob(f"archive/*/*/{name}")))

    def rows(self, table: raw.Table) -> pl.DataFrame:
        files = sorted(self.folder.glob(f"raw/*/*/*/{table.name}.parquet"))
        return pl.concat([pl.read_parquet(file) for file in files]).sort(table.key)

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        return {table.name: self.rows(table).rows() for table in CRAWLED}


def numbers(crawl: Crawl) -> set[int]:
    return set(crawl.rows(raw.ITEMS)["number"])
