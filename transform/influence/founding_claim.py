"""influence.founding_claim: does influence follow contribution, for whom not, and is that changing? (INF-06)"""

from __future__ import annotations

import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, N_PERSONS, REPO_ID, SNAPSHOT_AT, WINDOW_START, count
from transform.influence.core_members import human_years
from transform.influence.evidence import acts_of_the_year
from transform.influence.windows import with_windows
from transform.parameters import Parameters
from transform.statistics.correlations import fisher, spearman, trend
from transform.statistics.exact import exact_deviation, exact_mean
from transform.statistics.intervals import Z_95

GROUPS = ("everybody", "newcomers", "volunteers", "unaffiliated", "non_coders")
CELL = ("repo_id", "window_start", "member_group")
PERSON = ("repo_id", "window_start", "person_id")


def _correlation(name: str, doc: str) -> Column:
    return Column(name, pl.Float64, doc, nullable=True, at_least=-1, at_most=1)


TABLE = Table(
    schema="influence",
    name="founding_claim",
    grain="one row per repository, calendar year with scores, and group of persons",
    key=CELL,
    inputs=("influence.scores", "core.contributions", "influence.problems_solved", "core.repositories"),
    definition="INF-06/2",
    formula="Spearman's rho between contributions (or problems solved, or these weighted by 1 + reactions on "
    "the issue) and the percentile rank in the network 'attention' among "
    "the persons of the year, bounds by Fisher's z with variance 1.06 / (n - 3); residual: percentile of influence less "
    "percentile of contributions, mean and 95 % bounds per group; trend: slope of z, or of the mean residual, over complete years",
    source="ours; variance of z for ranks: Fieller et al. 1957",
    parameters={"fewest_for_correlation": "parameters.fewest_for_correlation"},
    caveats="An association: who is listened to may do more for it. A comment is a contribution and may win a reply. Problems "
    "solved are told by links and closings: see influence.problems_solved.",
    may_be_empty="A plain git repository shows no attention.",
    evidence=(
        Evidence(
            "influence.scores",
            "the influence of the persons of the year",
            same=("repo_id", "window_start"),
            when="there.window_kind = 'year' AND there.network = 'attention'",
        ),
        acts_of_the_year("what the persons of the year did"),
        Evidence(
            "influence.problems_solved",
            "the problems they solved",
            same=("repo_id",),
            when="date_trunc('year', there.solved_at AT TIME ZONE 'UTC') = here.window_start",
        ),
    ),
    columns=(
        REPO_ID,
        WINDOW_START,
        Column(
            "member_group",
            pl.String,
            "Everybody; who first acted in the year; volunteers; of unknown affiliation; without an act of code in the year.",
            one_of=GROUPS,
        ),
        N_PERSONS,
        _correlation("rank_correlation", "Between contributions and influence; null for few persons or no spread."),
        _correlation("rank_correlation_lower", "Lower 95 % bound."),
        _correlation("rank_correlation_upper", "Upper 95 % bound."),
        count("n_problems_solved", "Issues of others that they solved by a change or an answer."),
        count("n_answers", "Those of them that were answered, without a change."),
        _correlation("solved_correlation", "Between problems solved and influence; null where nothing was solved."),
        _correlation("solved_correlation_lower", "Lower 95 % bound."),
        _correlation("solved_correlation_upper", "Upper 95 % bound."),
        _correlation("weighted_solved_correlation", "The same, each problem counting 1 + its reactions, as last seen."),
        _correlation("weighted_solved_correlation_lower", "Lower 95 % bound."),
        _correlation("weighted_solved_correlation_upper", "Upper 95 % bound."),
        _correlation(
            "residual_mean", "Above 0: listened to beyond what they do; below: heard less. Null for few persons."
        ),
        _correlation("residual_lower", "Lower 95 % bound."),
        _correlation("residual_upper", "Upper 95 % bound."),
        Column("residual_trend", pl.Float64, "Change of the residual a year; null below three years.", nullable=True),
        Column("residual_trend_error", pl.Float64, "Its standard error.", nullable=True, at_least=0),
        Column(
            "correlation_trend", pl.Float64, "Change of z of the correlation a year; null below three.", nullable=True
        ),
        Column("correlation_trend_error", pl.Float64, "Its standard error.", nullable=True, at_least=0),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    scores: pl.LazyFrame,
    contributions: pl.LazyFrame,
    solutions: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    acts = human_years(contributions, repositories).cache()
    known = persons(scores, acts, solutions).cache()
    groups = pl.concat(
        [known.filter(condition).with_columns(member_group=pl.lit(name)) for name, condition in CONDITIONS.items()]
    )
    cells = groups.group_by(CELL).agg(*measured(parameters.fewest_for_correlation))
    return (
        cells.with_columns(window_kind=pl.lit("year"), definition=pl.lit(TABLE.definition))
        .pipe(with_windows, repositories, parameters)
        .pipe(with_trends)
        .select(TABLE.column_names)
        .sort(CELL)
    )


CONDITIONS = {
    "everybody": pl.lit(value=True),
    "newcomers": pl.col("is_new"),
    "volunteers": pl.col("affiliation_class") == "volunteer",
    "unaffiliated": pl.col("affiliation_class") == "unknown",
    "non_coders": ~pl.col("has_code"),
}


def persons(scores: pl.LazyFrame, acts: pl.LazyFrame, solutions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person of a year's graph: percentiles of influence and contribution, what was solved, and groups."""
    ranked = scores.filter(pl.col("window_kind") == "year", pl.col("network") == "attention").select(
        *PERSON, influence="percentile_rank"
    )
    firsts = acts.group_by("repo_id", "person_id").agg(first_year=pl.col("window_start").min())
    order = ["contributed_at", "contribution_id"]
    did = acts.group_by(PERSON).agg(
        n_acts=pl.len(),
        has_code=(pl.col("family") == "code").any(),
        affiliation_class=pl.col("affiliation_class").sort_by(order).last(),
    )
    n_solved = solutions.group_by(
        "repo_id", "person_id", window_start=pl.col("solved_at").dt.truncate("1y").dt.date()
    ).agg(
        n_solved=pl.len(),
        n_answers=(pl.col("solved_by") == "answer").sum(),
        weighted=(1 + pl.col("n_reactions")).sum(),
    )
    mid_rank = (pl.col("n_acts").rank("average").over("repo_id", "window_start") - 0.5) / pl.len().over(
        "repo_id", "window_start"
    )
    return (
        ranked.join(did, on=PERSON, how="left")
        .join(n_solved, on=PERSON, how="left")
        .join(firsts, on=["repo_id", "person_id"], how="left")
        .with_columns(
            pl.col("n_acts", "n_solved", "n_answers", "weighted").fill_null(0),
            pl.col("has_code").fill_null(value=False),
        )
        .with_columns(
            contribution=mid_rank,
            is_new=(pl.col("first_year") == pl.col("window_start")).fill_null(value=False),
            affiliation_class=pl.col("affiliation_class").fill_null("unknown"),
        )
    )


def measured(fewest: int) -> list[pl.Expr]:
    enough = pl.when(pl.len() >= fewest)
    rho = enough.then(spearman(pl.col("n_acts"), pl.col("influence")))
    of_solved, of_weighted = (
        enough.then(spearman(pl.col(one), pl.col("influence"))) for one in ("n_solved", "weighted")
    )
    residual = pl.col("influence") - pl.col("contribution")
    reach = Z_95 * exact_deviation(residual) / pl.len().cast(pl.Float64).sqrt()
    return [
        pl.len().cast(pl.Int64).alias("n_persons"),
        *bounded("rank_correlation", rho),
        pl.col("n_solved").sum().cast(pl.Int64).alias("n_problems_solved"),
        pl.col("n_answers").sum().cast(pl.Int64),
        *bounded("solved_correlation", of_solved),
        *bounded("weighted_solved_correlation", of_weighted),
        enough.then(exact_mean(residual)).alias("residual_mean"),
        enough.then((exact_mean(residual) - reach).clip(-1, 1)).alias("residual_lower"),
        enough.then((exact_mean(residual) + reach).clip(-1, 1)).alias("residual_upper"),
    ]


def bounded(name: str, rho: pl.Expr) -> list[pl.Expr]:
    lower, upper = fisher(rho, pl.len())
    return [rho.alias(name), lower.alias(f"{name}_lower"), upper.alias(f"{name}_upper")]


def with_trends(cells: pl.LazyFrame) -> pl.LazyFrame:
    """Straight lines through the complete years of each group."""
    by = ["repo_id", "member_group"]
    year = pl.col("window_start").dt.year().cast(pl.Float64)
    z = pl.col("rank_correlation").clip(-0.999999, 0.999999).arctanh()
    usable = cells.filter("is_window_complete", pl.col("residual_mean").is_not_null())
    residual, error = trend(year, pl.col("residual_mean"))
    of_z, error_of_z = trend(year.filter(z.is_not_null()), z.filter(z.is_not_null()))
    slopes = usable.group_by(by).agg(
        residual_trend=residual, residual_trend_error=error, correlation_trend=of_z, correlation_trend_error=error_of_z
    )
    return cells.join(slopes, on=by, how="left")
