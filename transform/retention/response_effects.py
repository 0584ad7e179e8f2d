"""retention.response_effects: do newcomers stay who were answered soon, by whom, and with which outcome? (RET-18)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Table
from transform.columns import DOORS, SCOPE_ID
from transform.core.spells import in_all, snapshots
from transform.parameters import Parameters
from transform.retention.first_questions import LEVELS
from transform.retention.outcome_effects import EFFECT_COLUMNS, told
from transform.retention.rests_on import outcomes_of
from transform.statistics.contrasts import contrasts

REFERENCES = {"response_time": "within_24h", "responder": "other", "outcome": "merged"}
WHERE = ("same_repository", "another_repository")
ADJUSTMENTS: dict[str, tuple[str, ...]] = {
    "crude": (),
    "repository_year": ("home_id", "artefact_kind", "opened_year"),
    "repository_year_door": ("home_id", "artefact_kind", "opened_year", "door"),
    "repository_year_affiliation": ("home_id", "artefact_kind", "opened_year", "affiliation_class"),
}
GROUP = ("repo_id", "active_in", "exposure")
EVERY_LEVEL = tuple(dict.fromkeys(level for levels in LEVELS.values() for level in levels))

TABLE = Table(
    schema="retention",
    name="response_effects",
    grain="one row per repository (or all), place of later activity, exposure, level compared with the reference, adjustment",
    key=(*GROUP, "level", "adjustment"),
    inputs=("retention.first_questions", "core.repositories"),
    definition="RET-18b/2",
    formula="of newcomers' first questions: share active again in [landmark_days, landmark_days + return_days) after "
    "opening, by what had happened before landmark_days; differences and odds ratios as in RET-13b",
    source="landmark analysis: Anderson, Cain and Gelber 1983; negative control outcome: Lipsitch et al. 2010",
    parameters={
        "landmark_days": "parameters.landmark_days",
        "return_days": "parameters.return_days",
        "strata": "repository, kind of artefact and year of opening; and the door, or the affiliation of who asked",
        "doors": DOORS,
        "confidence": 0.95,
    },
    caveats="Associations. Difficulty, skill, age of the project and load of its maintainers are not held "
    "constant. Outcomes and late answers come after the first answer: never take one for the cause of the other. Where "
    "another_repository shows the same as same_repository, read nothing into either.",
    may_be_empty="No comparison without newcomers who asked and were followed.",
    evidence=(
        outcomes_of(
            "CASE here.exposure WHEN 'response_time' THEN there.response_time WHEN 'responder' THEN there.responder ELSE there.outcome END"
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


def build(first_questions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    exposed = first_questions.pipe(in_scopes, repositories).pipe(by_place).pipe(by_exposure).cache()
    return (
        pl.concat([compared(exposed, name, strata) for name, strata in ADJUSTMENTS.items()])
        .pipe(told, repositories, parameters.fewest_at_risk)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def in_scopes(people: pl.LazyFrame, repositories: pl.LazyFrame) -> pl.LazyFrame:
    """Everybody in their repository and in 'all', if their days were over by the snapshot of that scope."""
    once = people.drop("snapshot_at").with_columns(
        home_id="repo_id", repo_id=pl.col("repo_id").cast(pl.Categorical), opened_year=pl.col("opened_at").dt.year()
    )
    seen = pl.concat([once, in_all(once)]).join(snapshots(repositories), on="repo_id")
    return seen.filter(pl.col("followed_until_at") <= pl.col("snapshot_at"))


def by_place(people: pl.LazyFrame) -> pl.LazyFrame:
    """Everybody once for each place; elsewhere only where that could be seen: several repositories, all observed."""
    here = people.with_columns(is_back="is_active_here", active_in=pl.lit(WHERE[0]))
    elsewhere = people.with_columns(is_back="is_active_elsewhere", active_in=pl.lit(WHERE[1]))
    return pl.concat([here, elsewhere.drop_nulls("is_back")])


def by_exposure(people: pl.LazyFrame) -> pl.LazyFrame:
    """Everybody once for each exposure of which they have a level."""
    kept = ("repo_id", "active_in", "is_back", "home_id", "artefact_kind", "opened_year", "door", "affiliation_class")
    return pl.concat(
        [
            people.drop_nulls(exposure).select(
                *kept, exposure=pl.lit(exposure), level=exposure, reference=pl.lit(reference)
            )
            for exposure, reference in REFERENCES.items()
        ]
    )


def compared(people: pl.LazyFrame, adjustment: str, strata: tuple[str, ...]) -> pl.LazyFrame:
    is_reference = pl.col("level") == pl.col("reference")
    rows = contrasts(
        people, by=(*GROUP, "reference"), group="level", is_reference=is_reference, is_back="is_back", strata=strata
    )
    return rows.with_columns(adjustment=pl.lit(adjustment))
