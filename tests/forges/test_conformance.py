"""What every forge does alike: the same stories behind each dialect of the sandbox. A new forge joins by its dialect."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import time

import pytest
from extraction_tools import NAME, TOKEN, VARIABLE

from extract import archive as archives
from extract import raw
from extract.errors import BadToken, NoSuchRepository, NotAForge, OutOfQuota, TryAgain
from extract.forges import FORGES
from extract.gitlab import queries
from extract.sandbox.faults import Faults
from extract.source import Source, Window

COUNTED = ("issues", "changes", "comments", "review_comments", "review_threads", "closing_links")
"""Streams that every forge has in the same number; events and reviews are a forge's own."""
MOST_ON_A_QUIET_NIGHT = 5


def streams(crawl) -> dict[str, int]:
    return dict(crawl.rows(raw.STREAMS).select("stream", "held").iter_rows())


def items(crawl) -> set[tuple[str, int]]:
    return set(crawl.rows(raw.ITEMS).select("kind", "number").rows())


def test_everything_the_forge_has_is_here(undisturbed, running):
    truth = running.world.counts(NAME)

    assert {name: streams(undisturbed)[name] for name in COUNTED} == {name: truth[name] for name in COUNTED}
    assert undisturbed.rows(raw.STREAMS)["is_complete"].all()
    assert undisturbed.rows(raw.QUARANTINE).is_empty()


def test_titles_are_what_people_wrote_however_hostile(undisturbed, running):
    repository = running.world.repositories[NAME]
    written = sorted(thread.title for thread in (*repository.issues, *repository.changes))

    assert sorted(undisturbed.rows(raw.ITEMS)["title"]) == written


def test_nights_at_rising_times_are_one_crawl(crawl, hut, undisturbed):
    for days in (120, 40, 39, 3, 0):
        hut.as_of = hut.world.ends_at - timedelta(days=days)
        crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_quiet_night_asks_little_and_writes_nothing(crawl, hut):
    crawl.night()
    before, spent = {file: file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()}, hut.requests
    told = crawl.night()

    assert told.requests == hut.requests - spent <= MOST_ON_A_QUIET_NIGHT
    assert {file: file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()} == before


def test_a_quiet_night_with_a_look_for_silent_changes_asks_as_little(crawl, hut):
    crawl.rereads = 25
    crawl.night()
    spent = hut.requests
    crawl.night()

    assert hut.requests - spent <= MOST_ON_A_QUIET_NIGHT


def test_a_night_with_news_reads_what_is_new_and_not_the_rest(crawl, hut, undisturbed):
    hut.as_of = hut.world.ends_at - timedelta(days=3)
    first = crawl.night().requests
    hut.as_of = hut.world.ends_at

    assert crawl.night().requests <= first


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def killed_at(monkeypatch, at: int):
    """The archive's writes work until the so many-th kills the process, as it must while this is open; then all do."""
    write, left = archives.write_durably, [at]

    def dying(path, content):
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        write(path, content)

    monkeypatch.setattr(archives, "write_durably", dying)
    with pytest.raises(Killed):
        yield
    monkeypatch.setattr(archives, "write_durably", write)


@pytest.mark.parametrize("at", [2, 5, 9])
def test_killed_at_any_write_the_next_night_goes_on(crawl, undisturbed, monkeypatch, at):
    with killed_at(monkeypatch, at):
        crawl.night()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


@pytest.mark.parametrize("kind", ["bad_gateway", "half_json", "cut_connection"])
def test_what_breaks_on_its_way_is_asked_for_again(crawl, hut, undisturbed, kind):
    hut.faults = Faults(**{kind: 0.6})
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert crawl.slept


def test_a_forge_that_only_fails_is_not_asked_for_ever(crawl, hut):
    hut.faults = Faults(bad_gateway=1.0, at_most=1_000)
    with pytest.raises(TryAgain, match="kept answering 502"):
        crawl.night()

    assert crawl.slept == sorted(crawl.slept)
    assert len(crawl.slept) < 10


def test_a_limit_is_waited_for_without_a_request(crawl, hut, undisturbed):
    crawl.patience_seconds = 10
    hut.faults = Faults(points=150, window_seconds=0.5, now=time)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_limit_that_takes_too_long_ends_the_night_and_the_next_goes_on(crawl, hut, undisturbed):
    hut.faults = Faults(points=4, window_seconds=1_000, now=time)
    with pytest.raises(OutOfQuota):
        crawl.night()
    hut.faults = Faults()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_refusal_for_a_while_is_obeyed_for_as_long_as_it_says(crawl, hut, undisturbed):
    crawl.patience_seconds = 10
    hut.faults.block(TOKEN, 1.2)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_what_is_deleted_gets_a_tombstone_and_leaves_the_tables(crawl, hut, undisturbed):
    crawl.night()
    gone = hut.world.repositories[NAME].issues[4]
    hut.delete(NAME, gone.number)
    crawl.night()
    stones = crawl.rows(raw.TOMBSTONES)
    lost = items(undisturbed) - items(crawl)

    assert stones.select("item_kind", "reason").rows() == [("issue", "deleted")]
    assert lost == set(stones.select("item_kind", "number").rows())
    assert crawl.rows(raw.STREAMS)["is_complete"].all()


