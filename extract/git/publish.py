"""From what was read to the files of the raw contract, each replaced whole, and a stamp of what they were made from."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from extract.git.changes import CHANGES
from extract.git.classes import file_class
from extract.git.command import Git
from extract.git.counts import Counts, write_durably
from extract.git.lines import Lines
from extract.git.log import Headers
from extract.git.lost import lost_object, still_lost
from extract.git.mirror import Repository
from extract.git.norms import norm_documents
from extract.git.people import Keys
from extract.git.sizes import Uncounted
from extract.git.trailers import resolved
from extract.git.tree import Tree, classed
from extract.raw_git import (
    BLAME_IGNORED,
    CHANGE_COMMITS,
    COMMIT_FILES,
    COMMIT_LINKS,
    COMMIT_PEOPLE,
    COMMITS,
    EMAILS,
    LINE_LIVES,
    LOST_COMMITS,
    MAILMAP_LINKS,
    NORM_DOCUMENTS,
    POWER_HOLDERS,
    TREE_FILES,
)
from quality.contract import Table

READER = 6  # raise it when the same history would be told differently: stamps of other readers do not count
STAMP = "mined.json"
ALWAYS = (
    *(COMMITS, COMMIT_PEOPLE, COMMIT_LINKS, COMMIT_FILES),
    *(EMAILS, MAILMAP_LINKS, LOST_COMMITS, BLAME_IGNORED, NORM_DOCUMENTS),
    *(TREE_FILES, POWER_HOLDERS, LINE_LIVES),
)
"""Tables that every repository has."""
_STREAMS = {
    "stream": pl.String,
    "reason": pl.String,
    "source_total": pl.Int64,
    "held": pl.Int64,
    "is_complete": pl.Boolean,
}


@dataclass(frozen=True)
class Mined:
    """What was read. `lost` (LOST) has left the default branch; `cut`: commits at the edge of a shallow clone.

    `counts` are the sizes, `paths` those without lines; without `with_contents` there are no lines to be had.

    `changes` (number, sha) is None without a forge; `changes_missing` counts those whose commits are not here.
    """

    headers: Headers
    counts: Counts
    paths: Counts
    with_contents: bool
    lost: pl.DataFrame
    blame_ignored: list[str]
    cut: set[str]
    source_total: int | None
    tree: Tree
    holders: pl.DataFrame
    uncounted: Uncounted = field(default_factory=Uncounted)
    lines: Lines = field(default_factory=Lines.not_asked)
    changes: pl.DataFrame | None = None
    changes_total: int = 0
    changes_missing: int = 0


def digest_of(
    repository: Repository,
    changes: pl.DataFrame | None,
    keys: Keys,
    repo_id: str,
    *,
    cut: set[str],
    settings: Mapping[str, bool],
) -> str:
    """One hash over everything that the tables depend on; nothing can be read back from it."""
    told = "" if changes is None else changes.select(list(CHANGES)).sort("number").write_csv()
    parts = (str(READER), repo_id, repository.refs_digest, told, keys.forge, *keys.noreply_hosts)
    text = json.dumps([*parts, changes is None, sorted(cut), sorted(settings.items())])
    return hmac.new(keys.secret, text.encode(), hashlib.sha256).hexdigest()


def published(folder: Path, made_from: str, git: Git) -> pl.DataFrame | None:
    """The streams of the last run if its tables were made from just this. What was lost
    then must still be lost."""
    try:
        stamp = json.loads((folder / STAMP).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    there = all((folder / f"{table.name}.parquet").exists() for table in ALWAYS)
    if stamp.get("made_from") != made_from or not there:
        return None
    lost = set(stamp.get("lost", ()))
    if still_lost(git, lost) != lost:
        return None
    return pl.DataFrame(stamp["streams"], schema=_STREAMS, orient="row")


def publish(mined: Mined, folder: Path, *, repo_id: str, made_from: str | None) -> pl.DataFrame:
    """Writes the tables, then the stamp; returns the streams. What a person can repair leaves no stamp behind, nor does
    what is not finished (`made_from` is None)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).unlink(missing_ok=True)
    repo = pl.lit(repo_id).alias("repo_id")
    for table, frame in tables_of(mined):
        _write(table, frame.with_columns(repo), folder)
    del frame
    files = files_of(mined).with_columns(repo, file_class=file_class(pl.col("path")))
    write_durably(folder / f"{COMMIT_FILES.name}.parquet", files.select(COMMIT_FILES.column_names).sink_parquet)
    told = streams(mined, mined.counts.sizes())
    lost = lost_of(mined)
    if made_from is not None and lost is not None:
        stamp = json.dumps({"made_from": made_from, "lost": lost, "streams": told.rows()}).encode()
        write_durably(folder / STAMP, lambda file: file.write(stamp))
    return told


