"""Stories of instances: scopes of tokens, versions, repositories without a commit, and who was deleted.

What a real server did that its description does not say has a story each, here and in the files beside this one: seen on
Gitea 1.25.4, built from its source, on loopback."""

from __future__ import annotations

import pytest
from extraction_tools import NAME, VARIABLE, Crawl

from extract import raw
from extract.errors import BadToken, MissingScope, NotUnderstood
from extract.git.people import Keys
from extract.gitea import talk
from extract.gitea.source import noreply_hosts
from extract.mentions import DOTTED_LOGIN, mentioned
from extract.sandbox.gitea import shelf_of


@pytest.fixture
def crawl(gitea, tmp_path):
    return Crawl(gitea, tmp_path)


@pytest.mark.parametrize("scope", ["read:repository", "read:issue"])
def test_the_scope_that_is_missing_is_named(crawl, gitea, scope):
    gitea.missing_scope = scope
    with pytest.raises(MissingScope, match=f"scope {scope} of the token in {VARIABLE}"):
        crawl.night()

    assert (crawl.places, [*crawl.folder.rglob("*.*")]) == ({}, []), "nothing is left behind"


@pytest.mark.parametrize(
    ("version", "is_new_enough"),
    [
        ("1.19.4", False),
        ("1.20.0", True),
        ("9.0.0+gitea-1.22.0", True),
        ("5.0.1+gitea-1.18.5", False),
        ("12.0.0", True),
    ],
)
def test_an_instance_that_is_too_old_is_told_with_the_version_it_needs(crawl, gitea, version, is_new_enough):
    gitea.version = version
    if is_new_enough:
        crawl.night()
    else:
        with pytest.raises(NotUnderstood, match=rf"it is {version.replace('+', '.')}, and needed is Gitea 1\.20"):
            crawl.night()


def test_the_number_of_comments_is_within_the_bounds_of_a_count_that_is_out_of_date(crawl, gitea):
    crawl.night()
    rows = crawl.rows(raw.ITEMS).filter(kind="change").select("number", "comments_total").rows()
    told = {change.number: len(change.comments) for change in gitea.world.repositories[NAME].changes}
    place, shelf = gitea.view().repositories[NAME], shelf_of(gitea.view(), gitea.view().repositories[NAME])
    silent = [
        node for node in place["_pullRequests"]["CREATED_AT"].nodes if shelf.change(node, alone=False)["comments"] == 0
    ]

    assert dict(rows) == told
    assert any(shelf.reviews(node) for node in silent), "reviews that nobody commented after are not counted"


def test_a_repository_without_a_commit_does_not_find_its_pull_requests_and_has_none(crawl, gitea):
    gitea.rename(NAME, "commons/lodge")
    gitea.take_name(NAME, like="commons/lodge")
    crawl.night()
    told = crawl.rows(raw.STREAMS).select("stream", "held", "is_complete", "reason").rows()
    changes = next(row for row in told if row[0] == "changes")

    assert crawl.rows(raw.REPOSITORIES)["full_name"].to_list() == [NAME]
    assert changes == ("changes", 0, True, None)
    assert crawl.rows(raw.ITEMS).height > 0
    assert crawl.night().requests <= 5


def test_what_is_deleted_before_its_timeline_is_asked_for_fails_and_is_buried_the_next_night(crawl, gitea, monkeypatch):
    below, doomed = talk.GiteaTalk.below, gitea.world.repositories[NAME].issues[4].number

    def deleting(self, stream, node):
        if node["number"] == doomed:
            gitea.delete(NAME, doomed)
        yield from below(self, stream, node)

    monkeypatch.setattr(talk.GiteaTalk, "below", deleting)
    crawl.night()
    assert crawl.rows(raw.QUARANTINE).select("record_id").rows() == [(str(doomed),)]
    crawl.night()

    assert crawl.rows(raw.QUARANTINE).is_empty()
    assert crawl.rows(raw.TOMBSTONES)["number"].to_list() == [doomed]


def test_a_comment_that_is_deleted_moves_nothing_and_is_missed_by_the_look(crawl, gitea):
    issue = next(issue for issue in gitea.world.repositories[NAME].issues if issue.comments)
    gone = f"comment:{issue.comments[0].database_id}"
    crawl.night()
    gitea.delete_comment(issue.comments[0].database_id)
    crawl.night()
    assert gone in crawl.rows(raw.COMMENTS)["comment_id"]

    crawl.rereads = 1_000
    crawl.night()
    assert gone not in crawl.rows(raw.COMMENTS)["comment_id"]


def test_who_shows_a_wrong_token_is_not_even_told_the_version(crawl):
    crawl.token = "a-wrong-token"
    with pytest.raises(BadToken, match=VARIABLE):
        crawl.night()
    crawl.token = ""
    with pytest.raises(BadToken, match=VARIABLE):
        crawl.night()


def test_a_federated_account_is_an_account_of_the_instance_that_shows_it():
    """Forgejo names it after its login and its host, in one word with dots, which a text can mention."""
    assert mentioned("thanks @ada-other.example.org.", DOTTED_LOGIN) == ["ada-other.example.org"]
    keys = Keys(b"", "box", noreply_hosts("https://code.example.org/a/b"))

    assert keys.account("ada-other.example.org@noreply.code.example.org") == ("box", None, "ada-other.example.org")
