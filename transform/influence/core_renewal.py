"""influence.core_renewal: how open the core of a year is to those who came lately, and from where (INF-08b)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, REPO_ID, SNAPSHOT_AT, WINDOW_START, count, share
from transform.influence.core_members import human_years
from transform.parameters import Parameters

CELL = ("repo_id", "window_start")
YEARS = (1, 2, 3)
MOST_RANKED = 50

TABLE = Table(
    schema="influence",
    name="core_renewal",
    grain="one row per repository and calendar year with a core",
    key=CELL,
    inputs=("influence.core_members", "core.contributions", "core.repositories"),
    definition="INF-08b/1",
    formula="permeability: share of the core (count80) whose first act is within N years before the end of the year; external: "
    "who came without working for the organisation with most acts of the year; rank turnover: 1 - Kendall's tau_b between "
    "the commits of the year and of the year before, over the first 50 of both; median tenure of the core in days",
    source="ours; rank turnover: Kendall 1945",
    caveats="Where the start of the history is missing, old hands look new. Affiliation that is unknown counts as external.",
    may_be_empty="No rows without commits.",
    evidence=(
        Evidence(
            "influence.core_members",
            "the core of the year",
            same=("repo_id", "window_start"),
            when="there.is_core_count80",
        ),
    ),
    columns=(
        REPO_ID,
        WINDOW_START,
        count("n_core", "In the core by commits.", unit="persons"),
        *(share(f"arrived_{n}y_share", f"Share of the core whose first act is at most {n} years old.") for n in YEARS),
        *(
            share(f"external_{n}y_share", f"Share that came so, and not from the leading organisation, in {n} years.")
            for n in YEARS
        ),
        share(
            "core_stayed_share", "Share of the year before's core that is still in it; null without one.", nullable=True
        ),
        Column(
            "rank_turnover",
            pl.Float64,
            "0: same order as the year before; 1: unrelated; 2: reversed. Null without two years, or where all are equal.",
            nullable=True,
            at_least=0,
            at_most=2,
        ),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    members: pl.LazyFrame, contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    acts = human_years(contributions, repositories).cache()
    firsts = arrivals(acts)
    leading = (
        acts.drop_nulls("organisation")
        .group_by(*CELL, leading="organisation")
        .agg(n=pl.len())
        .sort(*CELL, "n", "leading", descending=[False, False, True, False])
        .unique(CELL, keep="first", maintain_order=True)
        .drop("n")
    )
    core = members.filter(pl.col("is_core_count80").fill_null(value=False)).cache()
    known = core.join(firsts, on=["repo_id", "person_id"]).join(leading, on=CELL, how="left")
    end = pl.col("window_start").dt.offset_by("1y").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    is_external = pl.col("first_organisation").ne_missing(pl.col("leading")) | pl.col("first_organisation").is_null()
    late = {n: pl.col("first_at") >= end.dt.offset_by(f"-{n}y") for n in YEARS}
    return (
        known.group_by(CELL)
        .agg(
            n_core=pl.len().cast(pl.Int64),
            is_window_complete=pl.col("is_window_complete").first(),
            snapshot_at=pl.col("snapshot_at").first(),
            **{f"arrived_{n}y_share": late[n].mean() for n in YEARS},
            **{f"external_{n}y_share": (late[n] & is_external).mean() for n in YEARS},
        )
        .join(stayed(core), on=CELL, how="left")
        .join(rank_turnover(members), on=CELL, how="left")
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def arrivals(acts: pl.LazyFrame) -> pl.LazyFrame:
    order = ["contributed_at", "contribution_id"]
    return acts.group_by("repo_id", "person_id").agg(
        first_at=pl.col("contributed_at").min(), first_organisation=pl.col("organisation").sort_by(order).first()
    )


def stayed(core: pl.LazyFrame) -> pl.LazyFrame:
    now = core.select(*CELL, "person_id", is_in=pl.lit(value=True))
    before = core.select("repo_id", "person_id", pl.col("window_start").dt.offset_by("1y"))
    return (
        before.join(now, on=[*CELL, "person_id"], how="left")
        .group_by(CELL)
        .agg(core_stayed_share=pl.col("is_in").fill_null(value=False).mean())
    )


def rank_turnover(members: pl.LazyFrame) -> pl.LazyFrame:
    """1 - tau_b over the union of the first 50 of both years; who is not among them in a year is tied at its end."""
    counted = members.filter(pl.col("n_commits") > 0).select(*CELL, "person_id", "n_commits")
    place = pl.col("n_commits").rank("ordinal", descending=True).over(CELL)
    top = counted.sort(*CELL, "person_id").filter(place <= MOST_RANKED)
    before = top.select("repo_id", "person_id", pl.col("window_start").dt.offset_by("1y"), n_before="n_commits")
    both = top.join(before, on=[*CELL, "person_id"], how="full", coalesce=True).with_columns(
        pl.col("n_commits", "n_before").fill_null(0)
    )
    pairs = both.join(both, on=CELL, suffix="_other").filter(pl.col("person_id") < pl.col("person_id_other"))
    now = (pl.col("n_commits") - pl.col("n_commits_other")).sign()
    then = (pl.col("n_before") - pl.col("n_before_other")).sign()
    scale = ((now != 0).sum() * (then != 0).sum()).cast(pl.Float64).sqrt()
    tau = pl.when(scale > 0).then((1 - (now * then).sum() / scale).clip(0, 2))
    is_both = (pl.col("n_commits").sum() > 0) & (pl.col("n_before").sum() > 0)
    return pairs.group_by(CELL).agg(rank_turnover=pl.when(is_both).then(tau))
