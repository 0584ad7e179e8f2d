"""Stories of coverage: what the source counts, what we hold, and what no table shows yet."""

from __future__ import annotations

import pytest
from core_stories import UNTIL_DAY, change, comment, commit, core, event, issue, merged, on_day, review, stream


def coverage(name: str, *streams: dict[str, object], **more: list) -> dict[str, object]:
    return core(**{"streams": list(streams), **more})["coverage"].filter(stream=name).row(0, named=True)


@pytest.mark.parametrize(
    ("source_total", "held", "share"),
    [(4, 3, 0.75), (4, 4, 1.0), (4, 5, 1.0), (4, 0, 0.0), (None, 4, None), (0, 0, None)],
)
def test_the_share_is_what_we_hold_of_what_the_source_counts(source_total, held, share):
    row = coverage("issues", stream("issues", source_total=source_total, held=held))

    assert (row["source_total"], row["held"], row["held_share"]) == (source_total, held, share)


def test_what_is_held_and_not_before_the_snapshot_is_told_by_stream():
    late, later = UNTIL_DAY, UNTIL_DAY + 1
    tables = core(
        items=[issue(1, "ada", 1), issue(2, "ada", late), change(3, "ada", 1), change(4, "ada", later)],
        comments=[comment(1, "ada", late), comment(3, "ada", later, kind="review_comment"), comment(1, "ada", 2)],
        reviews=[review(3, "ada", late), review(3, "ada", 2)],
        events=[event(1, "labelled", "bob", late), event(1, "labelled", "bob", 2)],
        commits=[commit("root", "ada", 0), commit("late", "ada", later, "root")],
    )
    told = dict(tables["coverage"].select("stream", "n_after_snapshot").iter_rows())

    assert told == dict.fromkeys(told, 1)
    assert len(told) == 7


def test_commits_outside_the_default_branch_are_not_what_the_stream_counts():
    late = commit("b", "ada", UNTIL_DAY, "root", is_in_default_branch=False)
    row = coverage("commits", stream("commits"), commits=[commit("root", "ada", 0), late])

    assert row["n_after_snapshot"] == 0


def test_what_is_shown_and_what_is_not_yet_make_what_is_held():
    days = (1, 999, UNTIL_DAY, UNTIL_DAY + 5, 10)
    items = [merged(number, "ada", day, on=day + 1) for number, day in enumerate(days)]
    tables = core(items=items, streams=[stream("changes", held=len(days), source_total=len(days))])
    row = tables["coverage"].row(0, named=True)

    assert tables["changes"].height + row["n_after_snapshot"] == row["held"]


def test_what_could_not_be_read_is_counted_in_its_stream():
    aside = [{"repo_id": "r", "stream": "issues", "record_id": str(number)} for number in (1, 2)]
    issues = coverage("issues", stream("issues"), stream("changes"), quarantine=aside)
    changes = coverage("changes", stream("issues"), stream("changes"), quarantine=aside)

    assert (issues["n_quarantined"], changes["n_quarantined"]) == (2, 0)


def test_what_the_source_says_of_itself_is_handed_on():
    why = "The last crawl stopped before its end; run again to continue."
    row = coverage("issues", stream("issues", 500, is_complete=False, reason=why))

    assert (row["reason"], row["is_complete"], row["complete_until_at"]) == (why, False, on_day(500))


def test_of_a_repository_that_was_never_whole_everything_that_came_is_shown():
    tables = core(streams=[stream("issues", None, held=2)], items=[issue(1, "ada", 1), issue(2, "ada", 1500)])

    assert tables["coverage"]["n_after_snapshot"].to_list() == [0]
    assert tables["issues"].height == 2
