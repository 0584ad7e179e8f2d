"""The git history of a forge's repository: no request of the API's is spent on commits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from extract import raw
from extract.errors import ExtractError
from extract.git.mine import GITHUB_NOREPLY, MIRROR, mine
from extract.git.publish import STAMP
from extract.reach import reach
from extract.source import Source, Surroundings


@dataclass(frozen=True)
class Clone:
    """Where a forge says that the history is, what lets git in at an address, and whose noreply addresses name its accounts."""

    url: str
    headers: Callable[[str], tuple[str, ...]]
    noreply_hosts: tuple[str, ...] = GITHUB_NOREPLY


def mine_git(source: Source, clone: Clone, repo_id: str, archive: Path, partition: Path, around: Surroundings) -> None:
    """The history, commits of changes included; nothing where there is to be no git."""
    if source.git_url == "":
        return
    url = source.git_url or clone.url
    headers = clone.headers(url) if url == clone.url else ()  # the token goes only where the address is the forge's
    try:
        _mined(url, headers, source, clone.noreply_hosts, repo_id, archive, partition, around)
    except ExtractError as error:
        raw.mark_incomplete(partition / "git", repo_id, str(error))
        raise


def remine_git(
    source: Source, noreply_hosts: tuple[str, ...], archive: Path, partition: Path, around: Surroundings
) -> bool:
    """The same from the mirror, without a network; whether there is one."""
    mirror = archive / "git" / MIRROR
    if mirror.exists():
        (partition / "git" / STAMP).unlink(missing_ok=True)
        repo_id = pl.read_parquet(partition / "forge" / "repositories.parquet")["repo_id"][0]
        _mined(str(mirror), (), source, noreply_hosts, repo_id, archive, partition, around)
    return mirror.exists()


def _mined(
    where: str,
    headers: tuple[str, ...],
    source: Source,
    noreply_hosts: tuple[str, ...],
    repo_id: str,
    archive: Path,
    partition: Path,
    around: Surroundings,
) -> None:
    changes = pl.scan_parquet(partition / "forge" / "items.parquet").filter(pl.col("kind") == "change")
    mined = mine(
        where,
        repo_id=repo_id,
        forge=source.forge,
        mirror_folder=archive / "git",
        raw_folder=partition / "git",
        secret=around.secret,
        environment={**around.environment, **reach(source, around.environment).git_environment()},
        until=around.until,
        changes=changes.select("number", "base_sha", "head_sha", "merge_sha").collect(),
        http_headers=headers,
        noreply_hosts=noreply_hosts,
        all_branches=around.all_branches,
        identity_folder=around.identity_folder(partition),
        with_contents=around.line_minutes > 0,
        enough=around.line_time(),
        report=around.report,
    )
    raw.write(partition / "git", {"streams": mined})
