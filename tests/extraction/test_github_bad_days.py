"""Stories of bad days: whatever breaks on the way, everything that the forge has is here in the end."""

from __future__ import annotations

import json
from datetime import timedelta
from time import time

import polars as pl
import pytest
from extraction_tools import NAME, TOKEN, VARIABLE, Crawl

from extract import raw
from extract.archive import Archive, Page
from extract.errors import ArchiveDamaged, BadToken, CannotWrite, NotUnderstood, OutOfQuota, TryAgain
from extract.github import queries, sweep
from extract.sandbox import handler
from extract.sandbox.faults import Faults
from extract.sizes import CALM_PAGES, PageSize

SECOND_TOKEN = "another-token-that-nobody-may-see"


@pytest.fixture
def patient(crawl: Crawl) -> Crawl:
    """Who really waits for a limit's end, and not between tries."""
    crawl.patience_seconds = 10
    return crawl


def numbers(crawl: Crawl) -> set[int]:
    return set(crawl.rows(raw.ITEMS)["number"])


@pytest.mark.parametrize("kind", ["bad_gateway", "half_json", "half_data", "cut_connection"])
def test_what_breaks_on_its_way_is_asked_for_again(crawl, hut, undisturbed, kind):
    hut.faults = Faults(**{kind: 0.5})
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert crawl.slept


def test_it_is_asked_for_ever_more_slowly_and_not_for_ever(crawl, hut):
    hut.faults = Faults(bad_gateway=1.0, at_most=1_000)
    with pytest.raises(TryAgain, match="kept answering 502"):
        crawl.night()

    assert crawl.slept == sorted(crawl.slept)
    assert len(crawl.slept) < 10


def test_all_at_once_is_no_different(patient, hut, undisturbed):
    hut.faults = Faults(
        bad_gateway=0.1, half_json=0.1, half_data=0.1, cut_connection=0.1, most_nodes=20, points=15, now=time
    )
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_page_that_is_too_much_shrinks(crawl, hut, undisturbed):
    hut.faults = Faults(most_nodes=7)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_page_beyond_the_limits_is_not_taken_for_whole(crawl, hut, undisturbed):
    hut.faults = Faults(most_rows=7)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


@pytest.mark.parametrize("status", [403, 429])
def test_secondary_limits_in_between_are_met_once_each(patient, hut, undisturbed, status):
    hut.faults = Faults(secondary=0.3, secondary_status=status)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_who_answers_too_late_is_asked_again(crawl, hut, undisturbed, monkeypatch):
    monkeypatch.setattr("extract.github.client.TIMEOUT_SECONDS", 1)
    hut.faults = Faults(slow=0.4, at_most=1)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert crawl.slept


def test_what_strained_the_forge_last_night_is_not_tried_first_tonight(crawl, hut):
    hut.faults = Faults(most_nodes=30)
    hut.as_of = hut.world.ends_at - timedelta(days=30)
    crawl.night()
    slept = len(crawl.slept)
    hut.as_of = hut.world.ends_at
    crawl.night()

    assert slept > 0
    assert len(crawl.slept) == slept


def test_a_size_that_has_just_grown_is_tried_once():
    size = PageSize(8)
    size.shrink()
    for _ in range(CALM_PAGES):
        size.rest()

    assert (size.first, size.tries) == (8, 1)
    size.rest()
    assert size.tries > 1


def test_a_size_halves_down_to_one_item_and_one_nested_row():
    size = PageSize(5, nested=3)
    steps = [(size.first, size.nested)]
    while not size.is_smallest:
        size.shrink()
        steps.append((size.first, size.nested))

    assert steps == [(5, 3), (2, 3), (1, 3), (1, 1)]


def test_a_size_grows_again_after_calm_pages_and_more_warily_each_time():
    size, calm = PageSize(8), []
    for _ in range(3):
        size.shrink()
        calm.append(0)
        while size.first < 8:
            size.rest()
            calm[-1] += 1

    assert calm == [CALM_PAGES, 2 * CALM_PAGES, 4 * CALM_PAGES]


@pytest.fixture
def poisoned(crawl, hut, undisturbed):
    """A night with an issue and a change that no answer can hold."""
    items = undisturbed.rows(raw.ITEMS)
    chosen = [items.filter(kind=kind)["number"][3] for kind in ("issue", "change")]
    hut.faults = Faults(poisoned=frozenset(chosen))
    crawl.night()
    return set(chosen)


def test_a_poisoned_item_is_quarantined_by_its_number_and_the_others_are_here(crawl, undisturbed, poisoned):
    spoilt = crawl.rows(raw.QUARANTINE)

    assert numbers(crawl) == numbers(undisturbed) - poisoned
    assert {int(number) for number in spoilt["record_id"]} == poisoned
    assert all("502" in reason for reason in spoilt["reason"])


def test_a_poisoned_item_makes_its_stream_incomplete(crawl, poisoned):
    streams = dict(crawl.rows(raw.STREAMS).select("stream", "reason").iter_rows())

    assert "delivered" in streams["issues"]
    assert "delivered" in streams["changes"]


