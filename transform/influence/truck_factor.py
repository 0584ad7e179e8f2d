"""influence.truck_factor: how many have to leave before half of the files have no author (INF-10, Avelino et al. 2016)."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import Any

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.people import human_ids
from transform.influence.evidence import acts_until_the_snapshot
from transform.parameters import Parameters

BASE, OF_FIRST, OF_OWN, OF_OTHERS = 3.293, 1.098, 0.164, 0.321
"""Fritz et al.'s weights of knowledge: the degree of authorship."""
FEWEST_RELATIVE, FEWEST_ABSOLUTE, FEWEST_COVERED = 0.75, 3.293, 0.5
COUNTED_CLASSES = ("code", "tests", "configuration", "other")
NEEDED_STREAMS = ("commits", "commit_sizes", "tree_files")
FILE = ("repo_id", "file")

TABLE = Table(
    schema="influence",
    name="truck_factor",
    grain="one row per repository with a git history",
    key=("repo_id",),
    inputs=(
        *("raw.tree_files", "raw.commit_files", "core.commits", "core.people", "core.repositories", "raw.streams"),
    ),
    definition="INF-10/1",
    formula="DOA = 3.293 + 1.098 FA + 0.164 DL - 0.321 ln(1 + AC); FA: made the file; DL: own later changes; AC: those of "
    "others; an author has DOA / max DOA > 0.75 and (DOA >= 3.293 or FA); while half of the files or more have an author, "
    "whoever has most files is taken out, of equals the first by name; the factor is how many were",
    source="Avelino et al. 2016; weights of Fritz et al. 2014",
    parameters={"file_classes": COUNTED_CLASSES, "relative": 0.75, "absolute": 3.293, "coverage": 0.5},
    caveats="Files are those of the tree as last read, without vendored, generated and documentation files: another filter "
    "is another number. Renames are followed by name. Who knows a file without having changed it does not count.",
    may_be_empty="A repository can be watched without its git history.",
    evidence=(acts_until_the_snapshot("every commit", "there.kind = 'commit' AND NOT there.is_coauthor"),),
    columns=(
        REPO_ID,
        count(
            "truck_factor", "How many leave before half are orphans; null: see reason.", unit="persons", nullable=True
        ),
        Column("reason", pl.String, "Why there is no factor; null where there is one.", nullable=True),
        count("n_files", "Files that count.", unit="files"),
        count("n_authored_files", "Files that have an author now.", unit="files"),
        count("n_authors", "Persons who are author of a file.", unit="persons"),
        share("coverage_share", "Share of the files that still have an author after the last removal.", nullable=True),
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
    authors = events(counted, files, commits, people).pipe(authorship).pipe(authors_of_files)
    with_history = commits.select("repo_id").unique()
    sizes = counted.group_by("repo_id").agg(n_files=pl.len().cast(pl.Int64))
    return (
        with_history.join(sizes, on="repo_id", how="left")
        .join(removed(authors, sizes), on="repo_id", how="left")
        .join(missing(streams), on="repo_id", how="left")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .with_columns(pl.col("n_files", "n_authored_files", "n_authors").fill_null(0))
        .pipe(told)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort("repo_id")
    )


def names_of_files(counted: pl.LazyFrame, files: pl.LazyFrame) -> pl.LazyFrame:
    """Every name a file of the tree ever had: `repo_id`, `file`, `path`."""
    renames = files.drop_nulls("old_path").select("repo_id", file="path", old="old_path").unique()
    both = pl.concat([renames, counted.with_columns(old=pl.lit(None, pl.String))])
    schema: dict[str, Any] = {"repo_id": pl.String, "file": pl.String, "path": pl.String}
    return both.map_batches(_followed, schema=schema)


def _followed(rows: pl.DataFrame) -> pl.DataFrame:
    """Renames followed back from the files of the tree, each name once."""
    before: dict[tuple[str, str], list[str]] = defaultdict(list)
    for repo, path, old in rows.drop_nulls("old").sort("repo_id", "file", "old").iter_rows():
        before[repo, path].append(old)
    found = []
    for repo, path, _ in rows.filter(pl.col("old").is_null()).iter_rows():
        names, ahead = {path}, [path]
        while ahead:
            fresh = [name for name in before[repo, ahead.pop()] if name not in names]
            names.update(fresh)
            ahead += fresh
        found += [(repo, path, name) for name in sorted(names)]
    return pl.DataFrame(found, schema={"repo_id": pl.String, "file": pl.String, "path": pl.String}, orient="row")


def events(counted: pl.LazyFrame, files: pl.LazyFrame, commits: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """What humans did to the files of the tree, under whatever name: `file`, `person_id`, `status`, `authored_at`."""
    humans = human_ids(people)
    authored = commits.filter("is_in_default_branch", pl.col("n_parents") < 2).join(humans, on="person_id", how="semi")
    return (
        files.join(names_of_files(counted, files), on=["repo_id", "path"])
        .join(authored.select("repo_id", "sha", "person_id", "authored_at"), on=["repo_id", "sha"])
        .select(*FILE, "person_id", "status", "authored_at", "sha")
    )


def authorship(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Degree of authorship (DOA) of each person who made or changed a file."""
    is_added = pl.col("status") == "added"
    order = ["authored_at", "sha"]
    of_files = rows.group_by(FILE).agg(
        creator=pl.col("person_id")
        .filter(is_added)
        .sort_by(pl.col(order[0]).filter(is_added), pl.col(order[1]).filter(is_added))
        .first(),
        n_changes=pl.col("status").is_in(["modified", "renamed"]).sum().cast(pl.Int64),
    )
    own = rows.group_by(*FILE, "person_id").agg(
        own=pl.col("status").is_in(["modified", "renamed"]).sum().cast(pl.Int64)
    )
    first = (pl.col("person_id") == pl.col("creator")).fill_null(value=False)
    return (
        own.join(of_files, on=FILE)
        .with_columns(is_creator=first)
        .filter((pl.col("own") > 0) | pl.col("is_creator"))
        .with_columns(
            doa=BASE
            + OF_FIRST * pl.col("is_creator").cast(pl.Float64)
            + OF_OWN * pl.col("own")
            - OF_OTHERS * (1 + pl.col("n_changes") - pl.col("own")).log()
        )
    )


def authors_of_files(degrees: pl.LazyFrame) -> pl.LazyFrame:
    doa = pl.col("doa")
    is_near = doa / doa.max().over(FILE) > FEWEST_RELATIVE
    return degrees.filter(is_near & ((doa >= FEWEST_ABSOLUTE) | pl.col("is_creator"))).select(*FILE, "person_id")


REMOVED: dict[str, Any] = {
    "repo_id": pl.String,
    "truck_factor": pl.Int64,
    "n_authored_files": pl.Int64,
    "n_authors": pl.Int64,
    "coverage_share": pl.Float64,
}


def removed(authors: pl.LazyFrame, sizes: pl.LazyFrame) -> pl.LazyFrame:
    """REMOVED per repository: what is left when the greatest authors leave one by one."""
    return authors.join(sizes, on="repo_id").map_batches(partial(_each_repository), schema=REMOVED)


def _each_repository(rows: pl.DataFrame) -> pl.DataFrame:
    found = []
    for (repo,), part in sorted(rows.partition_by("repo_id", as_dict=True).items()):
        pairs = list(part.select("file", "person_id").iter_rows())
        n_files = part["n_files"].item(0)
        factor, left = greedy(pairs, n_files)
        found.append((repo, factor, part["file"].n_unique(), part["person_id"].n_unique(), left / n_files))
    return pl.DataFrame(found, schema=REMOVED, orient="row")


def greedy(pairs: list[tuple[str, str]], n_files: int) -> tuple[int, int]:
    """How many persons leave while half of the files or more have an author; and how many files still have one."""
    of_person: dict[str, set[str]] = defaultdict(set)
    authors = Counter(file for file, _ in pairs)
    for file, person in pairs:
        of_person[person].add(file)
    covered, factor = len(authors), 0
    while of_person and covered / n_files >= FEWEST_COVERED:
        leaving = min(of_person, key=lambda person: (-len(of_person[person]), person))
        for file in of_person.pop(leaving):
            authors[file] -= 1
            covered -= authors[file] == 0
        factor += 1
    return factor, covered


def missing(streams: pl.LazyFrame) -> pl.LazyFrame:
    """Why the history of a repository is not whole: a history cut short gives a plausible wrong answer."""
    cut = streams.filter(pl.col("stream").is_in(NEEDED_STREAMS), ~pl.col("is_complete"))
    said = pl.col("stream") + ": " + pl.col("reason").fill_null("not complete")
    return cut.group_by("repo_id").agg(missing=said.sort().str.join("; "))


def told(rows: pl.LazyFrame) -> pl.LazyFrame:
    reason = (
        pl.when(pl.col("missing").is_not_null()).then(pl.lit("the history is not whole: ") + pl.col("missing"))
        .when(pl.col("n_files") == 0).then(pl.lit("there are no files that count"))
        .when(pl.col("truck_factor").is_null()).then(pl.lit("no human is known to have written a file"))
    )  # fmt: skip
    known = pl.when(pl.col("reason").is_null())
    return rows.with_columns(reason=reason).with_columns(known.then(pl.col("truck_factor", "coverage_share")))
