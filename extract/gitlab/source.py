"""One project of GitLab from the forge to its raw partition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from extract.archive import Page
from extract.crawling import Kind, forge
from extract.forge import Public
from extract.gitlab import organisation
from extract.gitlab.read import READER
from extract.gitlab.records import Records
from extract.gitlab.talk import MANNERS, RESOURCES, SHOWN, GitLabTalk, fetch_repository
from extract.line import Line
from extract.source import Forecast, Window

BYTES_PER_ITEM = 1_500
SECONDS_PER_REQUEST = 0.5
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)+")


def noreply_hosts(url: str) -> tuple[str, ...]:
    return (f"users.noreply.{urlsplit(url).hostname}",)


def _hidden(page: Page) -> dict[str, str]:
    """Streams that the project's owners have switched off."""
    said = page.data()
    return {stream: "" for stream, setting in SHOWN.items() if said.get(setting) == "disabled"}


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
    clone_url=lambda page: page.data().get("http_url_to_repo") or "",
    noreply_hosts=noreply_hosts,
    authors=_authors,
    members=organisation.ask,
    member=organisation.read,
    forecast=_forecast,
)


def repository(path: str) -> str:
    """Groups may be nested, and pages of a project come behind `/-/`.

    >>> repository("group/sub/project/-/issues/7")
    'group/sub/project'
    """
    return path.split("/-/")[0].strip("/").removesuffix(".git")


FORGE = forge(
    "gitlab",
    KIND,
    public=(Public("gitlab", "gitlab.com", "https://gitlab.com/api/v4", ("GITLAB_TOKEN",)),),
    full_name=PATH,
    written_as="GROUP/.../PROJECT",
    api=MANNERS.api,
    probe="/api/v4/version",
    is_it=lambda status, said: (status == 401 and "Unauthorized" in str(said.get("message"))) or "revision" in said,
    repository=repository,
)