def test_a_tombstone_is_looked_at_once(crawl, hut):
    crawl.night()
    hut.delete(NAME, hut.world.repositories[NAME].changes[3].number)
    crawl.night()
    spent = hut.requests
    crawl.night()

    assert hut.requests - spent <= MOST_ON_A_QUIET_NIGHT


def test_what_comes_back_has_no_tombstone(crawl, hut, undisturbed):
    crawl.night()
    hut.delete(NAME, hut.world.repositories[NAME].issues[2].number)
    crawl.night()
    hut.restore()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_issues_that_are_switched_off_are_no_deletions(crawl, hut, undisturbed):
    crawl.night()
    hut.switch_issues(on=False)
    crawl.night()
    assert crawl.everything() == undisturbed.everything()

    hut.switch_issues(on=True)
    crawl.night()
    assert crawl.everything() == undisturbed.everything()


@pytest.fixture
def shy(hut):
    if hut.dialect.kind == "github":
        pytest.skip("GitHub keeps a repository from others whole, or not at all")
    return hut


@pytest.mark.parametrize("stream", ["issues", "changes"])
def test_what_is_shown_to_members_only_is_marked_and_the_other_stream_goes_on(crawl, shy, undisturbed, stream):
    shy.show_to_members_only(stream)
    crawl.night()
    told = {name: rest for name, *rest in crawl.rows(raw.STREAMS).select("stream", "is_complete", "reason").rows()}
    other = {"issues": "changes", "changes": "issues"}[stream]

    assert told[other] == [True, None]
    assert not told[stream][0]
    assert any(
        word in told[stream][1] for word in ("Give its account read access", "Give the token's account the role")
    )
    shy.show_to_members_only()
    crawl.night()
    assert crawl.everything() == undisturbed.everything()


def test_what_is_shown_to_members_only_from_now_on_is_no_deletion(crawl, shy, undisturbed):
    crawl.night()
    shy.show_to_members_only("changes")
    crawl.night()

    assert items(crawl) == items(undisturbed)
    assert crawl.rows(raw.TOMBSTONES).is_empty()


def test_raw_can_be_made_anew_from_the_archive_without_a_network(crawl, hut, undisturbed):
    crawl.night()
    place = crawl.places[crawl.source.ref]
    for file in (crawl.folder / "raw").rglob("*.*"):
        file.unlink()
    spent = hut.requests
    source = Source(crawl.source.forge, crawl.source.kind, NAME)
    FORGES[source.kind].reread(source, crawl.around(), place)

    assert hut.requests == spent
    assert crawl.everything() == undisturbed.everything()


@pytest.mark.parametrize("stream", ["repository", "changes"])
def test_a_damaged_page_is_set_aside_and_its_stream_fetched_anew(crawl, undisturbed, stream):
    crawl.night()
    page = next((crawl.stream(stream).folder / "pages").iterdir())
    page.write_bytes(page.read_bytes()[:40])
    (next(crawl.folder.glob("raw/*/*/forge")) / "stamp.json").unlink()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert len(crawl.notes) == 1


def window(crawl, days: float) -> Window:
    return Window(crawl.forge.world.ends_at - timedelta(days=days), None)


def opened_since(crawl, days: float) -> set[tuple[str, int]]:
    since = crawl.forge.world.ends_at - timedelta(days=days)
    rows = crawl.rows(raw.ITEMS).select("kind", "number", "opened_at").rows()
    return {(kind, number) for kind, number, at in rows if at >= since}


def test_a_backfill_brings_what_was_opened_in_its_window(crawl, undisturbed):
    FORGES[crawl.source.kind].backfill(crawl.source, window(crawl, 30), crawl.around())

    assert items(crawl) == opened_since(undisturbed, 30) != set()
    assert "Only backfilled" in crawl.rows(raw.STREAMS)["reason"][0]


def test_a_backfill_and_a_night_are_one_crawl(crawl, undisturbed):
    FORGES[crawl.source.kind].backfill(crawl.source, window(crawl, 30), crawl.around())
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


@pytest.fixture
def small_lists(hut, monkeypatch):
    """Two numbers a page, whoever lists them."""
    monkeypatch.setattr("extract.github.sweep.NUMBERS_PER_REQUEST", 2)
    listed = queries.numbers
    monkeypatch.setattr(queries, "numbers", lambda stream: listed(stream).replace("first: 100", "first: 2"))
    hut.page_maximum = 2


