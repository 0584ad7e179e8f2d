"""Stories of tokens: no request while a limit is in force, and a share is left to the people who use them too."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from extract.errors import BadToken, OutOfQuota
from extract.quota import Policy, Pool, Token

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=30)


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pool_of(clock):
    def made(*names: str, reserve_share: float = 0.0, patience: timedelta = timedelta(0)) -> Pool:
        policy = Policy(reserve_share, patience)
        return Pool("forge", [Token(name, f"secret of {name}") for name in names], policy, clock.now, lambda *_: None)

    return made


def taken(pool: Pool, resource: str = "graphql") -> str:
    with pool.token(resource) as token:
        return token.name


def told(pool: Pool, remaining: int, name: str | None = None, resource: str = "graphql") -> None:
    """The forge says how much is left of a thousand points."""
    for token in pool.tokens:
        if name in (None, token.name):
            pool.learn(token, resource, 1000, remaining, SOON)


def test_a_token_is_parked_before_its_reserve_is_touched(pool_of):
    pool = pool_of("a", reserve_share=0.1)
    told(pool, 120)
    assert taken(pool) == "a"
    told(pool, 110)  # the last question cost ten: the next may leave a hundred
    assert taken(pool) == "a"
    told(pool, 105)

    told(pool, 99)
    with pytest.raises(OutOfQuota, match="until 2026-01-01T12:30:01"):
        taken(pool)


def test_a_costly_question_is_not_asked_of_the_last_points(pool_of):
    pool = pool_of("a", reserve_share=0.1)
    told(pool, 170)
    told(pool, 130)  # forty points a question

    with pytest.raises(OutOfQuota):
        taken(pool)


def test_it_is_used_again_after_the_reset(pool_of, clock):
    pool = pool_of("a", reserve_share=0.1)
    told(pool, 10)
    clock.at = SOON + timedelta(seconds=2)

    assert taken(pool) == "a"


def test_the_points_of_one_resource_are_not_those_of_the_other(pool_of):
    pool = pool_of("a", reserve_share=0.1)
    told(pool, 0, resource="core")

    assert taken(pool, "graphql") == "a"


def test_the_token_with_the_most_points_is_asked(pool_of):
    pool = pool_of("poor", "rich")
    told(pool, 200, "poor")
    told(pool, 900, "rich")

    assert taken(pool) == "rich"


def test_where_one_is_parked_the_other_goes_on(pool_of):
    pool = pool_of("a", "b")
    pool.park(pool.tokens[0], "", SOON)

    assert {taken(pool) for _ in range(3)} == {"b"}


def test_a_refusal_without_a_time_is_waited_for_longer_each_time(pool_of):
    pool = pool_of("a")
    for minutes in (1, 2, 4):
        pool.park(pool.tokens[0], "", None)
        assert pool.tokens[0].free_at("graphql") == NOON + timedelta(minutes=minutes)


def test_a_refused_token_is_left_out_and_all_refused_is_an_error_that_names_them(pool_of):
    pool = pool_of("A_TOKEN", "B_TOKEN")
    pool.refuse(pool.tokens[0])
    assert taken(pool) == "B_TOKEN"

    pool.refuse(pool.tokens[1])
    with pytest.raises(BadToken, match="A_TOKEN or B_TOKEN") as caught:
        taken(pool)
    assert "secret of" not in str(caught.value)


def test_a_token_answers_one_question_at_a_time(pool_of):
    pool, at_once, most = pool_of("a"), [0], [0]

    def ask() -> None:
        for _ in range(50):
            with pool.token("graphql"):
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
                at_once[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert most == [1]


def test_secrets_are_in_no_description(pool_of):
    assert "secret of" not in repr(pool_of("a").tokens)
