"""Stories of tokens that may not read what is asked: the scope or permission that is missing is named."""

from __future__ import annotations

import pytest
from extraction_tools import NAME, VARIABLE, Crawl

from extract import raw
from extract.errors import MissingScope, NoSuchRepository, NotUnderstood
from extract.github import queries, scopes


@pytest.fixture
def without(hut):
    """What the token lacks."""
    yield lambda scope: setattr(hut, "missing_scope", scope)
    hut.missing_scope = ""


@pytest.mark.parametrize(
    ("lacks", "named"),
    [
        ("public_repo", "public_repo"),
        ("issues=read", "Issues: read"),
        ("pull_requests=read", "Pull requests: read"),
    ],
)
def test_the_scope_or_permission_that_is_missing_is_named(crawl, without, lacks, named):
    without(lacks)
    with pytest.raises(MissingScope, match=f"wants the scope {named} of the token in {VARIABLE}"):
        crawl.night()


def test_a_repository_that_is_not_found_may_be_missing_or_forbidden_and_the_scope_of_private_ones_is_named(
    crawl, without
):
    without("repo")
    with pytest.raises(NoSuchRepository) as caught:
        crawl.night()

    assert "has no repository 'commons/hut', or does not show it to this token" in str(caught.value)
    assert "If it is private, the token lacks the scope repo." in str(caught.value)


def test_what_is_refused_from_the_beginning_leaves_nothing_behind(crawl, without):
    without("issues=read")
    with pytest.raises(MissingScope):
        crawl.night()

    assert (crawl.places, [*crawl.folder.rglob("*.*")]) == ({}, [])


def test_what_is_refused_for_a_scope_is_not_taken_for_gone(crawl, hut, without):
    crawl.night()
    before = crawl.everything()
    hut.delete(NAME, hut.world.repositories[NAME].issues[2].number)
    without("issues=read")
    with pytest.raises(MissingScope):
        crawl.night()
    hut.restore()

    assert crawl.rows(raw.TOMBSTONES).is_empty()
    assert crawl.rows(raw.ITEMS).rows() == before["items"]


@pytest.mark.parametrize(
    ("errors", "message", "headers", "named"),
    [
        (
            [],
            "Resource not accessible by integration",
            {"x-accepted-github-permissions": "issues=read"},
            "issues: read",
        ),
        (
            [],
            "Resource not accessible by personal access token",
            {"x-accepted-github-permissions": "issues=read; pull_requests=read"},
            "issues: read or pull_requests: read",
        ),
        ([], "Resource not accessible by integration", {}, "Metadata: read"),
        ([], "Blocked", {}, None),
        ([{"type": "NOT_FOUND", "message": "Could not resolve"}], "", {}, None),
        (
            [
                {
                    "type": "FORBIDDEN",
                    "message": "Resource not accessible by personal access token",
                    "path": [
                        "repository",
                        "pullRequests",
                        "nodes",
                        0,
                        "timelineItems",
                        "nodes",
                        1,
                        "requestedReviewer",
                    ],
                }
            ],
            "",
            {},
            "Members: read of the organisation",
        ),
        (
            [{"message": "The 'email' field requires one of the following scopes: ['user:email', 'read:user'], but"}],
            "",
            {},
            "user:email or read:user",
        ),
    ],
)
def test_a_refusal_is_read_in_the_forges_own_words(errors, message, headers, named):
    assert scopes.missing(errors, message, headers) == named


def test_a_token_that_has_the_scope_or_has_no_scopes_lacks_none():
    takes = {"x-accepted-oauth-scopes": "repo"}

    assert scopes.of_what_is_hidden({**takes, "x-oauth-scopes": "gist, repo"}) == ""
    assert scopes.of_what_is_hidden(takes) == "", "of a fine-grained token nothing is told"
    assert scopes.of_what_is_hidden({**takes, "x-oauth-scopes": ""}) == "repo"


def test_an_older_server_is_told_which_is_needed(crawl: Crawl, monkeypatch):
    monkeypatch.setattr(queries, "NEWEST", queries.NEWEST.replace("totalCount", "totalCuont"))
    with pytest.raises(
        NotUnderstood, match="needed is a version of GitHub Enterprise Server that GitHub still maintains"
    ):
        crawl.night()
