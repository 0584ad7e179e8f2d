"""influence.concentration: on how few persons the work rests."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import act, acts, attention, built, history, nothing, only, watched

from transform.influence import concentration, scores
from transform.statistics.concentration import gini, gini_corrected, herfindahl, top_one_share, top_tenth_share

NOBODY = scores.TABLE.empty().lazy()


def measured(amounts):
    amount = pl.col("amount")
    measures = {
        "gini": gini,
        "corrected": gini_corrected,
        "hhi": herfindahl,
        "top1": top_one_share,
        "tenth": top_tenth_share,
    }
    frame = pl.DataFrame({"amount": amounts}, schema={"amount": pl.Float64})
    return frame.select(**{name: measure(amount) for name, measure in measures.items()}).row(0, named=True)


def concentration_of(given, attention_scores=NOBODY, **repos):
    return built(concentration, acts(*given), attention_scores, watched(**repos))


def test_the_example_of_the_definition():
    assert measured([2, 1, 6, 1]) == pytest.approx(
        {"gini": 0.4, "corrected": 8 / 15, "hhi": 0.42, "top1": 0.6, "tenth": 0.6}
    )


def test_a_tenth_of_eleven_persons_is_two_and_of_ten_is_one():
    assert measured([5, 4, *[1] * 9])["tenth"] == pytest.approx(9 / 18)
    assert measured([5, *[1] * 9])["tenth"] == pytest.approx(5 / 14)


def test_one_person_alone_has_everything_and_no_corrected_gini():
    assert measured([7]) == {"gini": 0, "corrected": None, "hhi": 1, "top1": 1, "tenth": 1}


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=50), st.integers(2, 9))
@settings(max_examples=30, deadline=None)
def test_concentration_is_a_share_and_does_not_depend_on_the_unit(amounts, unit):
    found = measured(amounts)

    assert all(0 <= value <= 1 for value in found.values())
    assert measured([unit * amount for amount in amounts]) == pytest.approx(found)


def test_the_table_gives_the_example_for_commits_of_a_year():
    row = only(concentration_of(history("a 1", "b 2", "c 3 4", "d 5 6 7 8 9 10")), quantity="contributions_code")

    measures = ("n_persons", "gini_share", "gini_corrected_share", "hhi_share", "effective_persons", "top1_share")
    assert row.select(measures).row(0) == pytest.approx((4, 0.4, 8 / 15, 0.42, 2.381, 0.6), abs=5e-4)


def test_a_person_is_counted_once_in_any_however_many_families_they_work_in():
    rows = concentration_of([act("ada", 0), act("ada", 1, "comment"), act("bob", 2, "comment")])

    assert dict(rows.select("quantity", "n_persons").rows()) == {
        "contributions_any": 2,
        "contributions_code": 1,
        "contributions_talk": 2,
    }


def test_a_sole_developer_is_the_whole_project():
    row = only(concentration_of(history("ada 0 1 2")), quantity="contributions_any")

    assert row.select("top1_share", "effective_persons", "gini_corrected_share").rows() == [(1.0, 1.0, None)]


def test_who_has_none_in_the_year_does_not_enter_with_zero():
    rows = only(concentration_of(history("ada 0", "bob 400"), snapshot=500), quantity="contributions_any")

    assert rows.select("n_persons", "is_window_complete").rows() == [(1, True), (1, False)]


def test_an_act_at_the_instant_of_the_snapshot_is_not_counted():
    assert only(concentration_of(history("ada 0", "bob 365")), quantity="contributions_any")["n_persons"].to_list() == [
        1
    ]


def test_attention_is_concentrated_too():
    ranks = built(
        scores, attention("a>b", "c>b"), acts(), nothing("core.commits"), nothing("raw.commit_files"), watched()
    ).lazy()
    row = only(concentration_of([], ranks), quantity="pagerank")

    assert row.select("n_persons", "top1_share").row(0) == (3, pytest.approx(ranks.collect()["pagerank"].max()))
