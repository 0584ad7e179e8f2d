"""influence.core_agreement: how far two rules of who is of the core agree (INF-09b, Cohen's kappa)."""

from __future__ import annotations

from itertools import combinations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, N_PERSONS, REPO_ID, SNAPSHOT_AT, WINDOW_START, count
from transform.influence.core_members import RULES
from transform.parameters import Parameters

CELL = ("repo_id", "window_start", "rule", "other_rule")

TABLE = Table(
    schema="influence",
    name="core_agreement",
    grain="one row per repository, calendar year and two rules that both tell a core",
    key=CELL,
    inputs=("influence.core_members",),
    definition="INF-09b/1",
    formula="kappa = (p_o - p_e) / (1 - p_e) over the persons of the year",
    source="Cohen 1960",
    caveats="Most persons are in no core by any rule, so that agreement by chance is high. Null where each rule puts all on "
    "one side.",
    may_be_empty="No rows without commits or interactions.",
    evidence=(Evidence("influence.core_members", "the persons of the year", same=("repo_id", "window_start")),),
    columns=(
        REPO_ID,
        WINDOW_START,
        Column("rule", pl.String, "One rule.", one_of=RULES),
        Column("other_rule", pl.String, "The other rule.", one_of=RULES),
        N_PERSONS,
        count("n_core", "In the core by the first rule.", unit="persons"),
        count("n_core_by_other", "In the core by the other.", unit="persons"),
        count("n_core_by_both", "In the core by both.", unit="persons"),
        Column("kappa", pl.Float64, "1: they agree; 0: as by chance.", nullable=True, at_least=-1, at_most=1),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(members: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    del parameters
    return (
        pl.concat([agreement(members, one, other) for one, other in combinations(RULES, 2)])
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def agreement(members: pl.LazyFrame, rule: str, other: str) -> pl.LazyFrame:
    one, two = pl.col(f"is_core_{rule}"), pl.col(f"is_core_{other}")
    n = pl.col("n_persons")
    share_one, share_two = pl.col("n_core") / n, pl.col("n_core_by_other") / n
    observed = 1 - (pl.col("n_core") + pl.col("n_core_by_other") - 2 * pl.col("n_core_by_both")) / n
    expected = share_one * share_two + (1 - share_one) * (1 - share_two)
    return (
        members.filter(one.is_not_null() & two.is_not_null())
        .group_by("repo_id", "window_start")
        .agg(
            n_persons=pl.len().cast(pl.Int64),
            n_core=one.sum().cast(pl.Int64),
            n_core_by_other=two.sum().cast(pl.Int64),
            n_core_by_both=(one & two).sum().cast(pl.Int64),
            is_window_complete=pl.col("is_window_complete").first(),
            snapshot_at=pl.col("snapshot_at").first(),
        )
        .with_columns(
            rule=pl.lit(rule),
            other_rule=pl.lit(other),
            kappa=pl.when(expected < 1).then(((observed - expected) / (1 - expected)).clip(-1, 1)),
        )
    )
