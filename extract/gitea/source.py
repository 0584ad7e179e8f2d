"""One repository of Gitea or Forgejo from the forge to its raw partition."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from extract.archive import Page
from extract.backfills import opened_between
from extract.crawling import Kind, forge
from extract.forge import Public
from extract.gitea import organisation
from extract.gitea.lists import LARGEST_PAGE
from extract.gitea.read import READER
from extract.gitea.records import Records
from extract.gitea.talk import MANNERS, GiteaTalk, fetch_repository
from extract.line import Line
from extract.source import Forecast, Window

REQUESTS_OF_AN_ISSUE, REQUESTS_OF_A_CHANGE = 6, 12
"""By number, timeline, reactions and those of each comment; besides sizes and reviews. Guessed from simulated ones."""
BYTES_PER_ITEM = 4_000
SECONDS_PER_REQUEST = 0.3


def noreply_hosts(url: str) -> tuple[str, ...]:
    return (f"noreply.{urlsplit(url).hostname}",)


def _hidden(page: Page) -> dict[str, str]:
    """Streams that the repository's owners have switched off."""
    said = page.data()
    shown = {"issues": said.get("has_issues", True), "changes": said.get("has_pull_requests", True)}
    return {stream: "" for stream, is_shown in shown.items() if not is_shown}


def _authors(page: Page, records: Records) -> Iterator[tuple[str, str]]:
    """The account behind a commit, from `{"sha": "...", "author": {"id": 11, "login": "ada"}}`; null if there is none."""
    said = page.data() if page.status == 200 else {}
    account_id = records.account(said.get("author"))
    if account_id is not None:
        yield said["sha"], account_id


def _forecast(talk: Any, window: Window, line: Line) -> Forecast:
    """From the list of numbers, which a backfill needs as well: one request for each fifty items."""
    n_items = {}
    before = line.requests
    for stream in ("issues", "changes"):
        n_items[stream] = sum(len(numbers) for numbers, _ in opened_between(talk.listed(stream), *window.bounds))
    listing = line.requests - before
    requests = listing + n_items["issues"] * REQUESTS_OF_AN_ISSUE + n_items["changes"] * REQUESTS_OF_A_CHANGE
    return Forecast(
        n_issues=n_items["issues"],
        n_changes=n_items["changes"],
        requests=max(requests, ceil(sum(n_items.values()) / LARGEST_PAGE)),
        points=0,
        hours=round(requests * SECONDS_PER_REQUEST / 3600, 2),
        bytes=sum(n_items.values()) * BYTES_PER_ITEM,
    )


KIND = Kind(
    reader=READER,
    call=lambda source, around: Line(MANNERS, source, around),
    repository=lambda line, source, last: fetch_repository(line, source.name, last),
    talk=GiteaTalk,
    hidden=_hidden,
    clone_url=lambda page: page.data().get("clone_url") or "",
    noreply_hosts=noreply_hosts,
    authors=_authors,
    members=organisation.ask,
    member=organisation.read,
    forecast=_forecast,
)


FORGE = forge(
    "gitea",
    KIND,
    public=(
        Public("gitea", "gitea.com", "https://gitea.com/api/v1", ("GITEA_TOKEN",)),
        Public("codeberg", "codeberg.org", "https://codeberg.org/api/v1", ("CODEBERG_TOKEN",)),
    ),
    api=MANNERS.api,
    probe="/api/v1/version",
    is_it=lambda status, said: status == 200 and isinstance(said.get("version"), str) and "revision" not in said,
)
