"""Stories of what may be shown of few persons, and of reading a curve."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from report_worlds import cohort, curve

from transform.columns import DOORS
from transform.report.cells import arrivals, with_states
from transform.report.page import percent
from transform.report.survival import drawn, last_point, point
from transform.report.trust import UNREADABLE_SAMPLE, hidden, read_samples
from transform.retention.cohorts import TABLE as COHORTS
from transform.retention.curves import TABLE as CURVES

UNTIL = date(2024, 1, 1)


def arrived(*groups: tuple[date, str, int]) -> pl.DataFrame:
    schema = {"first_month": pl.Date, "door": pl.String, "n_persons": pl.Int64}
    return pl.DataFrame(list(groups), schema=schema, orient="row")


def curve_rows(*steps: tuple[int, int, float]) -> pl.DataFrame:
    return CURVES.rows(*curve("all", *steps))


def test_months_are_drawn_when_no_month_has_few() -> None:
    found = arrivals(arrived((date(2023, 3, 1), "issue", 5), (date(2023, 4, 1), "commit", 9)), UNTIL)

    assert found.period == "month"
    assert found.bars.rows() == [(date(2023, 3, 1), "issue", 5), (date(2023, 4, 1), "commit", 9)]


def test_one_month_with_four_persons_makes_it_quarters() -> None:
    found = arrivals(arrived((date(2023, 1, 1), "issue", 4), (date(2023, 2, 1), "issue", 9)), UNTIL)

    assert (found.period, found.bars.rows()) == ("quarter", [(date(2023, 1, 1), "issue", 13)])


def test_a_year_with_few_is_left_out_and_said() -> None:
    years = {2020: 4, 2022: 6, 2023: 2}
    found = arrivals(arrived(*((date(year, 2, 1), "issue", n) for year, n in years.items())), UNTIL)

    assert (found.period, found.n_hidden_periods) == ("year", 2)
    assert found.bars.rows() == [(date(2022, 1, 1), "issue", 6)]


def test_the_running_month_is_dropped() -> None:
    found = arrivals(arrived((date(2023, 12, 1), "issue", 6), (date(2024, 1, 1), "issue", 7)), date(2024, 1, 20))

    assert found.bars["period"].to_list() == [date(2023, 12, 1)]


def test_doors_of_few_go_together_and_take_the_next_smallest_along_if_still_few() -> None:
    month = date(2023, 3, 1)
    pooled = arrivals(arrived((month, "issue", 9), (month, "merge", 3), (month, "review", 2)), UNTIL)
    joined = arrivals(arrived((month, "issue", 9), (month, "commit", 6), (month, "merge", 1)), UNTIL)

    assert pooled.bars.rows() == [(month, "issue", 9), (month, "other doors", 5)]
    assert joined.bars.rows() == [(month, "issue", 9), (month, "other doors", 7)]


MONTHS = st.dates(date(2018, 1, 1), date(2023, 12, 31)).map(lambda day: day.replace(day=1))


@given(st.lists(st.tuples(MONTHS, st.sampled_from(DOORS), st.integers(1, 12)), max_size=40))
def test_no_bar_stands_for_one_to_four_persons(groups: list[tuple[date, str, int]]) -> None:
    rows = arrived(*groups)

    assert all(n >= 5 for n in arrivals(rows, UNTIL).bars["n_persons"])


def test_only_known_cells_keep_their_numbers() -> None:
    quarters = [date(2022, 1, 1), date(2022, 4, 1), date(2022, 7, 1), date(2023, 1, 1), date(2023, 4, 1)]
    sizes = [4, 6, 9, 8, 8]
    rows = [cohort(day, n, 0.5, is_mature=day != quarters[3]) for day, n in zip(quarters, sizes, strict=True)]
    judged = with_states(COHORTS.rows(*rows)).sort("cohort_quarter")

    assert judged["state"].to_list() == ["few", "withheld", "known", "early", "known"]
    assert judged["retained_share"].to_list() == [None, None, 0.5, None, 0.5]
    assert judged["n_newcomers"].to_list() == [None, None, 9, 8, 8]


def test_between_two_rows_the_curve_is_flat_and_those_at_risk_are_those_of_the_next_row() -> None:
    rows = curve_rows((0, 40, 0.8), (100, 20, 0.5))

    assert (point(rows, 30).share, point(rows, 30).n_at_risk) == (0.8, 20)
    assert (point(rows, 100).share, point(rows, 100).n_at_risk) == (0.5, 20)


def test_a_curve_is_whole_before_anybody_leaves() -> None:
    rows = curve_rows((10, 40, 0.8), (20, 30, 0.6))

    assert point(rows, 0).share == 1.0
    assert drawn(rows).select("day", "survival_share").rows() == [(0, 1.0), (10, 0.8), (20, 0.6)]


def test_a_curve_is_not_read_where_too_few_are_at_risk_but_its_last_good_day_is() -> None:
    rows = curve_rows((0, 40, 0.8), (90, 12, 0.5), (300, 9, 0.4))
    last = last_point(rows, 365)

    assert point(rows, 180).share is None
    assert last is not None
    assert (last.day, last.share) == (90, 0.5)


def test_almost_all_is_not_rounded_to_all_nor_almost_none_to_none() -> None:
    shown = [percent(share) for share in (0.0, 0.004, 0.006, 0.994, 0.996, 1.0, None)]

    assert [text.replace("\xa0", " ") for text in shown] == ["0 %", "< 1 %", "1 %", "99 %", "> 99 %", "100 %", "\u2013"]


def test_a_sample_hides_persons_by_column_and_by_value() -> None:
    shown = json.loads(hidden({"login": "x", "target_person_id": "y", "a": ["ada", {"b": "ada"}], "n": 3}, {"ada"}))

    assert shown == {"login": "(hidden)", "target_person_id": "(hidden)", "a": ["(hidden)", {"b": "(hidden)"}], "n": 3}


def test_a_sample_that_is_no_json_is_not_shown() -> None:
    assert read_samples("ada: <oops") == [UNREADABLE_SAMPLE]
    assert read_samples('{"n": 1}') == [{"n": 1}]
    assert read_samples("") == []
