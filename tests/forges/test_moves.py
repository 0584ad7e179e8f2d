"""What changes its name or its owner, on every forge: repositories that are renamed, names that others take, accounts that are
deleted."""

from __future__ import annotations

import pytest
from extraction_tools import NAME

from extract import raw

MOST_OF_A_LONGER_WAY = 6
"""Where the way to the repository leads over its former name."""
NEW_NAME = "guild/annex/lodge"
"""GitLab's groups may be nested."""


@pytest.fixture
def new_name(hut) -> str:
    return NEW_NAME if hut.dialect.kind == "gitlab" else "guild/lodge"


def of_items(crawl) -> list[tuple[object, ...]]:
    return crawl.rows(raw.ITEMS).rows()


def names(crawl) -> list[str]:
    return crawl.rows(raw.REPOSITORIES)["full_name"].to_list()


@pytest.mark.parametrize("leads_on", [True, False])
def test_a_renamed_repository_is_followed_also_where_its_former_name_leads_nowhere(
    crawl, hut, undisturbed, new_name, leads_on
):
    crawl.night()
    hut.rename(NAME, new_name)
    if not leads_on:
        hut.let_go(NAME)
    spent = hut.requests
    crawl.night()

    assert hut.requests - spent <= MOST_OF_A_LONGER_WAY
    assert (names(crawl), of_items(crawl)) == ([new_name], of_items(undisturbed))
    assert crawl.rows(raw.TOMBSTONES).is_empty()


def test_under_its_new_name_it_is_the_same_repository(crawl, hut, undisturbed, new_name):
    crawl.night()
    hut.rename(NAME, new_name)
    crawl.name = new_name
    crawl.night()

    assert (names(crawl), of_items(crawl)) == ([new_name], of_items(undisturbed))


def test_a_name_that_others_have_taken_is_theirs(crawl, hut, undisturbed, new_name):
    crawl.night()
    hut.rename(NAME, new_name)
    hut.take_name(NAME, like=new_name)
    crawl.night()

    assert crawl.rows(raw.REPOSITORIES).height == 2
    assert all(row in of_items(crawl) for row in of_items(undisturbed))


def test_who_deletes_their_account_is_nobody_once_the_look_has_come_by(crawl, hut):
    crawl.rereads = 1_000
    crawl.night()
    author = hut.world.repositories[NAME].issues[3].author
    account = f"box:{author.account_id}"
    assert account in crawl.rows(raw.ITEMS)["author_account_id"]

    hut.delete_account(author.account_id)
    for _ in range(4):
        crawl.night()

    assert account not in crawl.rows(raw.ITEMS)["author_account_id"]
