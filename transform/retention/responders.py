"""retention.responders: who was the first to answer a newcomer, as they stood at that instant (RET-14)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence, Table
from transform.columns import ARTEFACT_ID, DEFINITION, PERSON_ID, REPO_ID, SNAPSHOT_AT, count, share
from transform.parameters import Parameters
from transform.retention.first_responses import ARTEFACT_KIND, RESPONSE_KINDS

ROLES = ("insider", "other")

TABLE = Table(
    schema="retention",
    name="responders",
    grain="one row per issue or change of a newcomer that another human answered",
    key=("repo_id", "artefact_id"),
    inputs=("retention.first_responses", "core.spells", "influence.scores", "core.affiliations"),
    definition="RET-14/2",
    formula="the first human responder of RET-12: role then, earlier first answers to newcomers, time since the first "
    "act of all, percentile rank in the calendar year before that of the answer, and whether both then worked for one organisation",
    source="who answers may matter more than whether: studies of newcomers to Hadoop",
    caveats="Everything is as it stood at responded_at; nothing later is used. Percentiles are null for whom no graph of "
    "that year holds.",
    is_large=True,
    may_be_empty="A plain git repository shows no conversations.",
    evidence=(
        Evidence("retention.first_responses", "the wait that ended", same=("repo_id", "artefact_id")),
        Evidence(
            "core.contributions",
            "the responder's acts up to the answer",
            same=("repo_id",),
            when="there.person_id = here.responder_person_id AND there.contributed_at <= here.responded_at",
        ),
    ),
    columns=(
        REPO_ID,
        ARTEFACT_ID,
        ARTEFACT_KIND,
        PERSON_ID,
        Column("responder_person_id", pl.String, "Who responded first.", references="core.people.person_id"),
        Column("responded_at", INSTANT, "When."),
        Column("response_kind", pl.String, "What the response was.", one_of=RESPONSE_KINDS),
        Column("responder_role", pl.String, "Insider (see RET-12) or other human.", one_of=ROLES),
        count("n_prior_answers_to_newcomers", "First answers to newcomers that the responder had given before, here."),
        Column(
            "tenure_days",
            pl.Int32,
            "Whole days from the responder's first act in the repository to the answer.",
            unit="days",
            at_least=0,
        ),
        share("prior_year_percentile_rank", "Influence (INF-02) in the year before; null if none.", nullable=True),
        Column(
            "is_same_affiliation",
            pl.Boolean,
            "Whether both worked for one organisation at the answer; null unless it is known of both.",
            nullable=True,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    first_responses: pl.LazyFrame,
    spells: pl.LazyFrame,
    scores: pl.LazyFrame,
    affiliations: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    answered = first_responses.filter("is_newcomer_at_opening", pl.col("responded_at").is_not_null())
    return (
        answered.with_columns(n_prior_answers_to_newcomers=answers_before())
        .pipe(with_tenure, spells, parameters.horizon_days)
        .pipe(with_influence, scores)
        .pipe(with_employers, affiliations)
        .with_columns(
            responder_role=pl.when("is_responder_insider").then(pl.lit("insider")).otherwise(pl.lit("other")),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def answers_before() -> pl.Expr:
    """How many of the responder's answers came before this one; of answers at one instant none is before another."""
    rank = pl.col("responded_at").rank("min").over("repo_id", "responder_person_id")
    return rank.cast(pl.Int64) - 1


def with_tenure(answered: pl.LazyFrame, spells: pl.LazyFrame, horizon_days: int) -> pl.LazyFrame:
    arrived = spells.filter(
        pl.col("family") == "any", pl.col("end_rule") == "first_gap", pl.col("horizon_days") == horizon_days
    ).select("repo_id", "first_at", responder_person_id="person_id")
    tenure = (pl.col("responded_at") - pl.col("first_at")).dt.total_days().cast(pl.Int32)
    return answered.join(arrived, on=["repo_id", "responder_person_id"], how="left").with_columns(tenure_days=tenure)


def with_influence(answered: pl.LazyFrame, scores: pl.LazyFrame) -> pl.LazyFrame:
    """The rank in the year before: the year of the answer holds what came after it, and the answer itself."""
    yearly = scores.filter(pl.col("window_kind") == "year", pl.col("network") == "attention")
    ranks = yearly.select(
        "repo_id", "window_start", responder_person_id="person_id", prior_year_percentile_rank="percentile_rank"
    )
    year_before = pl.col("responded_at").dt.truncate("1y").dt.offset_by("-1y").dt.date()
    return answered.with_columns(window_start=year_before).join(
        ranks, on=["repo_id", "window_start", "responder_person_id"], how="left"
    )


def with_employers(answered: pl.LazyFrame, affiliations: pl.LazyFrame) -> pl.LazyFrame:
    """Adds whether both worked for one organisation; a volunteer is known to work for none."""
    sides = {"asked": "person_id", "answered": "responder_person_id"}
    both = answered
    for side, person in sides.items():
        spans = affiliations.select(
            pl.col("person_id").alias(person),
            pl.col("from_at").alias(f"{side}_from_at"),
            pl.col("to_at").alias(f"{side}_to_at"),
            pl.col("affiliation_class").alias(f"{side}_class"),
            pl.col("organisation").alias(f"{side}_organisation"),
        )
        both = both.sort("responded_at").join_asof(
            spans.sort(f"{side}_from_at"),
            left_on="responded_at",
            right_on=f"{side}_from_at",
            by=person,
            check_sortedness=False,
        )
    is_known = pl.all_horizontal(
        pl.col(f"{side}_class").fill_null("unknown").ne("unknown")
        & (pl.col("responded_at") < pl.col(f"{side}_to_at")).fill_null(value=True)
        for side in sides
    )
    is_same = (pl.col("asked_organisation") == pl.col("answered_organisation")).fill_null(value=False)
    return both.with_columns(is_same_affiliation=pl.when(is_known).then(is_same))
