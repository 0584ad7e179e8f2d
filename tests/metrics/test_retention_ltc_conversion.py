"""retention.ltc_conversion: what share of a quarter's new committers became long-term contributors (RET-17)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from metric_stories import act, acts, built, fates, history, only, watched

from transform.retention import contributor_types, ltc_conversion

QUARTER_END = 91  # 2020-04-01
COUNTS = ("n_newcomers", "n_long_term", "long_term_share", "is_mature")


def conversion_of(given, repos=None, days=365, repo="r"):
    repos = watched(snapshot=2000) if repos is None else repos
    types = built(contributor_types, acts(*given), fates(), repos)
    return only(built(ltc_conversion, types.lazy(), repos), repo_id=repo, long_term_days=days)


@pytest.mark.parametrize(("days", "stayed"), [(365, 2), (730, 1), (1095, 0)])
def test_of_four_who_began_in_a_quarter_some_stayed_one_two_or_three_years(days, stayed):
    rows = conversion_of(history("ada 0 400 800", "bob 10 376", "cyd 20 385", "dan 80"), days=days)

    assert rows.select(COUNTS).rows() == [(4, stayed, stayed / 4, True)]


@pytest.mark.parametrize(
    ("snapshot", "expected"), [(QUARTER_END + 365, (2, 1, 0.5, True)), (QUARTER_END + 364, (2, None, None, False))]
)
def test_a_quarter_whose_youngest_could_not_be_long_term_yet_has_no_share_rather_than_a_lower_one(snapshot, expected):
    rows = conversion_of(history("ada 0 400", "bob 90"), watched(snapshot=snapshot))

    assert rows.select(COUNTS).rows() == [expected]


def test_the_margin_tells_how_much_longer_the_youngest_were_seen():
    rows = conversion_of(history("ada 0"), watched(snapshot=QUARTER_END + 365 + 40))

    assert rows["margin_days"].to_list() == [40]


def test_a_quarter_of_which_nobody_stayed_shows_zero():
    assert conversion_of(history("ada 0", "bob 1"))["long_term_share"].to_list() == [0.0]


def test_the_wilson_interval_of_3_of_6():
    rows = conversion_of(history("a 0 400", "b 1 400", "c 2 400", "d 3", "e 4", "f 5"))

    bounds = rows.select("long_term_lower_share", "long_term_upper_share").row(0)
    assert bounds == pytest.approx((0.1876, 0.8124), abs=5e-5)


def test_quarters_are_those_of_the_first_commit_not_of_the_first_word():
    given = [act("ada", 0, "comment"), *history("ada 100 500")]

    assert conversion_of(given).select("cohort_quarter", "n_long_term").rows() == [(date(2020, 4, 1), 1)]


def test_who_only_talks_is_no_new_committer():
    assert conversion_of(history("ada 0 500", kind="comment")).is_empty()


def test_old_hands_are_in_no_quarter():
    rows = conversion_of(history("old 5 500", "new 40 500"), watched(snapshot=2000, newcomers_from=30))

    assert rows["n_newcomers"].to_list() == [1]


def test_an_old_hand_of_one_repository_is_no_newcomer_to_all():
    repos = pl.concat([watched("r", snapshot=2000, newcomers_from=30), watched("q", snapshot=2000)])
    given = [*history("old 5"), *history("old 50", "new 60", repo_id="q")]

    assert conversion_of(given, repos, repo="q")["n_newcomers"].to_list() == [2]
    assert conversion_of(given, repos, repo="all")["n_newcomers"].to_list() == [1]


def test_committing_in_two_repositories_keeps_a_person_in_all():
    given = [*history("ada 0"), *history("ada 500", repo_id="q")]
    repos = watched("r", "q", snapshot=2000)

    assert conversion_of(given, repos)["n_long_term"].to_list() == [0]
    assert conversion_of(given, repos, repo="all")["n_long_term"].to_list() == [1]


def test_bots_convert_to_nothing():
    assert conversion_of(history("robot 0 500", actor_class="bot")).is_empty()
