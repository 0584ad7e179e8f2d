"""influence.ownership: whose lines stand in which part of the code (INF-12c)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, PERSON_ID, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.line_lives import OURS
from transform.core.people import human_ids
from transform.parameters import Parameters

CELL = ("repo_id", "area", "person_id")
WHOLE = "all"
MAJOR = 0.05

TABLE = Table(
    schema="influence",
    name="ownership",
    grain="one row per repository, area (top folder, or all) and human whose lines stand there",
    key=CELL,
    inputs=("core.line_lives", "core.people", "core.affiliations", "core.repositories"),
    definition="INF-12c/2",
    formula="share of the lines that stand at the snapshot and were written by humans; a major owner has 5 % or more",
    source="Bird et al. 2011, with lines for commits",
    parameters={"major": MAJOR},
    caveats="Who wrote a line need not know it any more; who reviewed it has no share. Vendored and generated files are left "
    "out.",
    may_be_empty="The lives of lines are known from git alone.",
    evidence=(
        Evidence(
            "core.line_lives",
            "the person's lines that stand",
            same=("repo_id",),
            when="there.born_person_id = here.person_id AND there.died_sha = '' AND "
            "there.file_class NOT IN ('vendored', 'generated') AND "
            "(here.area = 'all' OR here.area = CASE WHEN contains(there.path, '/') "
            "THEN split_part(there.path, '/', 1) || '/' ELSE '/' END)",
        ),
    ),
    columns=(
        REPO_ID,
        Column("area", pl.String, "Top folder with a slash at its end, '/' for files in none, or 'all'."),
        PERSON_ID,
        Column("organisation", pl.String, "For whom they work at the snapshot; null when unknown.", nullable=True),
        count("n_lines", "Lines that stand.", unit="lines"),
        share("lines_share", "Share of the lines of humans that stand in the area."),
        Column("is_major", pl.Boolean, "Whether the share is 5 % or more."),
        share("unknown_share", "Share of the area's lines whose writers work for nobody who is known."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def area_of(path: str) -> pl.Expr:
    """
    >>> pl.DataFrame({"path": ["src/a/b.py", "README"]}).select(area_of("path")).to_series().to_list()
    ['src/', '/']
    """
    folder = pl.col(path).str.split("/").list.first() + "/"
    return pl.when(pl.col(path).str.contains("/", literal=True)).then(folder).otherwise(pl.lit("/"))


def build(
    lives: pl.LazyFrame,
    people: pl.LazyFrame,
    affiliations: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    humans = human_ids(people)
    standing = (
        lives.filter(pl.col("file_class").is_in(OURS), pl.col("died_sha") == "")
        .rename({"born_person_id": "person_id"})
        .join(humans, on="person_id", how="semi")
        .with_columns(area=area_of("path"))
    )
    own = pl.concat([standing, standing.with_columns(area=pl.lit(WHOLE))]).group_by(CELL).agg(pl.col("n_lines").sum())
    return (
        own.with_columns(lines_share=pl.col("n_lines") / pl.col("n_lines").sum().over("repo_id", "area"))
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .join(last_organisations(affiliations, repositories), on=["repo_id", "person_id"], how="left")
        .with_columns(
            is_major=pl.col("lines_share") >= MAJOR,
            unknown_share=unknown_share(),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(CELL)
    )


def unknown_share() -> pl.Expr:
    of_unknown = pl.col("n_lines").filter(pl.col("organisation").is_null())
    return of_unknown.sum().over("repo_id", "area") / pl.col("n_lines").sum().over("repo_id", "area")


def last_organisations(affiliations: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The organisation of each person at the snapshot of each repository."""
    spans = affiliations.drop_nulls("organisation")
    watched = repositories.select("repo_id", "snapshot_at")
    is_in = (pl.col("from_at").is_null() | (pl.col("from_at") <= pl.col("snapshot_at"))) & (
        pl.col("to_at").is_null() | (pl.col("to_at") >= pl.col("snapshot_at"))
    )
    return (
        spans.join(watched, how="cross")
        .filter(is_in)
        .group_by("repo_id", "person_id")
        .agg(organisation=pl.col("organisation").sort_by("from_at", "organisation", nulls_last=False).last())
    )
