"""Stories of the headline numbers with and without bots and agents (BOT-03)."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from core_stories import Row, account, address, change, comment, commit, issue, on_day, review, told
from whole_worlds import PARAMETERS

from transform.tables import BUILT

AGENT = account("copilot-swe-agent[bot]", account_id="github:agent")
ACCOUNTS = [*(account(login) for login in ("ada", "bob", "cyd", "dan")), account("robot", "bot"), AGENT]


def built(**rows: list[Row]) -> dict[str, pl.DataFrame]:
    """ops.headlines and what it is made of."""
    names = {"ops.headlines", "retention.curve_summaries", "influence.concentration", "influence.founding_claim"}
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


def talk(people: list[str], day: float = 400, robot: str = "robot") -> dict[str, list[Row]]:
    """The n-th person opens n issues, and on each of them somebody else answers, after whom the robot does."""
    opened = [(100 * n + k, who) for n, who in enumerate(people, start=1) for k in range(n)]
    answers = [comment(number, people[number % len(people)], day + 1) for number, _ in opened]
    answers += [comment(number, robot, day + 0.5) for number, _ in opened[::2]]
    named = {"subject_id": "s", "login": robot, "account_id": f"github:{robot}", "mentioned_at": on_day(day)}
    mention = {"repo_id": "r", "number": 100, "item_kind": "issue", "author_account_id": f"github:{people[0]}", **named}
    return {"items": [issue(number, who, day) for number, who in opened], "comments": answers, "mentions": [mention]}


WORLD = [f"person{number}" for number in range(12)]
TALKERS = [*map(account, WORLD), account("robot", "bot")]
OF_ATTENTION = ("attention_effective_persons", "attention_top1_share", "rank_correlation")


def test_attention_and_claim_of_humans_are_the_published_ones():
    tables = built(accounts=TALKERS, **talk(WORLD))

    year = {"repo_id": "r", "window_start": date(2021, 1, 1)}
    spread = tables["influence.concentration"].filter(quantity="pagerank", **year).row(0, named=True)
    claim = tables["influence.founding_claim"].filter(member_group="everybody", **year).row(0, named=True)
    published = (spread["effective_persons"], spread["top1_share"], claim["rank_correlation"])
    assert told_of(tables, *OF_ATTENTION)["humans"] == pytest.approx(published, abs=1e-9)
    assert claim["rank_correlation"] is not None


def test_a_bot_draws_attention_only_where_bots_count():
    tables = built(accounts=TALKERS, **talk(WORLD))
    told_ones = told_of(tables, *OF_ATTENTION)

    assert told_ones["humans"] == told_ones["humans_and_agents"] != told_ones["all"]
    assert told_of(tables, "n_persons")["all"] == (13,)


def test_with_bots_the_numbers_are_as_if_they_were_humans():
    as_humans = built(accounts=[*map(account, [*WORLD, "helper"])], **talk(WORLD, robot="helper"))
    as_bots = built(accounts=[*map(account, WORLD), account("helper", "bot")], **talk(WORLD, robot="helper"))

    assert told_of(as_bots, *OF_ATTENTION)["all"] == pytest.approx(
        told_of(as_humans, *OF_ATTENTION)["humans"], abs=1e-9
    )


def test_how_much_is_of_unknown_affiliation_is_told_each_night():
    signed = [address("ada", forge="github", account_id="github:ada", host="redhat.com")]
    tables = built(items=[issue(1, "bob", 1)], emails=signed, commits=[commit("a", "ada", 2)])

    assert told_of(tables, "unknown_affiliation_share")["humans"] == (0.5,)