def test_the_next_night_tries_a_poisoned_item_again(crawl, hut, undisturbed, poisoned):
    hut.faults = Faults()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_nested_list_that_cannot_be_followed_is_named_and_tried_again(crawl, hut, undisturbed, monkeypatch):
    answer = handler.answer

    def failing(view, request, *, points_used=0):
        said = answer(view, request, points_used=points_used)
        is_rest = "MoreIssueComments" in request["query"]
        return {"data": None, "errors": [{"message": "Something went wrong"}]} if is_rest else said

    monkeypatch.setattr(queries, "ISSUES", queries.ISSUES)
    short = [stream.__class__(stream.name, stream.query, stream.connection, 20, 2) for stream in sweep.STREAMS]
    monkeypatch.setattr("extract.github.fetch.STREAMS", tuple(short))
    monkeypatch.setattr(handler, "answer", failing)
    crawl.night()
    monkeypatch.setattr(handler, "answer", answer)
    spoilt = crawl.rows(raw.QUARANTINE).filter(stream="comments")

    assert len(spoilt) > 0
    assert numbers(crawl) == numbers(undisturbed)
    assert "delivered" in dict(crawl.rows(raw.STREAMS).select("stream", "reason").iter_rows())["comments"]
    crawl.night()
    assert crawl.everything() == undisturbed.everything()


def test_a_limit_is_waited_for_without_a_request(patient, hut, undisturbed):
    hut.faults = Faults(points=4, window_seconds=0.5, now=time)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_limit_that_takes_too_long_ends_the_night_and_the_next_goes_on(crawl, hut, undisturbed):
    hut.faults = Faults(points=4, window_seconds=1_000, now=time)
    with pytest.raises(OutOfQuota):
        crawl.night()
    kept = crawl.stream("issues").manifest.pages
    hut.faults = Faults()
    crawl.night()

    assert kept > 0
    assert crawl.everything() == undisturbed.everything()


def test_a_second_token_goes_on_where_the_first_is_parked(patient, hut, undisturbed):
    hut.tokens = (TOKEN, SECOND_TOKEN)
    patient.tokens, patient.patience_seconds = (SECOND_TOKEN,), 0
    hut.faults = Faults(points=6, window_seconds=1_000, now=time)
    patient.night()
    hut.tokens = (TOKEN,)

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_secondary_limit_is_obeyed_for_as_long_as_it_says(patient, hut, undisturbed):
    hut.faults.block(TOKEN, 1.2)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_of_two_tokens_one_may_be_bad(crawl, undisturbed):
    crawl.tokens = (crawl.token,)
    crawl.token = "a-wrong-token"
    crawl.night()
    assert crawl.everything() == undisturbed.everything()

    crawl.tokens = ("wrong-too",)
    with pytest.raises(BadToken, match=f"{VARIABLE} or {VARIABLE}_2"):
        crawl.night()


def test_a_query_that_is_not_understood_is_told_at_once(crawl, hut, monkeypatch):
    monkeypatch.setattr(queries, "NEWEST", queries.NEWEST.replace("totalCount", "totalCuont"))
    with pytest.raises(NotUnderstood, match="totalCuont"):
        crawl.night()

    assert crawl.slept == []


def test_what_is_deleted_gets_a_tombstone_and_leaves_the_tables(crawl, hut, undisturbed):
    crawl.night()
    gone = sorted(numbers(crawl))[5]
    hut.delete(NAME, gone)
    crawl.night()
    stones = crawl.rows(raw.TOMBSTONES)

    assert stones.select("number", "reason").rows() == [(gone, "deleted")]
    assert numbers(crawl) == numbers(undisturbed) - {gone}
    assert gone not in set(crawl.rows(raw.COMMENTS)["number"])
    assert crawl.rows(raw.STREAMS)["is_complete"].all()


def test_what_is_deleted_is_kept_apart_for_who_asks_for_an_earlier_instant(crawl, hut):
    crawl.night()
    gone = sorted(numbers(crawl))[5]
    before = crawl.rows(raw.EVENTS).filter(number=gone).height
    hut.delete(NAME, gone)
    crawl.night()
    apart = {
        name: pl.read_parquet(path) for path in crawl.folder.glob("raw/*/*/*/gone/*.parquet") for name in [path.stem]
    }

    assert apart["items"]["number"].to_list() == [gone]
    assert apart["events"].height == before


def test_a_tombstone_is_looked_at_once(crawl, hut):
    crawl.night()
    hut.delete(NAME, min(numbers(crawl)))
    crawl.night()
    spent = hut.requests
    crawl.night()

    assert hut.requests - spent == 2


def test_what_comes_back_has_no_tombstone(crawl, hut, undisturbed):
    crawl.night()
    hut.delete(NAME, min(numbers(crawl)))
    crawl.night()
    hut.restore()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_issues_that_are_switched_off_are_no_deletions(crawl, hut, undisturbed):
    crawl.night()
    hut.switch_issues(on=False)
    spent = hut.requests
    crawl.rereads = 5
    crawl.night()
    assert hut.requests - spent <= 5  # with the rolling re-read of changes, and their reactions
    assert crawl.everything() == undisturbed.everything()

    hut.switch_issues(on=True)
    crawl.night()
    assert crawl.everything() == undisturbed.everything()


