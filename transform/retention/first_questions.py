"""retention.first_questions: each newcomer's first question, what had come of it by a landmark, and who was active after."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Evidence, Table
from transform.columns import (
    AFFILIATION_CLASS,
    ALL_REPOSITORIES,
    ARTEFACT_ID,
    DEFINITION,
    DOOR,
    PERSON_ID,
    REPO_ID,
    SNAPSHOT_AT,
    URL,
)
from transform.core.spells import kept_acts, snapshots
from transform.parameters import Parameters
from transform.retention.first_responses import ARTEFACT_KIND, OPENED_AT
from transform.retention.rests_on import ALL_ACTS_OF_PERSON

UNCLEAR = "unclear"
"""Closed, or spoken to by a deleted account, before any known answer: whether that was an answer cannot be told."""
LEVELS = {
    "response_time": ("within_24h", "within_7d", "later", "none", UNCLEAR),
    "responder": ("insider", "other", "bot_only", "none", UNCLEAR),
    "outcome": ("merged", "closed", "open"),
}
PERSON = ["repo_id", "person_id"]

TABLE = Table(
    schema="retention",
    name="first_questions",
    grain="one row per repository and newcomer who opened an issue or change while new: the first one",
    key=("repo_id", "person_id"),
    inputs=(
        "retention.first_responses",
        "retention.newcomers",
        "core.changes",
        "core.contributions",
        "core.repositories",
    ),
    definition="RET-18/2",
    formula="groups from what had happened before opened_at + landmark_days; active: any act in the return_days from then",
    source="landmark analysis: Anderson, Cain and Gelber 1983",
    parameters={"landmark_days": "parameters.landmark_days", "return_days": "parameters.return_days"},
    caveats="Nobody is left out for being silent at the landmark: that somebody is gone shows only in the silence after "
    "it, which is what is to be explained. Groups are as known at the landmark, and null before it.",
    is_large=True,
    may_be_empty="A plain git repository has no issues and no change requests.",
    evidence=(
        Evidence("retention.first_responses", "the wait", same=("repo_id", "artefact_id")),
        ALL_ACTS_OF_PERSON,
    ),
    columns=(
        REPO_ID,
        PERSON_ID,
        ARTEFACT_ID,
        ARTEFACT_KIND,
        DOOR,
        AFFILIATION_CLASS,
        URL,
        OPENED_AT,
        Column(
            "response_time",
            pl.String,
            "When another human first answered; unclear: closed, or met by a deleted account, before; null: too early.",
            nullable=True,
            one_of=LEVELS["response_time"],
        ),
        Column(
            "responder",
            pl.String,
            "Who that was; bot_only: no human, but a bot; null: too early.",
            nullable=True,
            one_of=LEVELS["responder"],
        ),
        Column(
            "outcome",
            pl.String,
            "Of a change, by the landmark; null: issue, or too early.",
            nullable=True,
            one_of=LEVELS["outcome"],
        ),
        Column(
            "is_active_here", pl.Boolean, "Whether active in the repository after it; null: not over.", nullable=True
        ),
        Column(
            "is_active_elsewhere",
            pl.Boolean,
            "Whether active in another repository after it; null: not over, or only one is watched.",
            nullable=True,
        ),
        Column("followed_until_at", INSTANT, "End of the days in which activity counts."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    first_responses: pl.LazyFrame,
    newcomers: pl.LazyFrame,
    changes: pl.LazyFrame,
    contributions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    landmark, until = parameters.landmark_days, parameters.landmark_days + parameters.return_days
    is_past = pl.col("landmark_at") <= pl.col("snapshot_at")
    doors = newcomers.filter(pl.col("family") == "any").select(*PERSON, "door")
    ends = changes.select("repo_id", "artefact_id", "closed_at", "merged_at")
    first = (
        first_responses.filter("is_newcomer_at_opening")
        .sort("opened_at", pl.col("artefact_id").str.extract(r"(\d+)$").cast(pl.Int64), "artefact_id")
        .unique(PERSON, keep="first", maintain_order=True)
        .join(doors, on=PERSON)
        .join(ends, on=["repo_id", "artefact_id"], how="left")
        .with_columns(
            landmark_at=pl.col("opened_at") + pl.duration(days=landmark),
            followed_until_at=pl.col("opened_at") + pl.duration(days=until),
        )
        .with_columns(pl.when(is_past).then(level).alias(name) for name, level in levels(landmark).items())
        .cache()
    )
    acts = kept_acts(contributions, repositories).cache()
    return (
        first.join(acts.pipe(employers), on=["repo_id", "artefact_id"], how="left")
        .with_columns(pl.col("affiliation_class").fill_null("unknown"))
        .pipe(with_later_activity, acts.select(*PERSON, "contributed_at"), repositories)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def employers(acts: pl.LazyFrame) -> pl.LazyFrame:
    """Affiliation of who opened an issue or change, at its opening."""
    opened = acts.filter(pl.col("kind").is_in(["issue_open", "change_open"]))
    return opened.select(pl.col("repo_id", "artefact_id", "affiliation_class").cast(pl.String))


def levels(landmark_days: int) -> dict[str, pl.Expr]:
    """Every exposure, from what had happened before the landmark."""
    landmark = landmark_days * 24
    answer, bot = pl.col("response_hours") < landmark, pl.col("bot_response_hours") < landmark
    is_unclear = pl.col("observed_hours") < landmark
    silent = pl.when(is_unclear).then(pl.lit(UNCLEAR))
    return {
        "response_time": pl.when(pl.col("response_hours") < 24)
        .then(pl.lit("within_24h"))
        .when(pl.col("response_hours") < 168)
        .then(pl.lit("within_7d"))
        .when(answer)
        .then(pl.lit("later"))
        .otherwise(silent.otherwise(pl.lit("none"))),
        "responder": pl.when(answer & pl.col("is_responder_insider"))
        .then(pl.lit("insider"))
        .when(answer)
        .then(pl.lit("other"))
        .otherwise(silent.when(bot).then(pl.lit("bot_only")).otherwise(pl.lit("none"))),
        "outcome": pl.when(pl.col("artefact_kind") == "change").then(
            pl.when(pl.col("merged_at") < pl.col("landmark_at"))
            .then(pl.lit("merged"))
            .when(pl.col("closed_at") < pl.col("landmark_at"))
            .then(pl.lit("closed"))
            .otherwise(pl.lit("open"))
        ),
    }


def with_later_activity(first: pl.LazyFrame, acts: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Adds whether the person acted from the landmark on, in the same repository and in another."""
    spans = first.select(pl.col(PERSON).cast(pl.Categorical), "landmark_at", "followed_until_at").cache()
    anywhere = pl.col("n_before_followed_until_at") - pl.col("n_before_landmark_at")
    active = (
        acts_here(acts, spans)
        .join(acts_before(acts, spans, "landmark_at"), on=PERSON)
        .join(acts_before(acts, spans, "followed_until_at"), on=PERSON)
        .select(
            pl.col(PERSON).cast(pl.String),
            is_active_here=pl.col("n_here") > 0,
            # counting saves joining every act of a person with every repository they are new to
            is_active_elsewhere=anywhere > pl.col("n_here"),
        )
    )
    over = {"is_active_here": pl.col("snapshot_at"), "is_active_elsewhere": pl.col("others_until_at")}
    return (
        first.join(active, on=PERSON)
        .join(others_observed(repositories), how="cross")
        .with_columns(pl.when(pl.col("followed_until_at") <= end).then(name).alias(name) for name, end in over.items())
    )


