"""The simulated community keeps to the hazards it was given, and its truth is what can be seen."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from extract.sandbox.acts import RIPE_SECONDS
from extract.sandbox.community import build_world
from extract.sandbox.parameters import BAZAAR, CommunityParameters
from extract.sandbox.repository import Repository
from extract.sandbox.world import World

REPOSITORY = "commons/bazaar"
HORIZON_DAYS = 180


@pytest.fixture(scope="module")
def acts(world: World) -> dict[int, list[int]]:
    return visible_acts(world.repositories[REPOSITORY])


def visible_acts(repository: Repository) -> dict[int, list[int]]:
    """Instants of everything anybody did, by account."""
    acts = defaultdict(list)
    for person, epoch in thread_acts(repository):
        acts[person].append(epoch)
    account_of = {member.person.email: account for account, member in repository.members.items()}
    for commit in repository.main_commits:
        if len(commit.parents) < 2 and commit.author.epoch and commit.author.email in account_of:
            acts[account_of[commit.author.email]].append(commit.author.epoch)
    return {person: sorted(epochs) for person, epochs in acts.items()}


def thread_acts(repository: Repository) -> Iterator[tuple[int, int]]:
    for thread in [*repository.issues, *repository.changes]:
        yield thread.author.account_id, thread.opened_epoch
        yield from ((comment.author.account_id, comment.written_epoch) for comment in thread.comments)
    for change in repository.changes:
        yield from ((review.author.account_id, review.submitted_epoch) for review in change.reviews)
        if change.merged_by and change.merged_epoch:
            yield change.merged_by.account_id, change.merged_epoch


def stays(world: World) -> list[tuple[float, bool]]:
    """Days stayed and whether the departure was seen, by the first_gap rule with its horizon."""
    decided_until = world.ends_at - timedelta(days=HORIZON_DAYS)
    rows = []
    for member in world.truth.newcomers(REPOSITORY):
        if member.first_act_at <= decided_until:
            is_seen = member.last_act_at <= decided_until
            until = member.last_act_at if is_seen else decided_until
            rows.append((days_between(member.first_act_at, until), is_seen))
    return rows


def days_between(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 86_400


def kaplan_meier(rows: list[tuple[float, bool]], days: float) -> tuple[float, float]:
    """Surviving share and its Greenwood standard error."""
    share, variance = 1.0, 0.0
    for end in sorted({stay for stay, is_seen in rows if is_seen and stay <= days}):
        at_risk = sum(stay >= end for stay, _ in rows)
        gone = sum(stay == end and is_seen for stay, is_seen in rows)
        share *= 1 - gone / at_risk
        variance += gone / (at_risk * (at_risk - gone))
    return share, share * math.sqrt(variance)


@pytest.mark.parametrize("days", [0, 30, 90, 180, 365, 730])
def test_the_observed_survival_estimates_the_survival_that_the_hazards_imply(world: World, days: int):
    share, standard_error = kaplan_meier(stays(world), days)

    assert abs(share - world.truth.survival_share(days)) < 2.6 * standard_error


def test_over_many_worlds_the_estimate_has_no_bias():
    parameters = CommunityParameters(years=3, repositories=(BAZAAR,))
    rows = [row for seed in range(5) for row in stays(build_world(seed, parameters=parameters))]

    for days in (0, 90, 365):
        share, standard_error = kaplan_meier(rows, days)
        assert standard_error < 0.03
        assert abs(share - build_world(0, parameters=parameters).truth.survival_share(days)) < 2.6 * standard_error


def test_survival_is_the_mixture_of_its_groups():
    parameters = CommunityParameters(one_timer_share=0.5, casual_share=0.3, casual_monthly_hazard=0.2, years=0.1)
    truth = build_world(parameters=parameters).truth

    assert truth.survival_share(0) == pytest.approx(0.5)
    assert truth.survival_share(10 * 30.4375) == pytest.approx(0.3 * math.exp(-2) + 0.2 * math.exp(-0.3))


def test_first_and_last_acts_of_the_truth_are_the_ones_that_can_be_seen(world: World, acts: dict[int, list[int]]):
    for member in world.truth.newcomers(REPOSITORY):
        assert acts[member.account_id][0] == member.first_act_at.timestamp()
        if member.has_departed:
            assert acts[member.account_id][-1] == member.last_act_at.timestamp()


def test_nobody_who_is_still_there_is_silent_for_longer_than_stated(world: World, acts: dict[int, list[int]]):
    longest_seconds = world.truth.parameters.longest_silence_days * 86_400

    for member in world.truth.newcomers(REPOSITORY):
        silences = [later - earlier for earlier, later in pairwise(acts[member.account_id])]
        assert max(silences, default=0) <= longest_seconds


def test_arrivals_come_through_each_door_at_its_rate(world: World):
    months = world.truth.parameters.years * 12
    doors = [member.door for member in world.truth.members if member.repository == REPOSITORY and not member.is_founder]

    for door in ("issue", "comment", "change", "review"):
        expected = getattr(BAZAAR.arrivals, door) * months
        assert abs(doors.count(door) - expected) < 3 * math.sqrt(expected)


def test_nothing_is_merged_within_a_day_or_by_a_passer_by(world: World):
    merged = [change for change in world.repositories[REPOSITORY].changes if change.merged_epoch]
    mergers = {member.account_id for member in world.truth.members if member.is_maintainer}

    assert all(change.merged_epoch - change.opened_epoch >= RIPE_SECONDS for change in merged if change.merged_epoch)
    assert {change.merged_by.account_id for change in merged if change.merged_by} <= mergers


def test_some_maintainers_were_newcomers_and_some_people_are_in_both_repositories(world: World):
    raised = [member for member in world.truth.members if member.is_maintainer and not member.is_founder]
    here, there = ({it.account_id for it in world.truth.newcomers(name)} for name in world.repositories)

    assert len(raised) >= 3
    assert len(here & there) >= 5


def test_shares_that_make_more_than_one_are_refused():
    with pytest.raises(ValueError, match="at most 1"):
        CommunityParameters(one_timer_share=0.7, casual_share=0.6)
