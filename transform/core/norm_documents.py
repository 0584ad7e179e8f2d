"""core.norm_documents: when a project first wrote down each of its norms, and where."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import REPO_ID, count
from transform.parameters import Parameters

NORMS = (
    *("change_template", "code_of_conduct", "codeowners", "contributing", "contributor_agreement", "governance"),
    *("issue_template", "licence", "maintainers", "readme", "roadmap", "security", "support"),
)

TABLE = Table(
    schema="core",
    name="norm_documents",
    grain="one row per repository and document of a norm that its default branch ever had",
    key=("repo_id", "path"),
    inputs=("raw.norm_documents", "core.commits"),
    may_be_empty="A repository can do without any, or be watched without its git history.",
    columns=(
        REPO_ID,
        Column("path", pl.String, "Path of the document: hostile text."),
        Column("norm", pl.String, "Which norm it states, told by its path.", one_of=NORMS),
        Column("first_sha", pl.String, "Commit in which it is first seen."),
        count("n_commits", "Commits that changed it."),
        Column("is_first", pl.Boolean, "Whether it is the repository's first document of its norm."),
        Column("first_at", INSTANT, "First appearance: author time of the first commit that has it."),
        Column("last_changed_at", INSTANT, "Author time of the last commit that changed it."),
    ),
    caveats="Told by names and places (root, docs, .github, .gitlab), not by content. A renamed document is one more path; "
    "its norm appeared with the first of them. What a merge itself adds is not seen.",
)


def build(norm_documents: pl.LazyFrame, commits: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    held = commits.filter("is_in_default_branch").select("repo_id", "sha", "authored_at")
    order = ["authored_at", "sha"]
    documents = (
        norm_documents.join(held, on=["repo_id", "sha"])
        .group_by("repo_id", "path")
        .agg(
            norm=pl.col("norm").first(),
            first_sha=pl.col("sha").sort_by(order).first(),
            n_commits=pl.len().cast(pl.Int64),
            first_at=pl.col("authored_at").min(),
            last_changed_at=pl.col("authored_at").max(),
        )
    )
    firsts = documents.group_by("repo_id", "norm").agg(
        path=pl.col("path").sort_by("first_at", "path").first(), is_first=pl.lit(value=True)
    )
    return (
        documents.join(firsts.select("repo_id", "path", "is_first"), on=["repo_id", "path"], how="left")
        .with_columns(pl.col("is_first").fill_null(value=False))
        .select(TABLE.column_names)
    )
