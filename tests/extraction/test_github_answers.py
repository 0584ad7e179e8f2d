"""Stories of judging answers: half an answer is none, and an error says who must do what."""

from __future__ import annotations

import pytest
from extraction_tools import NAME, Crawl

from extract import raw
from extract.errors import ExtractError, NoSuchRepository, NotAForge, OutOfQuota, Strained
from extract.sandbox import handler


@pytest.fixture
def after_the_issues(monkeypatch):
    """Answers of the forge's, told as (the body it would give) -> body, once the issues are here."""

    def installed(spoil):
        asked, answer = [], handler.answer

        def spoiled(view, request, *, points_used=0):
            asked.append(request["query"])
            body = answer(view, request, points_used=points_used)
            return spoil(body) if any("query Changes" in query for query in asked) else body

        monkeypatch.setattr(handler, "answer", spoiled)

    return installed


def an_error(kind: str | None, message: str = "Something went wrong"):
    return {"message": message, **({} if kind is None else {"type": kind})}


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (lambda it: {**it, "errors": [an_error(None)]}, Strained, "Something went wrong"),
        (lambda it: {**it, "errors": [an_error("SERVICE_UNAVAILABLE")]}, Strained, "next run continues"),
        (lambda _: {"data": None, "errors": [an_error(None)]}, Strained, "next run continues"),
        (lambda it: {**it, "errors": [an_error("RATE_LIMITED")]}, OutOfQuota, "is used up until"),
        (lambda _: {"data": None, "errors": [an_error("RATE_LIMIT")]}, OutOfQuota, "is used up until"),
        (lambda _: {"data": {"repository": None}, "errors": [an_error("NOT_FOUND")]}, NoSuchRepository, NAME),
        (lambda _: {"data": {"repository": None}, "errors": [an_error("FORBIDDEN")]}, NoSuchRepository, NAME),
        (lambda _: {"message": "Welcome"}, NotAForge, "without data"),
        (lambda _: {"data": None}, NotAForge, "without data"),
        (lambda _: ["a", "list"], NotAForge, "list"),
    ],
)
def test_a_spoiled_answer_is_named_and_never_kept(crawl: Crawl, undisturbed, after_the_issues, spoil, error, says):
    after_the_issues(spoil)
    with pytest.raises(ExtractError) as caught:
        crawl.night()

    assert (type(caught.value), says in str(caught.value)) == (error, True)
    assert crawl.stream("issues").manifest.pages == undisturbed.stream("issues").manifest.pages
    assert crawl.stream("changes").manifest.pages == 0


def test_after_a_spoiled_answer_the_next_night_has_everything(crawl, undisturbed, monkeypatch, after_the_issues):
    after_the_issues(lambda it: {**it, "errors": [an_error(None)]})
    with pytest.raises(Strained):
        crawl.night()
    monkeypatch.undo()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_what_came_before_the_error_is_here_and_called_incomplete(crawl, after_the_issues):
    after_the_issues(lambda it: {**it, "errors": [an_error("RATE_LIMITED")]})
    with pytest.raises(OutOfQuota):
        crawl.night()
    streams = crawl.rows(raw.STREAMS).sort("stream")

    assert dict(streams.select("stream", "held").iter_rows())["issues"] > 0
    assert dict(streams.select("stream", "is_complete").iter_rows())["changes"] is False
    assert "run again to continue" in dict(streams.select("stream", "reason").iter_rows())["changes"]


@pytest.mark.parametrize("name", ["commons/nowhere", "nobody/hut"])
def test_a_repository_that_is_not_there_is_told_by_its_name(crawl, name):
    crawl.name = name
    with pytest.raises(NoSuchRepository, match=name):
        crawl.night()

    assert not list(crawl.folder.rglob("*.json.gz"))
