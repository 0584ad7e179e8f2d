"""retention.social_capital: with whom people work, per quarter: how familiar, how closely knit, how alike (RET-15)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from quality.contract import Column, Evidence, Table
from transform.columns import DEFINITION, IS_WINDOW_COMPLETE, PERSON_ID, REPO_ID, SNAPSHOT_AT, count, share
from transform.core.spells import kept_acts
from transform.parameters import Parameters
from transform.retention.newcomers import newcomers
from transform.retention.rests_on import ACT_DAY, IS_HUMAN_ACT
from transform.statistics.brokerage import surroundings
from transform.statistics.exact import exact_sum

TEAM_KINDS = ("commit", "review")
SEAT = ("repo_id", "quarter_start", "person_id")
TEAM = SEAT[:2]
KEY = ("team", "person_id")

TABLE = Table(
    schema="retention",
    name="social_capital",
    grain="one row per repository, calendar quarter and person with a commit or a review in it: a member of its team",
    key=SEAT,
    inputs=(
        "core.contributions",
        "core.commits",
        "raw.commit_files",
        "core.interactions",
        "core.spells",
        "core.repositories",
    ),
    definition="RET-15/1",
    formula="familiarity: mean over teammates of the earlier quarters in which both were in one team, of any repository; "
    "cohesion: local clustering, bridging: 1 - Burt's constraint, in the interactions (INF-01) of the quarter, weight = "
    "sum over networks of ln(1 + interactions), direction ignored; heterogeneity: 1 - mean cosine similarity with "
    "teammates of the files touched by extension",
    source="after Qiu, Nolte, Brown, Serebrenik and Vasilescu 2019; the formulas are our own; constraint: Burt 1992",
    parameters={"team_kinds": TEAM_KINDS, "newcomer_days": "parameters.newcomer_days"},
    caveats="About persons, so for models (RET-05b) and means, and in no report. A quarter alone has no familiarity, a "
    "person without conversations no cohesion, one whose files are unknown no heterogeneity: null, not 0.",
    may_be_empty="Nobody may have committed or reviewed.",
    is_large=True,
    evidence=(
        Evidence(
            "core.contributions",
            "the commits and reviews of the team in the quarter",
            same=("repo_id",),
            when=f"{IS_HUMAN_ACT} AND there.kind IN ('commit', 'review') AND date_trunc('quarter', {ACT_DAY})::DATE = here.quarter_start",
        ),
        Evidence(
            "core.interactions",
            "the conversations of the quarter",
            same=("repo_id",),
            when="date_trunc('quarter', there.interacted_at AT TIME ZONE 'UTC')::DATE = here.quarter_start",
        ),
    ),
    columns=(
        REPO_ID,
        Column("quarter_start", pl.Date, "First day (UTC) of the calendar quarter the row is about."),
        PERSON_ID,
        count("n_teammates", "Others with a commit or a review in the repository and quarter.", unit="persons"),
        Column(
            "familiarity_quarters",
            pl.Float64,
            "Mean over teammates of earlier quarters together; null without teammates.",
            unit="quarters",
            nullable=True,
            at_least=0,
        ),
        share(
            "cohesion_share", "Pairs of conversation partners who also met; null with fewer than two.", nullable=True
        ),
        share("team_newcomer_share", "Members of the team, oneself included, who were newcomers in the quarter."),
        share("heterogeneity_share", "Unlikeness of the files touched; null without files to compare.", nullable=True),
        Column(
            "bridging",
            pl.Float64,
            "1 less Burt's constraint: how far partners do not know each other; null without partners.",
            nullable=True,
            at_most=1,
        ),
        IS_WINDOW_COMPLETE,
        DEFINITION,
        SNAPSHOT_AT,
    ),
)


def build(
    contributions: pl.LazyFrame,
    commits: pl.LazyFrame,
    commit_files: pl.LazyFrame,
    interactions: pl.LazyFrame,
    spells: pl.LazyFrame,
    repositories: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    seats = members(kept_acts(contributions, repositories)).pipe(numbered).cache()
    sizes = seats.pipe(with_arrivals, spells, parameters).pipe(teams)
    quarter_over = pl.col("quarter_start").dt.offset_by("1q") <= pl.col("snapshot_at").dt.date()
    return (
        seats.join(sizes, on="team")
        .join(familiarity(seats), on=KEY, how="left")
        .join(heterogeneity(seats, commits, commit_files), on=KEY, how="left")
        .join(standing(seats, interactions), on=KEY, how="left")
        .with_columns(
            pl.col("repo_id", "person_id").cast(pl.String),
            # a member without any earlier quarter in common has 0, one without teammates has no mean
            familiarity_quarters=pl.when(pl.col("n_teammates") > 0).then(
                pl.col("n_quarters_together").fill_null(0) / pl.col("n_teammates")
            ),
            is_window_complete=quarter_over,
            definition=pl.lit(TABLE.definition),
        )
        .select(TABLE.column_names)
    )


def members(acts: pl.LazyFrame) -> pl.LazyFrame:
    """Who is in which team; dated by the act, as everything is."""
    return (
        acts.filter(pl.col("kind").is_in(TEAM_KINDS))
        .select("repo_id", "person_id", "snapshot_at", quarter_start=quarter_of("contributed_at"))
        .unique()
    )


def quarter_of(name: str) -> pl.Expr:
    return pl.col(name).dt.date().dt.truncate("1q")


def numbered(seats: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `team`, a number for repository and quarter: numbers join faster than names."""
    distinct = seats.select(TEAM).unique().sort(TEAM).with_row_index("team")
    return seats.join(distinct, on=TEAM)


