"""The raw contract, the part that git tells: commits, who signs them, and which change proposed them."""

from __future__ import annotations

import polars as pl

from extract.raw_columns import NUMBER, REPO_ID, SHA
from quality.contract import Column, Table

COMMITS = Table(
    schema="raw",
    name="commits",
    grain="one row per commit reachable from the default branch or from a change request",
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
        Column("role", pl.String, "What the trailer says they did.", one_of=("coauthor",)),
        Column("email_key", pl.String, "Keyed hash of an e-mail address (see raw.emails)."),
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
        Column("added_lines", pl.Int64, "Lines added; null when unknown.", unit="lines", nullable=True, at_least=0),
        Column("deleted_lines", pl.Int64, "Lines deleted; null when unknown.", unit="lines", nullable=True, at_least=0),
    ),
)

EMAILS = Table(
    schema="raw",
    name="emails",
    grain="one row per e-mail identity that signs commits, without the address itself",
    key=("email_key",),
    columns=(
        Column("email_key", pl.String, "Keyed hash of an e-mail address (see raw.emails)."),
        Column("forge", pl.String, "Forge that a noreply address belongs to.", nullable=True),
        Column("account_id", pl.String, "Account that a noreply address names by id.", nullable=True),
        Column("login", pl.String, "Login that a noreply address names.", nullable=True),
        Column("is_bot", pl.Boolean, "Whether the name or address says [bot]."),
    ),
)

EMAIL_LINKS = Table(
    schema="raw",
    name="email_links",
    grain="one row per e-mail identity and account that the forge sees behind a commit of it",
    key=("email_key", "account_id"),
    columns=(
        Column("email_key", pl.String, "Keyed hash of an e-mail address (see raw.emails)."),
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
