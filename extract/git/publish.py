"""From what was read to the files of the raw contract, each replaced whole, and a stamp of what they were made from."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from extract.git.changes import CHANGES
from extract.git.counts import Counts, write_durably
from extract.git.mirror import Repository
from extract.git.people import Keys, emails
from extract.git.sizes import Uncounted
from extract.raw_git import CHANGE_COMMITS, COMMIT_FILES, COMMIT_PEOPLE, COMMITS, EMAILS
from quality.contract import Table

READER = 1  # raise it when the same history would be told differently: stamps of other readers do not count
STAMP = "mined.json"
_STREAMS = {
    "stream": pl.String,
    "reason": pl.String,
    "source_total": pl.Int64,
    "held": pl.Int64,
    "is_complete": pl.Boolean,
}


@dataclass(frozen=True)
class Mined:
    """What was read. `cut`: commits at the edge of a shallow clone. `complaint`: why headers ended early.

    `changes` (number, sha) is None without a forge; `changes_missing` counts those whose commits are not here.
    """

    commits: pl.DataFrame
    coauthors: pl.DataFrame
    people: pl.DataFrame
    counts: Counts
    cut: set[str]
    uncounted: Uncounted
    complaint: str | None
    source_total: int | None
    changes: pl.DataFrame | None = None
    changes_total: int = 0
    changes_missing: int = 0


def digest_of(repository: Repository, changes: pl.DataFrame | None, keys: Keys, repo_id: str) -> str:
    """One hash over everything that the tables depend on; nothing can be read back from it."""
    told = "" if changes is None else changes.select(list(CHANGES)).sort("number").write_csv()
    parts = (str(READER), repo_id, repository.refs_digest, told, keys.forge, *keys.noreply_hosts)
    text = json.dumps([*parts, changes is None])
    return hmac.new(keys.secret, text.encode(), hashlib.sha256).hexdigest()


def published(folder: Path, made_from: str) -> pl.DataFrame | None:
    """The streams of the last run if its tables were made from just this, and nothing was missing then."""
    try:
        stamp = json.loads((folder / STAMP).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    names = (COMMITS, COMMIT_PEOPLE, COMMIT_FILES, EMAILS)
    if stamp.get("made_from") != made_from or not all((folder / f"{table.name}.parquet").exists() for table in names):
        return None
    return pl.DataFrame(stamp["streams"], schema=_STREAMS, orient="row")


def publish(mined: Mined, folder: Path, *, repo_id: str, made_from: str) -> pl.DataFrame:
    """Writes the tables, then the stamp; returns the streams. What a person can repair leaves no stamp behind."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).unlink(missing_ok=True)
    repo, sizes = pl.lit(repo_id).alias("repo_id"), mined.counts.sizes()
    _write(COMMITS, mined.commits.join(sizes, on="sha", how="left").with_columns(repo), folder)
    _write(COMMIT_PEOPLE, coauthors(mined).with_columns(repo), folder)
    _write(EMAILS, emails(mined.people), folder)
    if mined.changes is not None:
        _write(CHANGE_COMMITS, mined.changes.with_columns(repo), folder)
    ours = mined.counts.files().join(mined.commits.lazy().select("sha"), on="sha", how="semi")
    files = ours.with_columns(repo).select(COMMIT_FILES.column_names)
    write_durably(folder / f"{COMMIT_FILES.name}.parquet", files.sink_parquet)
    rows = streams(mined, sizes)
    if not mined.uncounted.shas and mined.complaint is None:
        stamp = json.dumps({"made_from": made_from, "streams": rows.rows()}).encode()
        write_durably(folder / STAMP, lambda file: file.write(stamp))
    return rows


def _write(table: Table, rows: pl.DataFrame, folder: Path) -> None:
    write_durably(folder / f"{table.name}.parquet", table.checked(rows.select(table.column_names)).write_parquet)


def coauthors(mined: Mined) -> pl.DataFrame:
    """Further people: whoever names themselves beside their own commit is no further one."""
    authors = mined.commits.select("sha", email_key="author_email_key")
    return mined.coauthors.join(authors, on=["sha", "email_key"], how="anti").with_columns(role=pl.lit("coauthor"))


def streams(mined: Mined, sizes: pl.DataFrame) -> pl.DataFrame:
    """What the source holds, what we hold, and why that is not the same (raw.streams without ids and times)."""
    rows = [commits_stream(mined), sizes_stream(mined, sizes)]
    if mined.changes is not None:
        missing, total = mined.changes_missing, mined.changes_total
        reason = f"{missing} of {total} changes have no commit in the repository." if missing else None
        rows.append(("change_commits", reason, None, mined.changes.height, not missing))
    return pl.DataFrame(rows, schema=_STREAMS, orient="row")


def commits_stream(mined: Mined) -> tuple[str, str | None, int | None, int, bool]:
    held = int(mined.commits["is_in_default_branch"].sum())
    reason = None
    if mined.cut:
        reason = "This is a shallow clone: older commits are cut off. Run git fetch --unshallow in it."
    if held != mined.source_total:
        reason = f"git counts {mined.source_total} commits, and {held} could be read."
    if mined.complaint:
        reason = f"git stopped reading commits: {mined.complaint}"
    return "commits", reason, mined.source_total, held, reason is None


def sizes_stream(mined: Mined, sizes: pl.DataFrame) -> tuple[str, str | None, int | None, int, bool]:
    """Merges are not counted here: git shows no diff for them."""
    alone = mined.commits.filter(pl.col("parent_shas").list.len() < 2).select("sha")
    held = alone.join(sizes, on="sha", how="semi").height
    missing = alone.height - held
    why = mined.uncounted.complaint or "the clone is shallow"
    reason = f"{missing} of {alone.height} commits have no sizes: {why}" if missing else None
    return "commit_sizes", reason, alone.height, held, not missing
