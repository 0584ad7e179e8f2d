"""The raw contract: what every forge and git turn into, one row a thing, one parquet partition a repository.

A forge is one module plus one line in the registry (`forges.py`). If a new forge forces a change in `transform` or
`quality`, this contract is wrong.

Ids are text and carry the forge's configured name in front, so that two forges never meet by accident:
`repo_id` "github:1234", `account_id` "github:99". `number` is the number people use ("#12"); where a forge counts issues
and changes apart, `item_kind` says which of the two it is. Texts of bodies and comments stay in the archive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from extract.archive import writing
from extract.raw_columns import (
    AUTHOR,
    EDITED_AT,
    IS_MERGE_COMMAND,
    IS_MINIMISED,
    ITEM_KIND,
    ITEM_KINDS,
    MINIMISED_REASON,
    NUMBER,
    REPO_ID,
    STATES,
    TEMPLATE_KEY,
    URL,
)
from extract.raw_git import (
    BLAME_IGNORED,
    CHANGE_COMMITS,
    COMMIT_FILES,
    COMMIT_LINKS,
    COMMIT_PEOPLE,
    COMMITS,
    EMAIL_LINKS,
    EMAILS,
    LINE_LIVES,
    LOST_COMMITS,
    MAILMAP_LINKS,
    NORM_DOCUMENTS,
    POWER_HOLDERS,
    TREE_FILES,
)
from extract.raw_organisations import TABLES as ORGANISATION_TABLES
from extract.raw_people import TABLES as PEOPLE_TABLES
from extract.raw_threads import CLOSE_REASONS, CLOSING_LINKS, EVENTS, LOCK_REASONS, MENTIONS, REACTIONS, REVIEW_THREADS
from quality.contract import INSTANT, Column, Table

REPOSITORIES = Table(
    schema="raw",
    name="repositories",
    grain="one row per repository",
    key=("repo_id",),
    columns=(
        REPO_ID,
        Column("forge", pl.String, "Name of the forge in the configuration."),
        Column("full_name", pl.String, "Owner and name, or the path of a plain git repository."),
        URL,
        Column("default_branch", pl.String, "Branch that releases grow on; null when empty.", nullable=True),
        Column("is_fork", pl.Boolean, "Whether it is a fork; null when the source cannot say.", nullable=True),
        Column("is_archived", pl.Boolean, "Whether it is read-only; null when unknown.", nullable=True),
        Column("created_at", INSTANT, "When it was made on the forge; null for plain git.", nullable=True),
    ),
)

ACCOUNTS = Table(
    schema="raw",
    name="accounts",
    grain="one row per account seen in the repository",
    key=("account_id",),
    columns=(
        Column("account_id", pl.String, "The forge's name and the account's lasting id."),
        Column("login", pl.String, "Public handle when last seen."),
        Column(
            "account_type",
            pl.String,
            "What the forge says it is.",
            one_of=("user", "bot", "organisation", "mannequin"),
        ),
    ),
)

ITEMS = Table(
    schema="raw",
    name="items",
    grain="one row per issue or change request, as last seen",
    key=("repo_id", "kind", "number"),
    columns=(
        REPO_ID,
        NUMBER,
        Column("kind", pl.String, "Issue or change request.", one_of=ITEM_KINDS),
        Column("title", pl.String, "Title as written: hostile text."),
        AUTHOR,
        Column("merged_by_account_id", pl.String, "Account that merged it.", nullable=True),
        URL,
        Column("base_sha", pl.String, "Tip of the target branch for this change.", nullable=True),
        Column("head_sha", pl.String, "Last commit of the change.", nullable=True),
        Column("merge_sha", pl.String, "Commit that brought it into the target branch.", nullable=True),
        Column("added_lines", pl.Int64, "Lines added; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("deleted_lines", pl.Int64, "Lines deleted; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("changed_files", pl.Int64, "Files touched; null when unknown.", unit="files", nullable=True, at_least=0),
        Column("comments_total", pl.Int64, "Comments by the forge's own count.", at_least=0),
        Column("reviews_total", pl.Int64, "Reviews by the forge's own count; null for issues.", nullable=True),
        Column("commits_total", pl.Int64, "Commits by the forge's own count; null for issues.", nullable=True),
        Column("review_comments_total", pl.Int64, "Comments on lines by the forge's own count.", nullable=True),
        Column("review_threads_total", pl.Int64, "Threads on lines by the forge's own count.", nullable=True),
        Column("events_total", pl.Int64, "Events by the forge's own count; null when not asked for.", nullable=True),
        Column("closing_links_total", pl.Int64, "Links to issues it closes, by the forge's own count.", nullable=True),
        Column("state_reason", pl.String, "Why it is closed, or open again.", nullable=True, one_of=CLOSE_REASONS),
        Column("milestone", pl.String, "Milestone when last seen: hostile text.", nullable=True),
        Column("labels", pl.List(pl.String), "Labels when last seen: hostile text.", nullable=True),
        Column("is_locked", pl.Boolean, "Closed to comments when last seen; null when unknown.", nullable=True),
        Column(
            "lock_reason", pl.String, "Why it is locked, if a reason was given.", nullable=True, one_of=LOCK_REASONS
        ),
        Column("is_draft", pl.Boolean, "Marked as not ready when last seen; null for issues.", nullable=True),
        Column("opened_at", INSTANT, "When it was opened."),
        Column("updated_at", INSTANT, "When the forge last saw it change."),
        EDITED_AT,
        Column("closed_at", INSTANT, "When it was closed; null while open.", nullable=True),
        Column("merged_at", INSTANT, "When it was merged; null otherwise.", nullable=True),
    ),
)

COMMENTS = Table(
    schema="raw",
    name="comments",
    grain="one row per comment of an issue or change, review comments included",
    key=("repo_id", "comment_id"),
    columns=(
        REPO_ID,
        Column("comment_id", pl.String, "Id of the comment, unique in its repository."),
        NUMBER,
        ITEM_KIND,
        Column(
            "kind", pl.String, "Comment of the thread, or on a line in review.", one_of=("comment", "review_comment")
        ),
        Column("review_id", pl.String, "Review it belongs to; null for a comment of the thread.", nullable=True),
        Column("reply_to_id", pl.String, "Comment it answers; null when it starts a thread.", nullable=True),
        AUTHOR,
        URL,
        Column("thread_id", pl.String, "Thread on a line it is part of; null for others.", nullable=True),
        Column("is_outdated", pl.Boolean, "Whether its line changed since; null for others.", nullable=True),
        IS_MINIMISED,
        MINIMISED_REASON,
        EDITED_AT,
        TEMPLATE_KEY,
        IS_MERGE_COMMAND,
        Column("commented_at", INSTANT, "When it was written."),
    ),
)

REVIEWS = Table(
    schema="raw",
    name="reviews",
    grain="one row per submitted review",
    key=("repo_id", "review_id"),
    columns=(
        REPO_ID,
        Column("review_id", pl.String, "Id of the review, unique in its repository."),
        NUMBER,
        AUTHOR,
        Column("state", pl.String, "Verdict as last seen.", one_of=STATES),
        Column(
            "is_stale",
            pl.Boolean,
            "Whether the change moved on since; null where the forge does not say.",
            nullable=True,
        ),
        Column(
            "is_official",
            pl.Boolean,
            "Whether it counts for the rules of the branch; null where the forge does not say.",
            nullable=True,
        ),
        URL,
        IS_MINIMISED,
        MINIMISED_REASON,
        EDITED_AT,
        Column("submitted_at", INSTANT, "When it was sent."),
    ),
)

TOMBSTONES = Table(
    schema="raw",
    name="tombstones",
    grain="one row per issue or change that was there once and is no more",
    key=("repo_id", "item_kind", "number"),
    columns=(
        REPO_ID,
        NUMBER,
        Column("item_kind", pl.String, "Which of the two it was.", one_of=ITEM_KINDS),
        Column("reason", pl.String, "What became of it.", one_of=("deleted", "transferred", "converted")),
        Column("moved_to_url", pl.String, "Where it is now; null when it is nowhere.", nullable=True),
        Column("noticed_at", INSTANT, "When we saw that it was gone."),
    ),
)

QUARANTINE = Table(
    schema="raw",
    name="quarantine",
    grain="one row per record that could not be read; the archive keeps it as it came",
    key=("repo_id", "stream", "record_id"),
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("record_id", pl.String, "What the source calls it."),
        Column("reason", pl.String, "Why it could not be read."),
        Column(
            "source_page",
            pl.String,
            "Page of the repository's archive that it is on; null in partitions of earlier versions.",
            nullable=True,
        ),
    ),
)

STREAMS = Table(
    schema="raw",
    name="streams",
    grain="one row per repository and stream: what the source holds and what we hold",
    key=("repo_id", "stream"),
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("reason", pl.String, "Why it is not complete; null when it is.", nullable=True),
        Column(
            "source_total", pl.Int64, "Count by the source itself; null when it tells none.", nullable=True, at_least=0
        ),
        Column("held", pl.Int64, "Count that we hold.", at_least=0),
        Column("is_complete", pl.Boolean, "Whether everything up to complete_until_at is here."),
        Column("complete_until_at", INSTANT, "End of the last complete crawl; null before the first.", nullable=True),
        Column(
            "reaches_start",
            pl.Boolean,
            "Of commits: whether none is missing before complete_until_at, whatever a later crawl met; null of other streams "
            "and in partitions of earlier versions.",
            nullable=True,
        ),
    ),
)

GAPS = Table(
    schema="raw",
    name="gaps",
    grain="one row per repository, stream and interval in which something is missing, as far as the crawl can tell",
    key=("repo_id", "stream", "gap_number"),
    columns=(
        REPO_ID,
        Column("stream", pl.String, "Kind of thing that is counted, such as issues or commits."),
        Column("gap_number", pl.Int64, "Number of the gap in its stream, from 0.", at_least=0),
        Column("reason", pl.String, "Why something is missing."),
        Column("from_at", INSTANT, "From when on; null for the beginning of the repository.", nullable=True),
        Column("until_at", INSTANT, "Up to when; null for now.", nullable=True),
    ),
)

TABLES = (
    REPOSITORIES,
    ACCOUNTS,
    ITEMS,
    COMMENTS,
    REVIEWS,
    REVIEW_THREADS,
    EVENTS,
    REACTIONS,
    CLOSING_LINKS,
    MENTIONS,
    COMMITS,
    COMMIT_PEOPLE,
    COMMIT_LINKS,
    COMMIT_FILES,
    NORM_DOCUMENTS,
    BLAME_IGNORED,
    TREE_FILES,
    POWER_HOLDERS,
    LINE_LIVES,
    LOST_COMMITS,
    EMAILS,
    EMAIL_LINKS,
    MAILMAP_LINKS,
    CHANGE_COMMITS,
    TOMBSTONES,
    QUARANTINE,
    STREAMS,
    GAPS,
    *ORGANISATION_TABLES,
    *PEOPLE_TABLES,
)

ROWS_OF_A_GROUP = 100_000


def write(folder: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Writes tables to `<folder>/<table>.parquet`, each checked against the raw contract and swapped in whole."""
    by_name = {table.name: table for table in TABLES}
    for name, frame in frames.items():
        part, path = folder / f"{name}.parquet.part", folder / f"{name}.parquet"
        checked = by_name[name].checked(frame)
        with writing(path):
            folder.mkdir(parents=True, exist_ok=True)
            checked.write_parquet(part, compression="zstd")
            part.replace(path)


