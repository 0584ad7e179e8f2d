"""Stories of reading: what the archive says last is true, and one bad record costs nobody else anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_stories import (
    a_change,
    a_comment,
    a_page,
    a_review,
    an_issue,
    items_page,
    keep,
    keep_repository,
    listed,
    read_back,
    rest_page,
    someone,
    stream,
)

from extract.archive import Archive


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    keep_repository(tmp_path)
    return tmp_path


def test_an_item_is_what_it_was_when_last_seen_with_just_the_parts_it_had_then(shelf):
    keep(shelf, "issues", items_page("issues", an_issue(1, a_comment(10), a_comment(11), title="old"), an_issue(2)))
    keep(shelf, "issues", items_page("issues", an_issue(1, a_comment(11), title="new")))
    tables = read_back(shelf)

    assert dict(tables["items"].select("number", "title").iter_rows()) == {1: "new", 2: "t"}
    assert tables["comments"]["comment_id"].to_list() == ["comment:11"]


def test_the_rest_of_a_list_belongs_to_the_reading_it_came_with(shelf):
    long = an_issue(1, comments=listed(a_comment(10), total=2))
    keep(shelf, "issues", items_page("issues", long), rest_page(long, comments=listed(a_comment(11))))
    both = read_back(shelf)["comments"]["comment_id"].sort().to_list()
    keep(shelf, "issues", items_page("issues", an_issue(1, a_comment(10))))

    assert both == ["comment:10", "comment:11"]
    assert read_back(shelf)["comments"]["comment_id"].to_list() == ["comment:10"]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"createdAt": "yesterday"}, "yesterday"),
        ({"author": {"__typename": "Martian", "login": "x", "databaseId": 1}}, "Martian"),
        ({"comments": None}, "NoneType"),
        ({"title": None}, "title"),
        ({"title": ["a", "list"]}, "title"),
        ({"title": "half a character \ud800"}, "surrogates"),
        ({"comments": listed(a_comment(10, createdAt=None))}, "commented_at"),
    ],
)
def test_an_unreadable_item_is_put_aside_with_its_reason_and_the_others_go_on(shelf, broken, why):
    keep(shelf, "issues", items_page("issues", an_issue(1, a_comment(9)), an_issue(7, **broken)), total=2)
    tables = read_back(shelf)
    issues = stream(tables, "issues")
    aside = tables["quarantine"].row(0, named=True)

    assert tables["items"]["number"].to_list() == [1]
    assert (aside["stream"], aside["record_id"], why in aside["reason"]) == ("issues", "7", True)
    assert (shelf / "archive" / aside["source_page"]).exists()
    assert (issues["source_total"], issues["held"], issues["is_complete"]) == (2, 1, False)
    assert "counts 2, and delivered 1" in issues["reason"]


def test_an_item_with_a_bad_part_is_put_aside_whole(shelf):
    odd = a_change(3, a_review(5, state="SHRUGGED"), comments=listed(a_comment(1)))
    keep(shelf, "changes", items_page("pullRequests", odd, a_change(4, a_review(6))), total=2)
    tables = read_back(shelf)

    assert [tables[name].height for name in ("items", "reviews", "comments", "quarantine")] == [1, 1, 0, 1]
    assert "SHRUGGED".lower() in tables["quarantine"]["reason"][0]


def test_what_was_put_aside_comes_back_once_it_can_be_read(shelf):
    keep(shelf, "issues", items_page("issues", an_issue(7, comments=None)))
    put_aside = read_back(shelf)["quarantine"].height
    keep(shelf, "issues", items_page("issues", an_issue(7)), total=1)
    tables = read_back(shelf)

    assert (put_aside, tables["quarantine"].height, tables["items"].height) == (1, 0, 1)
    assert stream(tables, "issues")["is_complete"]


def test_a_review_that_is_still_being_written_is_none(shelf):
    pending = a_review(6, a_comment(20), state="PENDING", submittedAt=None)
    keep(shelf, "changes", items_page("pullRequests", a_change(3, a_review(5, a_comment(21)), pending)), total=1)
    tables = read_back(shelf)

    assert tables["reviews"]["review_id"].to_list() == ["review:5"]
    assert tables["comments"]["comment_id"].to_list() == ["review_comment:21"]
    assert [stream(tables, name)["is_complete"] for name in ("reviews", "review_comments")] == [True, True]


def test_neither_is_one_on_a_later_page(shelf):
    long = a_change(3, reviews=listed(a_review(5), total=2))
    rest = rest_page(long, reviews=listed(a_review(6, state="PENDING", submittedAt=None)))
    keep(shelf, "changes", items_page("pullRequests", long), rest, total=1)
    reviews = stream(read_back(shelf), "reviews")

    assert (reviews["source_total"], reviews["held"], reviews["reason"]) == (1, 1, None)


def test_an_account_goes_by_its_latest_login_and_a_bot_is_called_one(shelf):
    keep(shelf, "issues", items_page("issues", an_issue(1, author=someone("ada") | {"login": "old"}), an_issue(2)))
    keep(shelf, "issues", items_page("issues", an_issue(1, a_comment(9, author=None), author=someone("helper", "Bot"))))
    keep(shelf, "issues", items_page("issues", an_issue(3, author=someone("ada") | {"login": "ada-l"})))
    tables = read_back(shelf)

    assert sorted(tables["accounts"].select("login", "account_type").rows()) == [
        ("ada-l", "user"),
        ("helper[bot]", "bot"),
    ]
    assert tables["comments"]["author_account_id"].to_list() == [None]


def test_a_line_comment_names_its_review_and_the_comment_it_answers(shelf):
    answer = a_comment(21, replyTo={"fullDatabaseId": "20"})
    keep(shelf, "changes", items_page("pullRequests", a_change(3, a_review(5, a_comment(20), answer))))
    comments = read_back(shelf)["comments"].sort("comment_id")

    assert comments.select("comment_id", "review_id", "reply_to_id").rows() == [
        ("review_comment:20", "review:5", None),
        ("review_comment:21", "review:5", "review_comment:20"),
    ]


def test_a_stream_fetched_anew_is_read_anew_though_it_has_as_many_pages(shelf):
    keep(shelf, "issues", items_page("issues", an_issue(1)))
    read_back(shelf)
    for file in (shelf / "archive" / "issues").rglob("*.*"):
        file.unlink()
    again = a_page(items_page("issues", an_issue(1), an_issue(2)).data(), at="2024-03-01T00:00:00Z")
    Archive(shelf / "archive" / "issues").append([again])

    assert read_back(shelf)["items"].height == 2