def test_what_is_only_refused_is_not_gone():
    refused = [Page({}, status, {}, "2026-01-01T00:00:00Z", "{}") for status in (403, 451)]

    assert [sweep.is_gone(page, 7, NAME) for page in refused] == [False, False]


def test_what_moves_while_we_page_is_here_the_same_night(crawl, hut, undisturbed, monkeypatch):
    began = hut.as_of = hut.world.ends_at - timedelta(days=60)
    ask = sweep.Client.ask

    def slowly(client, *asked, **how):
        hut.as_of = min(hut.as_of + timedelta(days=20), hut.world.ends_at)
        return ask(client, *asked, **how)

    short = [stream.__class__(stream.name, stream.query, stream.connection, 10, 20) for stream in sweep.STREAMS]
    monkeypatch.setattr("extract.github.fetch.STREAMS", tuple(short))
    monkeypatch.setattr(sweep.Client, "ask", slowly)
    crawl.night(until=began)
    opened = undisturbed.rows(raw.ITEMS).filter(pl.col("opened_at") < began)["number"]

    assert set(opened) <= numbers(crawl)


def test_a_reread_that_says_nothing_new_is_not_kept(crawl):
    crawl.night()
    before = {file: file.read_bytes() for file in crawl.folder.rglob("pages/*")}
    crawl.rereads = 10
    crawl.night()

    assert {file: file.read_bytes() for file in crawl.folder.rglob("pages/*")} == before
    assert crawl.stream("again").manifest.facts["rolled"] == 10


def test_a_reread_finds_what_changed_without_a_trace(crawl, hut, undisturbed):
    crawl.night()
    node = hut.view().repositories[NAME]["_by_number"][4]
    title, node["title"] = node["title"], "changed without a trace"
    for rereads in (3, 3):
        crawl.rereads = rereads
        crawl.night()
    node["title"] = title

    assert crawl.rows(raw.ITEMS).filter(number=4)["title"].to_list() == ["changed without a trace"]


def test_a_reread_goes_round(crawl):
    crawl.night()
    crawl.rereads = len(numbers(crawl)) - 2
    crawl.night()
    crawl.night()

    assert crawl.stream("again").manifest.facts["rolled"] == crawl.rereads - 2


@pytest.mark.parametrize("stream", ["repository", "issues", "changes"])
def test_a_damaged_page_is_set_aside_and_its_stream_fetched_anew(crawl, undisturbed, stream):
    crawl.night()
    folder = crawl.stream(stream).folder
    page = next((folder / "pages").iterdir())
    page.write_bytes(page.read_bytes()[:40])
    (next(crawl.folder.glob("raw/*/*/forge")) / "stamp.json").unlink()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert len(crawl.notes) == 1
    assert page.name in crawl.notes[0]
    assert (folder.with_name(f"{stream}.damaged-1") / "pages" / page.name).exists()


def test_damage_that_a_rebuild_finds_is_mended_by_the_next_run(crawl, undisturbed):
    crawl.night()
    page = next((crawl.stream("changes").folder / "pages").iterdir())
    page.write_bytes(page.read_bytes()[:-9])
    with pytest.raises(ArchiveDamaged, match=page.name):
        crawl.rebuild()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_rebuild_reads_everything_anew_and_gives_the_same_bytes(crawl):
    crawl.night()
    before = {file: file.read_bytes() for file in crawl.folder.glob("raw/*/*/forge/*")}
    next(crawl.folder.glob("raw/*/*/forge/items.parquet")).write_bytes(b"spoilt")
    crawl.rebuild()

    assert {file: file.read_bytes() for file in before} == before


def test_a_manifest_that_is_none_is_set_aside_too(crawl, undisturbed):
    crawl.night()
    folder = crawl.stream("issues").folder
    (folder / "manifest.json").write_text("{")
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
    assert Archive(folder).manifest.pages > 0


def test_a_full_disk_is_told_and_loses_nothing(crawl, undisturbed, monkeypatch):
    full = OSError(28, "No space left on device")

    def no_space(descriptor: int) -> None:
        raise full

    monkeypatch.setattr("extract.archive.os.fsync", no_space)
    with pytest.raises(CannotWrite, match=r"cannot be written: No space left on device. Free space"):
        crawl.night()
    monkeypatch.undo()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_unchanged_answers_of_rest_cost_no_body(crawl, hut, monkeypatch):
    crawl.night()
    sent, send = [], handler.Handler._send_json
    monkeypatch.setattr(
        handler.Handler, "_send_json", lambda self, status, *rest: (sent.append(status), send(self, status, *rest))
    )
    crawl.night()

    assert sent == [304, 200]
    assert json.loads(next(crawl.stream("repository").newest_first())[1].body)["full_name"] == NAME
