"""retention.early_warnings and their calibration: regulars who fall silent, and how far the warning can be trusted."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from metric_stories import act, acts, built, history, on_day, only, watched

from transform.core import contributions
from transform.retention import early_warning_calibration, early_warnings
from transform.statistics.logistic import NoModel, fit, predicted

SNAPSHOT = 2000
COMMUNITY = 400


def warnings_of(*given, snapshot=SNAPSHOT, table=early_warnings):
    return built(table, acts(*given), watched(snapshot=snapshot))


@pytest.fixture(scope="module")
def community():
    """People who come over the years, act every ten days on average, and stop at a constant rate."""
    random = np.random.default_rng(20200101)
    came, stays = random.uniform(0, 1900, COMMUNITY), random.exponential(200, COMMUNITY)
    acted = [
        (f"p{person}", on_day(float(day)))
        for person, (first, stay) in enumerate(zip(came, stays, strict=True))
        for day in first + np.sort(random.uniform(0, stay, 1 + int(stay / 10)))
        if day < SNAPSHOT
    ]
    told = [
        {"contribution_id": str(n), "repo_id": "r", "person_id": person, "actor_class": "human", "contributed_at": at}
        for n, (person, at) in enumerate(acted)
    ]
    return contributions.TABLE.rows(*({**one, "family": "code"} for one in told))


def judged(community, table=early_warnings):
    return built(table, community.lazy(), watched(snapshot=SNAPSHOT))


@pytest.mark.parametrize(("first", "is_regular"), [(1635, True), (1634, False)])
def test_a_regular_has_three_active_days_in_the_last_365(first, is_regular):
    rows = warnings_of(*history(f"ada {first} 1700 1800"))

    assert (rows.height == 1) == is_regular


def test_what_is_known_of_a_regular_counts_back_from_the_snapshot():
    row = warnings_of(*history("ada 100 1700 1909 1910 1911"), act("ada", 1911.5, "review")).row(0, named=True)

    assert (row["silence_days"], row["tenure_days"]) == (89, 1900)
    assert (row["n_active_days_quarter"], row["n_active_days_year"]) == (2, 4)


def test_without_enough_past_there_is_no_probability_but_a_reason():
    row = warnings_of(*history("ada 1900 1910 1920")).row(0, named=True)

    assert (row["silent_share"], row["reason"]) == (None, "too little past")
    assert warnings_of(*history("ada 1900 1910 1920"), table=early_warning_calibration).is_empty()


def test_the_longer_the_silence_the_likelier_that_it_lasts(community):
    rows = judged(community).sort("silence_days")

    assert rows["reason"].null_count() == rows.height
    assert rows["silent_share"].tail(10).mean() > 2 * rows["silent_share"].head(10).mean()


def test_predictions_of_the_held_out_year_come_true_as_often_as_they_say(community):
    rows = judged(community, early_warning_calibration)
    whole = only(rows, bin_lower_share=0.0, bin_upper_share=1.0).row(0, named=True)

    assert whole["brier_score"] < whole["brier_reference"]
    assert whole["predicted_share"] == pytest.approx(whole["observed_share"], abs=0.05)
    assert whole["n_person_months"] == rows["n_person_months"].sum() / 2


def test_what_others_do_in_the_held_out_year_teaches_nothing(community):
    """Else predictions would be checked with what they were learned from."""
    late = acts(*history(f"zoe {SNAPSHOT - 90 - 365} {SNAPSHOT - 300} {SNAPSHOT - 280}")).collect()
    before, after = judged(community), judged(community.vstack(late))

    assert before["silent_share"].to_list() == after.filter(pl.col("person_id") != "zoe")["silent_share"].to_list()


def test_a_month_teaches_only_if_its_outcome_was_over_before_the_held_out_year():
    """The held-out year ends 90 days before the snapshot, on day 1910; day 1455 is a year and 90 days before that."""
    rows = early_warnings.judged(acts(*history("ada 1400 1410 1420")), watched(snapshot=SNAPSHOT), 90).collect()
    months = {part: set(rows.filter(pl.col("part") == part)["as_of_day"]) for part in ("training", "held out")}

    assert max(months["training"]) == date(2023, 12, 1) <= on_day(1455).date() < date(2024, 1, 1)
    assert min(months["held out"]) == date(2024, 4, 1) > on_day(1545).date() > date(2024, 3, 1)


def test_the_brier_score_of_two_predictions():
    """Of 0.2 and 0.4 the second came true."""
    rows = pl.LazyFrame(
        {"part": "held out", "silent_share": [0.2, 0.4], "is_silent": [False, True], "snapshot_at": on_day(9)}
    )
    found = early_warning_calibration.calibration(rows).collect()

    assert only(found, bin_upper_share=1.0)["brier_score"].to_list() == pytest.approx([0.2])
    assert sorted(found["bin_lower_share"]) == pytest.approx([0, 0.2, 0.4])


@pytest.mark.parametrize("given", [[], [act("robot", day, actor_class="bot") for day in (1900, 1910, 1920)]])
def test_without_regulars_there_are_no_rows(given):
    assert warnings_of(*given).is_empty()


def test_a_two_by_two_table_has_the_log_odds_counted_by_hand():
    """Of 40 without, 10; of 40 with, 20: log odds -ln 3, and ln 3 more."""
    x = np.repeat([0.0, 1.0], 40)[:, None]
    y = np.array([True] * 10 + [False] * 30 + [True] * 20 + [False] * 20)
    model = fit(x, y)

    assert model == pytest.approx([-np.log(3), np.log(3)])
    assert predicted(x, model)[[0, 40]] == pytest.approx([0.25, 0.5])


@pytest.mark.parametrize(
    ("x", "y"), [([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1]), ([1.0, 1.0, 1.0, 1.0], [0, 1, 0, 1]), ([1.0, 2.0], [1, 1])]
)
def test_what_is_not_determined_is_no_model(x, y):
    with pytest.raises(NoModel):
        fit(np.array(x)[:, None], np.array(y, dtype=bool))
