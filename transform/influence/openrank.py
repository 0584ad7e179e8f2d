"""influence.openrank: OpenRank of X-lab, by month, within each repository and between all of them (INF-03)."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, SNAPSHOT_AT
from transform.influence.core_members import human_years
from transform.influence.evidence import HUMAN
from transform.parameters import Parameters
from transform.statistics.exact import exact_sum
from transform.statistics.openrank import openrank

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
                community.map_batches(_communities, schema=VALUES).with_columns(variant=pl.lit("community")),
                between.map_batches(_all_together, schema=VALUES).with_columns(variant=pl.lit("global")),
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


Node = tuple[str, str]
"""The repository, or 'all'; and 'p ' with the person, 'i ' with the item, 'r ' with the repository, or BACKGROUND."""


def _communities(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(community_values(rows), schema=VALUES, orient="row")


def community_values(rows: pl.DataFrame) -> list[tuple[str, Any, str, float]]:
    """Repository, month, person and value. What was not seen for three months is new again."""
    past: dict[Node, tuple[int, float]] = {}
    found = []
    for (month,), part in sorted(rows.partition_by("month", as_dict=True).items()):
        number = month.year * 12 + month.month
        people = [(repo, f"p {person}") for repo, person in part.select("repo_id", "person_id").iter_rows()]
        things = [(repo, f"i {thing}") for repo, thing in part.select("repo_id", "artefact_id").iter_rows()]
        is_merged = (part["merged_month"] == month).fill_null(value=False)
        merged = {thing for thing, flag in zip(things, is_merged, strict=True) if flag}
        nodes = with_background([*people, *things])
        initial = {}
        for node in nodes:
            seen, value = past.get(node, (-HISTORY_MONTHS - 1, 1.0))
            age = number - seen
            initial[node] = (value * DECAY**age if age <= HISTORY_MONTHS else 1.0) * (
                OF_MERGED if node in merged else 1
            )
        retained = dict.fromkeys(nodes, RETAINED["community"])
        values = ranked(nodes, initial, retained, people, things, part["amount"].to_numpy())
        past.update({node: (number, value) for node, value in values.items()})
        found += [(repo, month, name, value) for (repo, name), value in values.items() if name.startswith("p ")]
    return found


def _all_together(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(global_values(rows), schema=VALUES, orient="row")


def global_values(rows: pl.DataFrame) -> list[tuple[str, Any, str, float]]:
    """'all', month, person or repository, and value."""
    past: dict[Node, tuple[int, float]] = {}
    found = []
    for (month,), part in sorted(rows.partition_by("month", as_dict=True).items()):
        number = month.year * 12 + month.month
        people = [("all", f"p {person}") for person in part["person_id"]]
        things = [("all", f"r {thing}") for thing in part["artefact_id"]]
        amounts = part["amount"].to_numpy()
        acted: dict[Node, float] = {}
        for person, amount in zip(people, amounts, strict=True):
            acted[person] = acted.get(person, 0.0) + amount
        nodes = with_background([*people, *things])
        initial = {
            node: _kept(past.get(node), number) + (_logistic(acted[node]) if node in acted else 0.0) for node in nodes
        }
        retained = {node: RETAINED[RETAINED_BY[node[1][:2]]] for node in nodes}
        values = ranked(nodes, initial, retained, people, things, amounts)
        shared = values.pop(("all", BACKGROUND)) / max(len(values), 1)
        past.update({node: (number, value) for node, value in values.items()})
        found += [(repo, month, name, value + shared) for (repo, name), value in values.items()]
    return found


RETAINED_BY = {"p ": "person", "r ": "repository", "": "background"}


def _kept(past: tuple[int, float] | None, number: int) -> float:
    value = 0.0 if past is None else past[1] * DECAY ** (number - past[0])
    return value if value > FORGOTTEN else 0.0


def with_background(nodes: list[Node]) -> list[Node]:
    """Every node once, and one in the background of each repository."""
    return sorted({*nodes, *((repo, BACKGROUND) for repo, _ in nodes)})


def _logistic(amount: float) -> float:
    return float(1 / (1 + np.exp(0.10425 * (44.08 - amount))))


def ranked(
    nodes: list[Node],
    initial: dict[Node, float],
    retained: dict[Node, float],
    people: list[Node],
    things: list[Node],
    amounts: np.ndarray[Any, Any],
) -> dict[Node, float]:
    """The values of a month: every walk goes by activity, 0.05 of it to the background, and from there to all alike.

    Repositories do not touch, so that all of them are solved together.
    """
    place = {node: at for at, node in enumerate(nodes)}
    left, right = np.array([place[node] for node in people]), np.array([place[node] for node in things])
    source, target = np.concatenate([left, right]), np.concatenate([right, left])
    weight = np.concatenate([amounts, amounts])
    share = (1 - TO_BACKGROUND) * weight / np.bincount(source, weight, minlength=len(nodes))[source]
    backgrounds = np.array([place[repo, BACKGROUND] for repo, _ in nodes])
    others = np.flatnonzero(backgrounds != np.arange(len(nodes)))
    size = np.bincount(backgrounds[others], minlength=len(nodes))
    source = np.concatenate([source, others, backgrounds[others]])
    target = np.concatenate([target, backgrounds[others], others])
    share = np.concatenate([share, np.full(len(others), TO_BACKGROUND), 1 / size[backgrounds[others]]])
    values = openrank(
        np.array([initial[n] for n in nodes]), np.array([retained[n] for n in nodes]), source, target, share
    )
    return dict(zip(nodes, values.tolist(), strict=True))
