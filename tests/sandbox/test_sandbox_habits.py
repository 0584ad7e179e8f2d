"""What comes with the acts: it keeps to its shares, and moves nobody's first or last act."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from sandbox_client import REPOSITORY, Client
from test_sandbox_community import visible_acts

from extract.github import queries
from extract.sandbox.community import build_world
from extract.sandbox.parameters import BAZAAR, CommunityParameters, Habits
from extract.sandbox.server import SandboxForge
from extract.sandbox.world import World


def test_every_event_happens_at_an_act_of_its_actor(world: World):
    repository = world.repositories[REPOSITORY]
    acts = visible_acts(repository)
    events = [event for thread in (*repository.issues, *repository.changes) for event in thread.events]

    assert len(events) > 5_000
    # commits are not among the acts when the forge does not know their address, or they claim an impossible date
    misdated = {commit.committer.epoch for commit in repository.main_commits if commit.author.epoch == 0}
    events = [event for event in events if not event.actor.unlinked_email and event.epoch not in misdated]
    assert all(event.epoch in acts[event.actor.account_id] for event in events)


def test_without_habits_the_acts_are_the_same():
    none = Habits(**dict.fromkeys(vars(Habits()), 0.0))
    worlds = [
        build_world(parameters=CommunityParameters(years=1, repositories=(BAZAAR,), habits=habits))
        for habits in (none, Habits())
    ]
    quiet, lively = (visible_acts(world.repositories[REPOSITORY]) for world in worlds)

    assert quiet == lively
    assert worlds[0].event_counts(REPOSITORY)["Labeled"] == 0
    assert worlds[1].event_counts(REPOSITORY)["Labeled"] > 0


@pytest.mark.parametrize(
    ("kind", "share"), [("ReviewRequested", "request_share"), ("CrossReferenced", "closing_share")]
)
def test_changes_come_with_requests_and_links_at_their_share(world: World, kind: str, share: str):
    expected = getattr(world.truth.parameters.habits, share)
    changes = [it for it in world.repositories[REPOSITORY].changes if it.author.account_type == "User"]
    seen = world.event_counts(REPOSITORY)[kind] / len(changes)

    assert abs(seen - expected) < 3 * math.sqrt(expected * (1 - expected) / len(changes))


def test_labels_come_with_the_acts_of_maintainers_at_their_share(world: World):
    repository, share = world.repositories[REPOSITORY], world.truth.parameters.habits.label_share
    maintains = {account: member.maintains_from_epoch for account, member in repository.members.items()}
    acts = sum(
        epoch >= maintains[who] for who, done in visible_acts(repository).items() if who in maintains for epoch in done
    )
    threads = (*repository.issues, *repository.changes)
    given = [
        it for thread in threads for it in thread.events if it.kind == "Labeled" and it.actor.account_type == "User"
    ]

    assert len(given) / acts == pytest.approx(share, abs=0.1)  # a merge and a review may be one act, or a commit more


def test_a_thread_is_what_its_events_made_of_it_by_then(client: Client, forge: SandboxForge, world: World):
    issue = next(it for it in world.repositories[REPOSITORY].issues if it.last("Reopened") and it.labels())
    for event in issue.events:
        forge.as_of = world.ends_at.fromtimestamp(event.epoch, world.ends_at.tzinfo) - timedelta(seconds=1)
        before = shown(client, issue.number)
        assert before["state"] == ("CLOSED" if issue.is_closed(event.epoch - 1) else "OPEN")
        assert [label["name"] for label in before["labels"]["nodes"]] == issue.labels(event.epoch - 1)


def shown(client: Client, number: int) -> dict:
    data = client.ask(queries.ISSUES, owner="commons", name="bazaar", first=100, nested=50)
    return next(it for it in data["repository"]["issues"]["nodes"] if it["number"] == number)


def test_the_total_of_a_timeline_counts_what_was_not_asked_for(client: Client, world: World):
    query = """query($after: String) { repository(owner: "commons", name: "almanac") { issues(first: 100, after: $after) {
        nodes { comments { totalCount } timelineItems(first: 1, itemTypes: [CLOSED_EVENT]) {
            totalCount filteredCount nodes { __typename } } } } } }"""
    nodes = client.ask(query)["repository"]["issues"]["nodes"]

    assert any(it["timelineItems"]["totalCount"] > it["timelineItems"]["filteredCount"] for it in nodes)
    assert all(it["timelineItems"]["totalCount"] >= it["comments"]["totalCount"] for it in nodes)
