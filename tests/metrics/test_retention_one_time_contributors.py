"""retention.one_time_contributors: who came once, by every horizon (RET-02b)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from metric_stories import PARAMETERS, act, acts, built, fates, only, watched

from transform.retention import contributor_types, one_time_contributors

HORIZONS = replace(PARAMETERS, horizon_days=180, sensitivity_days=(90, 180, 365))


def one_time(*given, snapshot=400, cohort="all"):
    repos = watched(snapshot=snapshot)
    types = built(contributor_types, acts(*given), fates(), repos, parameters=HORIZONS)
    rows = built(one_time_contributors, types.lazy(), parameters=HORIZONS)
    return {row["horizon_days"]: row for row in only(rows, repo_id="r", cohort=cohort).rows(named=True)}


def once(person, day):
    return act(person, day, artefact_id=f"commit:{person}")


def twice(person, day, later):
    return [act(person, at, artefact_id=f"commit:{person} {at}") for at in (day, later)]


def test_two_of_three_who_never_touched_a_second_artefact_are_two_thirds():
    rows = one_time(once("ada", 0), once("bob", 1), *twice("cyd", 2, 300))

    assert (rows[180]["n_persons"], rows[180]["n_one_time"]) == (3, 2)
    assert rows[180]["one_time_share"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(("day", "judged_at"), [(35, [90, 180, 365]), (36, [90, 180]), (221, [90]), (311, [])])
def test_somebody_is_judged_by_the_horizons_that_have_passed_since_they_came(day, judged_at):
    rows = one_time(once("ada", day))

    assert [horizon for horizon, row in rows.items() if row["n_eligible"]] == judged_at


def test_where_nobody_was_seen_for_so_long_there_is_no_share_rather_than_none():
    row = one_time(once("ada", 390))[365]

    assert (row["n_persons"], row["n_eligible"], row["one_time_share"], row["is_reportable"]) == (1, 0, None, False)


def test_a_fix_to_what_one_has_begun_with_is_no_second_contribution():
    rows = one_time(act("ada", 0, "change_open", artefact_id="change:1"), act("ada", 90, artefact_id="change:1"))

    assert rows[180]["n_one_time"] == 1


def test_years_of_arrival_are_told_apart():
    given = [once("ada", 0), once("bob", 366)]

    assert one_time(*given, snapshot=800, cohort="2020")[365]["n_persons"] == 1
    assert one_time(*given, snapshot=800, cohort="2021")[365]["n_persons"] == 1


def test_the_main_horizon_says_what_the_types_of_persons_say():
    given = [once("ada", 0), *twice("bob", 0, 5), once("cyd", 300)]
    types = built(contributor_types, acts(*given), fates(), watched(snapshot=400), parameters=HORIZONS)
    said = only(types, repo_id="r")["is_one_time"]

    row = one_time(*given)[180]
    assert (row["n_eligible"], row["n_one_time"]) == (said.count(), said.sum())
