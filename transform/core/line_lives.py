"""core.line_lives: how long lines stand, who wrote them and who took them away (INF-12)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence, Table
from transform.columns import REPO_ID
from transform.parameters import Parameters

FILE_CLASSES = ("vendored", "generated", "tests", "docs", "configuration", "code", "other")
OURS = ("tests", "docs", "configuration", "code", "other")
"""Classes of files that people of the project write by hand."""

TABLE = Table(
    schema="core",
    name="line_lives",
    grain="one row per file, commit that brought lines of it in, and commit that took them away",
    key=("repo_id", "path", "born_sha", "died_sha"),
    inputs=("raw.line_lives", "raw.commits", "core.commits", "core.changes"),
    definition="INF-12/1",
    formula="the first parents are replayed hunk by hunk; white space alone changes nothing, a line of 20 characters or "
    "more that moved within its file stays who it was, and commits in .git-blame-ignore-revs leave the lines they rewrote "
    "to those who wrote them before",
    source="as git blame -w -M; lines as spells: Spinellis et al. 2021",
    caveats="What a merge brought belongs to the author of the change it merged, else to the author of the merged tip: of "
    "several who wrote on one branch that is one.",
    is_large=True,
    may_be_empty="The history may be cut, damaged, or empty.",
    evidence=(
        Evidence(
            "core.contributions",
            "the commits that brought the lines in and took them away; a merge is no contribution",
            same=("repo_id",),
            when="there.contribution_id IN (here.repo_id || '/commit/' || here.born_sha, "
            "here.repo_id || '/commit/' || here.died_sha)",
        ),
    ),
    columns=(
        REPO_ID,
        Column("path", pl.String, "Path of the file now, or when the lines went: hostile text."),
        Column("file_class", pl.String, "Kind of file, told by its path alone.", one_of=FILE_CLASSES),
        Column("born_sha", pl.String, "Commit that brought the lines in."),
        Column("died_sha", pl.String, "Commit that took them away or wrote them anew; empty while they stand."),
        Column("born_person_id", pl.String, "Who wrote them.", nullable=True, references="core.people.person_id"),
        Column(
            "died_person_id",
            pl.String,
            "Who took them away; null while they stand.",
            nullable=True,
            references="core.people.person_id",
        ),
        Column("born_at", INSTANT, "When they came in."),
        Column("died_at", INSTANT, "When they went; null while they stand.", nullable=True),
        Column("n_lines", pl.Int64, "How many lines.", unit="lines", at_least=1),
    ),
)

KEY = ("repo_id", "path", "file_class", "born_sha", "died_sha")


def build(
    lives: pl.LazyFrame,
    headers: pl.LazyFrame,
    commits: pl.LazyFrame,
    changes: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    writers = written_by(headers, commits, changes)
    born = writers.rename({"sha": "born_sha", "person_id": "born_person_id", "at": "born_at"})
    died = writers.rename({"sha": "died_sha", "person_id": "died_person_id", "at": "died_at"})
    resolved = lives.join(born, on=["repo_id", "born_sha"]).join(died, on=["repo_id", "died_sha"], how="left")
    # what goes after the snapshot stands at the snapshot
    standing = resolved.with_columns(
        died_sha=pl.when(pl.col("died_at").is_not_null()).then("died_sha").otherwise(pl.lit(""))
    )
    people = ("born_person_id", "died_person_id", "born_at", "died_at")
    return (
        standing.group_by(KEY)
        .agg(pl.col(people).first(), pl.col("n_lines").sum())
        .with_columns(died_at=pl.max_horizontal("died_at", pl.when(pl.col("died_at").is_not_null()).then("born_at")))
        .select(TABLE.column_names)
    )


def written_by(headers: pl.LazyFrame, commits: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """Whose work a commit of the first parents brought in, and when: `repo_id`, `sha`, `person_id`, `at`.

    Of a merge that is the author of the change it merged, else of the merged tip.
    """
    authors = commits.select("repo_id", "sha", "person_id")
    tips = headers.select("repo_id", "sha", tip=pl.col("parent_shas").list.get(1, null_on_oob=True)).drop_nulls("tip")
    merged_tips = tips.join(authors.rename({"sha": "tip", "person_id": "tip_person_id"}), on=["repo_id", "tip"])
    by_number = changes.select("repo_id", change_number="number", change_person_id="person_id").drop_nulls()
    by_merge = (
        changes.select("repo_id", sha="merge_sha", merge_person_id="person_id").drop_nulls().unique(["repo_id", "sha"])
    )
    return (
        commits.select("repo_id", "sha", "person_id", "n_parents", "change_number", at="committed_at")
        .join(merged_tips.select("repo_id", "sha", "tip_person_id"), on=["repo_id", "sha"], how="left")
        .join(by_number, on=["repo_id", "change_number"], how="left")
        .join(by_merge, on=["repo_id", "sha"], how="left")
        .with_columns(
            person_id=pl.when(pl.col("n_parents") > 1)
            .then(pl.coalesce("merge_person_id", "change_person_id", "tip_person_id", "person_id"))
            .otherwise("person_id")
        )
        .select("repo_id", "sha", "person_id", "at")
    )
