"""retention.contributor_types: the six rules of RET-02, each on its boundary."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from metric_stories import PARAMETERS, act, acts, built, fates, history, on_day, only, proposal, watched

from transform.retention import contributor_types

SHARES = ("is_long_term_365_days", "is_long_term_730_days", "is_long_term_1095_days")


def whole(*names, snapshot=2000):
    """Repositories whose history nobody cut."""
    return watched(*names, snapshot=snapshot).with_columns(observed_from_at=pl.col("newcomers_from_at"))


def cut(*names):
    """Repositories of which the beginning of the history is missing."""
    return whole(*names).with_columns(newcomers_from_at=pl.lit(on_day(365)))


def types_of(given, *proposals, repos=None, parameters=PARAMETERS):
    opened = [one for one, _ in proposals]
    repos = whole() if repos is None else repos
    changes = fates(*(fate for _, fate in proposals))
    return built(contributor_types, acts(*given, *opened), changes, repos, parameters=parameters)


def of(column, *args, person="ada", repo="r", **more):
    return only(types_of(*args, **more), repo_id=repo, person_id=person)[column].item()


@pytest.mark.parametrize(("snapshot", "third_year"), [(1095, False), (1094, None)])
def test_commits_on_days_0_400_and_800_make_a_long_term_contributor_of_one_and_two_years(snapshot, third_year):
    row = types_of(history("ada 0 400 800"), repos=watched(snapshot=snapshot)).row(0, named=True)

    assert [row[name] for name in SHARES] == [True, True, third_year]


@pytest.mark.parametrize(("last", "expected"), [(365, False), (366, True)])
def test_long_term_is_more_than_the_days_asked_for(last, expected):
    assert of("is_long_term_365_days", history(f"ada 0 {last}")) is expected


def test_talk_makes_nobody_a_long_term_committer():
    given = [act("ada", 0), act("ada", 900, "comment"), *history("eve 0 900", kind="comment")]

    assert of("is_long_term_365_days", given) is False
    assert of("is_long_term_365_days", given, person="eve") is None


@pytest.mark.parametrize(("snapshot", "expected"), [(90, True), (89, None)])
def test_one_time_is_judged_once_the_horizon_has_passed(snapshot, expected):
    assert of("is_one_time", history("ada 0"), repos=watched(snapshot=snapshot)) is expected


def test_a_change_with_its_commits_and_the_talk_about_it_is_one_contribution():
    mine = [act("ada", 1, artefact_id="change:1"), act("ada", 2, "comment", artefact_id="change:1")]

    assert of("is_one_time", mine, proposal("ada", 0, 1, merged=3)) is True
    assert of("is_one_time", [*mine, act("ada", 2, artefact_id="commit:x")], proposal("ada", 0, 1, merged=3)) is False


def test_the_same_number_in_two_repositories_is_two_contributions_in_all():
    rows = types_of(
        [act("ada", 0, artefact_id="change:1"), act("ada", 0, artefact_id="change:1", repo_id="q")],
        repos=watched("r", "q", snapshot=2000),
    )

    assert rows.select("repo_id", "is_one_time").rows() == [("all", False), ("q", True), ("r", True)]


@pytest.mark.parametrize(("days", "expected"), [("0", True), ("0 1", False)])
def test_casual_is_who_has_exactly_one_commit(days, expected):
    assert of("is_casual", history(f"ada {days}")) is expected


def test_casual_is_void_without_a_commit_and_unknown_where_history_is_missing():
    assert of("is_casual", history("ada 0", kind="comment")) is None
    assert of("is_casual", history("ada 500"), repos=cut()) is None


def test_one_cut_history_leaves_all_unknown_for_those_who_committed_there_alone():
    repos = pl.concat([whole("r"), cut("q")])
    rows = types_of([*history("ada 500"), *history("eve 500", repo_id="q")], repos=repos)

    assert only(rows, repo_id="all").select("person_id", "is_casual").rows() == [("ada", True), ("eve", None)]


@pytest.mark.parametrize(("number", "expected"), [(12, True), (13, False)])
def test_occasional_is_who_opened_at_most_twelve_changes(number, expected):
    mine = [proposal("ada", day, day, merged=day + 1) for day in range(1, number + 1)]

    assert of("is_occasional", [], *mine) is expected


@pytest.mark.parametrize(("day", "expected"), [(274, True), (274.1, False)])  # 2020-10-01, and 2021-01-01 the snapshot
def test_occasional_is_whose_last_change_is_three_calendar_months_old(day, expected):
    assert of("is_occasional", [], proposal("ada", day, 1), repos=watched(snapshot=366)) is expected


def test_occasional_is_void_for_whom_opened_no_change():
    assert of("is_occasional", history("ada 0")) is None


def test_quasi_is_whose_changes_were_all_closed_unmerged_and_who_has_no_commit():
    refused, merged = proposal("ada", 0, 1, closed=5), proposal("eve", 0, 2, merged=5)
    rows = types_of(history("dan 0"), refused, merged, proposal("dan", 0, 3, closed=5))

    quasi = only(rows, repo_id="r").select("person_id", "is_quasi").rows()
    assert quasi == [("ada", True), ("dan", False), ("eve", False)]


@pytest.mark.parametrize(("opened", "expected"), [(275, True), (275.1, None)])
def test_a_young_change_that_may_still_be_merged_leaves_quasi_unknown(opened, expected):
    mine = (proposal("ada", 0, 1, closed=5), proposal("ada", opened, 2))

    assert of("is_quasi", [], *mine, repos=whole(snapshot=365)) is expected


def test_a_young_change_leaves_no_doubt_about_whom_was_merged_before():
    assert (
        of("is_quasi", [], proposal("ada", 0, 1, merged=5), proposal("ada", 364, 2), repos=whole(snapshot=365)) is False
    )


def test_where_a_commit_may_be_missing_only_a_merge_tells_who_was_not_refused():
    mine = (proposal("ada", 400, 1, closed=405), proposal("eve", 400, 2, merged=405))

    assert of("is_quasi", [], *mine, repos=cut()) is None
    assert of("is_quasi", [], *mine, repos=cut(), person="eve") is False


def test_who_only_waits_was_refused_by_nobody():
    assert of("is_quasi", [], proposal("ada", 0, 1), repos=whole(snapshot=365)) is False


def test_what_was_decided_after_the_earliest_snapshot_is_undecided_in_all():
    repos = pl.concat([whole("early", snapshot=200), whole("r", snapshot=300)])
    late = (proposal("ada", 0, 1, merged=250), proposal("eve", 0, 2, closed=250))
    rows = types_of(history("bob 0", repo_id="early"), *late, repos=repos)

    assert only(rows, person_id="ada").select("repo_id", "n_changes_merged").rows() == [("all", 0), ("r", 1)]
    assert only(rows, person_id="eve").select("repo_id", "is_quasi").rows() == [("all", False), ("r", True)]


def stayers(*counts, stays=1095):
    return [act(f"p{person}", stays * (turn > 0)) for person, turns in enumerate(counts) for turn in range(turns)]


def test_productive_long_term_leaves_out_those_who_stayed_and_did_least():
    rows = only(types_of(stayers(2, *[9] * 10)), repo_id="r")

    assert rows.sort("n_acts")["is_productive_long_term"].to_list() == [False] + [True] * 10


@pytest.mark.parametrize(("stays", "expected"), [(1095, True), (1094, False)])
def test_productive_long_term_is_who_stayed_three_years(stays, expected):
    assert of("is_productive_long_term", stayers(2, stays=stays), person="p0") is expected


def test_productive_long_term_is_unknown_for_whom_came_less_than_three_years_before():
    rows = types_of(history("ada 905", "eve 906"), repos=watched(snapshot=2000))

    assert only(rows, repo_id="r")["is_productive_long_term"].to_list() == [False, None]


def test_bots_deleted_accounts_and_what_comes_after_the_snapshot_do_not_count():
    given = [act("robot", 1, actor_class="bot"), act(None, 1), act("ada", 1), act("ada", 400)]

    rows = types_of(given, repos=watched(snapshot=365))

    assert rows.select("repo_id", "person_id", "n_acts").rows() == [("all", "ada", 1), ("r", "ada", 1)]


def test_a_longer_horizon_judges_fewer():
    parameters = replace(PARAMETERS, horizon_days=180)

    assert of("is_one_time", history("ada 200"), repos=watched(), parameters=parameters) is None
