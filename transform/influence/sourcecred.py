"""influence.sourcecred: SourceCred's scores, where they are asked for (INF-04)."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column, Table
from transform.columns import (
    DEFINITION,
    IS_WINDOW_COMPLETE,
    N_PERSONS,
    PERSON_ID,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_START,
    share,
)
from transform.core.people import human_ids
from transform.influence.cred_graph import (
    PERSON,
    REPOSITORY,
    TIES,
    WEIGHTS,
    authorship,
    known_ends,
    merge_commits,
    parents,
    posts,
    references,
)
from transform.influence.evidence import acts_until_the_snapshot
from transform.influence.windows import before_snapshot, with_windows
from transform.parameters import Parameters
from transform.statistics.credrank import ALPHA, BETA, GAMMA, Edges, credrank

CELL = ("repo_id", "window_start", "person_id")
MINTED = {"change": 4.0, "review": 1.0}
PARAMETER_SET = "sourcecred 3da222e, GitHub plugin"
FIRST_SUNDAY = 3
"""Days from 1970-01-01 to the first Sunday: weeks begin on Sundays (UTC)."""
NODES = pl.Schema({"repo_id": pl.String, "node": pl.String, "mint": pl.Float64})
FOUND: dict[str, Any] = {"repo_id": pl.String, "window_start": pl.Date, "person_id": pl.String, "cred": pl.Float64}
TABLE = Table(
    schema="influence",
    name="sourcecred",
    grain="one row per repository, calendar year and human with cred in it",
    key=CELL,
    inputs=(
        *("core.issues", "core.changes", "core.comments", "core.reviews", "core.commits", "core.events", "core.people"),
        *("core.aliases", "raw.mentions", "raw.items", "raw.closing_links", "core.repositories"),
    ),
    definition="INF-04/1",
    formula="CredRank: stationary distribution of a walk over posts and persons' weeks; seed mints a change 4, a review 1; edges "
    "forth/back: author to post 1/2, 1; post to parent 1, 1/4; change to merge commit 1/2, 1; reference 1, 0; of a person's week "
    "alpha to the seed, beta paid out, gamma to each neighbouring week; cred sums to what was minted",
    source="SourceCred: CredRank and the default weights of its GitHub plugin (2022)",
    parameters={
        "is_sourcecred_built": "parameters.is_sourcecred_built",
        "minted": MINTED,
        "weights": WEIGHTS,
        "alpha": ALPHA,
        "beta": BETA,
        "gamma": GAMMA,
    },
    caveats="No main index: its makers gave up SourceCred in 2022. Cred rewards changes and reviews by fiat. Reactions are left "
    "out, because the forge tells how many there are and not by whom; a commit is one node, where SourceCred has one of the "
    "forge and one of git. Bots and deleted accounts are no persons.",
    is_large=True,
    may_be_empty="Empty unless the setting sourcecred is true; and without changes and reviews there is no cred.",
    evidence=(acts_until_the_snapshot("what the person did", same=("repo_id", "person_id")),),
    columns=(
        REPO_ID,
        WINDOW_START,
        PERSON_ID,
        Column("cred", pl.Float64, "Cred of the weeks that lie in the year with most of their days.", at_least=0),
        share("cred_share", "Share of the cred of the year."),
        share("percentile_rank", "Share of the persons of the year with less cred, ties counted half."),
        N_PERSONS,
        Column("parameter_set", pl.String, "Which of the published sets of parameters was used."),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    issues: pl.LazyFrame,
    changes: pl.LazyFrame,
    comments: pl.LazyFrame,
    reviews: pl.LazyFrame,
    commits: pl.LazyFrame,
    events: pl.LazyFrame,
    people: pl.LazyFrame,
    aliases: pl.LazyFrame,
    mentions: pl.LazyFrame,
    items: pl.LazyFrame,
    links: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    if not parameters.is_sourcecred_built:
        return TABLE.empty().lazy()
    made = before_snapshot(posts(issues, changes, comments, reviews, commits), repositories, "at").cache()
    humans = human_ids(people)
    referred = references(events, changes, links, mentions, items, aliases)
    ties = pl.concat([authorship(made), parents(made), merge_commits(changes), referred]).pipe(known_ends, made, humans)
    minted = made.select("repo_id", "node", mint=pl.col("kind").replace_strict(MINTED, default=0.0))
    both = pl.concat([minted.cast(NODES), ties.cast(TIES)], how="diagonal")
    value, year = pl.col("cred"), ("repo_id", "window_start")
    rank = value.round(9).rank("average").over(year) - 0.5
    return (
        both.map_batches(_each_repository, schema=FOUND)
        .with_columns(n_persons=pl.len().over(year).cast(pl.Int64))
        .with_columns(
            cred_share=(value / value.sum().over(year)).clip(0, 1),
            percentile_rank=rank / pl.col("n_persons"),
            parameter_set=pl.lit(PARAMETER_SET),
            definition=pl.lit(TABLE.definition),
            window_kind=pl.lit("year"),
        )
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
        .sort(CELL)
    )


def _each_repository(rows: pl.DataFrame) -> pl.DataFrame:
    parts = sorted(rows.partition_by("repo_id", as_dict=True).items())
    found = [_cred_of_years(part, str(repo)) for (repo,), part in parts]
    return pl.concat([pl.DataFrame(schema=FOUND), *found])


def _cred_of_years(rows: pl.DataFrame, repo_id: str) -> pl.DataFrame:
    """FOUND of one repository."""
    ties = rows.filter(pl.col("source").is_not_null()).sort("source", "target", "at", "forth")
    if ties.is_empty():
        return pl.DataFrame(schema=FOUND)
    minted = rows.filter(pl.col("node").is_not_null()).select("node", "mint")
    whole = pl.DataFrame({"node": [REPOSITORY], "mint": [0.0]})
    nodes = pl.concat([minted, whole]).unique("node").sort("node").with_row_index("at_node")
    ends = pl.concat([ties["source"], ties["target"]])
    persons = ends.filter(ends.str.starts_with(PERSON)).unique().sort()
    numbers = pl.concat(
        [
            nodes.select("node", number=pl.col("at_node").cast(pl.Int64)),
            pl.DataFrame({"node": persons, "number": np.arange(len(persons)) + nodes.height}),
        ]
    )
    source, target = (
        ties.select(node=end).join(numbers, on="node", how="left", maintain_order="left")["number"].to_numpy()
        for end in ("source", "target")
    )
    week = (ties["at"].dt.epoch("d").to_numpy() - FIRST_SUNDAY) // 7
    first = int(week.min())
    edges = Edges(
        np.concatenate([source, target]),
        np.concatenate([target, source]),
        np.concatenate([week, week]) - first,
        np.concatenate([ties["forth"].to_numpy(), ties["back"].to_numpy()]),
    )
    cred = credrank(nodes["mint"].to_numpy(), edges, int(week.max()) - first + 1)
    days = pl.Series((cred.week + first) * 7 + FIRST_SUNDAY + 3).cast(pl.Int32).cast(pl.Date)
    of_weeks = pl.DataFrame(
        {"person_id": persons[cred.person].str.strip_prefix(PERSON), "window_start": days, "cred": cred.value}
    )
    return (
        of_weeks.group_by("person_id", pl.col("window_start").dt.truncate("1y"))
        .agg(pl.col("cred").sum())
        .filter(pl.col("cred").round(9) > 0)
        .select(pl.lit(repo_id).alias("repo_id"), "window_start", "person_id", "cred")
        .sort("window_start", "person_id")
    )
