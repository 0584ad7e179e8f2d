"""influence.absence_factors: how few persons, or organisations, do half of the work of a year (INF-11, CHAOSS)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import (
    DEFINITION,
    FAMILIES,
    IS_WINDOW_COMPLETE,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_START,
    count,
    share,
)
from transform.core.spells import human_acts
from transform.influence.evidence import acts_of_the_year
from transform.influence.windows import with_windows
from transform.parameters import Parameters

HOLDERS = ("persons", "organisations", "organisations_and_volunteers")
CELL = ("repo_id", "window_start", "family", "holders")
HALF_PARTS, HALF_OF = 1, 2
MOST_UNKNOWN = 0.2

TABLE = Table(
    schema="influence",
    name="absence_factors",
    grain="one row per repository, calendar year, family of acts and kind of holder",
    key=CELL,
    inputs=("core.contributions", "core.repositories"),
    definition="INF-11/1",
    formula="the smallest k such that the k holders with most contributions have at least half of all of them; holders are "
    "persons (contributor absence factor) or organisations (elephant factor), volunteers being one holder together, or one each",
    source="CHAOSS: Contributor Absence Factor and Elephant Factor",
    parameters={"share": "at least 1/2"},
    caveats="CHAOSS says 'at least' in its example and 'more than' in its formula: here it is at least half. Contributions "
    "of unknown affiliation are part of the whole and no holder, so that they can only raise the factor, or leave it null.",
    may_be_empty="No rows without contributions by humans.",
    evidence=(acts_of_the_year("the acts of the year", "(here.family = 'any' OR here.family = there.family)"),),
    columns=(
        REPO_ID,
        WINDOW_START,
        Column("family", pl.String, "Family of the acts that count; 'any' is all of them.", one_of=FAMILIES),
        Column("holders", pl.String, "Who is counted; the last two tell volunteers together or each.", one_of=HOLDERS),
        count("absence_factor", "Holders of half; null where those that are known have less than half.", nullable=True),
        count("n_holders", "Holders that are known."),
        count("n_contributions", "Contributions the row rests on."),
        count("n_tied", "Further holders with as much as the last of the half: which of them is in is a toss-up."),
        share("unknown_share", "Share of the contributions whose affiliation is not known; 0 for persons."),
        Column("is_unknown_large", pl.Boolean, "Whether that share is above a fifth."),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    year = pl.col("contributed_at").dt.truncate("1y").dt.date()
    acts = human_acts(contributions, repositories).with_columns(
        pl.col("repo_id", "person_id", "family").cast(pl.String)
    )
    each = acts.group_by("repo_id", "family", "person_id", "organisation", "affiliation_class", window_start=year).agg(
        amount=pl.len().cast(pl.Int64)
    )
    both = pl.concat([each, each.with_columns(family=pl.lit("any"))])
    held = pl.concat([both.with_columns(holders=pl.lit(kind), holder=holder(kind)) for kind in HOLDERS])
    return (
        held.group_by(*CELL, "holder")
        .agg(pl.col("amount").sum())
        .pipe(factors)
        .with_columns(window_kind=pl.lit("year"), definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
        .sort(CELL)
    )


def holder(kind: str) -> pl.Expr:
    """Null where the affiliation is not known."""
    if kind == "persons":
        return pl.col("person_id")
    alone = pl.lit("volunteer: ") + pl.col("person_id") if kind == HOLDERS[2] else pl.lit("volunteers")
    is_volunteer = pl.col("affiliation_class") == "volunteer"
    named = pl.lit("organisation: ") + pl.col("organisation")
    return pl.when(is_volunteer).then(alone).otherwise(named)


def factors(held: pl.LazyFrame) -> pl.LazyFrame:
    """Whole numbers are compared, so that no half is missed by its last digit; equals are taken in order of name."""
    amount = pl.col("amount")
    ordered = held.sort(*CELL, "amount", "holder", descending=[False] * len(CELL) + [True, False], nulls_last=True)
    known = amount.filter(pl.col("holder").is_not_null())
    reached = known.cum_sum() * HALF_OF >= amount.sum() * HALF_PARTS
    last = known.get(reached.arg_max())
    factor = pl.when(reached.any()).then(reached.arg_max().cast(pl.Int64) + 1)
    return (
        ordered.group_by(CELL, maintain_order=True)
        .agg(
            absence_factor=factor,
            n_holders=known.len().cast(pl.Int64),
            n_contributions=amount.sum(),
            n_tied=pl.when(reached.any()).then((known >= last).sum().cast(pl.Int64) - factor).otherwise(0),
            unknown_share=(amount.sum() - known.sum()) / amount.sum(),
        )
        .with_columns(is_unknown_large=pl.col("unknown_share") > MOST_UNKNOWN)
    )
