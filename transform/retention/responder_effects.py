"""retention.responder_effects: does it matter to newcomers who it was that answered? (RET-14b)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import SCOPE_ID
from transform.parameters import Parameters
from transform.retention.outcome_effects import EFFECT_COLUMNS, told
from transform.retention.response_effects import ADJUSTMENTS, WHERE, by_place, in_scopes
from transform.statistics.contrasts import contrasts

UNKNOWN = "unknown"
LEVELS = {
    "affiliation": ("same", "other", UNKNOWN),
    "experience": ("none", "few", "many"),
    "tenure": ("first_year", "later"),
    "influence": ("top_tenth", "rest", UNKNOWN),
    "timezone": ("near", "apart", "far", UNKNOWN),
}
REFERENCES = {"affiliation": "other", "experience": "many", "tenure": "later", "influence": "rest", "timezone": "near"}
MANY_ANSWERS = 10
TOP_TENTH = 0.9
NEAR_HOURS, APART_HOURS = 2, 6
GROUP = ("repo_id", "active_in", "exposure")
EVERY_LEVEL = tuple(dict.fromkeys(level for levels in LEVELS.values() for level in levels))

TABLE = Table(
    schema="retention",
    name="responder_effects",
    grain="one row per repository (or all), place of later activity, feature of who answered, level compared, adjustment",
    key=(*GROUP, "level", "adjustment"),
    inputs=("retention.first_questions", "retention.responders", "core.commits", "core.repositories"),
    definition="RET-14b/1",
    formula="as RET-18b, of newcomers answered before the landmark, by what the first human responder was at the answer: "
    "affiliation same or other; first answers to newcomers given before none, few (under many_answers), many; tenure under a "
    "year or longer; percentile rank in the year before from 0.9 on or below; difference of the offsets of the latest commits "
    "of both up to near_hours, up to apart_hours, or more",
    source="landmark analysis: Anderson, Cain and Gelber 1983; that it may matter who answers: studies of newcomers to Hadoop",
    parameters={
        "landmark_days": "parameters.landmark_days",
        "return_days": "parameters.return_days",
        "many_answers": MANY_ANSWERS,
        "top_tenth": TOP_TENTH,
        "near_hours": NEAR_HOURS,
        "apart_hours": APART_HOURS,
        "confidence": 0.95,
    },
    caveats="Associations, with the confounders of RET-18b, and one more: who answers chooses whom to answer. An offset is "
    "known of whom has shown one other than 0, or several; it is compared here, and stored for nobody.",
    may_be_empty="No comparison without newcomers who were answered and followed.",
    evidence=(
        Evidence(
            "retention.first_questions",
            "the first questions that a human had answered by the landmark",
            scope=("repo_id",),
            when="there.followed_until_at <= here.snapshot_at AND there.responder IN ('insider', 'other')",
        ),
        Evidence(
            "retention.responders",
            "their first responders",
            scope=("repo_id",),
            when="EXISTS (FROM retention.first_questions AS q WHERE q.repo_id = there.repo_id AND q.artefact_id = there.artefact_id)",
        ),
    ),
    columns=(
        SCOPE_ID,
        Column("active_in", pl.String, "Where activity counts; another is the negative control.", one_of=WHERE),
        Column("exposure", pl.String, "What is compared.", one_of=tuple(LEVELS)),
        Column("level", pl.String, "Group that is compared.", one_of=EVERY_LEVEL),
        Column("reference", pl.String, "Group it is compared with.", one_of=tuple(REFERENCES.values())),
        Column("adjustment", pl.String, "Crude, or within strata of like ones.", one_of=tuple(ADJUSTMENTS)),
        *EFFECT_COLUMNS,
    ),
)


def build(
    first_questions: pl.LazyFrame,
    responders: pl.LazyFrame,
    commits: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    people = first_questions.pipe(answered, responders, commits).pipe(in_scopes, repositories).pipe(by_place)
    exposed = people.pipe(by_feature).cache()
    return (
        pl.concat([compared(exposed, name, strata) for name, strata in ADJUSTMENTS.items()])
        .pipe(told, repositories, parameters.fewest_at_risk)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def answered(first_questions: pl.LazyFrame, responders: pl.LazyFrame, commits: pl.LazyFrame) -> pl.LazyFrame:
    """Those whose first question a human had answered by the landmark, with the level of every feature of that human."""
    by_human = first_questions.filter(pl.col("responder").is_in(["insider", "other"]))
    features = responders.select(
        "repo_id",
        "artefact_id",
        "responder_person_id",
        "responded_at",
        "n_prior_answers_to_newcomers",
        "tenure_days",
        "prior_year_percentile_rank",
        "is_same_affiliation",
    )
    return by_human.join(features, on=["repo_id", "artefact_id"]).pipe(with_hours_apart, commits).with_columns(levels())


def levels() -> list[pl.Expr]:
    prior, rank, hours = (
        pl.col(n) for n in ("n_prior_answers_to_newcomers", "prior_year_percentile_rank", "hours_apart")
    )
    same = pl.col("is_same_affiliation")
    found = {
        "affiliation": pl.when(same.is_null())
        .then(pl.lit(UNKNOWN))
        .otherwise(pl.when(same).then(pl.lit("same")).otherwise(pl.lit("other"))),
        "experience": pl.when(prior == 0)
        .then(pl.lit("none"))
        .otherwise(pl.when(prior < MANY_ANSWERS).then(pl.lit("few")).otherwise(pl.lit("many"))),
        "tenure": pl.when(pl.col("tenure_days") < 365).then(pl.lit("first_year")).otherwise(pl.lit("later")),
        "influence": pl.when(rank.is_null())
        .then(pl.lit(UNKNOWN))
        .otherwise(pl.when(rank >= TOP_TENTH).then(pl.lit("top_tenth")).otherwise(pl.lit("rest"))),
        "timezone": pl.when(hours <= NEAR_HOURS)
        .then(pl.lit("near"))
        .when(hours <= APART_HOURS)
        .then(pl.lit("apart"))
        .when(hours.is_not_null())
        .then(pl.lit("far"))
        .otherwise(pl.lit(UNKNOWN)),
    }
    return [level.alias(exposure) for exposure, level in found.items()]


def with_hours_apart(people: pl.LazyFrame, commits: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `hours_apart`, between the offsets of the latest commits of both before the answer; null where not known.

    A server that knows no better writes an offset of 0, so that alone says nothing (PIT-06).
    """
    offset = pl.col("author_utc_offset")
    said = commits.select("person_id", "authored_at", "author_utc_offset").drop_nulls().cache()
    telling = said.group_by("person_id").agg(is_known=(offset != 0).any() | (offset.n_unique() > 1)).filter("is_known")
    known = said.join(telling, on="person_id", how="semi").sort("authored_at")
    both = people.sort("responded_at")
    for side, person in {"asked": "person_id", "answered": "responder_person_id"}.items():
        shown = known.rename({"person_id": person, "author_utc_offset": f"{side}_minutes"})
        both = both.join_asof(
            shown, left_on="responded_at", right_on="authored_at", by=person, check_sortedness=False
        ).drop("authored_at")
    minutes = (pl.col("asked_minutes") - pl.col("answered_minutes")).abs() % (24 * 60)
    around = pl.min_horizontal(minutes, 24 * 60 - minutes)  # the date line lies between +13 and -11, an hour's way
    return both.with_columns(hours_apart=around / 60)


def by_feature(people: pl.LazyFrame) -> pl.LazyFrame:
    """Everybody once for each feature of who answered them."""
    kept = ("repo_id", "active_in", "is_back", "home_id", "artefact_kind", "opened_year", "door", "affiliation_class")
    return pl.concat(
        [
            people.select(*kept, exposure=pl.lit(exposure), level=exposure, reference=pl.lit(reference))
            for exposure, reference in REFERENCES.items()
        ]
    )


def compared(people: pl.LazyFrame, adjustment: str, strata: tuple[str, ...]) -> pl.LazyFrame:
    is_reference = pl.col("level") == pl.col("reference")
    rows = contrasts(
        people, by=(*GROUP, "reference"), group="level", is_reference=is_reference, is_back="is_back", strata=strata
    )
    return rows.with_columns(adjustment=pl.lit(adjustment))
