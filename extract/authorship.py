"""Who is behind an e-mail address: a forge shows the account of a commit's author (ID-02, tier A3).

Only hashes of commits go out; an address is asked for by its first and its last commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from extract import raw
from extract.archive import Archive, Page
from extract.records import Record, Records

STREAM = "commit_authors"


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


def write_links(partition: Path, found: Iterable[tuple[str, str]], accounts: dict[str, Record]) -> None:
    """raw.email_links from pairs of a commit and the account behind it, and the accounts."""
    signed = pl.scan_parquet(partition / "git" / "commits.parquet").select("sha", email_key="author_email_key")
    pairs = [{"sha": sha, "account_id": account_id} for sha, account_id in found]
    links = (
        pl.LazyFrame(pairs, schema={"sha": pl.String, "account_id": pl.String})
        .join(signed, on="sha")
        .group_by("email_key", "account_id")
        .agg(pl.col("sha").min())
    )
    told = pl.DataFrame(list(accounts.values()), schema=raw.ACCOUNTS.polars_schema)
    raw.write(partition / "authors", {"email_links": links.collect(), "accounts": told})


def link(
    archive: Path,
    partition: Path,
    per_request: int,
    ask: Callable[[list[str]], Page],
    report: Callable[[str, int, int | None], None],
) -> None:
    """Asks for what was not asked yet; a page says in `shas` which commits it is about."""
    pages = Archive(archive / STREAM)
    known = {sha for _, page in pages.newest_first() for sha in page.asked["shas"]}
    todo = [sha for sha in samples(partition / "git") if sha not in known]
    for start in range(0, len(todo), per_request):
        batch = todo[start : start + per_request]
        pages.append([ask(batch)])
        report("commit authors", start + len(batch), len(todo))


def read_links(
    archive: Path, partition: Path, records: Records, read: Callable[[Page, Any], Iterator[tuple[str, str]]]
) -> None:
    """raw.email_links, from the archive and the commits."""
    found = [pair for _, page in Archive(archive / STREAM).newest_first() for pair in read(page, records)]
    write_links(partition, found, records.accounts)
