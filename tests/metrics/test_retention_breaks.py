"""retention.breaks: what is a long pause for this person, and what happened in it?"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from metric_stories import act, acts, built, history, only, watched

from transform.retention import break_transitions, breaks
from transform.statistics.far_out import far_out, with_thresholds

REGULAR = "0 1 3 6 10 15"
"""Pauses of 1, 2, 3, 4 and 5 days; one of 30 makes the threshold 12.25."""


def on(day):
    return date(2020, 1, 1) + timedelta(days=day)


def breaks_of(*given, snapshot=365):
    return only(built(breaks, acts(*given), watched(snapshot=snapshot)), repo_id="r")


def told(rows):
    """(state, first day, days, before, after) in days since the beginning."""
    columns = ("state", "start_day", "break_days", "previous_state", "next_state")
    return [
        (state, (start - on(0)).days, days, before, after)
        for state, start, days, before, after in rows.select(columns).rows()
    ]


def threshold_of(lengths):
    told = {"life": 0, "window": 0, "pause_days": lengths}
    found = far_out(pl.DataFrame(told, schema=dict.fromkeys(told, pl.Int64)))
    return found["threshold_days"].item() if found.height else None


def test_the_threshold_of_the_worked_example():
    """Q1 2.25, Q3 4.75, so 4.75 + 3 x 2.5."""
    assert threshold_of([1, 2, 3, 4, 5, 30]) == 12.25


@pytest.mark.parametrize(("lengths", "threshold"), [([1, 2, 1, 2], None), ([1, 1, 2, 3], 6.0), ([1, 1, 3, 3], 9.0)])
def test_a_spread_of_up_to_a_day_gives_no_threshold(lengths, threshold):
    """Quartiles 1 and 2 are a day apart; 1 and 2.25 are more."""
    assert threshold_of(lengths) == threshold


@pytest.mark.parametrize(("lengths", "has_one"), [([1, 5, 9], False), ([1, 5, 9, 13], True)])
def test_three_pauses_have_no_threshold_and_four_have(lengths, has_one):
    assert (threshold_of(lengths) is not None) == has_one


def test_the_worked_example_has_one_break_without_any_act():
    rows = breaks_of(*history(f"ada {REGULAR} 45"), snapshot=91 + 45)

    assert told(rows)[0] == ("inactive", 15, 30, "active", "active")
    assert rows["threshold_days"].to_list()[0] == 12.25


@pytest.mark.parametrize(("back", "is_break"), [(8 + 9, False), (8 + 10, True)])
def test_a_pause_as_long_as_the_threshold_is_none_yet(back, is_break):
    """Pauses of 1, 1, 3 and 3 days and a longer one: quartiles 1 and 3, threshold 9."""
    rows = breaks_of(*history(f"ada 0 1 2 5 8 {back}"), snapshot=200)

    assert (8 in [start for _, start, *_ in told(rows)]) == is_break


@pytest.mark.parametrize(("back", "is_break"), [(15 + 12, False), (15 + 13, True)])
def test_only_a_pause_longer_than_the_threshold_is_a_break(back, is_break):
    """Pauses of 1 to 5 days and one of 12 or 13 have the same quartiles as the worked example."""
    rows = breaks_of(*history(f"ada {REGULAR} {back}"), snapshot=200)

    assert (15 in [start for _, start, *_ in told(rows)]) == is_break


def test_fewer_than_four_pauses_in_a_window_reuse_the_last_threshold():
    rows = breaks_of(*history(f"ada {REGULAR} 45 145 158 170"), snapshot=300)

    assert set(rows["threshold_days"]) == {12.25}
    assert [(start, days) for _, start, days, *_ in told(rows)] == [(15, 30), (45, 100), (145, 13), (170, 130)]


def test_long_pauses_before_the_first_threshold_are_judged_by_the_mean_of_the_later_ones():
    later = " ".join(str(day + 200) for day in (0, 1, 3, 6, 10, 15, 45))
    rows = breaks_of(*history(f"ada 0 100 {later}"), snapshot=400)

    assert [(start, days) for _, start, days, *_ in told(rows)][:2] == [(0, 100), (100, 100)]


def test_who_never_had_a_threshold_has_no_breaks():
    assert breaks_of(*history("ada 0 100 200 300 301 302")).is_empty()


def test_who_was_there_for_less_than_a_window_has_no_breaks():
    assert breaks_of(*history(f"ada {REGULAR} 45"), snapshot=90).is_empty()


@pytest.mark.parametrize(("snapshot", "state"), [(45 + 365, "inactive"), (45 + 366, "gone")])
def test_the_pause_up_to_the_snapshot_is_open_and_gone_after_a_year(snapshot, state):
    rows = breaks_of(*history(f"ada {REGULAR} 45"), snapshot=snapshot)

    assert told(rows)[-1] == (state, 45, snapshot - 45, "active", None)
    assert rows["is_open"].to_list() == [False, True]


def test_talk_all_through_a_break_is_working_on_something_else_than_code():
    talk = history("ada 25 35", kind="comment")
    rows = breaks_of(*history(f"ada {REGULAR} 45"), *talk, snapshot=136)

    assert told(rows)[0] == ("non_coding", 15, 30, "active", "active")


def test_silence_then_talk_then_code_is_inactive_then_active():
    """From 15 silent for 20 days; then acts 5 apart, together 10 and so within the threshold."""
    rows = breaks_of(*history(f"ada {REGULAR} 45"), *history("ada 35 40", kind="comment"), snapshot=136)

    assert told(rows)[0] == ("inactive", 15, 20, "active", "active")


def test_a_long_time_of_talk_after_a_silence_is_a_state_between():
    talk = history("ada 75 85 95 105", kind="comment")
    rows = breaks_of(*history(f"ada {REGULAR} 45 115"), *talk, snapshot=300)

    assert told(rows)[1:3] == [
        ("inactive", 45, 30, "active", "non_coding"),
        ("non_coding", 75, 40, "inactive", "active"),
    ]


def test_two_silences_with_one_day_of_talk_between_are_two():
    rows = breaks_of(*history(f"ada {REGULAR} 45 115"), act("ada", 80, "comment"), snapshot=300)

    assert told(rows)[1:3] == [("inactive", 45, 35, "active", "active"), ("inactive", 80, 35, "active", "active")]


def test_two_kinds_of_acts_on_one_day_between_silences_are_one_day_for_everybody():
    """Of many persons, as rows that stand alike come in any order."""
    regular = [line for n in range(40) for line in history(f"p{n} {REGULAR} 200")]
    busy = [line for n in range(40) for line in history(f"p{n} 110 120 130 140", kind="comment")]
    talk, review = ([act(f"p{n}", 60, kind) for n in range(40)] for kind in ("comment", "review"))

    twice, once = (breaks_of(*regular, *busy, *given, snapshot=300) for given in ([*talk, *review], talk))

    assert ("inactive", 60, 50, "active", "non_coding") in told(once)
    assert twice.sort(breaks.TABLE.key).equals(once.sort(breaks.TABLE.key))


def test_a_review_of_another_person_breaks_no_silence():
    rows = breaks_of(*history(f"ada {REGULAR} 45"), act("bob", 30, "review"), snapshot=136)

    assert told(rows)[0] == ("inactive", 15, 30, "active", "active")


def test_code_in_another_repository_ends_a_pause_in_all():
    """In all the pause of 30 days is two of 15, and such are common then: the threshold is 32.5."""
    given = [*history(f"ada {REGULAR} 45"), act("ada", 30, repo_id="q")]
    rows = only(built(breaks, acts(*given), watched("r", "q", snapshot=136)), repo_id="all")

    assert [(start, days) for _, start, days, *_ in told(rows)] == [(45, 91)]
    assert set(rows["threshold_days"]) == {32.5}


def test_open_pauses_set_no_threshold():
    pauses = pl.LazyFrame(
        {
            "who": ["ada"] * 5,
            "start_day": [on(day) for day in (0, 1, 3, 6, 10)],
            "pause_days": [1, 2, 3, 4, 100],
        }
    )

    assert set(with_thresholds(pauses, by=["who"]).collect()["threshold_days"]) == {3.25 + 3 * 1.5}


@pytest.mark.parametrize(
    "given", [[], [act("robot", day, actor_class="bot") for day in range(9)], [act("ada", 5, "review")]]
)
def test_without_regular_coding_there_are_no_rows(given):
    assert breaks_of(*given).is_empty()
    assert built(break_transitions, built(breaks, acts(*given), watched()).lazy()).is_empty()


def test_transitions_are_counted_with_the_persons_behind_them_and_what_still_lasts():
    given = [
        *history(f"ada {REGULAR} 45 115"),
        *history("ada 75 85 95 105", kind="comment"),
        *history(f"bob {REGULAR} 45 115"),
    ]
    rows = built(break_transitions, breaks_of(*given, snapshot=150).lazy())
    counted = {
        (a, b): (n, persons)
        for a, b, n, persons in rows.select("from_state", "to_state", "n_transitions", "n_persons").rows()
    }

    assert counted == {
        ("active", "inactive"): (6, 2),
        ("inactive", "active"): (3, 2),
        ("inactive", "non_coding"): (1, 1),
        ("non_coding", "active"): (1, 1),
    }
    assert dict(rows.select("from_state", "n_open").unique().rows()) == {"active": 0, "inactive": 2, "non_coding": 0}
    assert only(rows, from_state="inactive", to_state="active")["transition_share"].item() == 0.75
