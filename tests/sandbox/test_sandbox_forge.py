"""The forge answers as GitHub does: pages, totals, errors, clock and clones."""

from __future__ import annotations

import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from github import Auth, Github
from graphql import parse, validate
from sandbox_client import REPOSITORY, Client

from extract.github import queries
from extract.sandbox.answers import SCHEMA
from extract.sandbox.community import build_world
from extract.sandbox.parameters import ALMANAC, CommunityParameters
from extract.sandbox.server import SandboxForge
from extract.sandbox.world import World

DOCUMENTS = {name: text for name, text in vars(queries).items() if str(text).startswith("\nquery ")} | {
    f"{owner} {name}": text for owner, lists in queries.MORE.items() for name, text in lists.items()
}
SMALLER = "commons/almanac"
HERE: dict[str, Any] = {"owner": "commons", "name": "bazaar"}
PAST = datetime(2023, 3, 1, 12, tzinfo=UTC)


def walk(
    client: Client, query: str, connection: str, *, name: str = "bazaar", first: int = 50, nested: int = 100
) -> list[dict[str, Any]]:
    """All items of the repository's connection, page by page."""
    items: list[dict[str, Any]] = []
    after = None
    while True:
        data = client.ask(query, owner="commons", name=name, first=first, nested=nested, after=after)
        page = data["repository"][connection]
        items += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(items) == page["totalCount"]
            return items


