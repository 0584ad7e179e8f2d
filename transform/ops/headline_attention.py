"""What the attention of the last whole year says if others than humans count: on how few it rests, and whether it follows work.

The same functions make it as the published numbers (INF-02, INF-07, INF-06). Only threads that a bot or an agent touched
can have other edges than the published ones; the rest is taken from core.interactions, and only PageRank is computed.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import polars as pl

from transform.core import interactions as core_interactions
from transform.core import line_lives
from transform.core.items import artefact, of_items
from transform.influence import founding_claim, networks, problems_solved, scores
from transform.influence.concentration import concentrations
from transform.influence.graphs import graphs
from transform.influence.windows import KIND
from transform.parameters import Parameters
from transform.statistics.pagerank import pagerank

NETS = networks.NETS_OF["attention"]
COLUMNS = ("attention_effective_persons", "attention_top1_share", "rank_correlation")
THREAD = ("repo_id", "artefact_id")


class Threads(NamedTuple):
    """What edges of attention are made of."""

    changes: pl.LazyFrame
    issues: pl.LazyFrame
    reviews: pl.LazyFrame
    comments: pl.LazyFrame
    people: pl.LazyFrame
    mentions: pl.LazyFrame
    items: pl.LazyFrame
    aliases: pl.LazyFrame


def last_year(repositories: pl.LazyFrame) -> pl.LazyFrame:
    """The last calendar year that was over at the snapshot of each repository, by its first day."""
    day = pl.col("snapshot_at").dt.date()
    return repositories.select("repo_id", window_start=day.dt.offset_by("-1y").dt.truncate("1y"))


def edges(
    published: pl.LazyFrame,
    touched: pl.LazyFrame,
    acts: pl.LazyFrame,
    threads: Threads,
    repositories: pl.LazyFrame,
    parameters: Parameters,
) -> pl.LazyFrame:
    """The edges of attention if those count who are humans in `acts` and in the people of the threads; `touched` are the
    threads in which others than humans act or are named."""
    recent = acts.join(last_year(repositories), on=["repo_id", "window_start"], how="semi").select(THREAD).unique()
    again = touched.join(recent, on=THREAD, how="semi").cache()
    changes, issues, reviews, comments = (one.join(again, on=THREAD, how="semi") for one in threads[:4])
    made = core_interactions.build(
        changes,
        issues,
        reviews,
        comments,
        threads.people,
        threads.mentions,
        threads.items.with_columns(artefact_id=artefact(pl.col("kind"))).join(again, on=THREAD, how="semi"),
        threads.aliases,
        line_lives.TABLE.empty().lazy(),
        repositories,
        parameters=parameters,
    )
    anew = made.join(again, on=THREAD, how="semi")
    kept = published.filter(pl.col("net").is_in(NETS)).join(again, on=THREAD, how="anti")
    return pl.concat([kept, anew.filter(pl.col("net").is_in(NETS))])


def named(threads: Threads, classes: list[str], people: pl.LazyFrame) -> pl.LazyFrame:
    """Threads in which somebody of the classes is named."""
    theirs = people.filter(pl.col("actor_class").is_in(classes)).select("person_id")
    accounts = threads.aliases.join(theirs, on="person_id", how="semi").select(account_id="alias_id")
    theirs_named = threads.mentions.join(accounts, on="account_id", how="semi")
    told = of_items(theirs_named, threads.items)
    return told.select("repo_id", artefact_id=artefact(pl.col("item_kind"))).unique()


def told(
    interactions: pl.LazyFrame, acts: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters
) -> pl.LazyFrame:
    """One row per repository with attention in its last whole year: COLUMNS. `acts` are human_years of who counts."""
    year = last_year(repositories).cache()
    of_year = acts.join(year, on=["repo_id", "window_start"], how="semi").cache()
    ranked = attention(interactions, of_year, year, repositories, parameters).cache()
    spread = ranked.select("repo_id", "window_start", quantity=pl.lit("pagerank"), amount="pagerank").pipe(
        concentrations
    )
    followed = (
        founding_claim.persons(ranked, of_year, pl.LazyFrame(schema=problems_solved.TABLE.polars_schema))
        .group_by("repo_id")
        .agg(founding_claim.measured(parameters.fewest_for_correlation))
    )
    return spread.select(
        "repo_id", attention_effective_persons="effective_persons", attention_top1_share="top1_share"
    ).join(followed.select("repo_id", "rank_correlation"), on="repo_id", how="left")


def attention(
    interactions: pl.LazyFrame,
    acts: pl.LazyFrame,
    year: pl.LazyFrame,
    repositories: pl.LazyFrame,
    parameters: Parameters,
) -> pl.LazyFrame:
    """PageRank in the network 'attention' of the year, as in influence.scores."""
    begun = interactions.with_columns(window_start=pl.col("interacted_at").dt.truncate("1y").dt.date())
    inside = begun.join(year, on=["repo_id", "window_start"], how="semi").drop("window_start")
    ties = networks.acts(inside, repositories, parameters, ("year",)).filter(pl.col("net").is_in(NETS))
    active = acts.select(
        pl.col("repo_id").cast(pl.String).cast(scores.REPO),
        "window_start",
        pl.col("person_id").cast(pl.String).cast(networks.TEXT),
        window_kind=pl.lit("year", KIND),
    ).unique()
    known = ties.with_columns(pl.col("repo_id").cast(scores.REPO))
    return pl.defer(partial(ranked_by_pagerank, known, active, parameters), schema=RANKED)


RANKED: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("repo_id", "window_kind"), pl.String),
    "window_start": pl.Date,
    "network": pl.String,
    "person_id": pl.String,
    "pagerank": pl.Float64,
    "percentile_rank": pl.Float64,
}


def ranked_by_pagerank(ties: pl.LazyFrame, active: pl.LazyFrame, parameters: Parameters) -> pl.DataFrame:
    all_ties, all_active = pl.collect_all([ties, active])
    found = graphs(all_ties, all_active, parameters.net_weights)
    given = next(one for network, one in found if network == "attention")
    scored = pagerank(given.source, given.target, given.weight, given.block, damping=parameters.pagerank_damping)
    nodes = given.nodes.with_columns(pagerank=pl.Series(scored, dtype=pl.Float64), block=pl.Series(given.block))
    ranked = scores.ranked(nodes).with_columns(network=pl.lit("attention"))
    return ranked.select(pl.col(name).cast(dtype) for name, dtype in RANKED.items())