def tables_of(mined: Mined) -> Iterator[tuple[Table, pl.DataFrame]]:
    """All tables but the largest, one in memory at a time."""
    headers = mined.headers
    yield COMMITS, headers.commits.join(sizes_of(mined), on="sha", how="left")
    yield COMMIT_PEOPLE, further_people(headers)
    yield COMMIT_LINKS, resolved(headers.links, headers.commits["sha"])
    yield EMAILS, headers.emails
    yield MAILMAP_LINKS, headers.mailmap
    yield LOST_COMMITS, mined.lost
    yield BLAME_IGNORED, pl.DataFrame({"sha": mined.blame_ignored}, schema={"sha": pl.String})
    yield NORM_DOCUMENTS, norm_documents(files_of(mined)).collect()
    yield TREE_FILES, classed(mined.tree.files)
    yield POWER_HOLDERS, mined.holders
    yield LINE_LIVES, classed(mined.lines.lives)
    if mined.changes is not None:
        yield CHANGE_COMMITS, mined.changes


def lost_of(mined: Mined) -> list[str] | None:
    """The objects that are missing for all to be here; None where the next run may find more than this one."""
    complaints = [one for one in (mined.lines.complaint, mined.tree.complaint) if one is not None]
    objects = [*map(lost_object, complaints), *mined.uncounted.lost.values()]
    if mined.headers.complaint is not None or not mined.uncounted.is_final or None in objects:
        return None
    return sorted({sha for sha in objects if sha is not None})


def sizes_of(mined: Mined) -> pl.DataFrame:
    """Sizes of commits; where lines are not counted, of files alone."""
    counted = mined.counts.sizes()
    return pl.concat([counted, mined.paths.sizes().join(counted, on="sha", how="anti")])


def files_of(mined: Mined) -> pl.LazyFrame:
    """Files of the commits that were read, counted or not; the caches may know more."""
    counted = mined.counts.files().with_columns(is_binary=pl.col("added_lines").is_null())
    seen = mined.paths.files().join(mined.counts.sizes().lazy(), on="sha", how="anti")
    known = pl.concat([counted, seen.with_columns(is_binary=pl.lit(None, pl.Boolean))])
    return known.join(mined.headers.commits.lazy().select("sha"), on="sha", how="semi")


def _write(table: Table, rows: pl.DataFrame, folder: Path) -> None:
    write_durably(folder / f"{table.name}.parquet", table.checked(rows.select(table.column_names)).write_parquet)


def further_people(headers: Headers) -> pl.DataFrame:
    """People in trailers: whoever names themselves as co-author of their own commit is no further one."""
    authors = headers.commits.select("sha", email_key="author_email_key", role=pl.lit("coauthor"))
    return headers.named.join(authors, on=["sha", "email_key", "role"], how="anti")


def streams(mined: Mined, sizes: pl.DataFrame) -> pl.DataFrame:
    """What the source holds, what we hold, and why that is not the same (raw.streams without ids and times)."""
    rows = [commits_stream(mined)]
    if mined.with_contents:  # what was not asked for is not missing
        rows += [sizes_stream(mined, sizes), lines_stream(mined.lines)]
    if mined.tree.complaint is not None:
        rows.append(("tree_files", f"The files cannot be listed: {mined.tree.complaint}", None, 0, False))
    if mined.changes is not None:
        missing, total = mined.changes_missing, mined.changes_total
        reason = f"{missing} of {total} changes have no commit in the repository." if missing else None
        rows.append(("change_commits", reason, None, mined.changes.height, not missing))
    if mined.lost.height:  # told beside the others: what left the default branch is not missing
        rows.append(("lost_commits", None, None, mined.lost.height, True))
    return pl.DataFrame(rows, schema=_STREAMS, orient="row")


def commits_stream(mined: Mined) -> tuple[str, str | None, int | None, int, bool]:
    held = int(mined.headers.commits["is_in_default_branch"].sum())
    reason = None
    if mined.cut:
        reason = "This is a shallow clone: older commits are cut off. Run git fetch --unshallow in it."
    if held != mined.source_total:
        reason = f"git counts {mined.source_total} commits, and {held} could be read."
    if mined.headers.complaint:
        reason = f"git stopped reading commits: {mined.headers.complaint}"
    return "commits", reason, mined.source_total, held, reason is None


def sizes_stream(mined: Mined, sizes: pl.DataFrame) -> tuple[str, str | None, int | None, int, bool]:
    """Merges are not counted here: git shows no diff for them."""
    alone = mined.headers.commits.filter(pl.col("parent_shas").list.len() < 2).select("sha")
    held = alone.join(sizes, on="sha", how="semi").height
    missing = alone.height - held
    why = mined.uncounted.complaint or "the clone is shallow"
    reason = f"{missing} of {alone.height} commits have no sizes: {why}" if missing else None
    return "commit_sizes", reason, alone.height, held, not missing


def lines_stream(lines: Lines) -> tuple[str, str | None, int | None, int, bool]:
    """Files whose lines are known, of those that have any."""
    reason = None if lines.complaint is None else f"The lives of some lines are not known: {lines.complaint}"
    return "line_lives", reason, None, int(lines.lives["n_lines"].sum()), reason is None
