"""What talking to any forge has in common: tokens, limits, and asking again.

What is no answer (a broken connection, half a JSON, a 5xx) is asked again, ever more slowly. A limit is obeyed by the
pool of tokens (extract.quota): nothing is sent while one is in force. What a smaller question could mend is `Strained`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from extract.archive import Page
from extract.errors import OutOfQuota, Strained
from extract.quota import Pool, Token

TRIES = 5
REFUSALS_IN_A_ROW = 20
FIRST_PAUSE_SECONDS = 0.5
TIMEOUT_SECONDS = 60
NOT_MODIFIED = 304
NO_ANSWER = 0
"""Status of a page that stands for an answer that did not come."""
LIMIT_HEADERS = ("x-ratelimit", "ratelimit")
"""In front of -limit, -remaining and -reset, in lower case."""


@dataclass(frozen=True)
class Request:
    """One question. `url` is the path below the API's root, or the whole address."""

    verb: str
    url: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back, before it is judged. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, Any]
    text: str

    @cached_property
    def said(self) -> Any:
        """The JSON; None if it is none."""
        try:
            return json.loads(self.text) if self.text else {}
        except ValueError:
            return None

    def is_broken(self) -> bool:
        """No JSON, or only half of one; null is one."""
        return self.said is None and self.text.strip() != "null"

    def message(self) -> str:
        said = self.said
        told = (said.get("message") or said.get("error") or "") if isinstance(said, dict) else ""
        return told if isinstance(told, str) else json.dumps(told)

    def is_json(self) -> bool:
        return "json" in str(self.headers.get("content-type", ""))

    def is_limit(self) -> bool:
        """A refusal for having asked too much or too fast."""
        if self.status not in (403, 429):
            return False
        return self.status == 429 or "retry-after" in self.headers or "rate limit" in self.message().lower()


class Caller(ABC):
    """One forge, for one repository; the tokens are everybody's. Counts its requests.

    `now` tells the time and `sleep` waits, since only `flows` may know the clock.
    """

    def __init__(self, forge: str, pool: Pool, now: Callable[[], datetime], sleep: Callable[[float], object]) -> None:
        self.forge, self._pool, self._now, self._sleep = forge, pool, now, sleep
        self.requests = 0
        self.points = 0
        """Points of GraphQL that the requests cost, as far as the forge told."""

    @abstractmethod
    def _send(self, token: Token, request: Request) -> Answer:
        """One request; raises Strained if nothing came back."""

    def _answered(self, request: Request, resource: str, check: Callable[[Answer], None], tries: int = TRIES) -> Answer:
        """An answer that passes the check, if need be after waiting for a limit's end or asking again."""
        refusals = failures = 0
        while refusals < REFUSALS_IN_A_ROW:
            try:
                answer = self._once(request, resource)
                if answer is not None:
                    check(answer)
                    return answer
                refusals += 1
            except Strained:
                failures += 1
                if failures == tries:
                    raise
                self._sleep(FIRST_PAUSE_SECONDS * 2 ** (failures - 1))
        raise OutOfQuota(self.forge, "a time it does not keep to")

    def _once(self, request: Request, resource: str) -> Answer | None:
        """One request with one token, which then knows what is left of it; None if that token was refused."""
        with self._pool.token(resource) as token:
            self.requests += 1
            answer = self._send(token, request)
            self._learn(token, resource, answer.headers)
            if answer.status == 401:
                self._pool.refuse(token)
            elif answer.is_limit():
                self._park(token, resource, answer)
            else:
                self._pool.served(token)
                return answer
            return None

    def _learn(self, token: Token, resource: str, headers: Mapping[str, Any]) -> None:
        for prefix in LIMIT_HEADERS:
            told = [str(headers.get(f"{prefix}-{name}", "")) for name in ("limit", "remaining", "reset")]
            if all(number.isdigit() for number in told):
                limit, remaining, reset = map(int, told)
                spent = self._pool.learn(token, resource, limit, remaining, datetime.fromtimestamp(reset, UTC))
                self.points += spent if resource == "graphql" else 0
                return

    def _park(self, token: Token, resource: str, answer: Answer) -> None:
        """A refusal with Retry-After, or while points are left, is meant for the token as a whole."""
        wait = str(answer.headers.get("retry-after", ""))
        if wait.isdigit():
            self._pool.park(token, "", self._pool.now() + timedelta(seconds=int(wait)))
            return
        budget = token.budgets.get(resource)
        is_used_up = budget is not None and budget.remaining == 0
        self._pool.park(token, resource if is_used_up else "", budget.reset_at if is_used_up and budget else None)

    def no_answer(self, asked: dict[str, Any], data: dict[str, Any]) -> Page:
        """A page in place of one that could not be had; `data` says of what, and why."""
        return Page(asked, NO_ANSWER, {}, self._now().isoformat(), json.dumps({"data": data}))
