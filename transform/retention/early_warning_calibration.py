"""retention.early_warning_calibration: do those of whom the model says 30 % fall silent in 30 % of cases? (RET-10d)"""

from __future__ import annotations

import polars as pl

from quality.contract import Evidence, Table
from transform.columns import DEFINITION, HORIZON_DAYS, SNAPSHOT_AT, count, share
from transform.parameters import Parameters
from transform.retention.early_warnings import judged
from transform.retention.rests_on import IS_HUMAN_ACT
from transform.statistics.exact import exact_mean
from transform.statistics.intervals import wilson

BINS = 10
BIN = ("bin_lower_share", "bin_upper_share")

TABLE = Table(
    schema="retention",
    name="early_warning_calibration",
    grain="one row per tenth of the predicted probability, and one from 0 to 1 for all together",
    key=BIN,
    inputs=("core.contributions", "core.repositories"),
    definition="RET-10d/1",
    formula="in the held-out year: mean prediction beside the share that did fall silent; Brier score: mean of (prediction "
    "- outcome) squared; its reference predicts the share of silent ones of that year for everybody",
    source="Brier 1950; Wilson 1927",
    parameters={"horizon_days": "parameters.horizon_days", "bins": BINS},
    caveats="A person is in up to twelve months, so the intervals are too narrow. Past calibration is no promise: what "
    "changes in a community changes it. Where brier_score is not below brier_reference the warnings are worth nothing.",
    may_be_empty="There may be too little past to check a prediction with.",
    evidence=(Evidence("core.contributions", "the acts of all humans before the snapshots", when=IS_HUMAN_ACT),),
    columns=(
        share("bin_lower_share", "The prediction is at least this."),
        share("bin_upper_share", "And less than this; 1 is included."),
        HORIZON_DAYS,
        count("n_person_months", "Regulars at the starts of the held-out months."),
        share("predicted_share", "Mean of the predictions."),
        share("observed_share", "Share that did not act within horizon_days."),
        share("observed_lower_share", "Lower 95 % bound."),
        share("observed_upper_share", "Upper 95 % bound."),
        share("brier_score", "Mean squared error of the predictions; 0 is perfect."),
        share("brier_reference", "The same for who only knows the observed share of all."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(contributions: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters) -> pl.LazyFrame:
    return (
        calibration(judged(contributions, repositories, parameters.horizon_days))
        .with_columns(horizon_days=pl.lit(parameters.horizon_days, pl.Int32), definition=pl.lit(TABLE.definition))
        .select(TABLE.column_names)
    )


def calibration(judged_rows: pl.LazyFrame) -> pl.LazyFrame:
    """What was held out, counted by tenths of the prediction and all together."""
    predicted, observed = pl.col("silent_share"), pl.col("is_silent").cast(pl.Float64)
    held_out = judged_rows.filter(pl.col("part") == "held out", predicted.is_not_null()).with_columns(
        error=(predicted - observed) ** 2, plain_error=(observed.mean() - observed) ** 2
    )
    tenth = (predicted * BINS).floor().clip(0, BINS - 1)
    binned = held_out.with_columns(bin_lower_share=tenth / BINS, bin_upper_share=(tenth + 1) / BINS)
    whole = held_out.with_columns(bin_lower_share=pl.lit(0.0), bin_upper_share=pl.lit(1.0))
    n, n_silent = pl.len().cast(pl.Int64), pl.col("is_silent").sum().cast(pl.Int64)
    lower, upper = wilson(pl.col("n_silent"), pl.col("n_person_months"))
    return (
        pl.concat([binned, whole])
        .group_by(BIN)
        .agg(
            pl.col("snapshot_at").max(),
            n_person_months=n,
            n_silent=n_silent,
            predicted_share=exact_mean(predicted),
            observed_share=observed.mean(),
            brier_score=exact_mean(pl.col("error")),
            brier_reference=exact_mean(pl.col("plain_error")),
        )
        .with_columns(observed_lower_share=lower, observed_upper_share=upper)
    )
