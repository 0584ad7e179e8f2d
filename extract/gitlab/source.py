"""One project of GitLab from the forge to its raw partition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from extract import authorship, crawling
from extract.archive import Page
from extract.crawling import Crawl, Kind
from extract.errors import NotUnderstood
from extract.forge import Forge, Public
from extract.gitlab.read import READER
from extract.gitlab.records import Records
from extract.gitlab.talk import MANNERS, RESOURCES, GitLabTalk, fetch_repository
from extract.line import Line
from extract.mining import Clone
from extract.source import Extracted, Forecast, Source, Surroundings, Window

COMMITS_PER_REQUEST = 25
BYTES_PER_ITEM = 1_500
SECONDS_PER_REQUEST = 0.5
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)+")
SHOWN = {"issues": "issues_access_level", "changes": "merge_requests_access_level"}


def noreply_hosts(url: str) -> tuple[str, ...]:
    return (f"users.noreply.{urlsplit(url).hostname}",)


def _hidden(page: Page) -> dict[str, str]:
    """Streams that the project's owners have switched off, or keep to members: with the reason where that hides things."""
    said = page.data()
    found = {}
    for stream, setting in SHOWN.items():
        level = said.get(setting, "enabled")
        is_member = any((said.get("permissions") or {}).values())
        if level == "disabled":
            found[stream] = ""
        elif level == "private" and said.get("visibility") == "public" and not is_member:
            what = "issues" if stream == "issues" else "merge requests"
            found[stream] = (
                f"The project shows its {what} to members only. Make the token's account a member (Reporter)."
            )
    return found


def _link(talk: Any, archive: Path, partition: Path, around: Surroundings) -> None:
    """An instance that does not show authors of commits yet is read without."""
    try:
        authorship.link(archive, partition, COMMITS_PER_REQUEST, talk.authors, around.report)
    except NotUnderstood:
        around.note(
            f"{talk.caller.forge} does not show whose commits are; a newer GitLab does. People are told apart by addresses."
        )
    _read_links(archive, partition, talk.caller.forge)


def _read_links(archive: Path, partition: Path, forge: str) -> None:
    authorship.read_links(archive, partition, Records(forge, ""), _authors)


def _authors(page: Page, records: Records) -> Iterator[tuple[str, str]]:
    """Pairs of a commit and the account behind it, from `{"c0": {"sha": "...", "author": {...}}, ...}`."""
    for commit in (page.data()["data"]["project"]["repository"] or {}).values():
        account_id = records.account((commit or {}).get("author"))
        if account_id is not None:
            yield commit["sha"], account_id


def _forecast(talk: Any, window: Window, line: Line) -> Forecast:
    """From GitLab's own totals: two requests. Each item is in a page, and has REST requests of its own."""
    counts = talk.counts(*window.bounds)
    n_items = {stream: inside for stream, (inside, _) in counts.items()}
    listing = sum(ceil(newer / 100) for _, newer in counts.values())
    requests = listing + sum(ceil(n / talk.per_batch) + n * len(RESOURCES) for n in n_items.values())
    return Forecast(
        n_issues=n_items["issues"],
        n_changes=n_items["changes"],
        requests=requests,
        points=0,
        hours=round(requests * SECONDS_PER_REQUEST / 3600, 2),
        bytes=sum(n_items.values()) * BYTES_PER_ITEM,
    )


KIND = Kind(
    reader=READER,
    call=lambda source, around: Line(MANNERS, source, around),
    repository=lambda line, source, last: fetch_repository(line, source.name, last),
    talk=GitLabTalk,
    hidden=_hidden,
    clone=lambda line, page: Clone(
        page.data().get("http_url_to_repo") or "", line.git_header, noreply_hosts(page.data()["web_url"])
    ),
    link=_link,
    read_links=_read_links,
    forecast=_forecast,
)


def extract(source: Source, around: Surroundings) -> Extracted:
    return crawling.extract(KIND, source, around)


def backfill(source: Source, window: Window, around: Surroundings) -> Extracted:
    """Fetches what was opened in the window, with all its parts; watermarks and git are left to the nightly runs."""
    return Crawl(KIND, source, around).backfill(window)


def forecast(source: Source, window: Window, around: Surroundings) -> Forecast:
    return Crawl(KIND, source, around).forecast(window)


def reread(source: Source, around: Surroundings, place: str) -> None:
    crawling.reread(KIND, noreply_hosts, source, around, place)


def repository(path: str) -> str:
    """Groups may be nested, and pages of a project come behind `/-/`.

    >>> repository("group/sub/project/-/issues/7")
    'group/sub/project'
    """
    return path.split("/-/")[0].strip("/").removesuffix(".git")


FORGE = Forge(
    kind="gitlab",
    extract=extract,
    reread=reread,
    backfill=backfill,
    forecast=forecast,
    public=(Public("gitlab", "gitlab.com", "https://gitlab.com/api/v4", ("GITLAB_TOKEN",)),),
    full_name=PATH,
    written_as="GROUP/.../PROJECT",
    api=MANNERS.api,
    probe="/api/v4/version",
    is_it=lambda status, said: (status == 401 and "Unauthorized" in str(said.get("message"))) or "revision" in said,
    repository=repository,
)