def with_arrivals(seats: pl.LazyFrame, spells: pl.LazyFrame, parameters: Parameters) -> pl.LazyFrame:
    """Adds `is_new`: whether the person's days as a newcomer reach into the quarter."""
    arrived = newcomers(spells, parameters).filter(pl.col("family") == "any")
    came = arrived.select("repo_id", "person_id", "first_day")
    last_day = pl.col("first_day") + pl.duration(days=parameters.newcomer_days - 1)
    return seats.join(came, on=["repo_id", "person_id"], how="left").with_columns(
        is_new=(last_day >= pl.col("quarter_start")).fill_null(value=False)
    )


def teams(seats: pl.LazyFrame) -> pl.LazyFrame:
    return seats.group_by("team").agg(
        n_teammates=pl.len().cast(pl.Int64) - 1, team_newcomer_share=pl.col("is_new").mean()
    )


def familiarity(seats: pl.LazyFrame) -> pl.LazyFrame:
    """`n_quarters_together` per member: the earlier quarters shared, summed over the teammates.

    Of a quarter in which one was in a single team, its members tell; of one in several teams, each teammate counts once.
    """
    places = pl.len().over("person_id", "quarter_start")
    known = seats.select("team", "person_id", "quarter_start", is_in_several=places > 1).cache()
    earlier = known.rename({"team": "earlier_team", "quarter_start": "earlier_quarter"})
    before = (
        known.drop("is_in_several")
        .join(earlier, on="person_id")
        .filter(pl.col("earlier_quarter") < pl.col("quarter_start"))
        .drop("quarter_start")
        .cache()
    )
    pair = ["team", "earlier_team"]
    met = before.group_by(pair).agg(
        n_met=pl.len().cast(pl.Int64), n_in_several=pl.col("is_in_several").sum().cast(pl.Int64)
    )
    # only whom several teams of the quarter have in common can be met twice: these are told by name, the others counted
    met_once = pl.when("is_in_several").then(pl.col("n_met") - pl.col("n_in_several")).otherwise(pl.col("n_met") - 1)
    counted = before.join(met, on=pair).select(*KEY, n_others=met_once)
    in_several = before.filter("is_in_several")
    named = (
        in_several.join(in_several.select(*pair, other="person_id"), on=pair)
        .filter(pl.col("other") != pl.col("person_id"))
        .unique([*KEY, "earlier_quarter", "other"])
        .select(*KEY, n_others=pl.lit(1, pl.Int64))
    )
    both = pl.concat([counted.filter(pl.col("n_others") > 0), named])
    return both.group_by(KEY).agg(n_quarters_together=pl.col("n_others").sum())


