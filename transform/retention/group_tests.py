"""retention.group_tests: may the difference between the curves of groups be chance? (RET-04)"""

from __future__ import annotations

import numpy as np
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import (
    ALL_REPOSITORIES,
    COMPARISON,
    DEFINITION,
    END_RULE,
    FAMILY,
    HORIZON_DAYS,
    SCOPE_ID,
    SNAPSHOT_AT,
    count,
    share,
)
from transform.core.spells import in_all
from transform.parameters import Parameters
from transform.retention.group_curves import IS_COMPARED, SUBJECT, grouped_ends
from transform.retention.landmark_curves import landmark_ends
from transform.statistics.log_rank import WEIGHTINGS, Comparisons, Ends, compare_all

TABLE = Table(
    schema="retention",
    name="group_tests",
    grain="one row per repository (or all), family, comparison, rule of leaving, horizon and weighting",
    key=(*SUBJECT, "weighting"),
    inputs=("core.spells", "retention.first_questions", "retention.first_outcomes"),
    definition="RET-04/2",
    formula="quadratic form of the weighted sums of observed less expected exits with their hypergeometric covariance; "
    "weights 1, n, sqrt(n), and the survival of Peto and Peto; all: sums over repositories",
    source="Mantel 1966; Tarone and Ware 1977; Peto and Peto 1972; Benjamini and Hochberg 1995; checked against R "
    "survdiff and lifelines",
    parameters={"cohort_band_years": "parameters.cohort_band_years"},
    caveats="A small p-value says that the curves differ, not how much nor why; look at retention.group_curves, and for what "
    "is known only at a landmark at retention.landmark_curves. Where "
    "fewest_expected is below 5 the p-value is a rough one. log_rank is the test to report; choosing the best of four is "
    "cheating oneself. In all, a person active in several repositories counts in each, which makes p-values too small.",
    may_be_empty="Nothing can be compared before two groups have been seen.",
    evidence=(
        Evidence(
            "core.spells",
            "the spells compared, each in its repository",
            same=("family", "end_rule", "horizon_days"),
            scope=("repo_id",),
            when=f"there.repo_id <> 'all' AND {IS_COMPARED}",
        ),
    ),
    columns=(
        SCOPE_ID,
        FAMILY,
        COMPARISON,
        END_RULE,
        HORIZON_DAYS,
        Column(
            "weighting", pl.String, "What a day counts; all but log_rank look more at early days.", one_of=WEIGHTINGS
        ),
        count("n_groups", "Groups with somebody at risk."),
        count("n_strata", "Repositories within which the groups are compared."),
        count("n_spells", "Spells compared; a person has one in each repository."),
        count("n_exits", "Spells that ended by leaving."),
        Column(
            "fewest_expected",
            pl.Float64,
            "Exits expected in the group with the fewest, if all left alike; null without exits.",
            nullable=True,
            at_least=0,
        ),
        Column("chi_squared", pl.Float64, "The statistic; null if it is not determined.", nullable=True, at_least=0),
        count("degrees_of_freedom", "Groups at risk while somebody leaves, less one."),
        share("p_value", "Chance of so large a statistic if all groups left alike.", nullable=True),
        share(
            "adjusted_p_value",
            "p-value for having asked all repositories the same question; null in all.",
            nullable=True,
        ),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)
TOGETHER = ("comparison", "end_rule", "horizon_days")
QUESTION = ("family", "comparison", "end_rule", "horizon_days", "weighting")
FOUND = {
    "weighting": pl.String,
    "fewest_expected": pl.Float64,
    "chi_squared": pl.Float64,
    "degrees_of_freedom": pl.Int64,
    "p_value": pl.Float64,
}


def build(
    spells: pl.LazyFrame, first_questions: pl.LazyFrame, first_outcomes: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    in_repositories = spells.filter(pl.col("repo_id") != ALL_REPOSITORIES)
    at_first_act = grouped_ends(spells, parameters.cohort_band_years).filter(pl.col("repo_id") != ALL_REPOSITORIES)
    at_landmark = landmark_ends(in_repositories, first_questions, first_outcomes, parameters)
    both = pl.concat([at_first_act, at_landmark.select(at_first_act.collect_schema().names())])
    within = both.cache()
    groups = within.group_by(*SUBJECT, "group_name").agg(
        pl.col("snapshot_at").max(), pl.col("n_ends", "n_exits").sum(), stratum=pl.col("repo_id").first()
    )
    comparable = (
        pl.concat([groups, in_all(groups)])
        .group_by(SUBJECT)
        .agg(
            pl.col("snapshot_at").max(),
            n_groups=pl.col("group_name").n_unique().cast(pl.Int64),
            n_strata=pl.col("stratum").n_unique().cast(pl.Int64),
            n_spells=pl.col("n_ends").sum(),
            n_exits=pl.col("n_exits").sum(),
        )
        .filter(pl.col("n_groups") > 1)
    )
    return (
        comparable.join(within.pipe(verdicts), on=SUBJECT)
        .pipe(adjusted)
        .with_columns(pl.col("repo_id", "family", "comparison", "end_rule").cast(pl.String))
        .with_columns(definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def verdicts(counted: pl.LazyFrame) -> pl.LazyFrame:
    """The tests of every subject, one row a weighting; those of one comparison, rule and horizon are made at once."""
    subjects = {name: pl.Int32 if name == "horizon_days" else pl.Categorical for name in SUBJECT}
    return counted.group_by(TOGETHER).map_groups(compared, schema={**subjects, **FOUND})


def compared(ends: pl.DataFrame) -> pl.DataFrame:
    """Within each repository and family, and within each family over all repositories as strata."""
    rows = ends
    for number, names in {"stratum": ("family", "repo_id"), "group": ("group_name",)}.items():
        # in the order of names, whatever order the categories came in: sums then never differ
        known = ends.select(names).unique().sort(pl.col(names).cast(pl.String)).with_row_index(number)
        rows = rows.join(known, on=names)
    # days that are looked up in their order are found three times as fast
    rows = rows.sort(pl.col("stratum").cast(pl.Int64) * 2**32 + pl.col("duration"))
    columns = ("stratum", "group", "entry", "duration", "n_exits", "n_ends")
    given = Ends(*(rows[column].cast(pl.Int64).to_numpy() for column in columns))
    strata = rows.select("stratum", *SUBJECT).unique("stratum").sort("stratum")
    together = strata.lazy().pipe(in_all).collect().with_columns(subject=pl.col("family").rle_id())
    subjects = (strata, together.unique("subject", keep="first", maintain_order=True))
    questions = (np.arange(len(strata)), together["subject"].cast(pl.Int64).to_numpy())
    found = zip(subjects, compare_all(given, *questions), strict=True)
    return pl.concat(told(subject.select(SUBJECT), one) for subject, one in found)


def told(subjects: pl.DataFrame, found: Comparisons) -> pl.DataFrame:
    fewest = np.where(found.expected > 0, found.expected, np.inf).min(axis=1, initial=np.inf)
    rows = pl.concat(
        subjects.with_columns(
            pl.Series("fewest_expected", np.where(np.isinf(fewest), np.nan, fewest)),
            pl.Series("chi_squared", chi_squared),
            pl.Series("p_value", p_values),
            pl.Series("degrees_of_freedom", found.freedom, dtype=pl.Int64),
            weighting=pl.lit(weighting),
        )
        for weighting, chi_squared, p_values in zip(WEIGHTINGS, found.chi_squared, found.p_values, strict=True)
    )
    return rows.with_columns(pl.col("fewest_expected", "chi_squared", "p_value").fill_nan(None)).select(
        *SUBJECT, *FOUND
    )


def adjusted(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `adjusted_p_value`: one question asked of many repositories finds something somewhere by chance alone.

    After Benjamini and Hochberg: from the largest p-value down, the smallest of p times n / rank.
    """
    asked = pl.when(pl.col("repo_id") != ALL_REPOSITORIES).then("p_value")
    scaled = pl.col("asked") * pl.col("asked").count() / pl.col("asked").rank("max")
    return (
        rows.with_columns(asked=asked)
        .sort("asked", descending=True, nulls_last=True)
        .with_columns(adjusted_p_value=scaled.cum_min().over(QUESTION).clip(0, 1))
    )
