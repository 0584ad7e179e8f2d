"""influence.concentration: on how few persons the work and the attention of a year rest (INF-07)."""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    DEFINITION,
    FAMILIES,
    IS_WINDOW_COMPLETE,
    N_PERSONS,
    REPO_ID,
    SNAPSHOT_AT,
    WINDOW_START,
    share,
)
from transform.core.spells import human_acts
from transform.influence.windows import in_window, with_windows
from transform.parameters import Parameters
from transform.statistics.concentration import gini, gini_corrected, herfindahl, top_one_share, top_tenth_share

CELL = ("repo_id", "window_start", "quantity")
QUOTED_YEAR = "'year'"
QUANTITIES = (*(f"contributions_{family}" for family in FAMILIES), "pagerank")

TABLE = Table(
    schema="influence",
    name="concentration",
    grain="one row per repository, calendar year and quantity that anybody had any of",
    key=CELL,
    inputs=("core.contributions", "influence.scores", "core.repositories"),
    definition="INF-07/1",
    formula="gini = 2 sum(i x_(i)) / (n sum(x)) - (n + 1) / n, ascending; corrected: times n / (n - 1); hhi = sum of "
    "squared shares; effective_persons = 1 / hhi; top10pct: the ceil(n / 10) persons with the most",
    source="Gini 1912; Herfindahl and Hirschman",
    parameters={"window": "calendar year, UTC"},
    caveats="The persons are those with any of the quantity in the year: nobody enters with zero, for the Gini "
    "depends on how many zeros are let in. A concentration of few persons says little.",
    may_be_empty="No rows without contributions by humans.",
    evidence=(
        Evidence(
            "core.contributions",
            "the acts of humans in the year that are of the quantity",
            same=("repo_id",),
            when="there.actor_class = 'human' AND there.person_id IS NOT NULL AND "
            "there.contributed_at < here.snapshot_at AND "
            "here.quantity IN ('contributions_any', 'contributions_' || there.family) AND "
            f"{in_window('there.contributed_at', QUOTED_YEAR)}",
        ),
        Evidence(
            "influence.scores",
            "the scores of the year",
            same=("repo_id", "window_start"),
            when="here.quantity = 'pagerank' AND there.network = 'attention' AND there.window_kind = 'year'",
        ),
    ),
    columns=(
        REPO_ID,
        WINDOW_START,
        Column("quantity", pl.String, "What is spread over the persons.", one_of=QUANTITIES),
        N_PERSONS,
        share("gini_share", "Gini coefficient."),
        share("gini_corrected_share", "Gini coefficient for small samples; null below two persons.", nullable=True),
        share("hhi_share", "Herfindahl-Hirschman index."),
        Column("effective_persons", pl.Float64, "Equal persons that give the same index.", unit="persons", at_least=1),
        share("top1_share", "Share of the person with the most."),
        share("top10pct_share", "Share of the tenth of the persons with the most; the tenth is rounded up."),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame, scores: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    work = human_acts(contributions, repositories).pipe(contributions_by_person)
    yearly = scores.filter(pl.col("window_kind") == "year", pl.col("network") == "attention")
    attention = yearly.select("repo_id", "window_start", quantity=pl.lit("pagerank"), amount="pagerank")
    return (
        pl.concat([work, attention])
        .pipe(concentrations)
        .with_columns(window_kind=pl.lit("year"))
        .pipe(with_windows, repositories, parameters)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(CELL)
    )


def contributions_by_person(acts: pl.LazyFrame) -> pl.LazyFrame:
    """One row per repository, year, quantity and person, `amount` being the number of acts."""
    year = pl.col("contributed_at").dt.truncate("1y").dt.date()
    each = acts.group_by("repo_id", "family", "person_id", window_start=year).agg(amount=pl.len().cast(pl.Float64))
    whole = each.group_by("repo_id", "person_id", "window_start").agg(pl.col("amount").sum())
    return pl.concat([each, whole.with_columns(family=pl.lit("any"))], how="diagonal_relaxed").select(
        pl.col("repo_id").cast(pl.String),
        "window_start",
        quantity=pl.format("contributions_{}", pl.col("family").cast(pl.String)),
        amount="amount",
    )


def concentrations(amounts: pl.LazyFrame) -> pl.LazyFrame:
    amount = pl.col("amount").sort()  # sums then never depend on the order of rows
    return (
        amounts.group_by(CELL)
        .agg(
            n_persons=pl.len().cast(pl.Int64),
            gini_share=gini(amount),
            gini_corrected_share=gini_corrected(amount),
            hhi_share=herfindahl(amount),
            top1_share=top_one_share(amount),
            top10pct_share=top_tenth_share(amount),
        )
        .with_columns(effective_persons=1 / pl.col("hhi_share"))
    )
