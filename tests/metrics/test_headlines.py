"""Stories of the headline numbers with and without bots and agents (BOT-03)."""

from __future__ import annotations

from typing import Any

import polars as pl
from core_stories import Row, account, change, comment, issue, review, told
from whole_worlds import PARAMETERS

from transform.tables import BUILT

AGENT = account("copilot-swe-agent[bot]", account_id="github:agent")
ACCOUNTS = [*(account(login) for login in ("ada", "bob", "cyd", "dan")), account("robot", "bot"), AGENT]


def built(**rows: list[Row]) -> dict[str, pl.DataFrame]:
    """ops.headlines and what it is made of."""
    names = {"ops.headlines", "retention.curve_summaries", "influence.concentration"}
    for module in reversed(BUILT):
        names |= set(module.TABLE.inputs) if str(module.TABLE) in names else set()
    frames: dict[str, pl.LazyFrame] = told(**{"accounts": ACCOUNTS, **rows})
    made = {}
    for module in (one for one in BUILT if str(one.TABLE) in names):
        given = [frames[name] for name in module.TABLE.inputs]
        made[str(module.TABLE)] = module.TABLE.checked(module.build(*given, parameters=PARAMETERS).collect())
        frames[str(module.TABLE)] = made[str(module.TABLE)].lazy()
    return made


def told_of(tables: dict[str, pl.DataFrame], *columns: str, repo_id: str = "r") -> dict[str, Any]:
    rows = tables["ops.headlines"].filter(repo_id=repo_id)
    return {row["population"]: tuple(row[name] for name in columns) for row in rows.iter_rows(named=True)}


def test_a_bot_and_an_agent_count_only_where_they_are_asked_for():
    acts = [issue(1, "ada", 1), issue(2, "robot", 2), change(3, "agent", 3), change(4, "agent", 4)]
    tables = built(items=acts)

    expected = {"humans": (1, 1, 1), "humans_and_agents": (2, 3, 2), "all": (3, 4, 3)}
    assert told_of(tables, "n_persons", "n_contributions", "n_newcomers") == expected
    assert told_of(tables, "n_persons", "n_contributions", "n_newcomers", repo_id="all") == expected


def test_an_answer_by_a_bot_ends_the_wait_only_where_bots_count():
    acts = {"items": [issue(1, "ada", 1)], "comments": [comment(1, "robot", 1.5), comment(1, "bob", 3)]}
    tables = built(**acts)

    assert told_of(tables, "response_p50_hours") == {"humans": (48,), "humans_and_agents": (48,), "all": (12,)}


def test_and_one_by_an_agent_where_agents_do():
    acts = {"items": [change(1, "ada", 1)], "reviews": [review(1, "agent", 1.25), review(1, "bob", 2)]}
    tables = built(**acts)

    assert told_of(tables, "response_p50_hours") == {"humans": (24,), "humans_and_agents": (6,), "all": (6,)}


def test_bots_that_never_stop_make_retention_look_better():
    people, bots = ([f"{kind}{number}" for number in range(20)] for kind in ("person", "bot"))
    accounts = [*map(account, people), *(account(one, "bot") for one in bots)]
    once = [issue(number, one, 1) for number, one in enumerate(people[:10], start=1)]
    often = [
        issue(100 * n + day, one, day * 50) for n, one in enumerate([*people[10:], *bots], start=1) for day in range(20)
    ]
    tables = built(items=[*once, *often], accounts=accounts)

    assert told_of(tables, "retained_90_share") == {"humans": (0.5,), "humans_and_agents": (0.5,), "all": (0.75,)}


def test_the_year_rests_on_fewer_where_a_bot_does_most():
    acts = [issue(1, "ada", 400), issue(2, "bob", 401), *(issue(number, "robot", 402) for number in range(3, 9))]
    tables = built(items=acts)

    assert told_of(tables, "top1_share")["humans"] == (0.5,)
    assert told_of(tables, "top1_share")["all"] == (0.75,)


def test_the_numbers_of_humans_are_the_published_ones():
    people = [f"person{number}" for number in range(20)]
    acts = [issue(100 * n + day, one, day * 50) for n, one in enumerate(people) for day in range(1 + n % 8)]
    tables = built(items=acts, accounts=list(map(account, people)))

    published = tables["retention.curve_summaries"].filter(
        repo_id="r", family="any", cohort="all", end_rule="first_gap", horizon_days=180
    )
    by_day = dict(published.select("day", "survival_share").iter_rows())
    columns = [f"retained_{day}_share" for day in (30, 90, 180, 365)]
    assert told_of(tables, *columns)["humans"] == tuple(by_day[day] for day in (30, 90, 180, 365))
    assert by_day[90] == 0.7
