"""Who belongs to the organisation that owns a repository, as its forge shows it to everybody (ORG-03).

A look is one request for the organisation and one for each page of its members, and none for a person. It is taken in
the first night and, as memberships change slowly, in the first one thirty days after the last: other nights ask nothing.
What a look shows is known of its instant alone; only where the forge says since when somebody belongs does it go further
back. That it cannot be had stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl

from extract import raw
from extract.archive import Archive, Page
from extract.errors import NeedsAPerson, TryAgain
from extract.raw_organisations import MEMBERSHIPS, ORGANISATIONS
from extract.records import Record

STREAM = "organisation"
BETWEEN_LOOKS = timedelta(days=30)
Note = Callable[[str], None]


@dataclass(frozen=True)
class Shown:
    """What a page of a look shows: the organisation, members with the instant since when, or both."""

    organisation: Record | None = None
    members: tuple[tuple[str, datetime | None], ...] = ()


def look(archive: Path, now: datetime, ask: Callable[[], Sequence[Page]], note: Note) -> None:
    """Asks who belongs to the organisation, unless that was asked in the last thirty days."""
    place = Archive(archive / STREAM)
    last = place.manifest.facts.get("looked_at")
    if last is not None and now < datetime.fromisoformat(last) + BETWEEN_LOOKS:
        return
    try:
        pages = ask()
    except TryAgain:
        note("Who belongs to the organisation could not be asked; the next night asks again.")
        return
    except NeedsAPerson as error:
        note(f"Who belongs to the organisation is not known, and is asked again in thirty days. {error}")
        pages = []
    at = now.isoformat()
    place.append([replace(page, asked={**page.asked, "look": at}) for page in pages], facts={"looked_at": at})


def write(archive: Path, partition: Path, read: Callable[[Page], Shown]) -> None:
    """raw.organisations and raw.memberships, from the archive; a look that showed no organisation is none."""
    looks: dict[str, list[Shown]] = {}
    for _, page in reversed(list(Archive(archive / STREAM).newest_first())):
        looks.setdefault(page.asked["look"], []).append(read(page))
    organisations: dict[str, Record] = {}
    seen: dict[str, dict[str, list[Record]]] = {}
    for at, shown in looks.items():
        told = next((one.organisation for one in shown if one.organisation is not None), None)
        if told is not None:
            organisations[told["organisation_id"]] = told
            members = dict(pair for one in shown for pair in one.members)
            follow(seen.setdefault(told["organisation_id"], {}), members, datetime.fromisoformat(at))
    rows = [
        {"organisation_id": organisation, "account_id": account, **span}
        for organisation, accounts in seen.items()
        for account, spans in accounts.items()
        for span in spans
    ]
    tables = ((ORGANISATIONS, list(organisations.values())), (MEMBERSHIPS, rows))
    frames = {table.name: pl.DataFrame(told, schema=table.polars_schema) for table, told in tables}
    raw.write(partition / STREAM, frames)


def follow(known: dict[str, list[Record]], members: dict[str, datetime | None], at: datetime) -> None:
    """Goes on with the spans of who is shown, and ends those of who is not."""
    for account, since in members.items():
        spans = known.setdefault(account, [])
        if not spans or spans[-1]["missed_at"] is not None:
            spans.append({"since_at": since, "first_seen_at": at, "missed_at": None})
        spans[-1]["last_seen_at"] = at
    for account, spans in known.items():
        if account not in members and spans[-1]["missed_at"] is None:
            spans[-1]["missed_at"] = at


def organisation(forge: str, number: object, path: str, site: object = None, verified: bool | None = None) -> Record:
    """A row of raw.organisations."""
    row = {"organisation_id": f"{forge}:{number}", "place": f"{forge}:{path.lower()}", "host": host_of(site)}
    return {**row, "is_verified": verified}


def host_of(site: object) -> str | None:
    """
    >>> host_of("https://www.Example.org/about"), host_of("example.org"), host_of(""), host_of("http://[")
    ('www.example.org', 'example.org', None, None)
    """
    text = site.strip() if isinstance(site, str) else ""
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname
    except ValueError:
        return None


def accounts_of(forge: str, rows: Iterable[Record | None]) -> tuple[tuple[str, None], ...]:
    """Members as REST lists them, `[{"id": 11, "login": "ada"}, null]`; null is somebody who was forgotten."""
    return tuple((f"{forge}:{row['id']}", None) for row in rows if row is not None)
