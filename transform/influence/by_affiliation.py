"""influence.by_affiliation: what organisations and volunteers hold of the work, the attention, the merges and the core (INF-11b)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, N_PERSONS, REPO_ID, SNAPSHOT_AT, WINDOW_START, share
from transform.influence.core_members import human_years
from transform.influence.evidence import acts_of_the_year
from transform.influence.windows import with_windows
from transform.parameters import Parameters
from transform.statistics.exact import exact_sum

CELL = ("repo_id", "window_start")
PERSON = (*CELL, "person_id")
HOLDER_KINDS = ("organisation", "volunteers", "unknown")
DOMINANT = 0.5

TABLE = Table(
    schema="influence",
    name="by_affiliation",
    grain="one row per repository, calendar year and organisation, volunteers, or those of unknown affiliation",
    key=(*CELL, "holder"),
    inputs=(
        *("core.contributions", "influence.scores", "influence.review_influence", "influence.core_members"),
        "core.repositories",
    ),
    definition="INF-11b/2",
    formula="shares of the contributions (by affiliation at each act), of the pagerank in 'attention', of the merges for others "
    "and of the seats in the core (count80), by the affiliation that most of a person's acts of the year have; an "
    "organisation dominates what it has more than half of",
    source="ours; domination as a threat to survival: Zhang et al. 2022",
    parameters={"dominant": DOMINANT},
    caveats="Where many are of unknown affiliation an organisation may hold more than is seen. Our bound is not that of "
    "Zhang et al.",
    may_be_empty="No rows without contributions by humans.",
    evidence=(acts_of_the_year("the acts of the year"),),
    columns=(
        REPO_ID,
        WINDOW_START,
        Column("holder", pl.String, "The organisation's name, 'volunteers' or 'unknown'."),
        Column("holder_kind", pl.String, "Which of the three it is.", one_of=HOLDER_KINDS),
        N_PERSONS,
        share("contributions_share", "Share of the contributions of the year."),
        share("influence_share", "Share of the attention of the year; null without any.", nullable=True),
        share("merges_share", "Share of the merges for others; null without any.", nullable=True),
        share("core_share", "Share of the seats in the core; null without a core.", nullable=True),
        Column(
            "lead",
            pl.Float64,
            "Share of contributions less that of the next organisation; null for others.",
            nullable=True,
        ),
        Column("is_dominant", pl.Boolean, "Whether an organisation has more than half of any of the four."),
        share("unknown_share", "Share of the contributions whose affiliation is not known, of all holders together."),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame,
    scores: pl.LazyFrame,
    reviewers: pl.LazyFrame,
    members: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    acts = human_years(contributions, repositories).with_columns(*holder()).cache()
    of_persons = main_holders(acts).cache()
    whole = acts.group_by(*CELL, "holder").agg(n_acts=pl.len())
    attention = scores.filter(pl.col("window_kind") == "year", pl.col("network") == "attention")
    core = members.filter(pl.col("is_core_count80").fill_null(value=False)).with_columns(seat=pl.lit(1.0))
    held = [
        holdings(attention, "pagerank", "influence_share", of_persons),
        holdings(reviewers, "n_merges_for_others", "merges_share", of_persons),
        holdings(core, "seat", "core_share", of_persons),
    ]
    rows = acts.group_by(*CELL, "holder", "holder_kind").agg(n_persons=pl.col("person_id").n_unique().cast(pl.Int64))
    rows = rows.join(whole, on=[*CELL, "holder"]).with_columns(
        contributions_share=pl.col("n_acts") / pl.col("n_acts").sum().over(CELL)
    )
    for one in held:
        rows = rows.join(one, on=[*CELL, "holder"], how="left")
    return (
        rows.with_columns(
            *(
                pl.when(pl.col(name).is_not_null().any().over(CELL)).then(pl.col(name).fill_null(0)).alias(name)
                for name in SHARES[1:]
            )
        )
        .with_columns(lead=lead(), is_dominant=is_dominant(), unknown_share=unknown_share())
        .with_columns(window_kind=pl.lit("year"), definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .select(TABLE.column_names)
        .sort(*CELL, "holder")
    )


SHARES = ("contributions_share", "influence_share", "merges_share", "core_share")


def holder() -> list[pl.Expr]:
    is_volunteer = pl.col("affiliation_class") == "volunteer"
    is_named = pl.col("organisation").is_not_null() & ~is_volunteer
    named = pl.when(is_volunteer).then(pl.lit("volunteers")).when(is_named).then(pl.lit("organisation"))
    kind = named.otherwise(pl.lit("unknown"))
    # an organisation may be called 'unknown' too
    name = pl.when(is_named).then(pl.lit("organisation ") + pl.col("organisation")).otherwise(kind)
    return [kind.alias("holder_kind"), name.alias("holder")]


def main_holders(acts: pl.LazyFrame) -> pl.LazyFrame:
    """What most of a person's acts of the year were done for; of equals the first by name."""
    return (
        acts.group_by(*PERSON, "holder")
        .agg(n=pl.len())
        .sort(*PERSON, "n", "holder", descending=[False, False, False, True, False])
        .unique(PERSON, keep="first", maintain_order=True)
        .select(*PERSON, "holder")
    )


def holdings(rows: pl.LazyFrame, amount: str, name: str, of_persons: pl.LazyFrame) -> pl.LazyFrame:
    """The share of each holder, who did not act in the year being unknown."""
    total = pl.col("amount").sum().over(CELL)
    return (
        rows.select(*PERSON, amount=pl.col(amount).cast(pl.Float64))
        .join(of_persons, on=PERSON, how="left")
        .with_columns(pl.col("holder").fill_null("unknown"))
        .group_by(*CELL, "holder")
        .agg(exact_sum(pl.col("amount")).alias("amount"))
        .filter(total > 0)
        .with_columns((pl.col("amount") / total).clip(0, 1).alias(name))
        .select(*CELL, "holder", name)
    )


def unknown_share() -> pl.Expr:
    of_unknown = pl.col("contributions_share").filter(pl.col("holder_kind") == "unknown")
    return of_unknown.sum().over(CELL).clip(0, 1)


def lead() -> pl.Expr:
    is_organisation = pl.col("holder_kind") == "organisation"
    own = pl.when(is_organisation).then("contributions_share")
    first = own.max().over(CELL)
    second = own.sort(descending=True, nulls_last=True).slice(1, 1).first().over(CELL).fill_null(0.0)
    return pl.when(is_organisation).then(pl.when(own == first).then(own - second).otherwise(own - first))


def is_dominant() -> pl.Expr:
    most = pl.max_horizontal(*(pl.col(name).fill_null(0) for name in SHARES))
    return (pl.col("holder_kind") == "organisation") & (most > DOMINANT)