def heterogeneity(seats: pl.LazyFrame, commits: pl.LazyFrame, commit_files: pl.LazyFrame) -> pl.LazyFrame:
    """One less the mean cosine similarity with those teammates whose files are known, each of length 1."""
    extension = pl.col("path").str.extract(r"[^/]\.([^./]+)$").str.to_lowercase().fill_null("")
    wrote = commits.filter("is_in_default_branch", pl.col("n_parents") < 2).select(
        "repo_id",
        "sha",
        pl.col("person_id").cast(pl.Categorical),
        quarter_start=quarter_of("authored_at"),
    )
    touched = (
        commit_files.select("repo_id", "sha", extension=extension)
        .join(wrote, on=["repo_id", "sha"])
        .with_columns(pl.col("repo_id", "extension").cast(pl.Categorical))
        .join(seats.select(*SEAT, "team"), on=SEAT)
        .group_by(*KEY, "extension")
        .agg(n_files=pl.len().cast(pl.Float64))
    )
    part = (pl.col("n_files") / (pl.col("n_files") ** 2).sum().sqrt().over(KEY)).alias("part")
    directions = touched.with_columns(part).with_columns(whole=exact_sum(pl.col("part")).over("team", "extension"))
    likeness = directions.group_by(KEY).agg(with_all=exact_sum(pl.col("part") * pl.col("whole")))
    others = pl.len().over("team") - 1
    return likeness.select(
        *KEY, heterogeneity_share=pl.when(others > 0).then((1 - (pl.col("with_all") - 1) / others).clip(0, 1))
    )


def standing(seats: pl.LazyFrame, interactions: pl.LazyFrame) -> pl.LazyFrame:
    """Cohesion and bridging of the members in the conversations of the quarter, with whomever these were."""
    ends = ["source_person_id", "target_person_id"]
    edges = (
        interactions.select(
            pl.col("repo_id", *ends, "net").cast(pl.Categorical), quarter_start=quarter_of("interacted_at")
        )
        .join(seats.select(*TEAM, "team").unique(), on=TEAM)
        .group_by("team", *ends, "net")
        .agg(weight=pl.len().log1p())
        .group_by("team", *ends)
        .agg(weight=exact_sum(pl.col("weight")))
    )
    return edges.map_batches(measured, schema={"team": pl.get_index_type(), "person_id": pl.Categorical, **STANDING})


STANDING = {"cohesion_share": pl.Float64, "bridging": pl.Float64}


def measured(edges: pl.DataFrame) -> pl.DataFrame:
    """The nodes are in the order of teams and names, so that sums never differ from one night to the next."""
    ends = ("source_person_id", "target_person_id")
    persons = pl.concat([edges.select(person_id=name) for name in ends]).unique()
    persons = persons.sort(pl.col("person_id").cast(pl.String)).with_row_index("rank")
    source, target = (seats_of(edges.select("team", person_id=name), persons) for name in ends)
    nodes = np.unique(np.concatenate([source, target]))
    places = np.searchsorted(nodes, source), np.searchsorted(nodes, target)
    clustering, constraint = surroundings(*places, edges["weight"].to_numpy(), len(nodes))
    found = {"cohesion_share": clustering, "bridging": 1 - constraint}
    return pl.DataFrame(
        {
            "team": pl.Series(nodes // PERSONS, dtype=pl.get_index_type()),
            "person_id": persons["person_id"][nodes % PERSONS],
            **{name: pl.Series(np.clip(values, None, 1)).fill_nan(None) for name, values in found.items()},
        }
    )


PERSONS = 2**32
"""More than there are."""


def seats_of(members: pl.DataFrame, persons: pl.DataFrame) -> npt.NDArray[np.int64]:
    """One number for team and person."""
    rank = members.join(persons, on="person_id", how="left", maintain_order="left")["rank"].to_numpy()
    seats: npt.NDArray[np.int64] = members["team"].to_numpy().astype(np.int64) * PERSONS + rank
    return seats
