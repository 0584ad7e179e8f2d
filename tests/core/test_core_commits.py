"""Stories of impossible times (PIT-04): kept as git says, replaced by the nearest possible, flagged and counted."""

from __future__ import annotations

import pytest
from core_stories import RUN_AT, UNTIL_DAY, commit, core, epoch, on_day

FAR_FUTURE = 4_102_444_800  # the year 2100
ROOT = commit("root", "ada", 0)


def one(*history: dict[str, object], sha: str = "c", **more: list) -> dict[str, object]:
    rows = core(commits=[ROOT, *history], **more)["commits"]
    return rows.filter(sha=sha).row(0, named=True)


def times(row: dict[str, object]) -> tuple[object, object, object]:
    return row["authored_at"], row["committed_at"], row["is_time_fixed"]


def test_possible_times_stay_as_they_are():
    row = one(commit("c", "ada", 10, "root", committer_epoch=epoch(12)))

    assert times(row) == (on_day(10), on_day(12), False)


@pytest.mark.parametrize("claimed", [0, -1, 1, epoch(0) - 1, FAR_FUTURE, 2**62, -(2**62), None])
def test_an_impossible_author_time_gives_way_to_the_commit_time(claimed):
    row = one(commit("c", "ada", 10, "root", author_epoch=claimed))

    assert times(row) == (on_day(10), on_day(10), True)
    assert row["author_epoch"] == claimed


@pytest.mark.parametrize(("seconds", "is_fixed"), [(86_399, False), (86_400, False), (86_401, True)])
def test_an_author_may_be_a_day_after_the_committer_and_no_more(seconds, is_fixed):
    row = one(commit("c", "ada", 10, "root", author_epoch=epoch(10) + seconds))

    assert row["is_time_fixed"] == is_fixed
    assert (row["authored_at"] == on_day(10)) == is_fixed


def test_an_author_long_before_the_committer_is_no_mistake():
    """Rebasing moves the one and not the other (PIT-05)."""
    assert times(one(commit("c", "ada", 1, "root", committer_epoch=epoch(900)))) == (on_day(1), on_day(900), False)


@pytest.mark.parametrize("claimed", [0, FAR_FUTURE, 2**62, -(2**62), None])
def test_an_impossible_commit_time_is_that_of_the_latest_parent(claimed):
    parents = [commit("p", "ada", 20, "root"), commit("q", "ada", 30, "root")]
    row = one(*parents, commit("c", "ada", 25, "q", "p", committer_epoch=claimed))

    assert times(row) == (on_day(25), on_day(30), True)


def test_an_impossible_parent_is_not_asked():
    bad = commit("p", "ada", 20, "root", committer_epoch=FAR_FUTURE)
    row = one(bad, commit("q", "ada", 30, "root"), commit("c", "ada", 25, "q", "p", committer_epoch=0))

    assert times(row) == (on_day(25), on_day(30), True)


def test_without_any_possible_parent_it_is_as_old_as_the_history():
    row = one(commit("c", "ada", 20, "gone", committer_epoch=None, author_epoch=None))

    assert times(row) == (on_day(0), on_day(0), True)


@pytest.mark.parametrize(("seconds", "is_fixed"), [(0, False), (86_400, False), (86_401, True)])
def test_a_clock_may_be_a_day_ahead_of_the_run_and_no_more(seconds, is_fixed):
    """What is possible and after the snapshot is held, and in no table yet; what is impossible came at its parent's."""
    ahead = commit("c", "ada", 20, "root", committer_epoch=int(RUN_AT.timestamp()) + seconds)
    rows = core(commits=[ROOT, ahead])["commits"]

    assert rows["sha"].to_list() == (["c", "root"] if is_fixed else ["root"])


def test_an_offset_of_no_place_on_earth_is_kept_and_harms_nothing():
    row = one(commit("c", "ada", 10, "root", author_utc_offset=-13_068_837))

    assert (row["author_utc_offset"], *times(row)) == (-13_068_837, on_day(10), on_day(10), False)


def test_a_history_older_than_its_place_on_the_forge_is_not_flagged():
    """Imported: the repository was created on the forge two years into its history."""
    later = {"repo_id": "r", "created_at": on_day(730)}
    tables = core(commits=[ROOT, commit("c", "ada", 10, "root")], repositories=[later])

    assert not tables["commits"]["is_time_fixed"].any()
    assert tables["repositories"]["observed_from_at"].to_list() == [on_day(0)]


def test_a_root_of_a_clock_that_was_not_set_does_not_make_the_history_older():
    tables = core(commits=[commit("epoch", "ada", 0, author_epoch=0, committer_epoch=0), ROOT])
    fixed = tables["commits"].filter(sha="epoch").row(0, named=True)

    assert times(fixed) == (on_day(0), on_day(0), True)
    assert tables["repositories"]["observed_from_at"].to_list() == [on_day(0)]


def test_the_rate_of_fixed_times_can_be_told():
    history = [ROOT, *(commit(str(day), "ada", day, "root", author_epoch=0) for day in (1, 2))]
    rows = core(commits=[*history, commit("fine", "ada", 3, "root")])["commits"]

    assert rows["is_time_fixed"].mean() == 0.5


def test_every_commit_before_the_snapshot_is_there_whatever_its_times():
    odd = (0, -(2**62), 2**62, None, FAR_FUTURE, epoch(5))
    history = [commit(f"{at}-{by}", "ada", 1, "root", author_epoch=at, committer_epoch=by) for at in odd for by in odd]
    rows = core(commits=[ROOT, *history])["commits"]

    assert rows.height == len(history) + 1
    assert rows["committed_at"].max() < on_day(UNTIL_DAY)
    assert rows["authored_at"].min() == on_day(0)
