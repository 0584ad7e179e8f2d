"""One repository, from its source to raw parquet: commits, their people, files and sizes, commits of changes.

Order: open or fetch, headers, commits of changes, paths, sizes, publish. Every file is replaced whole. A stamp beside
them remembers what they were made from: when that has not changed, nothing is read again. Where many commits are to be
counted, that begins beside all other reading, and headers and paths are published meanwhile; who is killed or runs out
of time has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from extract import identity_store
from extract.errors import NeedsAPerson
from extract.git.ahead import Ahead, counting_ahead
from extract.git.changes import Change, change_commits, present_commits, read_changes, with_parents
from extract.git.command import GitFailed
from extract.git.counts import Counts
from extract.git.graph import Graph
from extract.git.history import History, fingerprint, is_ancestor, load_history, save_history
from extract.git.lines import Lines, lives_of_lines
from extract.git.log import Headers, joined, no_headers, read_headers
from extract.git.lost import Unreadable, load_unreadable, save_unreadable
from extract.git.mirror import Repository, open_repository
from extract.git.norms import blame_ignored
from extract.git.people import Keys
from extract.git.publish import Mined, digest_of, publish, published
from extract.git.shallow import cut_commits
from extract.git.sizes import (
    PATHS_OF_COMMITS,
    PATHS_WITHOUT_CONTENTS,
    SIZES_OF_COMMITS,
    TIME_IS_UP,
    Enough,
    Kind,
    Uncounted,
    count_sizes,
    together,
)
from extract.git.tree import power_holders, tree_files
from extract.raw import STREAMS

MIRROR = "repository.git"
"""Where the copy of a repository that came over a network lies in its mirror folder."""

GITHUB_NOREPLY = ("users.noreply.github.com",)
INSTANT = STREAMS.polars_schema["complete_until_at"]
FIRST_LOOK_COMMITS = 4096
"""With fewer to count, lines are there as soon as paths."""
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
    http_headers: tuple[str, ...] = (),
    noreply_hosts: tuple[str, ...] = GITHUB_NOREPLY,
    all_branches: bool = False,
    identity_folder: Path | None = None,
    with_lines: bool = True,
    with_contents: bool = True,
    enough: Enough = lambda: False,
    jobs: int = 2,
) -> pl.DataFrame:
    """Writes the raw tables of one repository; returns its rows of raw.streams: commits, sizes, lines, change_commits.

    `changes` (CHANGES) is None for plain git without a forge: then only the default branch is read, unless
    `all_branches`. Without `with_lines` the lives of lines, which take most of the time, are left out; without
    `with_contents` no line is counted, and a URL's contents are not fetched. Counting ends when it is `enough`, and
    the next run goes on. Both folders are this repository's own; deleting `mirror_folder` costs time, and the memory
    of commits that left the default branch. `noreply_hosts` are those whose noreply addresses name accounts of `forge`.
    Names and addresses go to `identity_folder` (see identity_store), if there is one, and nowhere else.
    What is merely missing is told in the rows.
    Errors: NeedsAPerson, TryAgain.
    """
    place = mirror_folder / MIRROR
    repository = open_repository(
        source, mirror_folder=place, environment=environment, http_headers=http_headers, with_contents=with_contents
    )
    keys = Keys(secret, forge, noreply_hosts)
    cut = cut_commits(repository.git)
    settings = {"all_branches": all_branches, "with_contents": with_contents, "with_lines": with_lines}
    made_from = digest_of(repository, changes, keys, repo_id, cut=cut, settings=settings)
    streams = published(raw_folder, made_from, repository.git)
    if identity_folder is not None and identity_store.load(identity_folder, repository.head) is None:
        streams = None
    if streams is None:
        branches = repository.branches if all_branches else ()
        asked = Asked(changes, branches, keys, until, jobs, report, with_lines, with_contents, enough, identity_folder)

        def told(now: Mined, *, is_last: bool = False) -> pl.DataFrame:
            return publish(now, raw_folder, repo_id=repo_id, made_from=made_from if is_last else None)

        streams = told(read_and_counted(repository, asked, mirror_folder, cut, told), is_last=True)
    # a history that is cut is cut at its start: its commits reach to the end all the same
    reaches_end = pl.col("is_complete") | (pl.col("stream") == "commits")
    seen_until = pl.when(reaches_end).then(pl.lit(until)).cast(INSTANT)
    reaches_start = pl.when(pl.col("stream") == "commits").then("is_complete")
    return STREAMS.checked(
        streams.with_columns(repo_id=pl.lit(repo_id), complete_until_at=seen_until, reaches_start=reaches_start)
    )


@dataclass(frozen=True)
class Asked:
    """What is to be read besides the default branch, and how."""

    changes: pl.DataFrame | None
    branches: tuple[str, ...]
    keys: Keys
    until: datetime
    jobs: int
    report: Report
    with_lines: bool
    with_contents: bool
    enough: Enough
    identities: Path | None


def read_and_counted(
    repository: Repository, asked: Asked, folder: Path, cut: set[str], told: Callable[[Mined], pl.DataFrame]
) -> Mined:
    """Everything. Where there is much to count, that begins at once, beside all other reading."""
    counts, known = Counts(folder / "counts"), load_unreadable(folder, repository.git)
    counts.merge_parts()
    without, at_least = {*known.objects, *cut}, FIRST_LOOK_COMMITS if asked.with_contents else None
    with counting_ahead(
        repository, counts, without, jobs=asked.jobs, at_least=at_least, enough=asked.enough, report=asked.report
    ) as ahead:
        mined = read(repository, asked, folder, cut, counts)
        return counted(mined, repository, asked, folder, known, told, ahead)


def read(repository: Repository, asked: Asked, folder: Path, cut: set[str], counts: Counts) -> Mined:
    """Everything but lines: headers, who is named, the tree, commits of changes. Large tables stay on disk."""
    paths, memory = Counts(folder / "paths"), folder / "history"
    paths.merge_parts()
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count_of_trunk, repository)
        history, trunk = read_trunk(repository, asked, with_names(load_history(memory), asked), cut, counting.result)
        total = counting.result()
    asked.report("commits", trunk.commits.height, None)
    changes = [] if asked.changes is None else read_changes(asked.changes, repository.changes)
    branches, named = read_branches(repository, trunk, changes, asked)
    commits = pl.concat([_placed(trunk, in_default=True), _placed(branches, in_default=False)])
    asked.report("commits", commits.height, commits.height)
    everything = joined(trunk, branches)
    if asked.identities is not None:
        identity_store.save(asked.identities, history.tip, everything.signed)
    save_history(memory, history)
    ignored, tree = blame_ignored(repository), tree_files(repository)
    mined = Mined(
        headers=replace(everything, commits=commits),
        counts=counts,
        paths=paths,
        with_contents=asked.with_contents,
        lost=history.lost,
        blame_ignored=ignored,
        tree=tree,
        holders=power_holders(repository.git, tree.files, asked.keys),
        cut=cut,
        source_total=total,
    )
    return mined if asked.changes is None else with_changes(mined, repository, changes, named)


def with_names(history: History, asked: Asked) -> History:
    """The history with the names of its commits from the identity store; where they are lost, it is read from its start."""
    if asked.identities is None:
        return history
    signed = identity_store.load(asked.identities, history.tip)
    if signed is None:
        return replace(history, tip=None)
    return replace(history, headers=replace(history.headers, signed=signed))


def _placed(headers: Headers, *, in_default: bool) -> pl.DataFrame:
    return headers.commits.with_columns(is_in_default_branch=pl.lit(in_default))


def read_trunk(
    repository: Repository, asked: Asked, before: History, cut: set[str], total: Callable[[], int | None]
) -> tuple[History, Headers]:
    """The default branch: what is new since the last time, or all of it where that does not add up."""
    if repository.head is None:
        whole = no_headers()
        return before.followed_by(whole, tip=None, made_with="", is_whole=True, at=asked.until), whole
    made_with = fingerprint(repository.git, repository.head, asked.keys, cut)
    found = None
    if before.tip and before.made_with == made_with and is_ancestor(repository.git, before.tip, repository.head):
        found = joined(_trunk_headers(repository, asked.keys, [before.tip]), before.headers)
    if found is None or (found.complaint is None and found.commits.height != total()):
        found = _trunk_headers(repository, asked.keys, [])
    if found.complaint is not None and found.commits.is_empty():
        raise NeedsAPerson(f"Not one commit can be read: {found.complaint}. Repair the repository, see git fsck.")
    is_whole = not cut and found.commits.height == total()
    after = before.followed_by(found, tip=repository.head, made_with=made_with, is_whole=is_whole, at=asked.until)
    return after, found


def _trunk_headers(repository: Repository, keys: Keys, without: list[str]) -> Headers:
    head = repository.head or ""
    return read_headers(repository.git, [head], without=without, mailmap_of=head, keys=keys)


def read_branches(
    repository: Repository, trunk: Headers, changes: list[Change], asked: Asked
) -> tuple[Headers, set[str]]:
    """Headers of commits that only change requests or other branches hold, and all that changes name off the trunk."""
    known = set(trunk.commits["sha"])
    named = present_commits(repository.git, {sha for change in changes for sha in change.hashes()} - known)
    tips = sorted(({sha for change in changes for sha in change.heads()} & named) | (set(asked.branches) - known))
    if not tips:
        return no_headers(), named
    trunk_tips = [repository.head] if repository.head else []
    mailmap_of = repository.head or tips[0]
    headers = read_headers(repository.git, tips, without=trunk_tips, mailmap_of=mailmap_of, keys=asked.keys)
    signed = headers.signed.with_columns(n_commits=pl.lit(0, pl.Int64))  # read again every night: not to be summed
    return replace(headers, signed=signed), named


def counted(
    mined: Mined,
    repository: Repository,
    asked: Asked,
    folder: Path,
    known: Unreadable,
    told: Callable[[Mined], pl.DataFrame],
    ahead: Ahead | None,
) -> Mined:
    """Adds lines. Where that takes long, paths are read and `told` with the headers first."""
    if not asked.with_contents:
        read_paths(mined, repository, PATHS_WITHOUT_CONTENTS, asked)
        return replace(mined, lines=Lines.not_asked(None))
    uncounted = [sha for sha in left_to_count(mined, mined.counts) if sha not in known.objects]
    with ThreadPoolExecutor(1) as pool:
        looking = None
        if ahead is not None or len(uncounted) >= FIRST_LOOK_COMMITS:
            read_paths(mined, repository, PATHS_OF_COMMITS, asked if ahead is None else replace(asked, jobs=1))
            looking = pool.submit(first_look, mined, known, told)
        left = lines_counted(mined, repository, asked, known, ahead)
        if looking is not None:
            looking.result()
    if not left.shas:
        mined.paths.clear()
    lost = Unreadable({**known.objects, **left.lost}, left.complaint or known.complaint)
    save_unreadable(folder, lost)
    left = Uncounted((*left.shas, *known.objects), lost.complaint, lost.objects)
    return replace(mined, uncounted=left, lines=_lives(mined, repository, asked, folder))


def lines_counted(
    mined: Mined, repository: Repository, asked: Asked, known: Unreadable, ahead: Ahead | None
) -> Uncounted:
    """Counts what is being counted already, then the rest; what stays uncounted of what was tried."""
    tried = Uncounted() if ahead is None else ahead.finished()
    passed_over = {*known.objects, *tried.shas}
    todo = [sha for sha in left_to_count(mined, mined.counts) if sha not in passed_over]
    return together([tried, _counted(repository, todo, mined.counts, SIZES_OF_COMMITS, asked)])


def first_look(mined: Mined, known: Unreadable, told: Callable[[Mined], pl.DataFrame]) -> None:
    """Headers, paths, and the lines that were counted up to now, while others are being counted."""
    now = replace(mined, counts=mined.counts.as_of_now())
    uncounted = [sha for sha in left_to_count(now, now.counts) if sha not in known.objects]
    told(replace(now, uncounted=Uncounted(tuple(uncounted), "their lines are being counted")))


def _lives(mined: Mined, repository: Repository, asked: Asked, folder: Path) -> Lines:
    if not asked.with_lines:
        return Lines.not_asked(None)
    if asked.enough():
        return Lines.not_asked(TIME_IS_UP)
    return lives_of_lines(repository, mined.blame_ignored, mined.cut, folder / "lines", asked.report)


def read_paths(mined: Mined, repository: Repository, kind: Kind, asked: Asked) -> None:
    """Which files were touched by commits of which neither lines nor paths are known yet."""
    known = set(mined.paths.sizes()["sha"])
    todo = [sha for sha in left_to_count(mined, mined.counts) if sha not in known]
    _counted(repository, todo, mined.paths, kind, replace(asked, enough=lambda: False))


def _counted(repository: Repository, todo: list[str], counts: Counts, kind: Kind, asked: Asked) -> Uncounted:
    return count_sizes(
        repository.git, todo, counts, jobs=asked.jobs, report=asked.report, kind=kind, enough=asked.enough
    )


def left_to_count(mined: Mined, counts: Counts) -> list[str]:
    """What has a size and was not counted before. A commit whose parents a shallow clone cut off has none."""
    alone = mined.headers.commits.filter(pl.col("parent_shas").list.len() < 2, ~pl.col("sha").is_in(list(mined.cut)))
    return alone.join(counts.sizes(), on="sha", how="anti", maintain_order="left")["sha"].to_list()


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
    commits = mined.headers.commits
    held = set(commits["sha"])
    graph_rows: list[tuple[str, list[str]]] = list(commits.select("sha", "parent_shas").iter_rows())
    if others := sorted(asked - held):
        tips = (repository.head, *repository.changes.values())
        known_tips = [sha for sha in tips if sha is not None and sha in held]
        graph_rows += [row for row in with_parents(repository.git, others, known_tips) if row[0] not in held]
    graph = Graph(graph_rows, repository.head)
    rows, missing = change_commits(changes, graph, repository.head, repository.git)
    return replace(mined, changes=rows, changes_total=len(changes), changes_missing=missing)
