"""What the two tables of hazard models share: how a model is fitted to rows, and what is told of a term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column
from transform.columns import count, share
from transform.parameters import Parameters
from transform.statistics.cox import Fit, Lives, NotEstimable, fit
from transform.statistics.intervals import Z_95

FEWEST_CLUSTERS = 10
"""Robust errors over fewer clusters are too small."""
MOST_INFLATED = 100.0
"""Times that the likeness of a term to others raises the variance of its coefficient: then they say 99 % of what it says."""
REASONS = ("reference", "too few exits", "no variation", "collinear", "did not converge")
ESTIMATES = ("coefficient", "robust_error", "p_value", "proportionality_p_value")

TERM_COLUMNS = (
    count("n_exits", "Of those, who left."),
    count("n_strata", "Repositories, each with a baseline of its own."),
    Column(
        "clustered_by",
        pl.String,
        "Within what errors may go together: repositories if there are enough of them, else persons.",
        one_of=("repository", "person"),
    ),
    Column("coefficient", pl.Float64, "Log hazard ratio.", nullable=True),
    Column("hazard_ratio", pl.Float64, "Below 1: they stay longer.", nullable=True, at_least=0),
    Column("hazard_ratio_lower", pl.Float64, "Lower 95 % bound.", nullable=True, at_least=0),
    Column("hazard_ratio_upper", pl.Float64, "Upper 95 % bound.", nullable=True, at_least=0),
    Column("robust_error", pl.Float64, "Robust standard error of the coefficient.", nullable=True, at_least=0),
    share("p_value", "Chance of so large a coefficient if the hazard did not hang on the term.", nullable=True),
    share("proportionality_p_value", "Small: the ratio changes with the days since arrival.", nullable=True),
    Column("reason", pl.String, "Why there is no coefficient; null where there is one.", nullable=True, one_of=REASONS),
)
TERM_SCHEMA: dict[str, Any] = {
    "term": pl.String,
    "n_exits": pl.Int64,
    "n_strata": pl.Int64,
    "clustered_by": pl.String,
    **dict.fromkeys(ESTIMATES, pl.Float64),
    "reason": pl.String,
}


@dataclass(frozen=True)
class Terms:
    """The terms of a model: which are in it, and of the others, why they are not."""

    used: Sequence[str]
    missing: dict[str, str]


def sorted_out(terms: Sequence[str], rows: pl.DataFrame, absent: dict[str, str]) -> Terms:
    """`absent` names terms that are not to be in the model, with the reason; neither is what is the same for all."""
    values = rows.select(terms).to_numpy()
    varied = dict(zip(terms, values.min(axis=0) < values.max(axis=0), strict=True))
    missing = {term: absent.get(term, "no variation") for term in terms if term in absent or not varied[term]}
    return Terms([term for term in terms if term not in missing], missing)


def lives_of(rows: pl.DataFrame, terms: Sequence[str]) -> Lives:
    """Rows with `duration_days`, `is_exit`, `stratum`, `person_id`, perhaps `entry_days`, and the terms."""
    stratum = np.zeros(len(rows), dtype=np.int64)
    if rows["stratum"].n_unique() > 1:
        stratum = rows["stratum"].cast(pl.String).rank("dense").to_numpy().astype(np.int64)
    clusters = "stratum" if has_clusters(rows) else "person_id"
    return Lives(
        duration=rows["duration_days"].to_numpy().astype(np.int64),
        is_exit=rows["is_exit"].to_numpy(),
        covariates=rows.select(terms).to_numpy().astype(np.float64),
        stratum=stratum,
        cluster=numbered(rows[clusters]),
        entry=rows["entry_days"].to_numpy().astype(np.int64) if "entry_days" in rows.columns else None,
    )


def numbered(names: pl.Series) -> np.typing.NDArray[np.int64]:
    """Numbers in the order that the names come in: those of categories differ from one process to the next."""
    first, found = np.unique(names.to_physical().to_numpy(), return_index=True, return_inverse=True)[1:]
    return np.argsort(np.argsort(first))[found]


def has_clusters(rows: pl.DataFrame) -> bool:
    return rows["stratum"].n_unique() >= FEWEST_CLUSTERS


def told(lives: Lives, terms: Terms, parameters: Parameters) -> list[dict[str, object]]:
    """What is known of every term, those without a coefficient too, in the columns of TERM_SCHEMA but for clusters."""
    found, failure = attempted(lives, terms.used, parameters)
    shape = {"n_exits": int(lives.is_exit.sum()), "n_strata": len(np.unique(lives.stratum))}
    rows = [
        {"term": term, "reason": "collinear", **shape, **estimates(None, place)}
        if is_said_by_others(found, place)
        else {"term": term, "reason": failure, **shape, **estimates(found, place)}
        for place, term in enumerate(terms.used)
    ]
    return rows + [
        {"term": term, "reason": reason, **shape, **dict.fromkeys(ESTIMATES)} for term, reason in terms.missing.items()
    ]


def attempted(lives: Lives, terms: Sequence[str], parameters: Parameters) -> tuple[Fit | None, str | None]:
    """The fit, or the reason why there is none."""
    if not terms:
        return None, None
    if lives.is_exit.sum() < parameters.exits_per_term * len(terms):
        return None, "too few exits"
    try:
        return fit(lives), None
    except NotEstimable as reason:
        return None, str(reason)


def estimates(found: Fit | None, place: int) -> dict[str, float | None]:
    if found is None:
        return dict.fromkeys(ESTIMATES)
    values = (found.coefficients, found.robust_errors, found.p_values, found.proportional_p_values)
    return {
        name: None if np.isnan(value[place]) else float(value[place])
        for name, value in zip(ESTIMATES, values, strict=True)
    }


def is_said_by_others(found: Fit | None, place: int) -> bool:
    """Whether a term is so like the others that its coefficient could be almost any, with theirs to make up for it."""
    return found is not None and bool(found.inflation[place] > MOST_INFLATED)


def ratios() -> dict[str, pl.Expr]:
    coefficient, reach = pl.col("coefficient"), Z_95 * pl.col("robust_error")
    return {
        "hazard_ratio": coefficient.exp(),
        "hazard_ratio_lower": (coefficient - reach).exp(),
        "hazard_ratio_upper": (coefficient + reach).exp(),
    }
