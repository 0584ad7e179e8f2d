"""Stories of gaps: between which instants something is missing, and why."""

from __future__ import annotations

import polars as pl
import pytest
from core_stories import UNTIL_DAY, core, on_day, stream, told

from extract.gaps import between
from transform.ops import coverage_gaps
from transform.parameters import Parameters

AT_THE_END = on_day(UNTIL_DAY + 10)
PIECE = (on_day(10), on_day(20))


def gaps(*streams: dict, as_of=AT_THE_END, **rows: list) -> list[dict]:
    raw = told(streams=list(streams), **rows)
    tables = core(streams=list(streams), **rows)
    given = (raw["raw.gaps"], tables["coverage"].lazy(), tables["repositories"].lazy())
    return coverage_gaps.build(*given, parameters=Parameters(as_of=as_of)).collect().to_dicts()


def gap(number: int, since: float | None, until: float | None, **more: object) -> dict[str, object]:
    spans = {"from_at": since and on_day(since), "until_at": until and on_day(until)}
    return {"repo_id": "r", "stream": "issues", "gap_number": number, "reason": "why", **spans, **more}


@pytest.mark.parametrize(
    ("whole", "open_ones"),
    [
        ([], [(None, None)]),
        ([PIECE], [(None, on_day(10)), (on_day(20), None)]),
        ([PIECE, (on_day(15), on_day(30))], [(None, on_day(10)), (on_day(30), None)]),
        ([(on_day(30), None), (None, on_day(10))], [(on_day(10), on_day(30))]),
        ([(None, None)], []),
    ],
)
def test_what_backfills_leave_open_is_what_they_do_not_span(whole, open_ones):
    assert list(between(whole)) == open_ones


def test_a_complete_stream_has_no_gap():
    assert gaps(stream("issues"), stream("changes")) == []


def test_a_crawl_that_stopped_lacks_what_came_since_the_last_whole_one():
    row = gaps(stream("issues", is_complete=False, reason="why", source_total=12), gaps=[gap(0, UNTIL_DAY, None)])[0]

    assert (row["from_at"], row["until_at"], row["n_missing"]) == (on_day(UNTIL_DAY), AT_THE_END, 3)


def test_where_nobody_told_of_a_gap_it_begins_at_the_last_whole_crawl():
    row = gaps(stream("issues", is_complete=False, reason="held back"))[0]

    assert (row["from_at"], row["until_at"], row["reason"]) == (on_day(UNTIL_DAY), AT_THE_END, "held back")


def test_what_was_never_whole_lacks_all_since_the_repository_began():
    row = gaps(stream("issues", None, held=0, reason="why"), stream("changes"), gaps=[gap(0, None, None)])[0]

    assert (row["from_at"], row["until_at"]) == (on_day(0), AT_THE_END)


def test_gaps_are_numbered_in_the_order_of_time_and_end_where_the_run_looks():
    rows = gaps(
        stream("issues", None, held=0, reason="why"),
        as_of=on_day(25),
        gaps=[gap(0, 20, None), gap(1, None, 10), gap(2, 30, None)],
    )

    assert [(row["gap_number"], row["from_at"], row["until_at"]) for row in rows] == [
        (0, on_day(0), on_day(10)),
        (1, on_day(20), on_day(25)),
    ]


def test_a_gap_has_no_length_of_nothing():
    assert pl.DataFrame(gaps(stream("issues", is_complete=False, reason="x"), as_of=on_day(UNTIL_DAY))).is_empty()
