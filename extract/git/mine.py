"""One repository, from its source to raw parquet: commits, their people, files and sizes, commits of changes.

Order: open or fetch, headers, commits of changes, sizes, publish. Every file is replaced whole. A stamp beside them
remembers what they were made from: when that has not changed, nothing is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl

from extract.git.changes import Change, change_commits, present_commits, read_changes, with_parents
from extract.git.command import GitFailed
from extract.git.counts import Counts
from extract.git.graph import Graph
from extract.git.log import Headers, no_headers, read_headers
from extract.git.mirror import Repository, open_repository
from extract.git.people import Keys
from extract.git.publish import Mined, digest_of, publish, published
from extract.git.shallow import cut_commits
from extract.git.sizes import Uncounted, count_sizes
from extract.raw import STREAMS

MIRROR = "repository.git"
"""Where the copy of a repository that came over a network lies in its mirror folder."""

GITHUB_NOREPLY = ("users.noreply.github.com",)
INSTANT = STREAMS.polars_schema["complete_until_at"]
Report = Callable[[str, int, int | None], None]


def mine(
    source: str,
    *,
    repo_id: str,
    forge: str,
    mirror_folder: Path,
    raw_folder: Path,
    secret: bytes,
    environment: Mapping[str, str],
    until: datetime,
    changes: pl.DataFrame | None,
    report: Report,
    http_header: str | None = None,
    noreply_hosts: tuple[str, ...] = GITHUB_NOREPLY,
    jobs: int = 2,
) -> pl.DataFrame:
    """Writes the raw tables of one repository; returns its rows of raw.streams: commits, commit_sizes, change_commits.

    `changes` (CHANGES) is None for plain git without a forge: then only the default branch is read. Both folders are
    this repository's own; `mirror_folder` may be deleted at any time. `noreply_hosts` are those whose noreply
    addresses name accounts of `forge`. What is merely missing is told in the rows.
    Errors: NeedsAPerson, TryAgain.
    """
    place = mirror_folder / MIRROR
    repository = open_repository(source, mirror_folder=place, environment=environment, http_header=http_header)
    keys = Keys(secret, forge, noreply_hosts)
    made_from = digest_of(repository, changes, keys, repo_id)
    streams = published(raw_folder, made_from)
    if streams is None:
        mined = read(repository, changes, keys, Counts(mirror_folder / "counts"), jobs, report)
        streams = publish(mined, raw_folder, repo_id=repo_id, made_from=made_from)
    # a history that is cut is cut at its start: its commits reach to the end all the same
    reaches_end = pl.col("is_complete") | (pl.col("stream") == "commits")
    seen_until = pl.when(reaches_end).then(pl.lit(until)).cast(INSTANT)
    return STREAMS.checked(streams.with_columns(repo_id=pl.lit(repo_id), complete_until_at=seen_until))


def read(
    repository: Repository, rows: pl.DataFrame | None, keys: Keys, counts: Counts, jobs: int, report: Report
) -> Mined:
    """Everything that the tables are made of; large tables stay on disk (see Counts)."""
    counts.merge_parts()
    trunk = read_trunk(repository, keys)
    report("commits", trunk.commits.height, None)
    changes = [] if rows is None else read_changes(rows, repository.changes)
    branches, asked = read_branches(repository, trunk, changes, keys)
    commits = pl.concat([_placed(trunk, in_default=True), _placed(branches, in_default=False)])
    report("commits", commits.height, commits.height)
    cut = cut_commits(repository.git)
    uncounted = count_missing(repository, commits, cut, counts, jobs, report)
    mined = Mined(
        commits=commits,
        coauthors=pl.concat([trunk.coauthors, branches.coauthors]),
        people=pl.concat([trunk.people, branches.people]),
        counts=counts,
        cut=cut,
        uncounted=uncounted,
        complaint=trunk.complaint or branches.complaint,
        source_total=count_of_trunk(repository),
    )
    return mined if rows is None else with_changes(mined, repository, changes, asked)


def _placed(headers: Headers, *, in_default: bool) -> pl.DataFrame:
    return headers.commits.with_columns(is_in_default_branch=pl.lit(in_default))


def read_trunk(repository: Repository, keys: Keys) -> Headers:
    if repository.head is None:
        return no_headers()
    return read_headers(repository.git, [repository.head], without=[], mailmap_of=repository.head, keys=keys)


def read_branches(
    repository: Repository, trunk: Headers, changes: list[Change], keys: Keys
) -> tuple[Headers, set[str]]:
    """Headers of commits that only change requests hold, and all commits outside the trunk that changes name."""
    known = set(trunk.commits["sha"])
    asked = present_commits(repository.git, {sha for change in changes for sha in change.hashes()} - known)
    tips = sorted({sha for change in changes for sha in change.heads()} & asked)
    if not tips:
        return no_headers(), asked
    trunk_tips = [repository.head] if repository.head else []
    mailmap_of = repository.head or tips[0]
    return read_headers(repository.git, tips, without=trunk_tips, mailmap_of=mailmap_of, keys=keys), asked


def count_missing(
    repository: Repository, commits: pl.DataFrame, cut: set[str], counts: Counts, jobs: int, report: Report
) -> Uncounted:
    """Counts what has a size and was not counted before. A commit whose parents a shallow clone cut off has none."""
    alone = commits.filter(pl.col("parent_shas").list.len() < 2, ~pl.col("sha").is_in(list(cut)))
    todo = alone.join(counts.sizes(), on="sha", how="anti", maintain_order="left")["sha"].to_list()
    return count_sizes(repository.git, todo, counts, jobs=jobs, report=report)


def count_of_trunk(repository: Repository) -> int | None:
    """Commits of the default branch by git's own count; None when git cannot walk it to its end."""
    if repository.head is None:
        return 0
    try:
        return int(repository.git.run("rev-list", "--count", "--end-of-options", repository.head, "--"))
    except GitFailed:  # a commit is missing: the headers' own complaint says which
        return None


def with_changes(mined: Mined, repository: Repository, changes: list[Change], asked: set[str]) -> Mined:
    """Adds the commits of changes. Bases outside of all that was read (other branches) join the graph first."""
    held = set(mined.commits["sha"])
    graph_rows: list[tuple[str, list[str]]] = list(mined.commits.select("sha", "parent_shas").iter_rows())
    if others := sorted(asked - held):
        tips = (repository.head, *repository.changes.values())
        known_tips = [sha for sha in tips if sha is not None and sha in held]
        graph_rows += [row for row in with_parents(repository.git, others, known_tips) if row[0] not in held]
    graph = Graph(graph_rows, repository.head)
    rows, missing = change_commits(changes, graph, repository.head, repository.git)
    return replace(mined, changes=rows, changes_total=len(changes), changes_missing=missing)
