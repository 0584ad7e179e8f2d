"""The raw contract: what every forge and git turn into, one row a thing, one parquet partition a repository.

A forge is one module plus one line in the registry (`forges.py`). If a new forge forces a change in `transform` or
`quality`, this contract is wrong.

Ids are text and carry the forge's configured name in front, so that two forges never meet by accident:
`repo_id` "github:1234", `account_id` "github:99". `number` is the number people use ("#12").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from quality.contract import INSTANT, Column, Table

REPO_ID = Column("repo_id", pl.String, "The repository: the forge's name and its lasting id, kept through renames.")
NUMBER = Column("number", pl.Int64, "Number of the issue or change in its repository.", at_least=0)
SHA = Column("sha", pl.String, "Commit hash.")
AUTHOR = Column(
    "author_account_id", pl.String, "Account that wrote it; null when the account was deleted.", nullable=True
)
URL = Column("url", pl.String, "Page of it on the forge; null for plain git.", nullable=True)
EMAIL_KEY = Column("email_key", pl.String, "Keyed hash of an e-mail address (see raw.emails).")
STATUSES = ("added", "copied", "deleted", "modified", "renamed", "retyped")
FILE_CLASSES = ("vendored", "generated", "tests", "docs", "configuration", "code", "other")
NORMS = (
    *("change_template", "code_of_conduct", "codeowners", "contributing", "contributor_agreement", "governance"),
    *("issue_template", "licence", "maintainers", "readme", "roadmap", "security", "support"),
)
ROLES = (
    *("coauthor", "signed_off", "reviewed", "acked", "tested"),
    *("reported", "suggested", "helped", "assisted"),
)
STATES = ("approved", "changes_requested", "commented", "dismissed")

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
    key=("repo_id", "number"),
    columns=(
        REPO_ID,
        NUMBER,
        Column("kind", pl.String, "Issue or change request.", one_of=("issue", "change")),
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
        Column("is_draft", pl.Boolean, "Marked as not ready when last seen; null for issues.", nullable=True),
        Column("opened_at", INSTANT, "When it was opened."),
        Column("updated_at", INSTANT, "When the forge last saw it change."),
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
        Column(
            "kind", pl.String, "Comment of the thread, or on a line in review.", one_of=("comment", "review_comment")
        ),
        Column("review_id", pl.String, "Review it belongs to; null for a comment of the thread.", nullable=True),
        Column("reply_to_id", pl.String, "Comment it answers; null when it starts a thread.", nullable=True),
        AUTHOR,
        URL,
        Column("is_minimised", pl.Boolean, "Whether the forge hides it; null when unknown.", nullable=True),
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
        URL,
        Column("comments_total", pl.Int64, "Comments by the forge's own count.", at_least=0),
        Column("submitted_at", INSTANT, "When it was sent."),
    ),
)

COMMITS = Table(
    schema="raw",
    name="commits",
    grain="one row per commit of the default branch, of a change request, or of any branch where all are asked for",
    key=("repo_id", "sha"),
    columns=(
        REPO_ID,
        SHA,
        Column("parent_shas", pl.List(pl.String), "Parents, first parent first."),
        Column("author_email_key", pl.String, "Keyed hash of who wrote it (see raw.emails)."),
        Column("committer_email_key", pl.String, "Keyed hash of who committed it (see raw.emails)."),
        Column("author_epoch", pl.Int64, "Author time as git says it; null when unreadable.", unit="s", nullable=True),
        Column("committer_epoch", pl.Int64, "Commit time as git says it; null if unreadable.", unit="s", nullable=True),
        Column("author_utc_offset", pl.Int64, "Author's offset, as git says it.", unit="min", nullable=True),
        Column("subject_number", pl.Int64, "Number that the subject ends in, as in (#12).", nullable=True, at_least=0),
        Column("added_lines", pl.Int64, "Lines added; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("deleted_lines", pl.Int64, "Lines deleted; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("changed_files", pl.Int64, "Files touched; null when unknown.", unit="files", nullable=True, at_least=0),
        Column("is_in_default_branch", pl.Boolean, "Whether the default branch holds it."),
    ),
)

COMMIT_PEOPLE = Table(
    schema="raw",
    name="commit_people",
    grain="one row per commit, further person and role, from the trailers",
    key=("repo_id", "sha", "role", "email_key"),
    columns=(
        REPO_ID,
        SHA,
        Column("role", pl.String, "What the trailer says they did.", one_of=ROLES),
        EMAIL_KEY,
    ),
)

COMMIT_LINKS = Table(
    schema="raw",
    name="commit_links",
    grain="one row per commit and other commit that its message names",
    key=("repo_id", "sha", "kind", "named_sha"),
    columns=(
        REPO_ID,
        SHA,
        Column("kind", pl.String, "What it did with the other.", one_of=("reverts", "cherry_picked_from")),
        Column("named_sha", pl.String, "The other as the message names it, perhaps abbreviated."),
        Column(
            "target_sha", pl.String, "The other in this repository; null for none or several that fit.", nullable=True
        ),
    ),
)

COMMIT_FILES = Table(
    schema="raw",
    name="commit_files",
    grain="one row per commit and file it changed (merges excluded)",
    key=("repo_id", "sha", "path"),
    columns=(
        REPO_ID,
        SHA,
        Column("path", pl.String, "Path of the file: hostile text."),
        Column("old_path", pl.String, "Path before it was renamed; null otherwise.", nullable=True),
        Column("status", pl.String, "What became of it; null when unknown.", nullable=True, one_of=STATUSES),
        Column("file_class", pl.String, "Kind of file, told by its path alone.", one_of=FILE_CLASSES),
        Column("added_lines", pl.Int64, "Lines added; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("deleted_lines", pl.Int64, "Lines deleted; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("is_binary", pl.Boolean, "Whether git counts no lines in it."),
    ),
)

NORM_DOCUMENTS = Table(
    schema="raw",
    name="norm_documents",
    grain="one row per commit and document of norms it changed (merges excluded)",
    key=("repo_id", "sha", "path"),
    columns=(
        REPO_ID,
        SHA,
        Column("path", pl.String, "Path of the document: hostile text."),
        Column("norm", pl.String, "Which norm it states, told by its path.", one_of=NORMS),
        Column("status", pl.String, "What became of it; null when unknown.", nullable=True, one_of=STATUSES),
    ),
)

BLAME_IGNORED = Table(
    schema="raw",
    name="blame_ignored",
    grain="one row per commit that .git-blame-ignore-revs names, as it is in the default branch now",
    key=("repo_id", "sha"),
    columns=(REPO_ID, SHA),
)

LOST_COMMITS = Table(
    schema="raw",
    name="lost_commits",
    grain="one row per commit that the default branch had and has no more",
    key=("repo_id", "sha"),
    columns=(
        REPO_ID,
        SHA,
        Column("author_email_key", pl.String, "Keyed hash of who wrote it."),
        Column("author_epoch", pl.Int64, "Author time as git says it; null when unreadable.", unit="s", nullable=True),
        Column("committer_epoch", pl.Int64, "Commit time as git says it; null if unreadable.", unit="s", nullable=True),
        Column("lost_at", INSTANT, "Run that no longer found it."),
    ),
)

EMAILS = Table(
    schema="raw",
    name="emails",
    grain="one row per e-mail identity that signs commits or is named in their trailers, without the address itself",
    key=("email_key",),
    columns=(
        EMAIL_KEY,
        Column("forge", pl.String, "Forge that a noreply address belongs to.", nullable=True),
        Column("account_id", pl.String, "Account that a noreply address names by id.", nullable=True),
        Column("login", pl.String, "Login that a noreply address names.", nullable=True),
        Column("is_bot", pl.Boolean, "Whether the name or address says [bot]."),
        Column("is_only_named", pl.Boolean, "Whether it is in trailers only, and neither authors nor commits."),
    ),
)

EMAIL_LINKS = Table(
    schema="raw",
    name="email_links",
    grain="one row per e-mail identity and account that the forge sees behind a commit of it",
    key=("email_key", "account_id"),
    columns=(
        EMAIL_KEY,
        Column("account_id", pl.String, "The forge's name and the account's lasting id."),
        Column("sha", pl.String, "Commit hash."),
    ),
)

CHANGE_COMMITS = Table(
    schema="raw",
    name="change_commits",
    grain="one row per change request and commit it proposed",
    key=("repo_id", "number", "sha"),
    columns=(REPO_ID, NUMBER, SHA),
)

TOMBSTONES = Table(
    schema="raw",
    name="tombstones",
    grain="one row per issue or change that was there once and is no more",
    key=("repo_id", "number"),
    columns=(
        REPO_ID,
        NUMBER,
        Column("reason", pl.String, "What became of it.", one_of=("deleted", "transferred")),
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
    ),
)

TABLES = (
    REPOSITORIES,
    ACCOUNTS,
    ITEMS,
    COMMENTS,
    REVIEWS,
    COMMITS,
    COMMIT_PEOPLE,
    COMMIT_LINKS,
    COMMIT_FILES,
    NORM_DOCUMENTS,
    BLAME_IGNORED,
    LOST_COMMITS,
    EMAILS,
    EMAIL_LINKS,
    CHANGE_COMMITS,
    TOMBSTONES,
    QUARANTINE,
    STREAMS,
)


def write(folder: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Writes tables to `<folder>/<table>.parquet`, each checked against the raw contract and swapped in whole."""
    folder.mkdir(parents=True, exist_ok=True)
    by_name = {table.name: table for table in TABLES}
    for name, frame in frames.items():
        part = folder / f"{name}.parquet.part"
        by_name[name].checked(frame).write_parquet(part, compression="zstd")
        part.replace(folder / f"{name}.parquet")


def mark_incomplete(folder: Path, repo_id: str, reason: str, stream: str = "commits") -> None:
    """Marks the streams of a folder; what earlier nights brought stays in use. A folder without any gets one."""
    path = folder / "streams.parquet"
    if path.exists():
        streams = pl.read_parquet(path).with_columns(reason=pl.lit(reason), is_complete=pl.lit(value=False))
    else:
        row = {"repo_id": repo_id, "stream": stream, "reason": reason, "held": 0, "is_complete": False}
        streams = pl.DataFrame([row], schema=STREAMS.polars_schema)
    write(folder, {"streams": streams})


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
