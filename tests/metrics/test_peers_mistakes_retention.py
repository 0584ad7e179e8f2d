"""Wrong numbers about newcomers and retention that have been published elsewhere; each title says what ours do instead."""

from __future__ import annotations

from datetime import date

import core_stories
import polars as pl
import pytest
from metric_stories import PARAMETERS, act, acts, built, fates, history, on_day, only, proposal, spells_of, watched

from transform.retention import (
    cohorts,
    contributor_types,
    curves,
    newcomers,
    other_definitions,
    second_contributions,
    turnover,
)

YEAR_2021, YEAR_2022 = 366, 731


def newcomers_of(given, repos=None, family="any"):
    repos = watched(snapshot=900) if repos is None else repos
    return only(built(newcomers, spells_of(given, repos).lazy(), acts(*given), repos), repo_id="r", family=family)


def newcomers_of_raw(**rows):
    tables = core_stories.core(**rows)
    inputs = [tables[name].lazy() for name in ("spells", "contributions", "repositories")]
    return only(built(newcomers, *inputs), repo_id="r", family="any")


def firsts(rows):
    return {
        person.removeprefix("github:"): first_at for person, first_at in rows.select("person_id", "first_at").rows()
    }


def rule_of(given, rule, snapshot=366):
    repos, contributions = watched(snapshot=snapshot), acts(*given)
    stays = spells_of(given, repos).lazy()
    came = [built(module, stays, contributions, repos).lazy() for module in (newcomers, cohorts)]
    return only(built(other_definitions, contributions, repos, stays, *came), rule=rule)


def turnover_of(given, snapshot=YEAR_2022, members="everybody"):
    rows = built(turnover, acts(*given), watched(snapshot=snapshot))
    return only(rows, repo_id="r", family="code", members=members)


def test_the_first_contribution_is_the_earliest_and_never_the_last_however_rows_are_ranked():
    given = history("ada 300 10 200")

    for order in (given, given[::-1]):
        assert firsts(newcomers_of(order)) == {"ada": on_day(10)}


def test_a_comment_on_an_issue_that_is_still_open_makes_its_writer_a_newcomer_not_the_reporter_once_more():
    rows = newcomers_of_raw(
        items=[core_stories.issue(1, "ada", 0)],
        comments=[core_stories.comment(1, "bob", 5), core_stories.comment(1, "cyd", 6)],
    )

    assert firsts(rows) == {"ada": on_day(0), "bob": on_day(5), "cyd": on_day(6)}


def test_an_old_hand_who_acts_again_in_the_month_one_looks_at_is_not_new_in_it():
    rows = newcomers_of(history("old 0 400", "new 400"))

    assert only(rows, first_month=date(2021, 2, 1))["person_id"].to_list() == ["new"]


def test_persons_are_counted_not_the_rows_of_what_they_did():
    given = history("ada 0 0.1 0.2 0.3 1 2 3")
    rows = newcomers_of(given)

    assert rows["person_id"].to_list() == ["ada"]
    assert turnover_of(given)["n_persons"].to_list() == [1, 0]


def test_a_commit_without_a_date_is_no_first_contribution_in_1970():
    lost = core_stories.commit("c", "bob", 10, "root", author_epoch=0)

    rows = newcomers_of_raw(commits=[core_stories.commit("root", "ada", 0), lost])

    assert firsts(rows) == {"ada": on_day(0), "bob": on_day(10)}


def test_two_persons_of_one_name_are_two_newcomers_and_a_person_with_two_names_is_one():
    emails = [core_stories.address("a1", login="alex"), core_stories.address("a2", login="alex")]
    emails += [core_stories.address(key, forge="github", account_id="github:dan") for key in ("d1", "d2")]
    names = enumerate(("a1", "a2", "d1", "d2"))
    commits = [core_stories.commit(f"c{at}", key, at, *([f"c{at - 1}"] if at else [])) for at, key in names]

    assert newcomers_of_raw(emails=emails, commits=commits).height == 3


def test_a_window_holds_its_first_instant_and_not_the_one_after_its_last():
    arrivals = newcomers_of(history("ada 31", "bob 59.99", "cyd 60"))
    back_on = {day: history(f"ada 0 {day}") for day in (29, 30, 59, 60)}

    assert arrivals["first_month"].to_list() == [date(2020, 2, 1), date(2020, 2, 1), date(2020, 3, 1)]
    assert [retained(given) for given in back_on.values()] == [0, 1, 1, 0]


def retained(given, day=30):
    repos = watched()
    rows = built(cohorts, spells_of(given, repos).lazy(), acts(*given), repos)
    return only(rows, repo_id="r", family="code", measure="bounded", day=day)["n_retained"].item()


