"""Who is behind an e-mail address: GitHub shows the account of a commit's author (ID-02, tier A3).

One address is asked for by its first and its last commit, so a night costs at most one commit for each address that
signed something new, and nothing where nobody did. Only hashes of commits go out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from extract import raw
from extract.archive import Archive, Page
from extract.github.client import Client
from extract.github.fetch import Report, names
from extract.github.queries import authors_of_commits
from extract.github.records import Records

COMMITS_PER_REQUEST = 100


def link(client: Client, archive: Path, partition: Path, full_name: str, report: Report) -> None:
    """Asks for what was not asked yet, and writes raw.email_links."""
    pages = Archive(archive / "commit_authors")
    todo = [sha for sha in samples(partition / "git") if sha not in asked(pages)]
    for start in range(0, len(todo), COMMITS_PER_REQUEST):
        batch = {f"c{at}": sha for at, sha in enumerate(todo[start : start + COMMITS_PER_REQUEST])}
        page = client.ask(authors_of_commits(len(batch)), {**names(full_name), **batch}, full_name)
        pages.append([page])
        report("commit authors", start + len(batch), len(todo))
    read_links(archive, partition, client.forge)


def samples(folder: Path) -> list[str]:
    """The first and the last commit under each address that says nothing of an account itself."""
    unknown = pl.scan_parquet(folder / "emails.parquet").filter(
        pl.col("account_id").is_null() & pl.col("login").is_null() & ~pl.col("is_bot")
    )
    commits = (
        pl.scan_parquet(folder / "commits.parquet")
        .join(unknown, left_on="author_email_key", right_on="email_key", how="semi")
        .sort("committer_epoch", "sha", nulls_last=True)
    )
    ends = commits.group_by("author_email_key").agg(first=pl.col("sha").first(), last=pl.col("sha").last()).collect()
    return sorted(set(ends["first"]) | set(ends["last"]))


def asked(pages: Archive) -> set[str]:
    return {sha for _, page in pages.newest_first() for sha in _hashes(page).values()}


def read_links(archive: Path, partition: Path, forge: str) -> None:
    """raw.email_links and the accounts they lead to, from the archive and the commits."""
    records = Records(forge, "")
    found = [
        {"sha": sha, "account_id": account_id}
        for _, page in Archive(archive / "commit_authors").newest_first()
        for sha, account_id in read_authors(page, records)
    ]
    signed = pl.scan_parquet(partition / "git" / "commits.parquet").select("sha", email_key="author_email_key")
    links = (
        pl.LazyFrame(found, schema={"sha": pl.String, "account_id": pl.String})
        .join(signed, on="sha")
        .group_by("email_key", "account_id")
        .agg(pl.col("sha").min())
    )
    accounts = pl.DataFrame(list(records.accounts.values()), schema=raw.ACCOUNTS.polars_schema)
    raw.write(partition / "authors", {"email_links": links.collect(), "accounts": accounts})


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
