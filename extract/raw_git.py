"""The raw contract, the part that git tells: commits, their files, who signs them, and which change proposed them."""

from __future__ import annotations

import polars as pl

from extract.raw_columns import NUMBER, REPO_ID, SHA
from quality.contract import INSTANT, Column, Table

EMAIL_KEY = Column("email_key", pl.String, "Keyed hash of an e-mail address (see raw.emails).")
STATUSES = ("added", "copied", "deleted", "modified", "renamed", "retyped")
FILE_CLASSES = ("vendored", "generated", "tests", "docs", "configuration", "code", "other")
POWER_DOCUMENTS = ("codeowners", "owners", "maintainers", "governance")
NORMS = (
    *("change_template", "code_of_conduct", "codeowners", "contributing", "contributor_agreement", "governance"),
    *("issue_template", "licence", "maintainers", "readme", "roadmap", "security", "support"),
)
ROLES = (
    *("coauthor", "signed_off", "reviewed", "acked", "tested"),
    *("reported", "suggested", "helped", "assisted"),
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
        Column("committer_utc_offset", pl.Int64, "Committer's offset, as git says it.", unit="min", nullable=True),
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
        Column("is_binary", pl.Boolean, "Whether git counts no lines in it; null if not counted yet.", nullable=True),
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

TREE_FILES = Table(
    schema="raw",
    name="tree_files",
    grain="one row per file of the default branch as it was last read",
    key=("repo_id", "path"),
    columns=(
        REPO_ID,
        Column("path", pl.String, "Path of the file: hostile text."),
        Column("file_class", pl.String, "Kind of file, told by its path alone.", one_of=FILE_CLASSES),
    ),
)

POWER_HOLDERS = Table(
    schema="raw",
    name="power_holders",
    grain="one row per line of a document of responsibilities, as it is in the default branch now, and whom it names",
    key=("repo_id", "path", "line_number"),
    columns=(
        REPO_ID,
        Column("path", pl.String, "Path of the document: hostile text."),
        Column("line_number", pl.Int64, "Line of the document, from 1.", at_least=0),
        Column("document", pl.String, "Which form the document has.", one_of=POWER_DOCUMENTS),
        Column("pattern", pl.String, "Files they hold: hostile text; null for all of them.", nullable=True),
        Column(
            "login",
            pl.String,
            "Login that is named, in small letters; beside an address: of the same person.",
            nullable=True,
        ),
        Column("team", pl.String, "Team that is named; who is in it is not known.", nullable=True),
        Column("email_key", pl.String, "Keyed hash of an address that is named (see raw.emails).", nullable=True),
    ),
)

LINE_LIVES = Table(
    schema="raw",
    name="line_lives",
    grain="one row per file, commit that wrote lines of it, and commit that took them away",
    key=("repo_id", "path", "born_sha", "died_sha"),
    columns=(
        REPO_ID,
        Column("path", pl.String, "Path of the file now, or when the lines went: hostile text."),
        Column("file_class", pl.String, "Kind of file, told by its path alone.", one_of=FILE_CLASSES),
        Column("born_sha", pl.String, "First parent, perhaps a merge, that brought the lines in."),
        Column("died_sha", pl.String, "The one that took them away or wrote them anew; empty while they stand."),
        Column("n_lines", pl.Int64, "How many lines.", unit="lines", at_least=1),
    ),
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
        Column(
            "host",
            pl.String,
            "Host of the address; null where it says who somebody is, for noreply addresses, and where there is none.",
            nullable=True,
        ),
        Column("is_bot", pl.Boolean, "Whether the name or address says [bot]."),
        Column("is_own_host", pl.Boolean, "Whether the host is named after the person who signs."),
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

MAILMAP_LINKS = Table(
    schema="raw",
    name="mailmap_links",
    grain="one row per repository and pair of e-mail identities that its mailmap ties together",
    key=("repo_id", "email_key", "proper_email_key"),
    columns=(
        REPO_ID,
        EMAIL_KEY,
        Column("proper_email_key", pl.String, "Keyed hash of the address that the mailmap names in its place."),
    ),
)

CHANGE_COMMITS = Table(
    schema="raw",
    name="change_commits",
    grain="one row per change request and commit it proposed",
    key=("repo_id", "number", "sha"),
    columns=(REPO_ID, NUMBER, SHA),
)
