"""Stories of how only Gitea and Forgejo are crawled: lists by place, and what no list can show."""

from __future__ import annotations

import pytest
from extraction_tools import NAME, Crawl

from extract import raw
from extract.errors import Strained
from extract.gitea import talk
from extract.sandbox.faults import Faults


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def crawl(gitea, tmp_path):
    return Crawl(gitea, tmp_path)


def test_what_a_review_is_worth_is_told_to_analysts_and_unknown_where_no_forge_says(crawl):
    crawl.night()
    worth = crawl.rows(raw.REVIEWS).select("is_stale", "is_official").rows()

    assert {True, False, None} == {official for _, official in worth} == {stale for stale, _ in worth}


def test_an_empty_timeline_is_null_and_no_broken_answer(crawl):
    crawl.night()
    bare = [row for row in crawl.rows(raw.ITEMS).iter_rows(named=True) if row["events_total"] == 0]

    assert bare
    assert crawl.slept == []


def test_sizes_are_there_though_lists_do_not_tell_them(crawl):
    crawl.night()
    changes = crawl.rows(raw.ITEMS).filter(kind="change")

    assert changes["added_lines"].null_count() == 0


@pytest.mark.parametrize("most", [1, 7])
def test_an_instance_may_give_fewer_rows_a_page_than_it_is_asked_for(crawl, gitea, tmp_path, most):
    whole = Crawl(gitea, tmp_path / "whole")
    whole.night()
    gitea.page_maximum = most
    crawl.night()

    assert crawl.everything() == whole.everything()


def test_what_an_import_brings_from_before_the_watermark_is_found_by_the_count(crawl, gitea, tmp_path):
    old = gitea.world.repositories[NAME].issues[0].number
    gitea.delete(NAME, old)
    crawl.night()
    gitea.restore()
    crawl.night()
    whole = Crawl(gitea, tmp_path / "whole")
    whole.night()

    assert crawl.everything() == whole.everything()


def test_what_moves_up_while_we_page_is_not_lost(crawl, gitea, tmp_path, monkeypatch):
    whole = Crawl(gitea, tmp_path / "whole")
    gone = gitea.world.repositories[NAME].issues[-1].number
    changed, pages = talk.GiteaTalk.changed, []

    def deleting(self, stream, *rest):
        pages.append(stream)
        if pages.count("issues") == 2:
            gitea.delete(NAME, gone)
        return changed(self, stream, *rest)

    monkeypatch.setattr(talk, "PER_PAGE", 4)
    monkeypatch.setattr(talk.GiteaTalk, "changed", deleting)
    crawl.night()
    whole.night()
    assert set(whole.rows(raw.ITEMS)["title"]) <= set(crawl.rows(raw.ITEMS)["title"])
    crawl.night()
    gitea.restore()

    assert crawl.rows(raw.ITEMS).rows() == whole.rows(raw.ITEMS).rows()


def test_a_part_that_cannot_be_had_is_named_and_tried_again(crawl, gitea, tmp_path, monkeypatch):
    whole = Crawl(gitea, tmp_path / "whole")
    whole.night()
    below = talk.GiteaTalk.below

    def failing(self, stream, node):
        pages = below(self, stream, node)
        yield next(pages)
        if node["number"] == 2:
            raise Strained("It kept answering 500.")
        yield from pages

    monkeypatch.setattr(talk.GiteaTalk, "below", failing)
    crawl.night()
    assert crawl.rows(raw.QUARANTINE).select("stream", "record_id").rows() == [("timeline", "2")]
    assert crawl.rows(raw.ITEMS).height == whole.rows(raw.ITEMS).height

    monkeypatch.setattr(talk.GiteaTalk, "below", below)
    crawl.night()
    assert crawl.everything() == whole.everything()


@pytest.fixture
def poisoned(gitea):
    """An issue and a pull request that do not fit together, and the newest issue."""
    hut = gitea.world.repositories[NAME]
    numbers = {hut.issues[3].number, hut.changes[2].number, hut.issues[-1].number}
    yield frozenset(numbers)
    gitea.faults = Faults()


@pytest.mark.parametrize("is_quiet", [False, True])
def test_an_item_that_breaks_every_list_is_quarantined_and_the_others_are_here(
    crawl, gitea, poisoned, tmp_path, is_quiet
):
    whole = Crawl(gitea, tmp_path / "whole")
    whole.night()
    gitea.faults = Faults(poisoned=poisoned, poison_is_quiet=is_quiet)
    crawl.night()
    spoilt = crawl.rows(raw.QUARANTINE).select("stream", "record_id").rows()
    kinds = dict(whole.rows(raw.ITEMS).select("number", "kind").rows())

    assert set(spoilt) == {(f"{kinds[number]}s", str(number)) for number in poisoned}
    assert {*crawl.rows(raw.ITEMS)["number"]} == {*whole.rows(raw.ITEMS)["number"]} - poisoned
    assert not crawl.rows(raw.STREAMS).filter(stream="issues")["is_complete"][0]
    gitea.faults = Faults()
    crawl.night()
    assert crawl.everything() == whole.everything()


@pytest.mark.parametrize("is_quiet", [False, True])
def test_what_cannot_be_shown_any_more_stays_as_it_was_known(crawl, gitea, poisoned, is_quiet):
    crawl.rereads = 25
    crawl.night()
    before = crawl.everything()
    gitea.faults = Faults(poisoned=poisoned, poison_is_quiet=is_quiet)
    crawl.night()
    crawl.night()

    assert crawl.everything() == before


def test_a_run_that_goes_on_at_its_page_learns_anew_in_what_size_an_instance_counts(
    crawl, gitea, tmp_path, monkeypatch
):
    whole = Crawl(gitea, tmp_path / "whole")
    whole.night()
    gitea.page_maximum = 2
    changed, pages = talk.GiteaTalk.changed, []

    def dying(self, stream, *rest):
        pages.append(stream)
        if stream == "changes" and pages.count(stream) == 5:
            raise Killed
        return changed(self, stream, *rest)

    monkeypatch.setattr(talk.GiteaTalk, "changed", dying)
    with pytest.raises(Killed):
        crawl.night()
    assert crawl.stream("changes").manifest.window["after"] == 8
    crawl.night()

    assert crawl.everything() == whole.everything()
    assert not list(crawl.folder.glob("archive/*/*/again/pages/*")), "nothing was missed and fetched by its number"
