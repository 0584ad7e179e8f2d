"""Two hundred invented communities whose truth is known: what the tables say of them, and what a naive count would say.

Each is a repository of its own in one build. Seeds are fixed, so the shares below never change from run to run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from metric_stories import PARAMETERS, built, only
from polars.testing import assert_frame_equal

from transform.core import affiliations as affiliations_table
from transform.core import changes, comments, contributions, events, issues, people, repositories, reviews, spells
from transform.retention import curves, first_questions, first_responses, newcomers, response_effects

N_COMMUNITIES = 200
START = datetime(2020, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SNAPSHOT_DAY = 1000
DAY = 180
N_PERSONS = 120


def named(prefix: str, numbers: np.ndarray) -> pl.Series:
    return pl.select(pl.format(f"{prefix}{{}}", pl.Series(numbers))).to_series()


def instants(days: np.ndarray) -> pl.Series:
    return pl.Series(days * 86_400_000_000.0).cast(pl.Int64).cast(pl.Duration("us")) + START


def filled(table, **columns) -> pl.LazyFrame:
    """Rows of the table in which the other columns hold the plainest values that keep its promise."""
    rows, plain = pl.DataFrame(columns), table.rows({})
    others = [name for name in table.column_names if name not in rows.columns]
    return rows.join(plain.select(others), how="cross").select(table.column_names).cast(table.polars_schema).lazy()


def watched(snapshot: float = SNAPSHOT_DAY) -> pl.LazyFrame:
    return filled(
        repositories.TABLE,
        repo_id=named("r", np.arange(N_COMMUNITIES)),
        observed_from_at=[LONG_AGO] * N_COMMUNITIES,
        newcomers_from_at=[LONG_AGO] * N_COMMUNITIES,
        snapshot_at=[START + timedelta(days=snapshot)] * N_COMMUNITIES,
    )


ONE_TIME_SHARE, MEAN_DAYS = 0.3, 220
TRUTH = (1 - ONE_TIME_SHARE) * np.exp(-DAY / MEAN_DAYS)
"""Whoever does not leave at once stays for an exponential number of days, rounded up."""


def lives(n_persons: int = N_PERSONS, seed: int = 1) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """Acts of all communities, never more than 40 days apart while somebody is there; and arrivals with their stays.

    Many came so late that their leaving cannot be seen yet.
    """
    random = np.random.default_rng(seed)
    n = N_COMMUNITIES * n_persons
    came = random.integers(0, SNAPSHOT_DAY, n)
    stays = np.where(random.random(n) < ONE_TIME_SHARE, 0, np.ceil(random.exponential(MEAN_DAYS, n))).astype(int)
    who = np.concatenate([np.repeat(np.arange(n), stays // 40 + 1), np.arange(n)])
    at = np.concatenate([np.concatenate([np.arange(0, stay + 1, 40) for stay in stays]), stays]) + came[who]
    acts = filled(
        contributions.TABLE,
        contribution_id=named("act ", np.arange(len(who))),
        repo_id=named("r", who // n_persons),
        person_id=named("p", who),
        actor_class=["human"] * len(who),
        kind=["comment"] * len(who),
        family=["talk"] * len(who),
        contributed_at=instants(at.astype(float)),
    )
    return acts, pl.DataFrame({"repo_id": named("r", np.arange(n) // n_persons), "came": came, "stays": stays})


@pytest.fixture(scope="module")
def drawn() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Per community, what the curve says at day 180, and what a count without censoring would."""
    acts, told = lives()
    rows = built(curves, built(spells, acts, watched()).lazy())
    first_gap = rows.filter(
        pl.col("repo_id") != "all",
        pl.col("day") <= DAY,
        family="any",
        cohort="all",
        end_rule="first_gap",
        horizon_days=PARAMETERS.horizon_days,
    )
    seen = np.minimum(told["stays"].to_numpy(), SNAPSHOT_DAY - 1 - told["came"].to_numpy())
    naive = told.with_columns(is_retained=pl.Series(seen > DAY)).group_by("repo_id").agg(pl.col("is_retained").mean())
    return first_gap.sort("day").group_by("repo_id").last(), naive


def test_the_true_survival_lies_within_the_band_nineteen_times_in_twenty(drawn):
    said, _ = drawn
    covered = (pl.col("survival_lower_share") <= TRUTH) & (pl.col("survival_upper_share") >= TRUTH)

    assert said.height == N_COMMUNITIES
    assert said.select(covered.mean()).item() >= 0.93
    error = (said["survival_share"].mean() - TRUTH) / (said["survival_share"].std() / N_COMMUNITIES**0.5)
    assert abs(error) < 3


