"""retention.policy_findings: a community's own rules of inactivity, and whom they apply to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import PARAMETERS, act, acts, built, history, only, watched

from flows.errors import BadConfiguration
from flows.settings import read_settings
from transform.parameters import Policy
from transform.retention import policy_findings

HALF_A_YEAR = Policy("emeritus", ("any",), 6)


def findings_of(*given, policies=(HALF_A_YEAR,), repos=None, **watching):
    parameters = replace(PARAMETERS, policies=policies)
    repos = watched(**watching) if repos is None else repos
    return only(built(policy_findings, acts(*given), repos, parameters=parameters), repo_id="r")


@pytest.mark.parametrize(("snapshot", "applies"), [(182, True), (181, False)])
def test_six_calendar_months_after_the_first_of_january_are_over_on_the_first_of_july(snapshot, applies):
    """2020 is a leap year: the first of July is day 182."""
    assert (findings_of(act("ada", 0), snapshot=snapshot).height == 1) == applies


def test_the_last_act_is_the_evidence():
    given = [act("ada", 10), act("ada", 20, "review", url="https://forge.example/20"), act("bob", 300)]
    row = findings_of(*given).row(0, named=True)

    assert (row["policy"], row["person_id"], row["n_acts"]) == ("emeritus", "ada", 2)
    assert (row["last_day"], row["holds_since_day"]) == (date(2020, 1, 21), date(2020, 7, 21))
    assert (row["contribution_id"], row["url"]) == ("ada 20 review", "https://forge.example/20")


def test_where_the_month_is_too_short_its_last_day_counts():
    """From 31 August six months lead to February."""
    rows = findings_of(act("ada", 243), snapshot=500)

    assert rows.select("last_day", "holds_since_day").rows() == [(date(2020, 8, 31), date(2021, 2, 28))]


@pytest.mark.parametrize(("families", "found"), [(("code",), ["ada"]), (("code", "talk"), []), (("review",), [])])
def test_only_acts_of_the_families_of_the_policy_count(families, found):
    given = [act("ada", 10), act("ada", 300, "comment")]

    assert findings_of(*given, policies=(Policy("p", families, 6),))["person_id"].to_list() == found


@pytest.mark.parametrize(("fewest", "found"), [(3, ["ada"]), (4, [])])
def test_who_never_did_much_is_not_meant(fewest, found):
    rows = findings_of(*history("ada 1 2 3"), policies=(replace(HALF_A_YEAR, fewest_acts=fewest),))

    assert rows["person_id"].to_list() == found


def test_every_policy_has_findings_of_its_own():
    rows = findings_of(
        act("ada", 0), policies=(HALF_A_YEAR, Policy("leave", ("any",), 3), Policy("gone", ("any",), 24))
    )

    assert rows["policy"].to_list() == ["emeritus", "leave"]


def test_in_all_an_act_in_another_repository_keeps_the_policy_away():
    given = [act("ada", 0, repo_id="r"), act("ada", 300, repo_id="q")]
    parameters = replace(PARAMETERS, policies=(HALF_A_YEAR,))
    rows = built(policy_findings, acts(*given), watched("r", "q"), parameters=parameters)

    assert rows["repo_id"].to_list() == ["r"]


def test_all_is_asked_at_the_earliest_of_the_snapshots():
    repos = pl.concat([watched("r", snapshot=150), watched("q", snapshot=365)])
    given = [act("ada", 0, repo_id="r"), act("ada", 0, repo_id="q")]
    parameters = replace(PARAMETERS, policies=(HALF_A_YEAR,))

    assert built(policy_findings, acts(*given), repos, parameters=parameters)["repo_id"].to_list() == ["q"]


@pytest.mark.parametrize("given", [[], [act("robot", 5, actor_class="bot")], [act(None, 5)]])
def test_nobody_is_no_finding(given):
    assert findings_of(*given).is_empty()


def test_without_a_policy_there_are_no_findings():
    assert findings_of(act("ada", 0), policies=()).is_empty()


@given(st.lists(st.integers(0, 360), min_size=1, max_size=8), st.integers(0, 200), st.randoms())
@settings(max_examples=30, deadline=None)
def test_a_finding_holds_until_the_person_acts_again_and_hangs_on_no_order(days, later, random):
    given = [act("ada", day, contribution_id=str(n)) for n, day in enumerate(days)]
    ours = findings_of(*given, snapshot=361)
    longer = findings_of(*random.sample(given, len(given)), snapshot=361 + later)

    same = ["person_id", "last_day", "holds_since_day", "contribution_id"]
    assert set(ours.select(same).rows()) <= set(longer.select(same).rows())


def test_a_policy_is_read_from_the_file(tmp_path):
    path = tmp_path / "forbenefit.toml"
    path.write_text('[[policies]]\nname = "emeritus"\nfamilies = ["code"]\ninactive_months = 12\n')
    policy = read_settings(path).policies[0]

    assert Policy(**policy.model_dump()) == Policy("emeritus", ("code",), 12, 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[policies]]\nname = "a"\n', "policies.0.inactive_months"),
        ('[[policies]]\nname = "a"\ninactive_months = 0\n', "greater than or equal to 1"),
        ('[[policies]]\nname = "a"\ninactive_months = 6\nfamilies = ["code", "tea"]\n', "'talk'"),
        ('[[policies]]\nname = "a"\ninactive_months = 6\nmonths = 6\n', "known are name, families, inactive_months"),
        ('[[policies]]\nname = "a"\ninactive_months = 6\n' * 2, "same name"),
    ],
)
def test_a_wrong_policy_is_a_mistake_in_the_file(tmp_path, text, complaint):
    path = tmp_path / "forbenefit.toml"
    path.write_text(text)

    with pytest.raises(BadConfiguration, match=complaint):
        read_settings(path)
