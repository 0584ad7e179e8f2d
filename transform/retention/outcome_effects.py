"""retention.outcome_effects: do newcomers whose first change was merged come back more often? (RET-13)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, SCOPE_ID, SNAPSHOT_AT, count, share
from transform.core.spells import in_all, snapshots
from transform.parameters import Parameters
from transform.retention.first_outcomes import OUTCOMES
from transform.statistics.contrasts import contrasts

REFERENCE = "merged"
NOT_MERGED = "not_merged"
CLOCKS = ("from_opening", "after_outcome")
ADJUSTMENTS: dict[str, tuple[str, ...]] = {"crude": (), "size_year": ("home_id", "size_band", "opened_year")}
GROUP = ("repo_id", "clock")


def bound(name: str, doc: str) -> Column:
    """A difference of two shares, or a bound of it."""
    return Column(name, pl.Float64, doc, unit="share", nullable=True, at_least=-1, at_most=1)


def ratio(name: str, doc: str) -> Column:
    return Column(name, pl.Float64, doc, nullable=True, at_least=0)


EFFECT_COLUMNS = (
    count("n_compared", "Persons of the compared group, in strata where both groups are.", unit="persons"),
    count("n_compared_back", "Those of them who came back.", unit="persons"),
    count("n_reference", "Persons of the reference group, in strata where both groups are.", unit="persons"),
    count("n_reference_back", "Those of them who came back.", unit="persons"),
    count("n_strata", "Strata where both groups are; without strata, one."),
    share("compared_share", "Share of the compared group who came back.", nullable=True),
    share("reference_share", "Share of the reference group who came back.", nullable=True),
    bound("difference", "Compared less reference; within strata where adjusted. Null without a comparison."),
    bound("difference_lower", "Lower 95 % bound."),
    bound("difference_upper", "Upper 95 % bound."),
    ratio("odds_ratio", "Odds of coming back, compared to reference; null where a cell is empty."),
    ratio("odds_ratio_lower", "Lower 95 % bound."),
    ratio("odds_ratio_upper", "Upper 95 % bound."),
    Column("is_reportable", pl.Boolean, "Whether each group has fewest_at_risk persons or more."),
    DEFINITION,
    SNAPSHOT_AT,
)
"""What every table of comparisons tells of its two groups."""

TABLE = Table(
    schema="retention",
    name="outcome_effects",
    grain="one row per repository (or all), clock, outcome that is compared with merged, and adjustment",
    key=(*GROUP, "outcome", "adjustment"),
    inputs=("retention.first_outcomes", "core.repositories"),
    definition="RET-13b/2",
    formula="share who came back less that of the merged (Newcombe; within strata Mantel-Haenszel, Sato, Greenland and Robins), "
    "and the odds ratio (Mantel-Haenszel; Robins, Breslow and Greenland)",
    source="Mantel and Haenszel 1959; Newcombe 1998; Sato, Greenland and Robins 1989; Robins, Breslow and Greenland 1986",
    parameters={
        "outcome_days": "parameters.outcome_days",
        "return_days": "parameters.return_days",
        "strata": "repository, size band and year of opening",
        "confidence": 0.95,
    },
    caveats="Associations: whoever means to stay may write what is merged. Counted from_opening, many come back before "
    "the outcome, so it cannot have brought them; after_outcome is free of that. Changes merged by their author are left out.",
    may_be_empty="No comparison without newcomers whose first change was decided.",
    evidence=(
        Evidence(
            "retention.first_outcomes",
            "the first changes in the two groups that were followed for long enough",
            scope=("repo_id",),
            when="there.outcome IS NOT NULL AND NOT coalesce(there.is_self_merged, false) AND (here.outcome = 'not_merged' OR there.outcome IN (here.outcome, 'merged')) AND CASE here.clock WHEN 'from_opening' THEN there.has_returned IS NOT NULL ELSE there.has_returned_after_outcome IS NOT NULL END",
        ),
    ),
    columns=(
        SCOPE_ID,
        Column("clock", pl.String, "From when return_days count: opening, or end of outcome_days.", one_of=CLOCKS),
        Column("outcome", pl.String, "Outcome that is compared with merged.", one_of=(*OUTCOMES[1:], NOT_MERGED)),
        Column("adjustment", pl.String, "Crude, or within strata of like ones.", one_of=tuple(ADJUSTMENTS)),
        *EFFECT_COLUMNS,
    ),
)


def build(first_outcomes: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    people = first_outcomes.pipe(followed, repositories, parameters).pipe(with_not_merged).cache()
    return (
        pl.concat([compared(people, name, strata) for name, strata in ADJUSTMENTS.items()])
        .pipe(told, repositories, parameters.fewest_at_risk)
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
        .sort(TABLE.key)
    )


def followed(first_outcomes: pl.LazyFrame, repositories: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Every newcomer once for each scope and clock whose days were over by the snapshot of that scope."""
    once = first_outcomes.filter(~pl.col("is_self_merged").fill_null(value=False)).select(
        pl.col("repo_id").cast(pl.Categorical),
        *("outcome", "size_band", "opened_at", "has_returned", "has_returned_after_outcome"),
        home_id="repo_id",
        opened_year=pl.col("opened_at").dt.year(),
    )
    seen = pl.concat([once, in_all(once)]).join(snapshots(repositories), on="repo_id")
    waits = {
        "from_opening": ("has_returned", parameters.return_days),
        "after_outcome": ("has_returned_after_outcome", parameters.outcome_days + parameters.return_days),
    }
    return pl.concat(
        [
            seen.filter(pl.col("opened_at") + pl.duration(days=days) <= pl.col("snapshot_at"))
            .filter(pl.col("outcome").is_not_null())
            .with_columns(clock=pl.lit(clock), is_back=pl.col(back))
            for clock, (back, days) in waits.items()
        ]
    )


def with_not_merged(people: pl.LazyFrame) -> pl.LazyFrame:
    """Whoever was not merged also as one group."""
    others = people.filter(pl.col("outcome") != REFERENCE).with_columns(outcome=pl.lit(NOT_MERGED))
    return pl.concat([people, others])


def compared(people: pl.LazyFrame, adjustment: str, strata: tuple[str, ...]) -> pl.LazyFrame:
    rows = contrasts(
        people, by=GROUP, group="outcome", is_reference=pl.col("outcome") == REFERENCE, is_back="is_back", strata=strata
    )
    return rows.with_columns(adjustment=pl.lit(adjustment))


def told(rows: pl.LazyFrame, repositories: pl.LazyFrame, fewest: int) -> pl.LazyFrame:
    """Adds shares, whether they may be shown, and the snapshot of the scope."""
    compared, reference = pl.col("n_compared"), pl.col("n_reference")
    return rows.join(snapshots(repositories), on="repo_id").with_columns(
        pl.col("repo_id").cast(pl.String),
        compared_share=pl.when(compared > 0).then(pl.col("n_compared_back") / compared),
        reference_share=pl.when(reference > 0).then(pl.col("n_reference_back") / reference),
        is_reportable=(compared >= fewest) & (reference >= fewest),
    )
