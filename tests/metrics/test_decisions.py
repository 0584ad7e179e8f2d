"""Verdicts that are followed, premiums of status, and whom the deciders work for (INF-05, INF-05c, INF-11b)."""

from __future__ import annotations

import numpy as np
import pytest
from decision_stories import change, review, reviewed
from metric_stories import act, acts, built, nothing, on_day, only, watched

from transform.core import changes, people
from transform.influence import by_affiliation, status_premium


def test_three_of_five_approvals_are_followed():
    """Four are merged within 30 days, of those one after somebody objected later."""
    given = [change(n, merged=20) for n in (1, 2, 3, 4)] + [change(5, closed=40)]
    said = [review(n, "rex", 10) for n in range(1, 6)] + [review(4, "bob", 15, "changes_requested")]
    row = only(reviewed(given, said), person_id="rex").row(0, named=True)

    assert (row["n_approvals"], row["n_followed_approvals"], row["follow_through_share"]) == (5, 3, 0.6)


@pytest.mark.parametrize(("day", "followed"), [(40, 1), (40.1, 0)])
def test_thirty_days_are_in_time(day, followed):
    rows = reviewed([change(1, merged=day)], [review(1, "rex", 10)])

    assert only(rows, person_id="rex")["n_followed_approvals"].item() == followed


def test_an_approval_that_may_still_be_followed_does_not_count():
    rows = reviewed([change(1)], [review(1, "rex", 10)], snapshot=39)

    assert only(rows, person_id="rex")["n_approvals"].item() == 0


def test_lift_is_against_what_others_approved():
    given = [change(1, merged=11), change(2, closed=12)]
    rows = reviewed(given, [review(1, "rex", 10), review(2, "bob", 10)])

    assert dict(rows.select("person_id", "approval_lift").rows()) == {"rex": 1.0, "bob": -1.0}


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({}, False),
        ({"said": [review(1, "rex", 12)]}, True),
        (
            {
                "given_events": [
                    {"repo_id": "r", "artefact_id": "change:1", "kind": "head_force_pushed", "occurred_at": on_day(13)}
                ]
            },
            True,
        ),
        (
            {
                "given_commits": [
                    {"repo_id": "r", "sha": "x", "change_number": 1, "n_parents": 1, "committed_at": on_day(13)}
                ]
            },
            True,
        ),
        (
            {
                "given_commits": [
                    {"repo_id": "r", "sha": "x", "change_number": 1, "n_parents": 1, "committed_at": on_day(9)}
                ]
            },
            False,
        ),
    ],
)
def test_a_veto_holds_until_it_is_answered(more, held):
    said = [review(1, "rex", 10, "changes_requested"), *more.pop("said", [])]
    row = only(reviewed([change(1, merged=20, merged_by="bob")], said, **more), person_id="rex").row(0, named=True)

    assert (row["n_vetoes"], row["n_held_vetoes"]) == (1, int(held))


def test_what_is_never_merged_holds():
    row = reviewed([change(1, closed=20)], [review(1, "rex", 10, "changes_requested")]).row(0, named=True)

    assert row["veto_hold_share"] == 1


def test_a_dismissed_request_was_one():
    dismissed = {"repo_id": "r", "kind": "review_dismissed", "state": "changes_requested", "occurred_at": on_day(12)}
    rows = reviewed(
        [change(1, merged=20)],
        [review(1, "rex", 10, "dismissed")],
        given_events=[{**dismissed, "review_id": "1 rex 10", "artefact_id": "change:1"}],
    )

    assert rows.select("n_vetoes", "n_held_vetoes").row(0) == (1, 1)


def test_comments_on_lines_are_complied_with_where_the_line_changed():
    lines = [
        (
            {
                "repo_id": "r",
                "comment_id": str(at),
                "artefact_id": "change:1",
                "person_id": "rex",
                "comment_kind": "review_comment",
                "commented_at": on_day(3),
            },
            state,
        )
        for at, state in enumerate((True, True, False))
    ]
    row = reviewed([change(1)], [], lines=lines).row(0, named=True)

    assert (row["n_line_comments"], row["compliance_share"]) == (3, pytest.approx(2 / 3))


def simulated(premium, seed, n=400):
    """Changes of whom the third with most influence is merged `premium` more often; size decides too."""
    random = np.random.default_rng(seed)
    ranks = [
        {"repo_id": "r", "window_kind": "year", "network": "attention", "window_start": on_day(0).date(), "person_id": f"p{at}",
         "percentile_rank": (at + 0.5) / 30}
        for at in range(30)
    ]  # fmt: skip
    rows = []
    for number in range(n):
        author, large = int(random.integers(30)), bool(random.integers(2))
        odds = 0.55 - 0.2 * large + premium * (author >= 20)
        is_merged = random.random() < odds
        fate = {"merged": 420} if is_merged else {"closed": 420}
        rows.append(
            change(
                number,
                f"p{author}",
                400,
                **fate,
                merged_by="bob",
                closed_by_person_id="bob",
                added_lines=200 * large,
                deleted_lines=0,
            )
        )
    known = people.TABLE.rows(*({"person_id": f"p{at}", "actor_class": "human"} for at in range(30))).lazy()
    from transform.influence import scores

    found = built(
        status_premium, changes.TABLE.rows(*rows).lazy(), scores.TABLE.rows(*ranks).lazy(), known, watched(snapshot=700)
    )
    return found.row(0, named=True)


def test_a_planted_premium_of_status_is_seen():
    seen = [simulated(0.25, seed)["premium_lower"] > 0 for seen, seed in enumerate(range(20))]

    assert sum(seen) >= 19


def test_no_premium_is_seen_where_none_is_planted():
    """The bounds are of 95 %: a premium above 0 may come up by chance in one of forty."""
    false = [simulated(0.0, seed)["premium_lower"] > 0 for seed in range(100)]

    assert sum(false) <= 5


def affiliated(*given):
    none = [nothing(name) for name in ("influence.scores", "influence.review_influence", "influence.core_members")]
    return built(by_affiliation, acts(*given), *none, watched())


def test_a_planted_sponsor_dominates_and_volunteers_never_do():
    acme = {"organisation": "acme", "affiliation_class": "company"}
    given = [act("ada", n / 10, contribution_id=f"a{n}", **acme) for n in range(55)]
    given += [
        act("bob", n / 10, contribution_id=f"b{n}", organisation="c2", affiliation_class="company") for n in range(15)
    ]
    given += [act("v", n / 10, contribution_id=f"v{n}", affiliation_class="volunteer") for n in range(30)]
    rows = affiliated(*given)
    acme_row = only(rows, holder="organisation acme").row(0, named=True)

    assert (acme_row["contributions_share"], acme_row["lead"], acme_row["is_dominant"]) == (
        0.55,
        pytest.approx(0.4),
        True,
    )
    assert rows.filter("is_dominant").height == 1
    assert acme_row["influence_share"] is None


def test_half_is_not_domination():
    acme = {"organisation": "acme", "affiliation_class": "company"}
    rows = affiliated(act("ada", 1, **acme), act("bob", 2, affiliation_class="unknown"))

    assert not rows["is_dominant"].any()
    assert set(rows["holder"]) == {"organisation acme", "unknown"}