def acts_here(acts: pl.LazyFrame, spans: pl.LazyFrame) -> pl.LazyFrame:
    """`n_here`: the person's acts in the repository from the landmark on."""
    is_in = (
        pl.col("contributed_at").is_between("landmark_at", "followed_until_at", closed="left").fill_null(value=False)
    )
    return spans.join(acts, on=PERSON, how="left").group_by(PERSON).agg(n_here=is_in.sum().cast(pl.Int64))


def acts_before(acts: pl.LazyFrame, spans: pl.LazyFrame, bound_at: str) -> pl.LazyFrame:
    """`n_before_<bound_at>`: the person's acts anywhere before that instant."""
    in_order = acts.sort("contributed_at").select(
        "person_id", "contributed_at", pl.col("contributed_at").cum_count().over("person_id").cast(pl.Int64).alias("n")
    )
    return (
        spans.select(*PERSON, bound_at)
        .sort(bound_at)
        .join_asof(
            in_order,
            left_on=bound_at,
            right_on="contributed_at",
            by="person_id",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        .select(*PERSON, pl.col("n").fill_null(0).alias(f"n_before_{bound_at}"))
    )


def others_observed(repositories: pl.LazyFrame) -> pl.LazyFrame:
    """One row: the instant up to which several repositories are all observed; null where there is only one."""
    each = snapshots(repositories)
    whole = repositories.filter(pl.col("snapshot_at") > pl.col("observed_from_at"))
    earliest = each.select(pl.col("snapshot_at").filter(pl.col("repo_id") == ALL_REPOSITORIES).first())
    return pl.concat([earliest, whole.select(n=pl.len())], how="horizontal").select(
        others_until_at=pl.when(pl.col("n") > 1).then("snapshot_at")
    )