def test_counting_without_censoring_is_wrong_and_says_that_fewer_stay(drawn):
    _, naive = drawn
    wide = 3 * naive["is_retained"].std() / N_COMMUNITIES**0.5

    assert naive["is_retained"].mean() + wide < TRUTH - 0.02
    p, n = pl.col("is_retained"), N_PERSONS
    covers = (p - TRUTH).abs() <= 1.96 * (p * (1 - p) / n).sqrt()
    assert naive.select(covers.mean()).item() < 0.8  # and its interval does not say so either


EFFECT = -0.25
"""Whoever is not answered comes back less often by this, whatever the year."""
YEARS = {0: (0.9, 0.65), 366: (0.2, 0.35)}
"""First day of the year, the chance to be answered within a day, and of coming back when answered: a good year, a bad one."""


def answered(n_persons: int = 240, seed: int = 2) -> dict[str, pl.LazyFrame]:
    """Newcomers who each open one issue, are answered by Eve after an hour or never, and act again or not."""
    random = np.random.default_rng(seed)
    n = N_COMMUNITIES * n_persons
    repo, number = np.arange(n) // n_persons, np.arange(n)
    year = random.integers(0, 2, n)
    opened = np.array(list(YEARS))[year] + random.integers(0, 330, n).astype(float)
    chances = np.array(list(YEARS.values()))[year]
    is_answered = random.random(n) < chances[:, 0]
    is_back = random.random(n) < chances[:, 1] + EFFECT * ~is_answered
    asked = {"repo_id": named("r", repo), "artefact_id": named("issue:", number), "person_id": named("p", number)}
    mine = filled(issues.TABLE, **asked, number=number, opened_at=instants(opened))
    replies = pl.DataFrame(asked).filter(pl.Series(is_answered)).with_columns(person_id=pl.lit("eve"))
    said = filled(
        comments.TABLE,
        **replies.to_dict(),
        comment_id=replies["artefact_id"],
        comment_kind=["comment"] * replies.height,
        commented_at=instants(opened[is_answered] + 1 / 24),
    )
    told = {
        "contribution_id": pl.concat([named("open ", number), named("again ", number[is_back])]),
        "repo_id": named("r", np.concatenate([repo, repo[is_back]])),
        "person_id": named("p", np.concatenate([number, number[is_back]])),
        "artefact_id": named("issue:", np.concatenate([number, number[is_back]])),
        "kind": ["issue_open"] * n + ["comment"] * int(is_back.sum()),
        "family": ["talk"] * (n + int(is_back.sum())),
        "contributed_at": instants(np.concatenate([opened, opened[is_back] + 100])),
    }
    acts = filled(contributions.TABLE, **told, actor_class=["human"] * len(told["kind"]))
    everybody = pl.concat([named("p", number), pl.Series(["eve"])])
    who = filled(people.TABLE, person_id=everybody, actor_class=["human"] * len(everybody))
    return {"issues": mine, "comments": said, "contributions": acts, "people": who}


@pytest.fixture(scope="module")
def effects() -> pl.DataFrame:
    frames = answered()
    frames |= {module.TABLE.name: module.TABLE.empty().lazy() for module in (changes, reviews, events)}
    frames["affiliations"] = affiliations_table.TABLE.empty().lazy()
    frames["repositories"] = watched()
    for module in (spells, newcomers, first_responses, first_questions):
        frames[module.TABLE.name] = built(
            module, *(frames[name.partition(".")[2]] for name in module.TABLE.inputs)
        ).lazy()
    rows = built(response_effects, frames["first_questions"], frames["repositories"])
    return only(rows, exposure="response_time", level="none", active_in="same_repository")


def test_a_planted_effect_of_the_first_response_is_found_within_its_bounds(effects):
    rows = only(effects, adjustment="repository_year").filter(pl.col("repo_id") != "all")
    covered = (pl.col("difference_lower") <= EFFECT) & (pl.col("difference_upper") >= EFFECT)

    assert rows.height == N_COMMUNITIES
    assert rows.select(covered.mean(), sign=(pl.col("difference") < 0).mean()).row(0) >= (0.93, 0.99)
    whole = only(effects, adjustment="repository_year", repo_id="all").row(0, named=True)
    assert whole["difference_lower"] < EFFECT < whole["difference_upper"] < 0


def test_without_the_years_a_good_one_passes_for_the_effect_of_answers(effects):
    crude, adjusted = (
        only(effects, adjustment=name, repo_id="all")["difference"].item() for name in ("crude", "repository_year")
    )

    assert crude < EFFECT - 0.1 < adjusted


def test_the_same_seed_tells_the_same_communities():
    assert_frame_equal(lives(seed=5)[1], lives(seed=5)[1])