def counts_by_paging(client: Client, name: str) -> dict[str, int]:
    issues = walk(client, queries.ISSUES, "issues", name=name)
    changes = walk(client, queries.CHANGES, "pullRequests", name=name)
    threads = [thread for change in changes for thread in change["reviewThreads"]["nodes"]]
    return {
        "issues": len(issues),
        "changes": len(changes),
        "comments": sum(len(item["comments"]["nodes"]) for item in [*issues, *changes]),
        "reviews": sum(len(change["reviews"]["nodes"]) for change in changes),
        "review_threads": len(threads),
        "review_comments": sum(len(thread["comments"]["nodes"]) for thread in threads),
        "events": sum(len(item["timelineItems"]["nodes"]) for item in [*issues, *changes]),
        "closing_links": sum(len(change["closingIssuesReferences"]["nodes"]) for change in changes),
        "change_commits": sum(change["commits"]["totalCount"] for change in changes),
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_query_we_send_is_valid(name: str):
    assert validate(SCHEMA, parse(DOCUMENTS[name])) == []


def test_what_pages_hold_is_what_the_world_counts(client: Client, world: World):
    assert counts_by_paging(client, "bazaar").items() <= world.counts(REPOSITORY).items()


def test_the_clock_hides_the_future(client: Client, forge: SandboxForge, world: World):
    forge.as_of = PAST
    latest = PAST.strftime("%Y-%m-%dT%H:%M:%SZ")

    assert counts_by_paging(client, "almanac").items() <= world.counts(SMALLER, as_of=PAST).items()
    assert all(it["updatedAt"] <= latest for it in walk(client, queries.CHANGES, "pullRequests", name="almanac"))
    assert world.counts(SMALLER, as_of=PAST)["commits"] < world.counts(SMALLER)["commits"]


def test_whatever_a_day_changes_moves_its_updated_at(client: Client, forge: SandboxForge):
    forge.as_of = PAST
    before = {it["number"]: it for it in walk(client, queries.CHANGES, "pullRequests")}
    forge.as_of = PAST + timedelta(days=3)
    after = walk(client, queries.CHANGES, "pullRequests")
    touched = [it for it in after if it != before.get(it["number"])]

    assert len(touched) >= 3
    assert all(it["updatedAt"] > PAST.strftime("%Y-%m-%dT%H:%M:%SZ") for it in touched)
    assert after[: len(touched)] == touched  # newest first, so a night may stop at the first that is known


def test_the_same_seed_gives_the_same_answers_and_another_seed_others(tmp_path: Path):
    answers = []
    for place, seed in enumerate((7, 7, 8)):
        world = build_world(seed, parameters=CommunityParameters(years=0.5))
        with SandboxForge(world, folder=tmp_path / str(place)) as forge:
            said = Client(forge).post(queries.CHANGES, **HERE, first=50, nested=50).text
            answers.append(said.replace(forge.web_url, ""))

    assert answers[0] == answers[1] != answers[2]


def test_nested_lists_go_on_from_the_node(client: Client):
    items = walk(client, queries.CHANGES, "pullRequests", name="almanac", nested=2)
    long = next(it for it in items if it["comments"]["totalCount"] > 4)
    after = long["comments"]["pageInfo"]["endCursor"]
    more = client.ask(queries.MORE["PullRequest"]["comments"], id=long["id"], first=100, after=after)["node"][
        "comments"
    ]

    known = {it["fullDatabaseId"] for it in long["comments"]["nodes"]}
    assert len(known | {it["fullDatabaseId"] for it in more["nodes"]}) == long["comments"]["totalCount"]
    assert not more["pageInfo"]["hasNextPage"]


def test_authors_of_commits_are_users_where_the_forge_knows_the_address(client: Client, world: World):
    repository, shas = world.repositories[REPOSITORY], client.forge.shas(REPOSITORY)[:60]
    asked = {f"c{at}": sha for at, sha in enumerate(shas)}
    found = client.ask(queries.authors_of_commits(len(shas)), owner="commons", name="bazaar", **asked)["repository"]
    users = [found[alias]["author"]["user"] for alias in asked]

    for commit, user in zip(repository.commits, users, strict=False):
        is_linked = not commit.author.email.endswith("@laptop.example.net") and "[bot]" not in commit.author.email
        assert (user is not None) == is_linked


def test_bots_are_bots_without_brackets_and_deleted_accounts_are_null(client: Client, world: World):
    authors = [it["author"] for it in walk(client, queries.ISSUES, "issues")]
    changes = walk(client, queries.CHANGES, "pullRequests", name="almanac")
    kinds = Counter(it["author"]["__typename"] for it in changes if it["author"])

    assert None in authors
    assert set(kinds) == {"User", "Bot"}
    assert not {author["login"] for author in authors if author} & set(world.truth.ghosts)


def test_an_unknown_repository_is_a_null_and_an_error_of_type_not_found(client: Client):
    answered = client.post(queries.NEWEST, owner="commons", name="nothing")

    assert answered.status_code == 200
    assert answered.json()["data"] == {"repository": None}
    assert answered.json()["errors"][0]["type"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [("", "MISSING_PAGINATION_BOUNDARIES"), ("(first: 101)", "EXCESSIVE_PAGINATION"),
     ('(first: 1, after: "x")', "INVALID_CURSOR_ARGUMENTS")],
)  # fmt: skip
def test_a_list_must_be_asked_for_within_bounds(client: Client, arguments: str, kind: str):
    query = f'{{ repository(owner: "commons", name: "bazaar") {{ issues{arguments} {{ nodes {{ id }} }} }} }}'

    assert client.post(query).json()["errors"][0]["type"] == kind


def test_a_repository_is_found_by_name_and_by_id_and_not_sent_twice(client: Client):
    found = client.get(f"/repos/{REPOSITORY}")
    etag = found.headers["ETag"]

    assert client.get(f"/repositories/{found.json()['id']}").json() == found.json()
    assert client.get(f"/repos/{REPOSITORY}", **{"If-None-Match": etag}).status_code == 304
    assert client.get("/repos/commons/nothing").status_code == 404


def test_a_wrong_token_or_none_is_refused(forge: SandboxForge):
    for headers in ({"Authorization": "token wrong"}, {}):
        for path in (f"/api/v3/repos/{REPOSITORY}", "/api/graphql"):
            answered = requests.post(forge.web_url + path, headers=headers, json={}, timeout=10)
            assert (answered.status_code, answered.json()["message"]) == (401, "Bad credentials")


def test_pygithub_feels_at_home(forge: SandboxForge):
    before = forge.requests
    hub = Github(base_url=forge.base_url, auth=Auth.Token("sandbox-token"), seconds_between_requests=0)
    repository = hub.get_repo(REPOSITORY)
    _, said = hub.requester.graphql_query(queries.NEWEST, HERE)

    assert (repository.default_branch, repository.owner.login, repository.fork) == ("main", "commons", False)
    assert said["data"]["repository"]["issues"]["totalCount"] > 0
    assert forge.requests == before + 2


def test_a_bad_day_can_be_ordered(client: Client, forge: SandboxForge):
    forge.fail_next(2)
    statuses = [client.post(queries.NEWEST, **HERE).status_code for _ in range(3)]
    forge.answers_html = True
    page = client.get(f"/repos/{REPOSITORY}")

    assert statuses == [502, 502, 200]
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_git_clones_everything_but_cannot_push(forge: SandboxForge, world: World, tmp_path: Path):
    copy = tmp_path / "copy.git"
    subprocess.run(["git", "clone", "--quiet", "--mirror", forge.git_url(REPOSITORY), str(copy)], check=True)
    references = subprocess.run(["git", "-C", str(copy), "for-each-ref"], capture_output=True, text=True, check=True)
    pushed = subprocess.run(["git", "-C", str(copy), "push", "--quiet", "origin"], capture_output=True, check=False)

    assert len(references.stdout.splitlines()) == 1 + world.counts(REPOSITORY)["changes"]
    assert pushed.returncode != 0


def test_a_folder_may_be_named_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    tiny = build_world(parameters=CommunityParameters(years=0.2, repositories=(ALMANAC,)))

    with SandboxForge(tiny, folder=Path("here")) as forge:
        assert len(forge.shas("commons/almanac")) > 0
