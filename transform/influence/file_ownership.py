"""influence.file_ownership: how many persons made a file what it is, and how many hardly touched it (INF-12d)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.influence.ownership import area_of
from transform.influence.truck_factor import COUNTED_CLASSES, FILE, events, missing
from transform.parameters import Parameters

MAJOR = 0.05

TABLE = Table(
    schema="influence",
    name="file_ownership",
    grain="one row per repository and file of the tree that people of the project write by hand, documentation aside",
    key=("repo_id", "path"),
    inputs=(
        *("raw.tree_files", "raw.commit_files", "core.commits", "core.people", "core.repositories", "raw.streams"),
    ),
    definition="INF-12d/1",
    formula="share of a person in a file = own commits of it / commits of it by humans; major contributors have major or more of "
    "them, minor ones less; ownership: the greatest share, of equals the first by name",
    source="Bird et al. 2011",
    parameters={"major": MAJOR, "file_classes": COUNTED_CLASSES},
    caveats="A commit of many lines counts as one of few. Merges are left out; renames are followed by name. Co-authors of a "
    "commit have no share of it.",
    is_large=True,
    may_be_empty="The tree is known from git alone.",
    evidence=(
        Evidence(
            "core.line_lives",
            "the lines that the file has and had",
            same=("repo_id", "path"),
        ),
    ),
    columns=(
        REPO_ID,
        Column("path", pl.String, "Path of the file in the tree as last read: hostile text."),
        Column("area", pl.String, "Its top folder with a slash at its end, or '/'."),
        count("n_commits", "Commits by humans that touched it; null: see reason.", nullable=True),
        count("n_contributors", "Humans who wrote them; null: see reason.", unit="persons", nullable=True),
        count(
            "n_major", "Those of them with 5 % of the commits or more; null: see reason.", unit="persons", nullable=True
        ),
        count("n_minor", "Those of them with less; null: see reason.", unit="persons", nullable=True),
        share("ownership_share", "Greatest share of one person; null: see reason, or without commits.", nullable=True),
        Column(
            "owner_person_id",
            pl.String,
            "Whose that is; null: see reason, or without commits.",
            nullable=True,
            references="core.people.person_id",
        ),
        Column("reason", pl.String, "Why there are no numbers; null where there are.", nullable=True),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    tree: pl.LazyFrame,
    files: pl.LazyFrame,
    commits: pl.LazyFrame,
    people: pl.LazyFrame,
    repositories: pl.LazyFrame,
    streams: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    del parameters
    counted = tree.filter(pl.col("file_class").is_in(COUNTED_CLASSES)).select("repo_id", file="path")
    numbers = ["n_commits", "n_contributors", "n_major", "n_minor"]
    return (
        counted.join(shares(events(counted, files, commits, people)), on=FILE, how="left")
        .with_columns(pl.col(numbers).fill_null(0))
        .join(missing(streams), on="repo_id", how="left")
        .with_columns(reason=pl.lit("the history is not whole: ") + pl.col("missing"))
        .with_columns(pl.when(pl.col("reason").is_null()).then(pl.col(*numbers, "ownership_share", "owner_person_id")))
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .with_columns(path="file", area=area_of("file"), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def shares(changes: pl.LazyFrame) -> pl.LazyFrame:
    """One row per file that a human committed to, from who changed it in which commit."""
    own = changes.group_by(*FILE, "person_id").agg(n=pl.col("sha").n_unique().cast(pl.Int64)).sort(*FILE, "person_id")
    part = pl.col("n") / pl.col("n").sum()
    return own.group_by(FILE, maintain_order=True).agg(
        n_commits=pl.col("n").sum(),
        n_contributors=pl.len().cast(pl.Int64),
        n_major=(part >= MAJOR).sum().cast(pl.Int64),
        n_minor=(part < MAJOR).sum().cast(pl.Int64),
        ownership_share=part.max(),
        owner_person_id=pl.col("person_id").get(pl.col("n").arg_max()),
    )
