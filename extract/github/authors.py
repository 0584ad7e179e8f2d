"""Who is behind an e-mail address: GitHub shows the account of a commit's author (ID-02, tier A3).

One address is asked for by its first and its last commit, so a night costs at most one commit for each address that
signed something new, and nothing where nobody did. Only hashes of commits go out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extract.archive import Archive, Page
from extract.authorship import STREAM, samples, write_links
from extract.github.client import Client
from extract.github.fetch import Report, names
from extract.github.queries import authors_of_commits
from extract.github.records import Records

COMMITS_PER_REQUEST = 100


def link(client: Client, archive: Path, partition: Path, full_name: str, report: Report) -> None:
    """Asks for what was not asked yet, and writes raw.email_links."""
    pages = Archive(archive / STREAM)
    todo = [sha for sha in samples(partition / "git") if sha not in asked(pages)]
    for start in range(0, len(todo), COMMITS_PER_REQUEST):
        batch = {f"c{at}": sha for at, sha in enumerate(todo[start : start + COMMITS_PER_REQUEST])}
        page = client.ask(authors_of_commits(len(batch)), {**names(full_name), **batch}, full_name)
        pages.append([page])
        report("commit authors", start + len(batch), len(todo))
    read_links(archive, partition, client.forge)


def asked(pages: Archive) -> set[str]:
    return {sha for _, page in pages.newest_first() for sha in _hashes(page).values()}


def read_links(archive: Path, partition: Path, forge: str) -> None:
    """raw.email_links and the accounts they lead to, from the archive and the commits."""
    records = Records(forge, "")
    pages = Archive(archive / STREAM).newest_first()
    found = [pair for _, page in pages for pair in read_authors(page, records)]
    write_links(partition, found, records.accounts)


def read_authors(page: Page, records: Records) -> Iterator[tuple[str, str]]:
    """Pairs of a commit and the account behind it, from `{"c0": {"oid": "...", "author": {"user": {...}}}, ...}`."""
    for commit in page.data()["data"]["repository"].values():
        user = ((commit or {}).get("author") or {}).get("user")
        account_id = records.account(user)
        if account_id is not None:
            yield commit["oid"], account_id


def _hashes(page: Page) -> dict[str, Any]:
    variables = page.asked["variables"]
    return {name: value for name, value in variables.items() if name not in ("owner", "name")}
