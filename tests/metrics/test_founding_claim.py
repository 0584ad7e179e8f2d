"""Does influence follow contribution? The claim, its panel, its stability, and lines that stand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from metric_stories import act, acts, attention, built, nothing, on_day, only, watched

from transform.core import line_lives, people
from transform.influence import (
    code_survival,
    earned_effects,
    founding_claim,
    ownership,
    problems_solved,
    score_stability,
    scores,
)
from transform.parameters import Parameters
from transform.statistics.correlations import spearman
from transform.statistics.panel import NoPanel, fixed_effects, reach

PARAMETERS = Parameters(as_of=on_day(3650), fewest_for_correlation=4)


def test_the_rank_correlation_of_the_worked_example():
    rows = pl.DataFrame({"a": [4, 3, 2, 1], "b": [3, 4, 1, 2]})

    assert rows.select(spearman(pl.col("a"), pl.col("b"))).item() == pytest.approx(0.6)
    assert rows.select(spearman(pl.col("a"), pl.lit(1).repeat_by(4).explode())).item() is None


def claim(ranks, given, **more):
    told = [
        {"repo_id": "r", "window_kind": "year", "network": "attention", "window_start": on_day(0).date(), "person_id": who,
         "percentile_rank": rank}
        for who, rank in ranks.items()
    ]  # fmt: skip
    return built(
        founding_claim,
        scores.TABLE.rows(*told).lazy(),
        acts(*given),
        problems_solved.TABLE.rows(*more.get("solved", ())).lazy(),
        watched(snapshot=366),
        parameters=PARAMETERS,
    )


def did(who, n, **more):
    return [act(who, 1 + at / 50, contribution_id=f"{who} {at} {more}", **more) for at in range(n)]


RANKS = {"a": 0.75 - 0.125, "b": 0.875, "c": 0.125, "d": 0.375}


def test_influence_that_follows_contribution_in_part():
    rows = claim(RANKS, [*did("a", 9), *did("b", 7), *did("c", 5), *did("d", 3)])
    row = only(rows, member_group="everybody").row(0, named=True)

    assert row["rank_correlation"] == pytest.approx(0.6)
    assert row["rank_correlation_lower"] < 0.6 < row["rank_correlation_upper"]
    assert row["residual_mean"] == pytest.approx(0)


def test_those_who_do_much_and_are_not_heard_are_below_zero():
    """Eight without code do the most, and are heard the least."""
    talkers = {f"t{at}": (at + 0.5) / 16 for at in range(8)}
    coders = {f"c{at}": (at + 8.5) / 16 for at in range(8)}
    given = [one for at, who in enumerate(talkers) for one in did(who, 20 + at, kind="comment")]
    given += [one for at, who in enumerate(coders) for one in did(who, 2 + at)]
    row = only(claim(talkers | coders, given), member_group="non_coders").row(0, named=True)

    assert row["residual_mean"] == pytest.approx(-0.5)
    assert row["residual_upper"] < 0


def test_few_persons_have_no_number():
    row = only(claim({"a": 0.25, "b": 0.75}, [*did("a", 1), *did("b", 2)]), member_group="everybody").row(0, named=True)

    assert (row["n_persons"], row["rank_correlation"], row["residual_mean"]) == (2, None, None)


def test_groups_are_told_by_what_is_known_of_the_year():
    volunteers = [one for who in "ab" for one in did(who, 2, affiliation_class="volunteer")]
    rows = claim(
        RANKS, [*volunteers, *did("c", 1, affiliation_class="unknown"), *did("d", 1, affiliation_class="company")]
    )

    assert dict(rows.select("member_group", "n_persons").rows()) == {
        "everybody": 4,
        "newcomers": 4,
        "volunteers": 2,
        "unaffiliated": 1,
    }


def solution(who, number, way="change", n_reactions=0):
    told = {
        "repo_id": "r",
        "artefact_id": f"issue:{number}",
        "person_id": who,
        "solved_by": way,
        "solved_at": on_day(9),
    }
    return {**told, "n_reactions": n_reactions}


def test_problems_count_and_those_that_many_care_about_count_more():
    """a solved two that nobody cared about, c answered one that nine people did: weighted, the order is another."""
    given = [one for who in "abcd" for one in did(who, 3)]
    few = [solution("b", 1), solution("b", 2), solution("b", 4), solution("a", 5), solution("a", 6)]
    row = only(claim(RANKS, given, solved=[*few, solution("c", 3, "answer", 9)]), member_group="everybody").row(
        0, named=True
    )

    assert (row["n_problems_solved"], row["n_answers"]) == (6, 1)
    assert row["solved_correlation"] > row["weighted_solved_correlation"]


def simulated_panel(beta, seed, n_units=60, n_times=12):
    """Persons and quarters with effects of both, where solving counts `beta`."""
    random = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(n_units), n_times), np.tile(np.arange(n_times), n_units)
    x = random.poisson(1.5, (len(unit), 2)).astype(float)
    y = (
        beta * x[:, 0]
        + random.normal(size=n_units)[unit]
        + random.normal(size=n_times)[time]
        + random.normal(size=len(unit))
    )
    return fixed_effects(x, y, unit, time)


def test_a_planted_effect_is_recovered_and_none_is_found_where_there_is_none():
    """The interval is wrong one time in twenty at most, over 400 panels without an effect."""
    units = np.repeat(np.arange(60), 12)
    seen = [simulated_panel(0.3, seed) for seed in range(20)]
    none = [simulated_panel(0.0, seed) for seed in range(400)]

    assert np.mean([model.coefficients[0] for model in seen]) == pytest.approx(0.3, abs=0.02)
    assert np.mean([abs(model.coefficients[0]) > reach(60) * model.errors(units)[0] for model in none]) <= 0.05


def test_the_panel_is_the_regression_with_a_column_for_each_person_and_time():
    random = np.random.default_rng(1)
    unit, time = np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)
    x, y = random.normal(size=(30, 2)), random.normal(size=30)
    dummies = np.column_stack([x, np.eye(6)[unit], np.eye(5)[time][:, 1:]])

    assert fixed_effects(x, y, unit, time).coefficients == pytest.approx(np.linalg.lstsq(dummies, y, rcond=None)[0][:2])


def test_a_term_that_does_not_vary_within_persons_gives_no_model():
    unit, time = np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)

    with pytest.raises(NoPanel):
        fixed_effects(unit[:, None].astype(float), time.astype(float), unit, time)


def test_too_few_quarters_have_no_effects():
    none = [nothing(name) for name in ("influence.scores", "core.contributions", "influence.problems_solved")]

    assert built(earned_effects, *none, watched()).height == 0


def quarters_of_influence(early, late, n_repos=2, n_persons=25, n_quarters=12):
    """Ranks that rise by `early` for each problem solved the quarter before, and by `late` after a third of the time."""
    random = np.random.default_rng(3)
    n_solved = random.poisson(0.7, (n_repos, n_persons, n_quarters))
    effect = np.where(np.arange(n_quarters) < n_quarters // 3, early, late)
    base = random.normal(0.5, 0.1, (n_repos, n_persons, 1)) + random.normal(0, 0.02, n_solved.shape)
    ranks = base.copy()
    ranks[:, :, 1:] += (np.log1p(n_solved) * effect)[:, :, :-1]
    at = [(repo, who, quarter) for repo in range(n_repos) for who in range(n_persons) for quarter in range(n_quarters)]
    given = [
        {"repo_id": f"r{repo}", "person_id": f"p{who}", "window_kind": "quarter", "network": "attention", "n_persons": n_persons,
         "window_start": on_day(QUARTER * quarter + 5).replace(day=1).date(), "percentile_rank": ranks[repo, who, quarter],
         "is_window_complete": True}
        for repo, who, quarter in at
    ]  # fmt: skip
    solved = [
        {"repo_id": f"r{repo}", "person_id": f"p{who}", "artefact_id": f"issue:{quarter}/{n}", "solved_by": "change",
         "solved_at": on_day(QUARTER * quarter + 5)}
        for repo, who, quarter in at
        for n in range(n_solved[repo, who, quarter])
    ]  # fmt: skip
    said = [
        act(
            f"p{who}",
            QUARTER * quarter + 6,
            "comment",
            repo_id=f"r{repo}",
            contribution_id=f"{repo} {who} {quarter} {n}",
        )
        for repo, who, quarter in at
        for n in range(random.poisson(1))
    ]
    tables = (scores.TABLE.rows(*given).lazy(), acts(*said), problems_solved.TABLE.rows(*solved).lazy())
    return built(earned_effects, *tables, watched("r0", "r1", snapshot=3650))


QUARTER = 91.3125


def test_what_counted_early_and_not_later_is_seen_in_all_repositories_together():
    rows = quarters_of_influence(0.2, 0.05)
    pooled = only(rows, repo_id="all", variant="count")
    told = {(row["age"], row["term"]): row for row in pooled.to_dicts()}

    assert told["early", "solved"]["coefficient_lower"] > told["late", "solved"]["coefficient_upper"]
    assert told["compared", "solved_in_growth"]["coefficient"] == pytest.approx(-0.15, abs=0.02)
    assert told["compared", "solved_in_growth"]["coefficient_upper"] < 0
    assert told["all", "solved"]["n_repositories"] == 2
    assert told["all", "solved"]["repository_error"] is None


def test_what_counts_alike_at_all_times_is_not_told_apart():
    rows = only(
        quarters_of_influence(0.1, 0.1), repo_id="all", age="compared", term="solved_in_growth", variant="count"
    )

    assert rows["coefficient_lower"].item() < 0 < rows["coefficient_upper"].item()


def stability(interactions, parameters=PARAMETERS):
    repos = watched(snapshot=800)
    given = built(
        scores, interactions, acts(), nothing("core.commits"), nothing("raw.commit_files"), repos, parameters=parameters
    )
    return built(score_stability, given.lazy(), interactions, repos, parameters=parameters)


CHAIN = [f"p{a}>p{b}" for a in range(8) for b in range(a)]


def test_the_same_attention_in_two_years_has_the_same_ranks():
    rows = stability(pl.concat([attention(*CHAIN, day=10), attention(*CHAIN, day=400)]))
    second = rows.filter(pl.col("window_kind") == "year", pl.col("adjacent_correlation").is_not_null())

    assert set(second["adjacent_correlation"]) == {1.0}
    assert set(second["n_common"]) == {8}


def test_the_last_window_is_resampled_and_a_clear_order_holds():
    often = pl.concat([attention(*CHAIN, day=700 + n) for n in range(20)])
    rows = stability(often).filter(pl.col("resampled_correlation").is_not_null())

    assert rows.select("window_kind", "network", "n_resamples").rows() == [("rolling", "attention", 200)]
    assert rows["resampled_correlation"].item() > 0.95
    assert rows["resampled_correlation_lower"].item() <= rows["resampled_correlation"].item()


YEAR = 365


def lives(*told):
    """Lines from (age at the end in years, whether they are gone, who)."""
    rows = [
        {
            "repo_id": "r",
            "path": f"src/{at}.py",
            "file_class": "code",
            "born_sha": f"b{at}",
            "died_sha": f"d{at}" if gone else "",
            "born_person_id": who,
            "born_at": on_day(10 * YEAR - age * YEAR if not gone else 0),
            "died_at": on_day(age * YEAR) if gone else None,
            "n_lines": 1,
        }
        for at, (age, gone, who) in enumerate(told)
    ]
    return line_lives.TABLE.rows(*rows).lazy()


KNOWN = people.TABLE.rows(*({"person_id": who, "actor_class": "human"} for who in "ab")).lazy()
END = watched(snapshot=10 * YEAR)


def survival(told, given=()):
    rows = built(code_survival, lives(*told), acts(*given), KNOWN, END)
    return dict(only(rows, writers="all").select("day", "survival_share").rows()), rows


def test_lines_of_the_worked_example():
    """Deleted after a year, alive two, deleted after three, alive four: 0.75 and 0.375."""
    read, rows = survival([(1, True, "a"), (2, False, "a"), (3, True, "a"), (4, False, "a")])

    assert (read[365], read[730]) == (0.75, 0.75)
    assert only(rows, writers="all")["median_days"][0] == 3 * YEAR
    assert read[1825] is None


def test_lines_that_all_stand_stay_at_one():
    """The defect of git-of-theseus, which counts what still stands among the dead."""
    read, _ = survival([(n, False, "a") for n in (1, 2, 3, 4)])

    assert [read[day] for day in (30, 365, 730, 1095)] == [1.0] * 4


def test_newcomers_are_told_by_when_they_wrote():
    _, rows = survival([(1, True, "a"), (1, True, "b")], [act("a", -400), act("b", 0)])

    assert dict(rows.unique("writers").select("writers", "n_lines_written").rows()) == {
        "all": 2,
        "newcomer": 1,
        "insider": 1,
    }


def test_whose_lines_stand():
    told = lives((1, False, "a"), (1, False, "a"), (1, False, "a"), (1, False, "b"), (1, True, "b"))
    rows = only(built(ownership, told, KNOWN, nothing("core.affiliations"), END), area="src/")

    assert dict(rows.select("person_id", "lines_share").rows()) == {"a": 0.75, "b": 0.25}
    assert rows["is_major"].all()
