"""retention.quasi_contributors: how many tried and were refused for each one who got in (RET-16)."""

from __future__ import annotations

import polars as pl
import pytest
from metric_stories import acts, built, fates, history, on_day, proposal, watched

from transform.retention import contributor_types, quasi_contributors

COUNTS = ("n_proposers", "n_quasi", "n_actual", "n_undecided")


def quasi_of(given, *proposals, newcomers_from=0):
    repos = watched(newcomers_from=newcomers_from).with_columns(observed_from_at=pl.lit(on_day(0)))
    changes = fates(*(fate for _, fate in proposals))
    types = built(contributor_types, acts(*given, *(one for one, _ in proposals)), changes, repos)
    return built(quasi_contributors, types.lazy(), repos)


def test_seven_refused_and_ten_let_in_are_seven_tenths():
    refused = [proposal(f"quasi{at}", 0, at, closed=1) for at in range(7)]
    merged = [proposal(f"actual{at}", 0, 10 + at, merged=1) for at in range(6)]
    rows = quasi_of(history(*(f"committer{at} 5" for at in range(4))), *refused, *merged)

    assert rows.select("repo_id", *COUNTS, "quasi_per_actual").rows() == [("r", 13, 7, 10, 0, pytest.approx(0.70))]


def test_there_may_be_more_refused_than_let_in():
    rows = quasi_of(
        [], proposal("ada", 0, 1, closed=1), proposal("eve", 0, 2, closed=1), proposal("dan", 0, 3, merged=1)
    )

    assert rows["quasi_per_actual"].to_list() == [2.0]


def test_who_was_refused_first_and_let_in_later_is_an_actual_contributor():
    rows = quasi_of([], proposal("ada", 0, 1, closed=1), proposal("ada", 9, 2, merged=12))

    assert rows.select(COUNTS).rows() == [(1, 0, 1, 0)]


def test_who_was_refused_and_committed_all_the_same_is_an_actual_contributor():
    assert quasi_of(history("ada 3"), proposal("ada", 0, 1, closed=1)).select(COUNTS).rows() == [(1, 0, 1, 0)]


def test_who_waits_for_an_answer_is_neither():
    assert quasi_of([], proposal("ada", 300, 1)).select(COUNTS).rows() == [(1, 0, 0, 1)]


def test_without_an_actual_contributor_there_is_no_ratio():
    assert quasi_of([], proposal("ada", 0, 1, closed=1))["quasi_per_actual"].to_list() == [None]


def test_where_history_is_missing_nobody_can_tell_who_never_got_in():
    rows = quasi_of([], proposal("ada", 40, 1, closed=41), proposal("eve", 40, 2, merged=41), newcomers_from=30)

    assert rows.select(*COUNTS, "quasi_per_actual").rows() == [(2, None, None, 1, None)]


def test_a_repository_without_change_requests_has_no_row_rather_than_zero():
    assert quasi_of(history("ada 0 5")).is_empty()


def test_bots_are_neither():
    assert quasi_of([], proposal("robot", 0, 1, closed=1, actor_class="bot")).is_empty()
