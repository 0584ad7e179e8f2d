"""influence.core_transitions: do people move into the core, and out of it, from one year to the next? (INF-08)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, REPO_ID, SNAPSHOT_AT, count, share
from transform.parameters import Parameters

FROM, TO = ("core", "peripheral"), ("core", "peripheral", "absent")
CELL = ("repo_id", "from_state", "to_state")

TABLE = Table(
    schema="influence",
    name="core_transitions",
    grain="one row per repository, state in a year and state in the next, over all pairs of complete years",
    key=CELL,
    inputs=("influence.core_members",),
    definition="INF-08/1",
    formula="core by count80; share of those in from_state in a year who are in to_state in the next, pooled over years",
    source="Joblin et al. 2017; get.role.stability of coronet",
    caveats="Who is new in a year comes from no state. Years without any commit are years in which all are absent.",
    may_be_empty="There may be no two complete years with commits.",
    evidence=(
        Evidence(
            "influence.core_members",
            "the members of complete years",
            same=("repo_id",),
            when="there.is_window_complete",
        ),
    ),
    columns=(
        REPO_ID,
        Column("from_state", pl.String, "In a year.", one_of=FROM),
        Column("to_state", pl.String, "In the next year; absent: no commit in it.", one_of=TO),
        count("n_transitions", "Persons and pairs of years."),
        share("transition_share", "Share of those in from_state; null without any.", nullable=True),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(members: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    known = (
        members.filter("is_window_complete", pl.col("n_commits") > 0)
        .select(
            "repo_id",
            "window_start",
            "person_id",
            "snapshot_at",
            state=pl.when("is_core_count80").then(pl.lit("core")).otherwise(pl.lit("peripheral")),
        )
        .cache()
    )
    following = known.select("repo_id", "person_id", pl.col("window_start").dt.offset_by("-1y"), to_state="state")
    last = members.filter("is_window_complete").group_by("repo_id").agg(last_year=pl.col("window_start").max())
    moves = (
        known.join(last, on="repo_id")
        .filter(pl.col("window_start") < pl.col("last_year"))
        .join(following, on=["repo_id", "window_start", "person_id"], how="left")
        .with_columns(pl.col("to_state").fill_null("absent"))
        .group_by("repo_id", from_state="state", to_state="to_state")
        .agg(n_transitions=pl.len().cast(pl.Int64))
    )
    cells = known.group_by("repo_id").agg(pl.col("snapshot_at").first()).join(last, on="repo_id", how="semi")
    for name, states in (("from_state", FROM), ("to_state", TO)):
        cells = cells.join(pl.LazyFrame({name: states}), how="cross")
    total = pl.col("n_transitions").sum().over("repo_id", "from_state")
    return (
        cells.join(moves, on=CELL, how="left")
        .with_columns(pl.col("n_transitions").fill_null(0))
        .with_columns(
            transition_share=pl.when(total > 0).then(pl.col("n_transitions") / total),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
        .sort(CELL)
    )