def sink(folder: Path, table: Table, rows: pl.LazyFrame) -> None:
    """Writes one table that is not to be in memory, swapped in whole. The rows come from frames that were checked."""
    part, path = folder / f"{table.name}.parquet.part", folder / f"{table.name}.parquet"
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        rows.select(table.column_names).sink_parquet(part, compression="zstd", row_group_size=ROWS_OF_A_GROUP)
        part.replace(path)


def mark_incomplete(folder: Path, repo_id: str, reason: str, stream: str = "commits") -> None:
    """Marks the streams of a folder; what earlier nights brought stays in use. A folder without any gets one."""
    path = folder / "streams.parquet"
    if path.exists():
        streams = read_streams(path).with_columns(reason=pl.lit(reason), is_complete=pl.lit(value=False))
    else:
        row = {"repo_id": repo_id, "stream": stream, "reason": reason, "held": 0, "is_complete": False}
        streams = pl.DataFrame([row], schema=STREAMS.polars_schema)
    write(folder, {"streams": streams})


def read_streams(path: Path) -> pl.DataFrame:
    """raw.streams of one folder, as it can be written again."""
    return _scan([path], STREAMS).collect()


def reasons(partition: Path) -> tuple[str, ...]:
    """Why streams of a partition are not complete; empty when all are."""
    streams = pl.concat([pl.read_parquet(path) for path in sorted(partition.glob("*/streams.parquet"))])
    return tuple(f"{stream}: {reason}" for stream, reason in streams.select("stream", "reason").drop_nulls().rows())


def scan(folders: Sequence[Path]) -> dict[str, pl.LazyFrame]:
    """Every raw table over the given partitions, by its full name, such as "raw.items"."""
    scanned = {}
    for table in TABLES:
        files = sorted(
            file
            for folder in folders
            for file in (*folder.rglob(f"{table.name}.parquet"), *folder.rglob(f"{table.name}/*.parquet"))
        )
        scanned[str(table)] = _scan(files, table) if files else table.empty().lazy()
    return scanned


def _scan(files: list[Path], table: Table) -> pl.LazyFrame:
    """Partitions of earlier versions lack columns that came later: null until they are read again."""
    return pl.scan_parquet(
        files, schema=table.polars_schema, missing_columns="insert", extra_columns="ignore", glob=False
    ).select(table.column_names)
