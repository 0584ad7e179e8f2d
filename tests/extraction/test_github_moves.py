"""Stories of owners who rename, transfer and convert: everything is followed by its lasting id, or says where it went."""

from __future__ import annotations

import pytest
from extraction_tools import NAME, numbers

from extract import raw

NEW_NAME = "commons/lodge"


@pytest.fixture
def issue(crawl, undisturbed) -> int:
    """One that has been fetched."""
    crawl.night()
    return int(undisturbed.rows(raw.ITEMS).filter(kind="issue")["number"][3])


def test_a_renamed_repository_is_found_by_its_old_name_and_stays_the_same_rows(crawl, hut, undisturbed):
    crawl.night()
    hut.rename(NAME, NEW_NAME)
    crawl.night()

    assert crawl.rows(raw.REPOSITORIES)["full_name"].to_list() == [NEW_NAME]
    assert crawl.rows(raw.REPOSITORIES)["repo_id"].equals(undisturbed.rows(raw.REPOSITORIES)["repo_id"])
    assert crawl.rows(raw.COMMENTS).drop("url").equals(undisturbed.rows(raw.COMMENTS).drop("url"))


def test_a_renamed_repository_under_its_new_name_is_the_one_that_is_here(crawl, hut):
    crawl.night()
    place = crawl.places[crawl.source.ref]
    hut.rename(NAME, NEW_NAME)
    crawl.name = NEW_NAME
    crawl.night()

    assert crawl.places[crawl.source.ref] == place


def test_a_name_that_somebody_else_took_is_another_repository(crawl, hut, undisturbed):
    crawl.night()
    place = crawl.places[crawl.source.ref]
    hut.rename(NAME, NEW_NAME)
    hut.take_name(NAME, like=NEW_NAME)
    crawl.night()
    ids = crawl.rows(raw.REPOSITORIES)["repo_id"].to_list()

    assert crawl.places[crawl.source.ref] != place
    assert undisturbed.rows(raw.REPOSITORIES)["repo_id"][0] in ids
    assert len(set(ids)) == 2


def test_a_transferred_issue_says_where_it_is_now(crawl, hut, undisturbed, issue):
    hut.rename(NAME, NEW_NAME)
    hut.take_name(NAME, like=NEW_NAME)
    other = hut.view().at_name(NAME)["_issues"]["CREATED_AT"].nodes[0]
    crawl.name = NEW_NAME
    hut.transfer(NEW_NAME, issue, NAME, other["number"])
    crawl.night()

    stones = crawl.rows(raw.TOMBSTONES).select("number", "reason", "moved_to_url").rows()
    assert stones == [(issue, "transferred", other["url"])]
    assert numbers(crawl) == numbers(undisturbed) - {issue}


def test_a_converted_issue_says_which_discussion_it_became(crawl, hut, undisturbed, issue):
    hut.convert(NAME, issue)
    crawl.night()
    spent = hut.requests
    crawl.night()

    stones = crawl.rows(raw.TOMBSTONES).select("number", "reason", "moved_to_url").rows()
    assert stones == [(issue, "converted", f"{hut.web_url}/{NAME}/discussions/{issue}")]
    assert numbers(crawl) == numbers(undisturbed) - {issue}
    assert hut.requests - spent == 2