def test_a_sole_developer_is_the_core_and_is_so_by_the_same_rule_when_asked_who_stayed_in_it():
    rows = turnover_of(history(f"ada 0 {YEAR_2021}"), members="core")

    assert rows.select("n_persons", "n_leavers").rows() == [(1, None), (1, 0)]


def test_where_all_did_the_same_the_core_says_how_many_others_did_as_much():
    rows = turnover_of(history(*(f"p{person} 0" for person in range(10))), members="core")

    assert rows.select("n_persons", "n_tied").row(0) == (8, 2)


def test_of_more_than_ten_thousand_old_hands_nobody_is_forgotten_and_counted_as_new():
    crowd = [f"p{person}" for person in range(10_001)]
    given = [act(person, day) for person in crowd for day in (0, 100)]

    assert newcomers_of(given, watched(newcomers_from=50)).is_empty()
    assert newcomers_of(given, watched()).height == len(crowd)


def test_a_year_that_is_not_over_is_not_compared_with_whole_ones():
    rows = turnover_of(history(f"ada 0 {YEAR_2021}", "bob 0"), snapshot=YEAR_2021 + 20)

    unfinished = only(rows, is_window_complete=False)
    assert unfinished.select("outflow_share", "turnover_share", "n_leavers").rows() == [(None, None, None)]


def test_a_month_that_is_not_over_is_marked_among_the_arrivals():
    rows = newcomers_of(history("ada 31"), watched(snapshot=40))

    assert rows["is_window_complete"].to_list() == [False]


def test_deleted_accounts_are_not_one_person_who_came_once_and_never_left():
    rows = newcomers_of_raw(items=[core_stories.issue(1, None, 0), core_stories.issue(2, None, 90)])

    assert rows.is_empty()


def test_a_bot_is_in_no_count_and_none_with_bots_overwrites_one_without():
    given = [*history("ada 0 40"), *history("robot 0 40 80", actor_class="bot")]
    types = built(contributor_types, acts(*given), fates(), watched())

    assert set(types["person_id"]) == {"ada"}
    assert set(turnover_of(given)["n_persons"]) == {1, 0}


def test_somebody_brand_new_is_not_also_one_who_comes_now_and_then():
    opened, fate = proposal("ada", 364, 1)
    types = built(contributor_types, acts(opened), fates(fate), watched())

    assert only(types, repo_id="r")["is_occasional"].to_list() == [False]
    assert rule_of([opened], "devstats_episodic")["own_value"].to_list()[-1] == 0


@pytest.mark.parametrize("last_day", [301, 358, 364])
def test_who_was_active_last_week_has_not_left(last_day):
    active = history("ada 0 60 120 180 240 300", f"ada {last_day}")

    assert spells_of(active).filter(pl.col("is_exit")).is_empty()


def test_they_who_came_lately_do_not_pull_the_curve_down():
    stayers = [f"s{person} 0 80 160 240 320" for person in range(4)]
    late = [f"late{person} 350" for person in range(50)]
    shares = [
        only(built(curves, spells_of(history(*given)).lazy()), repo_id="r", family="code", cohort="all")[
            "survival_share"
        ]
        for given in (stayers, stayers + late)
    ]

    assert set(shares[0]) == set(shares[1]) == {1.0}


def test_those_who_left_are_counted_in_the_month_they_left_and_not_again_in_every_later_one():
    opened, _ = proposal("ada", 0, 1)
    rows = rule_of([{**opened, "accepted_at": on_day(0)}], "opendigger_inactive", snapshot=366)

    assert rows["rule_value"].sum() > 1
    assert rows["own_value"].sum() == 1


def test_a_project_in_which_nobody_is_left_shows_that_everybody_left_and_does_not_vanish():
    gone = turnover_of(history("ada 0", "bob 1"))

    assert only(gone, window_start=date(2021, 1, 1)).select("n_persons", "outflow_share").rows() == [(0, 1.0)]
    assert only(rule_of(history("ada 0"), "lfx_retention"), period_start=date(2020, 4, 1))["rule_value"].to_list() == [
        0
    ]


def test_who_was_not_seen_to_return_stays_in_the_denominator():
    given = [{**one, "artefact_id": f"commit:{one['contribution_id']}"} for one in history("ada 0 5", "bob 0", "cyd 0")]
    repos = watched()
    rows = built(second_contributions, spells_of(given, repos).lazy(), acts(*given), repos, parameters=PARAMETERS)
    row = only(rows, repo_id="r", family="code", cohort="all", day=30)

    assert row.select("n_newcomers", "returned_share").rows() == [(3, pytest.approx(1 / 3))]
