"""influence.openrank: OpenRank of X-lab, by month, within each repository and between all of them (INF-03)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, SNAPSHOT_AT
from transform.influence.core_members import human_years
from transform.influence.evidence import HUMAN
from transform.parameters import Parameters
from transform.statistics.exact import exact_sum
from transform.statistics.graphs import Floats, Indices
from transform.statistics.openrank import openrank
from transform.statistics.runs import starts_of_runs

VARIANTS = ("community", "global")
WEIGHTS = {
    "community": {
        "issue_open": 22.235,
        "comment": 5.252,
        "close": 9.712,
        "review_comment": 7.427,
        "change_open": 40.679,
        "change_merge": 14.695,
    },
    "global": {
        "issue_open": 22.235,
        "comment": 5.252,
        "close": 9.712,
        "review_comment": 7.427,
        "change_open": 40.679,
        "commit": 14.695,
    },
}
"""What an act counts. Pushes, which git does not tell, are commits here; who closes a change by merging it merges it."""
RETAINED = {"community": 0.15, "person": 0.5, "repository": 0.3, "background": 0.15}
TO_BACKGROUND = 0.05
DECAY = 0.85
HISTORY_MONTHS = 3
OF_MERGED = 1.5
FORGOTTEN = 0.01
PARAMETER_SET = "open-digger 2026-07"
BACKGROUND = ""
NEVER = -10_000
"""A month long before all others."""
VALUES: dict[str, Any] = {
    "repo_id": pl.String,
    "month": pl.Date,
    "node": pl.String,
    "openrank": pl.Float64,
}

TABLE = Table(
    schema="influence",
    name="openrank",
    grain="one row per variant, repository (or all), calendar month, and person or repository with a value",
    key=("variant", "repo_id", "month", "node_kind", "node_id"),
    inputs=("core.contributions", "core.changes", "core.repositories"),
    definition="INF-03/1",
    formula="r_i = a_i v_i + (1 - a_i) sum_j s_ij r_j; community: persons and items of a repository, a = 0.15; global: persons "
    "(a = 0.5) and repositories (0.3); a background node takes 0.05 of every walk and gives it back to all alike; v: what was "
    "there before, times 0.85 a month, 1 for what is new (community), or that plus a logistic of the activity (global)",
    source="X-lab: OpenRank as in open-digger",
    parameters={"weights": WEIGHTS, "retained": RETAINED, "decay": DECAY, "parameter_set": PARAMETER_SET},
    caveats="X-lab has published other parameters before, so values of other dates or makers do not compare: see "
    "parameter_set. Commits stand in for pushes. Values depend on how much happens: compare within a month.",
    is_large=True,
    may_be_empty="No rows without issues, changes or commits.",
    evidence=(
        Evidence(
            "core.contributions",
            "the acts of the month",
            when=f"{HUMAN} AND here.repo_id IN ('all', there.repo_id) AND "
            "CAST(date_trunc('month', there.contributed_at AT TIME ZONE 'UTC') AS DATE) = here.month",
        ),
    ),
    columns=(
        Column("variant", pl.String, "Within a repository, or between all of them.", one_of=VARIANTS),
        Column("repo_id", pl.String, "The repository, or 'all' in the global variant."),
        Column("month", pl.Date, "First day of the calendar month (UTC)."),
        Column("node_kind", pl.String, "Whose value it is.", one_of=("person", "repository")),
        Column("node_id", pl.String, "Id of the person or repository."),
        Column("openrank", pl.Float64, "The value.", at_least=0),
        Column("parameter_set", pl.String, "Which of the published sets of parameters was used."),
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame, changes: pl.LazyFrame, repositories: pl.LazyFrame, *, parameters: Parameters
) -> pl.LazyFrame:
    del parameters
    acts = (
        human_years(contributions, repositories)
        .with_columns(month=pl.col("contributed_at").dt.truncate("1mo").dt.date())
        .cache()
    )
    merged = changes.filter("is_merged").select(
        "repo_id", "artefact_id", merged_month=pl.col("merged_at").dt.truncate("1mo").dt.date()
    )
    community = activity(acts, "community", "artefact_id").join(merged, on=["repo_id", "artefact_id"], how="left")
    between = activity(acts, "global", "repo_id").with_columns(artefact_id="repo_id", repo_id=pl.lit("all"))
    snapshots = repositories.select("repo_id", "snapshot_at")
    everywhere = snapshots.select(repo_id=pl.lit("all"), snapshot_at=pl.col("snapshot_at").min())
    return (
        pl.concat(
            [
                community.map_batches(community_values, schema=VALUES).with_columns(variant=pl.lit("community")),
                between.map_batches(global_values, schema=VALUES).with_columns(variant=pl.lit("global")),
            ]
        )
        .join(pl.concat([snapshots, everywhere]), on="repo_id")
        .with_columns(
            node_kind=pl.when(pl.col("node").str.starts_with("p "))
            .then(pl.lit("person"))
            .otherwise(pl.lit("repository")),
            node_id=pl.col("node").str.slice(2),
            parameter_set=pl.lit(PARAMETER_SET),
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def activity(acts: pl.LazyFrame, variant: str, thing: str) -> pl.LazyFrame:
    """Weighted acts per month, person and thing."""
    weight = pl.col("kind").replace_strict(WEIGHTS[variant], default=0.0, return_dtype=pl.Float64)
    by = list(dict.fromkeys(["repo_id", "month", "person_id", thing]))
    return acts.group_by(by).agg(amount=exact_sum(weight)).filter(pl.col("amount") > 0).sort(by)


@dataclass(frozen=True)
class Nodes:
    """All that ever had a value: `names` has `repo_id` and `node`, which is 'p ' with the person, 'i ' with the item, 'r '
    with the repository, or BACKGROUND; the rest are their numbers, by act (`person`, `thing`) or by node (`background`)."""

    names: pl.DataFrame
    person: Indices
    thing: Indices
    background: Indices

    @property
    def is_person(self) -> npt.NDArray[np.bool_]:
        return self.names["node"].str.starts_with("p ").to_numpy()


def numbered(rows: pl.DataFrame, things: str) -> Nodes:
    """In a settled order, so that sums never differ."""
    ends = [
        rows.select("repo_id", node=pl.lit("p ") + pl.col("person_id")),
        rows.select("repo_id", node=pl.lit(things) + pl.col("artefact_id")),
    ]
    behind = rows.select("repo_id", node=pl.lit(BACKGROUND)).unique()
    names = pl.concat([*ends, behind]).unique().sort("repo_id", "node").with_row_index("number")
    person, thing = (_numbers(end, names) for end in ends)
    return Nodes(names, person, thing, _numbers(names.select("repo_id", node=pl.lit(BACKGROUND)), names))


def _numbers(ends: pl.DataFrame, names: pl.DataFrame) -> Indices:
    found = ends.join(names, on=["repo_id", "node"], how="left", maintain_order="left")["number"]
    return found.to_numpy().astype(np.int64)


def community_values(rows: pl.DataFrame) -> pl.DataFrame:
    """VALUES of the persons of each repository. What was not seen for three months is new again."""
    nodes = numbered(rows, "i ")
    is_merged = (rows["merged_month"] == rows["month"]).fill_null(value=False).to_numpy()
    past, seen = np.ones(len(nodes.names)), np.full(len(nodes.names), NEVER)
    found = []
    for number, acts in months_of(rows):
        here = nodes_of(nodes, acts)
        age = number - seen[here]
        initial = np.where(age <= HISTORY_MONTHS, past[here] * DECAY**age, 1.0)
        initial[np.searchsorted(here, np.unique(nodes.thing[acts][is_merged[acts]]))] *= OF_MERGED
        value = walked(nodes, acts, here, initial, np.full(len(here), RETAINED["community"]), rows["amount"])
        past[here], seen[here] = value, number
        found.append((number, here, value))
    return told(nodes, found, nodes.is_person)


def global_values(rows: pl.DataFrame) -> pl.DataFrame:
    """VALUES of persons and repositories, all in one graph, 'all'."""
    nodes, amount = numbered(rows, "r "), rows["amount"].to_numpy()
    is_background = nodes.background == np.arange(len(nodes.names))
    retained = np.where(nodes.is_person, RETAINED["person"], RETAINED["repository"])
    retained[is_background] = RETAINED["background"]
    past, seen = np.zeros(len(nodes.names)), np.full(len(nodes.names), NEVER)
    found = []
    for number, acts in months_of(rows):
        here = nodes_of(nodes, acts)
        worn = past[here] * DECAY ** (number - seen[here])
        acted: Floats = np.bincount(
            np.searchsorted(here, nodes.person[acts]), amount[acts], minlength=len(here)
        ).astype(np.float64)
        initial = np.where(worn > FORGOTTEN, worn, 0.0) + np.where(acted > 0, _logistic(acted), 0.0)
        value = walked(nodes, acts, here, initial, retained[here], rows["amount"])
        own = ~is_background[here]
        past[here[own]], seen[here[own]] = value[own], number
        found.append((number, here, value + value[~own].sum() / max(own.sum(), 1)))
    return told(nodes, found, ~is_background)


def months_of(rows: pl.DataFrame) -> list[tuple[int, Indices]]:
    """The months there are, counted through, each with its acts."""
    number = (rows["month"].dt.year().cast(pl.Int64) * 12 + rows["month"].dt.month()).to_numpy()
    order = np.argsort(number, kind="stable")
    parts = np.split(order, starts_of_runs(number[order])[1:])
    return [(int(number[part[0]]), part) for part in parts if len(part)]


def nodes_of(nodes: Nodes, acts: Indices) -> Indices:
    """The nodes that the acts are of, and those in the background of their repositories, in order."""
    ends = np.concatenate([nodes.person[acts], nodes.thing[acts]])
    return np.unique(np.concatenate([ends, nodes.background[ends]]))


def walked(nodes: Nodes, acts: Indices, here: Indices, initial: Floats, retained: Floats, amounts: pl.Series) -> Floats:
    """The values of a month: every walk goes by activity, 0.05 of it to the background, and from there to all alike.

    Repositories do not touch, so that all of them are solved together.
    """
    left, right = (np.searchsorted(here, ends[acts]) for ends in (nodes.person, nodes.thing))
    source, target = np.concatenate([left, right]), np.concatenate([right, left])
    weight = np.tile(amounts.to_numpy()[acts], 2)
    share = (1 - TO_BACKGROUND) * weight / np.bincount(source, weight, minlength=len(here))[source]
    backgrounds = np.searchsorted(here, nodes.background[here])
    others = np.flatnonzero(backgrounds != np.arange(len(here)))
    size = np.bincount(backgrounds[others], minlength=len(here))
    source = np.concatenate([source, others, backgrounds[others]])
    target = np.concatenate([target, backgrounds[others], others])
    share = np.concatenate([share, np.full(len(others), TO_BACKGROUND), 1 / size[backgrounds[others]]])
    return openrank(initial, retained, source, target, share)


def told(nodes: Nodes, found: list[tuple[int, Indices, Floats]], is_told: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """VALUES from months, nodes and their values."""
    if not found:
        return pl.DataFrame(schema=VALUES)
    number = np.repeat([month for month, _, _ in found], [len(here) for _, here, _ in found])
    here, value = (np.concatenate([one[at] for one in found]) for at in (1, 2))
    kept = is_told[here]
    parts = pl.DataFrame({"year": (number[kept] - 1) // 12, "month": (number[kept] - 1) % 12 + 1})
    months = parts.select(month=pl.date("year", "month", 1)).to_series()
    rows: pl.DataFrame = nodes.names[here[kept]].with_columns(months, openrank=pl.Series(value[kept]))
    return rows.select(list(VALUES))


def _logistic(amount: Floats) -> Floats:
    steepness: Floats = 1 / (1 + np.exp(0.10425 * (44.08 - amount)))
    return steepness