def begun(crawl, monkeypatch, at: int) -> int:
    """A backfill that is killed as it writes for the so many-th time; gives the requests of it."""
    spent = crawl.forge.requests
    with killed_at(monkeypatch, at):
        FORGES[crawl.source.kind].backfill(crawl.source, window(crawl, 400), crawl.around())
    return crawl.forge.requests - spent


@pytest.mark.parametrize("deleted", [(), (1, -1)])
def test_a_backfill_that_was_killed_in_its_list_goes_on_at_its_page(
    crawl, hut, undisturbed, small_lists, monkeypatch, deleted
):
    kept = {(issue.number, issue.title) for issue in hut.world.repositories[NAME].issues}
    begun(crawl, monkeypatch, at=12)
    n_listed = len(crawl.stream("backfill").manifest.window["todo"])
    gone = [hut.world.repositories[NAME].issues[at] for at in deleted]
    hut.delete(NAME, *(issue.number for issue in gone))
    spent = hut.requests
    told = FORGES[crawl.source.kind].backfill(crawl.source, window(crawl, 400), crawl.around())
    titles = set(crawl.rows(raw.ITEMS).filter(kind="issue")["title"])

    assert n_listed >= 8
    assert hut.requests - spent == told.requests
    assert {title for _, title in kept} - {issue.title for issue in gone} == titles
    if not deleted:
        assert items(crawl) == items(undisturbed)
        assert crawl.stream("backfill").manifest.facts["done"][0]["n_items"] == len(items(undisturbed))


def test_a_backfill_that_goes_on_lists_nothing_twice(crawl, hut, small_lists, monkeypatch, tmp_path):
    whole = replace(crawl, folder=tmp_path / "whole", places={})
    in_one = FORGES[whole.source.kind].backfill(whole.source, window(whole, 400), whole.around()).requests
    first = begun(crawl, monkeypatch, at=12)
    then = FORGES[crawl.source.kind].backfill(crawl.source, window(crawl, 400), crawl.around()).requests

    assert first + then <= in_one + 4


def test_a_forecast_counts_and_writes_nothing(crawl, undisturbed):
    told = FORGES[crawl.source.kind].forecast(crawl.source, window(crawl, 30), crawl.around())
    kinds = [kind for kind, _ in opened_since(undisturbed, 30)]

    assert (told.n_issues, told.n_changes) == (kinds.count("issue"), kinds.count("change"))
    assert not list(crawl.folder.rglob("*.*"))


def test_a_backfill_costs_about_what_was_forecast(crawl):
    forge = FORGES[crawl.source.kind]
    told = forge.forecast(crawl.source, window(crawl, 90), crawl.around())
    spent = forge.backfill(crawl.source, window(crawl, 90), crawl.around()).requests

    assert told.requests / 2 <= spent <= told.requests * 2


def test_the_token_is_in_no_file_and_in_no_description(crawl, hut):
    crawl.night()
    hut.answers_html = True
    shown = [repr(crawl.source), repr(crawl.around())]
    with pytest.raises(NotAForge, match="does not answer like the API") as caught:
        crawl.night()
    shown += traceback.format_exception(caught.value)
    written = [file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()]

    assert not [text for text in shown if TOKEN in text]
    assert not [content for content in written if TOKEN.encode() in content]


def test_a_refused_token_is_named_by_its_variable_alone(crawl):
    crawl.token = "a-wrong-token"
    with pytest.raises(BadToken, match=VARIABLE) as caught:
        crawl.night()

    assert "a-wrong-token" not in "".join(traceback.format_exception(caught.value))


def test_a_repository_that_is_not_shown_may_be_missing_or_forbidden(crawl):
    crawl.name = "commons/nowhere"
    with pytest.raises(NoSuchRepository, match="does not show it to this token"):
        crawl.night()


def test_a_forge_that_nobody_reaches_is_named_with_the_setting(crawl, hut, monkeypatch):
    monkeypatch.setattr(
        type(crawl), "source", property(lambda one: replace(SOURCE(one), base_url="http://127.0.0.1:9"))
    )
    with pytest.raises(TryAgain, match="Check the network and base_url"):
        crawl.night()


def SOURCE(crawl) -> Source:  # noqa: N802
    return Source("box", crawl.forge.dialect.kind, crawl.name, crawl.forge.base_url, (VARIABLE,), "")


def test_a_window_ends_where_the_run_began_however_much_later_the_forge_is(crawl, hut, undisturbed):
    began = hut.world.ends_at - timedelta(days=60)
    crawl.night(until=began)

    assert datetime.fromisoformat(crawl.stream("issues").manifest.watermark) == began.astimezone(UTC)
    crawl.night()
    assert crawl.everything() == undisturbed.everything()
