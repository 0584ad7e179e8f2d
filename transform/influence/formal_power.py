"""influence.formal_power: who is written down as responsible, who decides in fact, and how far apart they are (INF-13)."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.people import human_ids
from transform.influence.ownership import WHOLE, area_of
from transform.parameters import Parameters

CELL = ("repo_id", "area")
PERSON = (*CELL, "person_id")
DECISION = ("repo_id", "artefact_id", "person_id")
ORDERED = ("codeowners", "owners")
"""Documents in which the last line that fits a file takes it."""

TABLE = Table(
    schema="influence",
    name="formal_power",
    grain="one row per repository and area (top folder, or all) that is held by somebody or was decided upon in the last year",
    key=CELL,
    inputs=(
        *("raw.power_holders", "raw.tree_files", "core.aliases", "core.people", "core.changes", "core.reviews"),
        *("core.commits", "raw.commit_files", "core.repositories"),
    ),
    definition="INF-13/3",
    formula="formal: named for a file of the area in CODEOWNERS (its last pattern that fits), OWNERS, MAINTAINERS or GOVERNANCE; "
    "decisions: approvals, merges and refusals (closed without a merge) by humans of changes of others in the rolling_days before the snapshot, a change being of "
    "every area it touches; overlap: formal who decided / (formal or deciders)",
    source="ours",
    parameters={"rolling_days": "parameters.rolling_days"},
    caveats="The documents are those of the tree as last read. Who is in a team is not known: teams are counted apart. Who may "
    "merge is known by who did. A maintainer who prevents harm without a word is not seen.",
    may_be_empty="Nobody is written down, and nothing was decided.",
    evidence=(
        Evidence(
            "core.contributions",
            "the reviews, merges and closings of the last year",
            same=("repo_id",),
            when="there.kind IN ('review', 'change_merge', 'close') AND there.actor_class = 'human' AND "
            "there.contributed_at < here.snapshot_at AND "
            f"there.contributed_at >= here.snapshot_at - to_days({Parameters.rolling_days})",
        ),
    ),
    columns=(
        REPO_ID,
        Column("area", pl.String, "Top folder with a slash at its end, '/' for files in none, or 'all'."),
        count("n_formal", "Persons written down for the area.", unit="persons"),
        count("n_formal_unresolved", "Teams, and names of whom nothing else is known."),
        count("n_decisions", "Approvals, merges and refusals of changes of others in the area."),
        count("n_deciders", "Humans who gave them.", unit="persons"),
        count("n_mergers", "Those of them who merged: merge rights as seen.", unit="persons"),
        Column(
            "effective_deciders",
            pl.Float64,
            "Equal deciders that give the same index; null without decisions.",
            unit="persons",
            nullable=True,
            at_least=1,
        ),
        share(
            "formal_decisions_share", "Decisions by formal holders; null if none, or nobody is formal.", nullable=True
        ),
        count("n_formal_silent", "Formal holders who decided nothing there.", unit="persons"),
        count("n_informal_deciders", "Deciders who are not written down.", unit="persons"),
        share("overlap_share", "How far the two are the same; null where either is nobody.", nullable=True),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    holders: pl.LazyFrame,
    tree: pl.LazyFrame,
    aliases: pl.LazyFrame,
    people: pl.LazyFrame,
    changes: pl.LazyFrame,
    reviews: pl.LazyFrame,
    commits: pl.LazyFrame,
    files: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    named = resolved(held_areas(holders, tree), aliases, people).cache()
    formal = named.drop_nulls("person_id").select(PERSON).unique().with_columns(is_formal=pl.lit(value=True))
    areas = areas_of_changes(commits, files, changes)
    decided = decisions(changes, reviews, people, repositories, parameters.rolling_days).join(
        areas, on=["repo_id", "number"]
    )
    real = decided.group_by(PERSON).agg(
        n=pl.len().cast(pl.Int64),
        n_merged=(pl.col("kind") == "merge").sum().cast(pl.Int64),
        is_decider=pl.lit(value=True),
    )
    both = formal.join(real, on=PERSON, how="full", coalesce=True).with_columns(
        pl.col("is_formal", "is_decider").fill_null(value=False), pl.col("n", "n_merged").fill_null(0)
    )
    unresolved = (
        named.filter(pl.col("person_id").is_null())
        .group_by(CELL)
        .agg(n_formal_unresolved=pl.col("name").n_unique().cast(pl.Int64))
    )
    return (
        both.group_by(CELL)
        .agg(*compared())
        .join(unresolved, on=CELL, how="full", coalesce=True)
        .with_columns(pl.selectors.starts_with("n_").fill_null(0))
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def compared() -> list[pl.Expr]:
    formal, decider, n = pl.col("is_formal"), pl.col("is_decider"), pl.col("n")
    total = n.sum()
    return [
        formal.sum().cast(pl.Int64).alias("n_formal"),
        total.cast(pl.Int64).alias("n_decisions"),
        decider.sum().cast(pl.Int64).alias("n_deciders"),
        (pl.col("n_merged") > 0).sum().cast(pl.Int64).alias("n_mergers"),
        pl.when(total > 0).then(total**2 / (n**2).sum()).alias("effective_deciders"),
        pl.when((total > 0) & formal.any()).then(n.filter(formal).sum() / total).alias("formal_decisions_share"),
        (formal & ~decider).sum().cast(pl.Int64).alias("n_formal_silent"),
        (decider & ~formal).sum().cast(pl.Int64).alias("n_informal_deciders"),
        pl.when(formal.any() & decider.any()).then((formal & decider).sum() / pl.len()).alias("overlap_share"),
    ]


HELD: dict[str, Any] = {
    "repo_id": pl.String,
    "area": pl.String,
    "login": pl.String,
    "team": pl.String,
    "email_key": pl.String,
}


def held_areas(holders: pl.LazyFrame, tree: pl.LazyFrame) -> pl.LazyFrame:
    """Whom the documents name for each area of the tree (HELD)."""
    paths = tree.select("repo_id", "path", area=area_of("path"))
    both = pl.concat([holders, paths], how="diagonal")
    return both.map_batches(_held, schema=HELD)


def _held(rows: pl.DataFrame) -> pl.DataFrame:
    found = []
    for (repo,), part in sorted(rows.partition_by("repo_id", as_dict=True).items()):
        names, paths = part.filter(pl.col("document").is_not_null()), part.filter(pl.col("document").is_null())
        for (document,), lines in names.partition_by("document", as_dict=True).items():
            held = _lines_of_areas(lines, paths.select("path", "area"), last_takes=document in ORDERED)
            found.append(held.with_columns(repo_id=pl.lit(repo)).select(list(HELD)))
    return pl.concat([pl.DataFrame(schema=HELD), *found]).unique(maintain_order=True)


def _lines_of_areas(lines: pl.DataFrame, paths: pl.DataFrame, *, last_takes: bool) -> pl.DataFrame:
    """The lines that hold a file of each area, and all of them for the whole. Lines without a pattern hold everything."""
    keys = lines.select("path", "line_number", "pattern").unique().sort("path", "line_number").with_row_index("key")
    keyed = lines.join(keys, on=["path", "line_number", "pattern"], nulls_equal=True)
    areas = paths["area"].unique().sort()
    taken = pl.lit(None, pl.UInt32)
    pairs = []
    for key, pattern in keys.select("key", "pattern").iter_rows():
        if pattern is None:
            pairs.append(
                pl.DataFrame({"key": [key] * len(areas), "area": areas}, schema={"key": pl.UInt32, "area": pl.String})
            )
            continue
        fits = pl.col("path").str.contains(as_regex(pattern))
        if last_takes:
            taken = pl.when(fits).then(pl.lit(key, pl.UInt32)).otherwise(taken)
        else:
            pairs.append(paths.filter(fits).select(key=pl.lit(key, pl.UInt32), area="area").unique())
    pairs.append(paths.select(taken.alias("key"), "area").drop_nulls().unique())
    of_areas = pl.concat(pairs).unique()
    whole = of_areas.select("key").unique().with_columns(area=pl.lit(WHOLE))
    is_somebody = pl.any_horizontal(pl.col("login", "team", "email_key").is_not_null())
    return pl.concat([of_areas, whole.select("key", "area")]).join(keyed, on="key").filter(is_somebody)


def as_regex(pattern: str) -> str:
    """A pattern of CODEOWNERS, which are those of .gitignore without negation, as a regular expression over paths.

    >>> [as_regex(pattern) for pattern in ("*", "/docs/", "*.py", "src/**/x")]
    ['(^|/)[^/]*(/|$)', '^docs/', '(^|/)[^/]*\\\\.py(/|$)', '^src/(.*/)?x(/|$)']
    """
    is_rooted = pattern.startswith("/") or "/" in pattern.rstrip("/")
    is_folder = pattern.endswith("/")
    body = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/")):
        body += {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    # of 'docs/*' git takes the files of the folder and not those of its folders
    end = "/" if is_folder else "$" if pattern.endswith("/*") else "(/|$)"
    return f"{'^' if is_rooted else '(^|/)'}{body}{end}"


def resolved(held: pl.LazyFrame, aliases: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """With `person_id`, null for teams and for names that nobody here has; a login of two is nobody's for certain.

    `name` tells apart those that are nobody's. A login and an address of one line are of the same person.
    """
    logins = (
        people.filter(pl.col("actor_class") == "human")
        .select("person_id", login=pl.col("login").str.to_lowercase())
        .drop_nulls("login")
        .group_by("login")
        .agg(by_login=pl.col("person_id").min(), n=pl.len())
        .filter(pl.col("n") == 1)
    )
    mails = aliases.filter(pl.col("alias_kind") == "email").select(
        email_key=pl.col("alias_id").str.strip_prefix("mail:"), by_mail="person_id"
    )
    return (
        held.join(logins.drop("n"), on="login", how="left")
        .join(mails, on="email_key", how="left")
        .with_columns(person_id=pl.coalesce("by_login", "by_mail"), name=pl.coalesce("login", "team", "email_key"))
        .drop("by_login", "by_mail")
    )


def areas_of_changes(commits: pl.LazyFrame, files: pl.LazyFrame, changes: pl.LazyFrame) -> pl.LazyFrame:
    """The areas each change touched: `repo_id`, `number`, `area`; all changes are of the whole."""
    brought = commits.drop_nulls("change_number").select("repo_id", "sha", number="change_number")
    touched = files.select("repo_id", "sha", area=area_of("path")).join(brought, on=["repo_id", "sha"])
    whole = changes.select("repo_id", "number", area=pl.lit(WHOLE))
    return pl.concat([touched.select("repo_id", "number", "area").unique(), whole])


def decisions(
    changes: pl.LazyFrame, reviews: pl.LazyFrame, people: pl.LazyFrame, repositories: pl.LazyFrame, days: int
) -> pl.LazyFrame:
    """What humans decided on changes of others in the days before the snapshot, once a person, change and `kind`."""
    humans = human_ids(people)
    authors = changes.select("repo_id", "artefact_id", "number", author="person_id")
    approved = reviews.filter(pl.col("state") == "approved").select(
        *DECISION, at="submitted_at", kind=pl.lit("approval")
    )
    merged = changes.filter("is_merged").select(
        "repo_id", "artefact_id", person_id="merged_by_person_id", at="merged_at", kind=pl.lit("merge")
    )
    refused = changes.filter(~pl.col("is_merged")).select(
        "repo_id", "artefact_id", person_id="closed_by_person_id", at="closed_at", kind=pl.lit("refusal")
    )
    return (
        pl.concat([approved, merged, refused.drop_nulls()])
        .join(authors, on=["repo_id", "artefact_id"])
        .filter(pl.col("person_id").ne_missing(pl.col("author")))
        .join(humans, on="person_id", how="semi")
        .join(repositories.select("repo_id", "snapshot_at"), on="repo_id")
        .filter(pl.col("at") < pl.col("snapshot_at"), pl.col("at") >= pl.col("snapshot_at") - pl.duration(days=days))
        .unique([*DECISION, "kind"])
    )
