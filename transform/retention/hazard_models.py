"""What the two tables of hazard models share: how a model is fitted to rows, and what is told of a term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from quality.contract import Column
from transform.columns import count, share
from transform.parameters import Parameters
from transform.statistics.cox import Fit, Lives, NotEstimable, fit
from transform.statistics.intervals import Z_95
from transform.statistics.runs import starts_of_runs

Integers = npt.NDArray[np.integer[Any]]

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
    places: Sequence[int]
    """Their columns among all terms."""
    missing: dict[str, str]


@dataclass(frozen=True)
class People:
    """The rows that models are fitted to, in the order they are drawn in; a model takes some of them."""

    duration: Integers
    is_exit: npt.NDArray[np.bool_]
    terms: npt.NDArray[np.float64]
    """A column a term."""
    stratum: Integers
    """Numbers in the order of the repositories' names."""
    person: Integers
    entry: Integers | None

    def at(self, places: Integers) -> People:
        entry = None if self.entry is None else self.entry[places]
        return People(
            self.duration[places],
            self.is_exit[places],
            self.terms[places],
            self.stratum[places],
            self.person[places],
            entry,
        )

    @property
    def has_clusters(self) -> bool:
        """Whether there are repositories enough for errors to go together within them."""
        return len(np.unique(self.stratum)) >= FEWEST_CLUSTERS

    def lives(self, places: Sequence[int]) -> Lives:
        """With the terms in these columns."""
        return Lives(
            duration=self.duration,
            is_exit=self.is_exit,
            covariates=self.terms[:, places],
            stratum=self.stratum,
            cluster=self.stratum if self.has_clusters else self.person,
            entry=self.entry,
        )


def people_of(rows: pl.DataFrame, terms: Sequence[str]) -> People:
    """Rows with `duration_days`, `is_exit`, `stratum`, `person_id`, perhaps `entry_days`, and the terms."""
    repositories = rows.select("stratum").unique().sort(pl.col("stratum").cast(pl.String)).with_row_index("number")
    stratum = rows.select("stratum").join(repositories, on="stratum", how="left", maintain_order="left")["number"]
    return People(
        duration=rows["duration_days"].to_numpy().astype(np.int64),
        is_exit=rows["is_exit"].to_numpy(),
        terms=rows.select(terms).to_numpy().astype(np.float64),
        stratum=stratum.to_numpy().astype(np.int64),
        person=numbered(rows["person_id"]),
        entry=rows["entry_days"].to_numpy().astype(np.int64) if "entry_days" in rows.columns else None,
    )


def numbered(names: pl.Series) -> Integers:
    """Numbers in the order that the names come in: those of categories differ from one process to the next."""
    first, found = np.unique(names.to_physical().to_numpy(), return_index=True, return_inverse=True)[1:]
    return np.argsort(np.argsort(first))[found]


def groups_of(rows: pl.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, Any], Integers]]:
    """The places of the rows of every group, in order, with what the group is called."""
    groups = rows.select(by).unique(maintain_order=True).with_row_index("number")
    number = rows.select(by).join(groups, on=by, how="left", maintain_order="left")["number"].to_numpy()
    order = np.argsort(number, kind="stable")
    cuts = starts_of_runs(number[order])[1:]
    yield from zip(groups.drop("number").iter_rows(named=True), np.split(order, cuts), strict=bool(len(rows)))


def sorted_out(terms: Sequence[str], people: People, absent: dict[str, str]) -> Terms:
    """`absent` names terms that are not to be in the model, with the reason; neither is what is the same for all."""
    varied = dict(zip(terms, people.terms.min(axis=0) < people.terms.max(axis=0), strict=True))
    missing = {term: absent.get(term, "no variation") for term in terms if term in absent or not varied[term]}
    used = [term for term in terms if term not in missing]
    return Terms(used, [terms.index(term) for term in used], missing)


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
