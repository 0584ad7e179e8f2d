"""influence.networks: who is tied to whom, how strongly, in which network and window (INF-01)."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    DEFINITION,
    IS_WINDOW_COMPLETE,
    NETS,
    PROJECTED_NETS,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_KIND,
    WINDOW_KINDS,
    WINDOW_START,
    count,
)
from transform.core.line_lives import OURS
from transform.influence.windows import WINDOW, before_snapshot, in_window, in_windows, with_windows
from transform.parameters import Parameters
from transform.statistics.exact import exact_sum

EDGE = (*WINDOW, "net", "source_person_id", "target_person_id")
ALL_NETS = (*NETS, *PROJECTED_NETS)
NETS_OF = {"attention": ("review", "reply", "mention"), "all": ALL_NETS}
THREADS = ("issue_open", "change_open", "comment")
TEXT = pl.Categorical("people")

TABLE = Table(
    schema="influence",
    name="networks",
    grain="one row per repository, window, network, giver and receiver",
    key=EDGE,
    inputs=("core.interactions", "core.contributions", "core.commits", "raw.commit_files", "core.repositories"),
    definition="INF-01b/2",
    formula="weight: review, reply, merge, mention, coedit: interactions; thread: sum over threads that both wrote in of 1 / "
    "(n - 1), n being the persons who wrote there; cofile: sum over files that both changed of 1 / (n - 1); threads and "
    "files of more than most_sharers persons are left out",
    source="threads and files as projections of two-mode networks: Newman 2001; the other networks: INF-01",
    parameters={"most_sharers": "parameters.most_sharers", "rolling_networks": "parameters.rolling_networks"},
    caveats="In thread and cofile every pair has two rows, one in each direction. Of the windows that slide back from "
    "the snapshot the last rolling_networks are here; the scores have all of them.",
    is_large=True,
    may_be_empty="One person alone is tied to nobody.",
    evidence=(
        Evidence(
            "core.interactions",
            "the acts of attention in the window",
            same=("repo_id", "net", "source_person_id", "target_person_id"),
            when=f"there.interacted_at < here.snapshot_at AND {in_window('there.interacted_at')}",
        ),
        Evidence(
            "core.contributions",
            "what the two wrote, or committed, in the window",
            same=("repo_id",),
            when="there.person_id IN (here.source_person_id, here.target_person_id) AND "
            "there.contributed_at < here.snapshot_at AND (here.net = 'thread' AND there.kind IN "
            "('issue_open', 'change_open', 'comment') OR here.net = 'cofile' AND there.kind = 'commit') AND "
            f"{in_window('there.contributed_at')}",
        ),
    ),
    columns=(
        REPO_ID,
        WINDOW_KIND,
        WINDOW_START,
        Column("net", pl.String, "The network.", one_of=ALL_NETS),
        Column("source_person_id", pl.String, "Who gives attention.", references="core.people.person_id"),
        Column("target_person_id", pl.String, "Who receives it.", references="core.people.person_id"),
        Column("weight", pl.Float64, "How much, in the unit of the network.", at_least=0),
        count("n_artefacts", "Issues, changes, commits or files it rests on."),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    interactions: pl.LazyFrame,
    contributions: pl.LazyFrame,
    commits: pl.LazyFrame,
    files: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    kept = replace(parameters, rolling_windows=parameters.rolling_networks)
    return (
        edges(interactions, contributions, commits, files, repositories, kept)
        .with_columns(
            pl.col("window_kind", "source_person_id", "target_person_id").cast(pl.String),
            definition=pl.lit(TABLE.definition),
        )
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
    )


def edges(
    interactions: pl.LazyFrame,
    contributions: pl.LazyFrame,
    commits: pl.LazyFrame,
    files: pl.LazyFrame,
    repositories: pl.LazyFrame,
    parameters: Parameters,
) -> pl.LazyFrame:
    """Every network in every window: EDGE, `weight`, `n_artefacts`; persons as categories, which join faster."""
    most = parameters.most_sharers
    threads = before_snapshot(posts(contributions), repositories, "at").pipe(in_windows, "at", parameters)
    changed = before_snapshot(changed_files(commits, files, contributions), repositories, "at")
    return pl.concat(
        [
            acts(interactions, repositories, parameters, WINDOW_KINDS),
            shared(threads, most).with_columns(net=pl.lit("thread")),
            shared(changed.pipe(in_windows, "at", parameters), most).with_columns(net=pl.lit("cofile")),
        ],
        how="diagonal",
    )


def acts(
    interactions: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters, kinds: tuple[str, ...]
) -> pl.LazyFrame:
    """The networks of single acts: how often, and on how many artefacts."""
    known = before_snapshot(interactions, repositories, "interacted_at").select(
        "repo_id",
        "net",
        "snapshot_at",
        "interacted_at",
        pl.col("source_person_id", "target_person_id").cast(TEXT),
        artefact=pl.col("artefact_id").cast(pl.Categorical("artefacts")),
    )
    return (
        known.pipe(in_windows, "interacted_at", parameters, kinds)
        .group_by(EDGE)
        .agg(weight=pl.len().cast(pl.Float64), n_artefacts=pl.col("artefact").n_unique().cast(pl.Int64))
    )


def posts(contributions: pl.LazyFrame) -> pl.LazyFrame:
    """Who wrote in which thread: its opening and its comments."""
    return (
        human(contributions)
        .filter(pl.col("kind").is_in(THREADS))
        .select(
            "repo_id", "person_id", thing=pl.col("artefact_id").cast(pl.Categorical("artefacts")), at="contributed_at"
        )
    )


def changed_files(commits: pl.LazyFrame, files: pl.LazyFrame, contributions: pl.LazyFrame) -> pl.LazyFrame:
    """Which human changed which file, by authorship in the default branch."""
    humans = (
        contributions.filter(pl.col("actor_class") == "human", pl.col("kind") == "commit").select("person_id").unique()
    )
    authored = commits.filter("is_in_default_branch", pl.col("n_parents") < 2).join(humans, on="person_id", how="semi")
    return (
        files.filter(pl.col("file_class").is_in(OURS))
        .select("repo_id", "sha", "path")
        .join(authored.select("repo_id", "sha", "person_id", at="authored_at"), on=["repo_id", "sha"])
        .select("repo_id", pl.col("person_id").cast(TEXT), "at", thing=pl.col("path").cast(pl.Categorical("paths")))
    )


def human(contributions: pl.LazyFrame) -> pl.LazyFrame:
    return contributions.filter(pl.col("actor_class") == "human", pl.col("person_id").is_not_null()).with_columns(
        pl.col("person_id").cast(TEXT)
    )


def shared(rows: pl.LazyFrame, most: int) -> pl.LazyFrame:
    """Ties between all who share a thing in a window: 1 / (n - 1) a thing to each of the n - 1 others."""
    members = rows.select(*WINDOW, "thing", "person_id").unique()
    n = pl.len().over(*WINDOW, "thing")
    few = members.with_columns(n=n).filter(pl.col("n").is_between(2, most)).cache()
    others = few.select(*WINDOW, "thing", target_person_id="person_id")
    return (
        few.rename({"person_id": "source_person_id"})
        .join(others, on=[*WINDOW, "thing"])
        .filter(pl.col("source_person_id") != pl.col("target_person_id"))
        .group_by(*WINDOW, "source_person_id", "target_person_id")
        .agg(weight=exact_sum(1 / (pl.col("n") - 1)), n_artefacts=pl.len().cast(pl.Int64))
    )
