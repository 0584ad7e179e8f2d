"""RET-15: with whom people work, per quarter. Day 0 is 2020-01-01; quarters start on days 0, 91, 182, 274 and 366."""

from __future__ import annotations

from datetime import date

import pytest
from metric_stories import acts, attention, built, history, on_day, only, spells_of, watched

from extract import raw
from transform.core import commits, interactions
from transform.retention import social_capital

FIRST, SECOND, THIRD = date(2020, 1, 1), date(2020, 4, 1), date(2020, 7, 1)
QUIET = interactions.TABLE.empty().lazy()


def capital(given, talk=QUIET, files=(), repos=None):
    """The table; `files` are pairs of a person and a path, each touched by a commit of its own on day 1."""
    repos = watched() if repos is None else repos
    wrote = [
        {"repo_id": "r", "sha": str(n), "person_id": who, "authored_at": on_day(1), "is_in_default_branch": True}
        for n, (who, _) in enumerate(files)
    ]
    paths = [{"repo_id": "r", "sha": str(n), "path": path} for n, (_, path) in enumerate(files)]
    frames = (commits.TABLE.rows(*wrote).lazy(), raw.COMMIT_FILES.rows(*paths).lazy(), talk)
    return built(social_capital, acts(*given), *frames, spells_of(given, repos).lazy(), repos)


def of(rows, person, quarter=FIRST, repo="r"):
    return only(rows, repo_id=repo, person_id=person, quarter_start=quarter).row(0, named=True)


def test_familiarity_is_the_mean_of_the_earlier_quarters_together():
    rows = capital(history("ada 0 100 200", "bob 0 200", "cyd 100 200"))

    together = {who: of(rows, who, THIRD)["familiarity_quarters"] for who in ("ada", "bob", "cyd")}
    assert together == {"ada": 1.0, "bob": 0.5, "cyd": 0.5}  # ada knows both from one quarter each
    assert of(rows, "ada", FIRST)["familiarity_quarters"] == 0


def test_quarters_in_any_repository_count_and_each_only_once():
    apart = history("ada 0", "bob 0", repo_id="q") + history("ada 1", "bob 1") + history("ada 100", "bob 100")
    rows = capital(apart, repos=watched("r", "q"))

    assert of(rows, "ada", SECOND)["familiarity_quarters"] == 1
    elsewhere = capital(history("ada 0", "bob 0", repo_id="q") + history("ada 100", "bob 100"), repos=watched("r", "q"))
    assert of(elsewhere, "ada", SECOND)["familiarity_quarters"] == 1


def test_later_quarters_and_the_same_one_do_not_count():
    rows = capital(history("ada 0 5 100", "bob 0 5 100"))

    assert (of(rows, "ada")["familiarity_quarters"], of(rows, "ada", SECOND)["familiarity_quarters"]) == (0, 1)


def test_who_works_alone_has_no_familiarity_rather_than_none_at_all():
    row = of(capital(history("ada 0")), "ada")

    assert (row["n_teammates"], row["familiarity_quarters"], row["team_newcomer_share"]) == (0, None, 1.0)


def test_who_only_talks_is_in_no_team_and_reviewers_are():
    rows = capital(history("ada 0") + history("bob 0", kind="comment") + history("cyd 0", kind="review"))

    assert rows["person_id"].to_list() == ["ada", "cyd"]


@pytest.mark.parametrize(("arrived", "second_quarter"), [(1, 0.0), (2, 1.0)])
def test_a_newcomer_counts_as_one_for_ninety_days_into_the_next_quarter(arrived, second_quarter):
    """Second quarter starts on day 91: whoever came on day 2 is new up to day 91, on day 1 up to day 90."""
    rows = capital(history(f"ada {arrived} 92"))

    shares = [of(rows, "ada", quarter)["team_newcomer_share"] for quarter in (FIRST, SECOND)]
    assert shares == [1.0, second_quarter]


def test_cohesion_and_bridging_are_of_the_conversations_of_the_quarter():
    people = history("ada 0 100", "bob 0", "cyd 0", "dan 0", "eve 0")
    rows = capital(people, attention("ada>bob", "bob>cyd", "cyd>ada", "ada>dan"))

    ada = of(rows, "ada")
    assert ada["cohesion_share"] == pytest.approx(1 / 3)
    assert ada["bridging"] == pytest.approx(1 - (2 * (1 / 3 + 1 / 3 * 1 / 2) ** 2 + (1 / 3) ** 2))
    assert (of(rows, "dan")["cohesion_share"], of(rows, "dan")["bridging"]) == (None, 0)
    for silent in (of(rows, "eve"), of(rows, "ada", SECOND)):
        assert (silent["cohesion_share"], silent["bridging"]) == (None, None)


def test_heterogeneity_compares_what_files_are_touched_by_their_extension():
    people = history("ada 1", "bob 1", "cyd 1", "dan 1")
    rows = capital(
        people,
        files=[
            ("ada", "a/b.PY"),
            ("ada", "c.py"),
            ("bob", "x.py"),
            ("cyd", "docs/y.md"),
            ("dan", "z.py"),
            ("dan", "w.md"),
        ],
    )

    # cosines with ada: bob 1, cyd 0, dan the root of a half
    assert of(rows, "ada")["heterogeneity_share"] == pytest.approx(1 - (1 + 0 + 0.5**0.5) / 3)
    assert of(rows, "cyd")["heterogeneity_share"] == pytest.approx(1 - (0.5**0.5) / 3)


def test_without_files_to_compare_heterogeneity_is_unknown():
    people = history("ada 1", "bob 1")

    assert of(capital(people), "ada")["heterogeneity_share"] is None
    assert of(capital(people, files=[("ada", "a.py")]), "ada")["heterogeneity_share"] is None


def test_a_quarter_that_is_not_over_says_so():
    rows = capital(history("ada 0 100"), repos=watched(snapshot=120))

    assert [of(rows, "ada", quarter)["is_window_complete"] for quarter in (FIRST, SECOND)] == [True, False]


@pytest.mark.parametrize("given", [[], history("robot 3", actor_class="bot"), history("ada 1", kind="issue_open")])
def test_without_commits_and_reviews_there_is_no_team(given):
    assert capital(given).is_empty()
