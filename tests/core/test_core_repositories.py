"""Stories of the snapshot: the last instant at which everything is here, and since when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from core_stories import RUN_AT, STREAMS, UNTIL_DAY, comment, commit, core, core_of, issue, on_day, stream, told

AGED = {"repo_id": "r", "created_at": on_day(100)}


def repository(*streams: dict[str, object], **more: list) -> dict[str, object]:
    return core(**{"streams": list(streams), "repositories": [AGED], **more})["repositories"].row(0, named=True)


def test_the_snapshot_is_the_earliest_end_of_the_streams():
    row = repository(*(stream(name, 500 + at) for at, name in enumerate(STREAMS)))

    assert (row["snapshot_at"], row["held_until_at"], row["is_complete"]) == (on_day(500), on_day(500), True)


@pytest.mark.parametrize(("as_of", "snapshot"), [(400, 400), (500, 500), (600, 500)])
def test_the_snapshot_is_never_after_the_instant_that_was_asked_for(as_of, snapshot):
    given = told(streams=[stream(name, 500) for name in STREAMS], repositories=[AGED])
    row = core_of(given, as_of=on_day(as_of))["repositories"].row(0, named=True)

    assert (row["snapshot_at"], row["held_until_at"]) == (on_day(snapshot),) * 2


def test_a_crawl_that_stopped_leaves_the_instant_of_the_last_whole_one():
    row = repository(stream("issues", 500, is_complete=False), stream("changes", 600))

    assert (row["snapshot_at"], row["is_complete"]) == (on_day(500), False)


def test_what_was_never_whole_is_shown_and_has_no_instant():
    items = [issue(1, "ada", 200), issue(2, "bob", 300)]
    tables = core(streams=[stream("issues", None), stream("changes", 600)], repositories=[AGED], items=items)
    row = tables["repositories"].row(0, named=True)

    assert (row["snapshot_at"], row["observed_from_at"], row["held_until_at"]) == (on_day(100), on_day(100), RUN_AT)
    assert (row["is_complete"], tables["issues"].height) == (False, 2)


def test_a_source_that_is_not_there_at_all_leaves_the_others_their_instant():
    absent = stream("commits", None, held=0, reason="The clone address cannot be reached.")
    row = repository(stream("issues", 500), stream("changes", 600), absent)

    assert (row["snapshot_at"], row["is_complete"]) == (on_day(500), False)


def test_streams_that_make_nobody_a_newcomer_hold_nothing_back():
    row = repository(stream("issues", 500), stream("commit_sizes", None), stream("change_commits", 3))

    assert (row["snapshot_at"], row["is_complete"]) == (on_day(500), False)


def test_a_repository_of_which_nothing_is_told_is_no_error():
    row = repository()

    assert (row["snapshot_at"], row["held_until_at"]) == (on_day(100), RUN_AT)


def test_where_the_history_is_whole_everybody_new_is_a_newcomer():
    row = repository(*map(stream, STREAMS))

    assert row["newcomers_from_at"] == row["observed_from_at"] == on_day(100)


def test_where_it_is_cut_whoever_comes_in_the_first_year_may_be_old():
    shallow = stream("commits", is_complete=False, reason="This is a shallow clone.")
    row = repository(stream("issues"), shallow)

    assert row["newcomers_from_at"] - row["observed_from_at"] == timedelta(days=365)
    assert row["snapshot_at"] == on_day(UNTIL_DAY)


def test_a_crawl_that_did_not_get_through_cuts_off_the_end_and_not_the_beginning():
    refused = {"is_complete": False, "reason": "The forge refused the token.", "reaches_start": True}
    row = repository(stream("issues"), stream("commits", **refused))

    assert row["newcomers_from_at"] == row["observed_from_at"]


@pytest.mark.parametrize(
    ("first", "observed_from"),
    [
        ({"items": [issue(1, "ada", 40)]}, 40),
        ({"items": [issue(1, "ada", 140)]}, 100),
        ({"commits": [commit("root", "ada", 30)], "items": [issue(1, "ada", 40)]}, 30),
        ({"commits": [commit("late", "ada", 30, "root")]}, 100),
        ({"commits": [commit("root", "ada", 30, committer_epoch=None)]}, 100),
    ],
)
def test_observation_starts_with_the_first_sign_of_life(first, observed_from):
    assert repository(*map(stream, STREAMS), **first)["observed_from_at"] == on_day(observed_from)


def test_without_any_sign_there_is_nothing_to_observe():
    row = repository(*map(stream, STREAMS), repositories=[{"repo_id": "r", "created_at": None}])

    assert row["observed_from_at"] == RUN_AT


def test_a_repository_in_two_partitions_is_one():
    given = told(repositories=[AGED, AGED])

    assert core_of(given)["repositories"].height == 1


def test_one_repository_that_is_behind_holds_no_other_back():
    names = ("r", "q")
    ends = [stream("issues", day) | {"repo_id": name} for name, day in zip(names, (900, 10), strict=True)]
    said = [comment(1, "ada", 500) | {"repo_id": name} for name in names]
    opened = [issue(1, "ada", 5) | {"repo_id": name} for name in names]
    both = [AGED | {"repo_id": name} for name in names]
    rows = core(repositories=both, streams=ends, comments=said, items=opened)["comments"]

    assert rows["repo_id"].to_list() == ["r"]
