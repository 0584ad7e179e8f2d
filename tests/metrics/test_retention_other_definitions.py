"""retention.other_definitions: the rules of others, each as its source says, and our own beside it."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from metric_stories import act, acts, built, history, on_day, only, spells_of, watched

from transform.retention import cohorts, newcomers, other_definitions

JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, OCT = 0, 31, 60, 91, 121, 152, 182, 213, 274  # first days in 2020
COUNTS = ("n_numerator", "n_denominator", "rule_value", "own_value")


def rules_of(given, rule, snapshot=366, repos=None):
    repos = watched(snapshot=snapshot) if repos is None else repos
    contributions, stays = acts(*given), spells_of(given, repos).lazy()
    came = [built(module, stays, contributions, repos).lazy() for module in (newcomers, cohorts)]
    return only(built(other_definitions, contributions, repos, stays, *came), repo_id="r", rule=rule)


def at(rows, month, *columns):
    return only(rows, period_start=date(2020, month, 1)).select(columns or COUNTS).row(0)


def opened(*stories):
    """Changes opened, such as "ada 0 31": each is another one."""
    return [{**one, "artefact_id": f"change:{one['contribution_id']}"} for one in history(*stories, kind="change_open")]


def merged(person, *days):
    """Changes opened and merged on these days."""
    return [{**one, "accepted_at": on_day(day)} for day in days for one in opened(f"{person} {day}")]


def test_new_by_chaoss_is_whose_first_commit_issue_change_or_review_it_is():
    given = [act("ada", JAN, "issue_open"), act("ada", FEB), act("bob", FEB, "review"), act("cyd", FEB, "change_open")]
    rows = rules_of(given, "chaoss_new")

    assert [at(rows, month) for month in (1, 2, 3)] == [(1, None, 1, 1), (2, None, 2, 2), (0, None, 0, 0)]


def test_who_only_comments_is_new_to_us_and_not_by_the_acts_that_chaoss_names():
    rows = rules_of([act("ada", JAN, "comment"), act("ada", FEB)], "chaoss_new")

    assert [at(rows, month, "rule_value", "own_value") for month in (1, 2)] == [(0, 1), (1, 0)]


def test_new_by_devstats_is_who_opens_a_change_and_never_did_before():
    rows = rules_of([act("bob", JAN), *opened("ada 0 31", "bob 32 35")], "devstats_new")

    assert [at(rows, month) for month in (1, 2)] == [(1, None, 1, 2), (1, None, 1, 0)]


@pytest.mark.parametrize(("last", "is_episodic"), [(APR - 0.1, 1), (APR, 0)])
def test_episodic_by_devstats_is_who_opened_no_change_in_the_three_calendar_months_before(last, is_episodic):
    assert at(rules_of(opened(f"ada {last} {JUL}"), "devstats_episodic"), 7, "n_numerator") == (is_episodic,)


@pytest.mark.parametrize(("before", "is_episodic"), [(12, 1), (13, 0)])
def test_episodic_by_devstats_is_who_opened_at_most_twelve_before(before, is_episodic):
    earlier = " ".join(str(day) for day in range(before))

    assert at(rules_of(opened(f"ada {earlier} {JUL}"), "devstats_episodic"), 7, "n_numerator") == (is_episodic,)


def test_by_the_code_of_devstats_every_new_author_is_episodic_too_and_ours_leaves_them_out():
    rows = rules_of(opened("ada 0", f"eve 0 {JUL}"), "devstats_episodic")

    assert [at(rows, month, "rule_value", "own_value") for month in (1, 7)] == [(2, 0), (1, 1)]


def test_retention_by_lfx_is_the_share_of_the_last_quarters_people_that_came_again():
    rows = rules_of(history(f"ada 0 {APR}", "bob 5", f"cyd {APR}"), "lfx_retention")

    assert [at(rows, month, *COUNTS[:3]) for month in (4, 7)] == [(1, 2, 0.5), (0, 2, 0)]
    assert set(rows["period"]) == {"quarter"}


def test_where_nobody_was_there_before_a_share_by_lfx_is_void_rather_than_zero():
    rows = rules_of(history(f"ada 0 {JUL}"), "lfx_retention")

    assert [at(rows, month, *COUNTS[:3]) for month in (1, 7)] == [(0, 0, None), (0, 0, None)]


def test_a_quarter_without_anybody_has_its_row_by_lfx():
    assert at(rules_of(history("ada 0"), "lfx_retention"), 4, *COUNTS[:3]) == (0, 1, 0)


@pytest.mark.parametrize(("snapshot", "ours"), [(366, 0.5), (MAR + 180, None)])
def test_beside_lfx_stands_who_of_the_newcomers_came_back_once_all_can_be_judged(snapshot, ours):
    rows = rules_of(history("ada 0 90", f"bob {MAR + 1}"), "lfx_retention", snapshot)

    assert at(rows, 4, "own_value") == (ours,)


@pytest.mark.parametrize(("merged_on", "inactive"), [(JAN + 30.9, 1), (FEB, 0)])
def test_inactive_by_opendigger_is_who_was_not_merged_in_the_six_months_up_to_the_months_end(merged_on, inactive):
    rows = rules_of([*merged("ada", merged_on), *merged("bob", JUL)], "opendigger_inactive")

    assert at(rows, 7, *COUNTS[:3]) == (inactive, 2, inactive)


def test_inactive_by_opendigger_is_a_growing_stock_and_ours_counts_who_leaves():
    rows = rules_of([*merged("ada", JAN), *merged("bob", FEB)], "opendigger_inactive")

    values = {start.month: (theirs, ours) for start, theirs, ours in rows.select("period_start", *COUNTS[2:]).rows()}
    assert [values[month] for month in (1, 2, 6, 7, 8, 12)] == [(0, 1), (0, 1), (0, 0), (1, 0), (2, 0), (2, None)]


def test_an_open_change_makes_nobody_a_contributor_by_opendigger():
    assert rules_of(opened("ada 0"), "opendigger_inactive").is_empty()


def test_retention_of_the_core_by_oss_compass_asks_who_is_among_the_fewest_with_half_of_the_acts_again():
    january = [*history("ada 1 2 3 4", "bob 5 6 7", "cyd 8")]
    february = [*history("ada 31", "bob 32 33 34", "cyd 35 36")]
    rows = rules_of([*january, *february], "compass_core_retention")

    # half: ada alone, then bob alone; 80 %: ada and bob, then bob and cyd
    assert at(rows, 2) == (0, 1, 0, 0.5)
    assert at(rows, 1) == (0, 0, None, None)


def test_a_sole_developer_is_the_core_by_oss_compass():
    assert at(rules_of(history("ada 1 32"), "compass_core_retention"), 2, *COUNTS[:3]) == (1, 1, 1)


@pytest.mark.parametrize(("artefact", "kept"), [("issue:1", 1), ("change:1", 0)])
def test_talk_about_changes_is_work_on_code_by_oss_compass_and_talk_about_issues_is_not(artefact, kept):
    talk = history("ada 1 2 3", kind="comment", artefact_id=artefact)
    rows = rules_of([*talk, *history("eve 4 32")], "compass_core_retention")

    assert at(rows, 2, "n_numerator", "n_denominator") == (kept, 1)


@pytest.mark.parametrize(("snapshot", "months"), [(MAR, 2), (MAR - 1, 1), (FEB - 1, 0)])
def test_a_period_that_is_not_over_has_no_row(snapshot, months):
    assert rules_of(history("ada 0"), "chaoss_new", snapshot).height == months


def test_where_history_is_missing_no_period_is_counted_before_newcomers_are():
    repos = watched(snapshot=366, newcomers_from=FEB + 1)
    rows = rules_of(history(f"ada 0 {APR}"), "lfx_retention", repos=repos)

    assert rows["period_start"].to_list() == [date(2020, 4, 1), date(2020, 7, 1), date(2020, 10, 1)]


def test_bots_are_nobodys_contributors():
    given = [act("robot", 1, kind, actor_class="bot") for kind in ("commit", "change_open", "review")]

    assert all(rules_of(given, rule).is_empty() for rule in other_definitions.RULES)


def test_every_rule_names_the_measure_of_ours_that_stands_beside_it():
    given = [*merged("ada", JAN), *history("ada 2")]
    rows = pl.concat(rules_of(given, rule) for rule in other_definitions.RULES)

    assert set(rows["rule"]) == set(other_definitions.RULES)
    assert not rows["own_measure"].str.len_chars().eq(0).any()
