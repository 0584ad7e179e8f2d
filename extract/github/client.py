"""The telephone to GitHub: PyGithub for authentication, base URL and transport; our own judgement of the answers.

What is no answer (a broken connection, half a JSON, a 5xx) is asked again, ever more slowly. A limit is obeyed by the
pool of tokens (extract.quota): nothing is sent while one is in force. What a smaller page could mend is `Strained`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import requests
from github import Auth, Github, GithubException
from github.Requester import Requester
from jwt.exceptions import PyJWTError

from extract.archive import Page
from extract.errors import BadKey, NoSuchRepository, NotAForge, NotUnderstood, OutOfQuota, Strained
from extract.quota import Pool, Token

KEPT_HEADERS = ("etag", "date", "x-github-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
LIMITS = ("RATE_LIMITED", "RATE_LIMIT")
ABSENT = ("NOT_FOUND", "FORBIDDEN")
TRIES = 5
REFUSALS_IN_A_ROW = 20
FIRST_PAUSE_SECONDS = 0.5
TIMEOUT_SECONDS = 60
NOT_MODIFIED = 304
NO_ANSWER = 0
"""Status of a page that stands for an answer that did not come."""


@dataclass(frozen=True)
class Answer:
    """What came back, before it is judged."""

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

    def errors(self) -> list[dict[str, Any]]:
        said = self.said
        return list(said.get("errors") or []) if isinstance(said, dict) else []

    def is_misunderstanding(self) -> bool:
        """The query itself is refused: places in it are named, and nothing was executed."""
        errors = self.errors()
        return bool(errors) and "data" not in self.said and all("locations" in error for error in errors)

    def message(self) -> str:
        said = self.said
        return str(said.get("message", "")) if isinstance(said, dict) else ""

    def is_json(self) -> bool:
        return "json" in str(self.headers.get("content-type", ""))

    def is_limit(self) -> bool:
        """A refusal for having asked too much or too fast."""
        if self.status in (403, 429):
            return self.status == 429 or "retry-after" in self.headers or "rate limit" in self.message().lower()
        return any(error.get("type") in LIMITS for error in self.errors())


class Client:
    """One forge, for one repository; the tokens are everybody's. Counts its requests.

    `now` tells the time and `sleep` waits, since only `flows` may know the clock.
    """

    def __init__(
        self, forge: str, base_url: str, pool: Pool, now: Callable[[], datetime], sleep: Callable[[float], object]
    ) -> None:
        self.forge, self.base_url, self._pool, self._now, self._sleep = forge, base_url, pool, now, sleep
        self.requests = 0
        self.points = 0
        """Points of GraphQL that the requests cost, as far as the forge told."""
        self._requesters: dict[str, Requester] = {}

    def get(self, path: str, full_name: str, etag: str | None = None, *, absent: bool = False) -> Page | None:
        """One REST answer that is JSON and 200; None if it is still the one with that etag, which costs no points.

        `absent`: it may be gone, and the page is what the forge says of that.
        """
        headers = {"If-None-Match": etag} if etag else {}
        answer = self._answered("GET", path, None, headers, "core", full_name, TRIES)
        if answer.status == NOT_MODIFIED:
            return None
        return self._page({"url": path}, answer, full_name, absent=absent)

    def ask(
        self, query: str, variables: Mapping[str, Any], full_name: str, *, tries: int = TRIES, absent: bool = False
    ) -> Page:
        """One GraphQL answer without errors: partial data beside errors is never taken for whole.

        `absent`: things asked for may not be there, and are null then. Raises Strained for what a smaller page may
        mend, after so many tries.
        """
        body = {"query": query, "variables": dict(variables)}
        answer = self._answered("POST", "graphql", body, {}, "graphql", full_name, tries)
        page = self._page(body, answer, full_name)
        if answer.errors() and not absent:
            raise NoSuchRepository(self.forge, full_name)
        if not isinstance(page.data().get("data"), dict):
            raise NotAForge(self.forge, self.base_url, "a GraphQL answer without data")
        return page

    def _answered(
        self, verb: str, url: str, body: Any, headers: dict[str, str], resource: str, full_name: str, tries: int
    ) -> Answer:
        """An answer that is one, if need be after waiting for a limit's end or asking again."""
        refusals = failures = 0
        while refusals < REFUSALS_IN_A_ROW:
            try:
                answer = self._once(verb, url, body, headers, resource)
                if answer is not None:
                    self._check(answer, full_name)
                    return answer
                refusals += 1
            except Strained:
                failures += 1
                if failures == tries:
                    raise
                self._sleep(FIRST_PAUSE_SECONDS * 2 ** (failures - 1))
        raise OutOfQuota(self.forge, "a time it does not keep to")

    def _once(self, verb: str, url: str, body: Any, headers: dict[str, str], resource: str) -> Answer | None:
        """One request with one token, which then knows what is left of it; None if that token was refused."""
        with self._pool.token(resource) as token:
            answer = self._send(token, verb, url, body, headers)
            self._learn(token, resource, answer.headers)
            if answer.status == 401:
                self._pool.refuse(token)
            elif answer.is_limit():
                self._park(token, resource, answer)
            else:
                return answer
            return None

    def _send(self, token: Token, verb: str, url: str, body: Any, headers: dict[str, str]) -> Answer:
        requester = self._requester(token)
        where = requester.graphql_url if url == "graphql" else url
        self.requests += 1
        try:
            return Answer(*requester.requestJson(verb, where, input=body, headers=dict(headers)))
        except requests.RequestException as error:
            reason = type(error).__name__
            raise Strained(
                f"{self.forge} at {self.base_url} cannot be reached ({reason}). Check the network and base_url; what "
                "was received is kept and the next run continues there."
            ) from error
        except GithubException as error:  # an app that was refused an installation's token
            return Answer(401 if error.status in (401, 403, 404) else error.status, error.headers or {}, "")
        except (PyJWTError, ValueError, TypeError) as error:
            if token.app is None:
                raise
            raise BadKey(token.name) from error
        except RuntimeError as error:  # PyGithub's word for a redirect to another host or scheme
            raise NotAForge(self.forge, self.base_url, str(error)) from error

    def git_header(self) -> str:
        """What lets git in where the API lets us in."""
        with self._pool.token("git") as token:
            auth = self._requester(token).auth
            secret = "" if auth is None else auth.token
        basic = base64.b64encode(f"x-access-token:{secret}".encode()).decode()
        return f"Authorization: Basic {basic}"

    def _requester(self, token: Token) -> Requester:
        if token.name not in self._requesters:
            self._requesters[token.name] = Github(
                auth=_auth(token),
                base_url=self.base_url,
                timeout=TIMEOUT_SECONDS,
                seconds_between_requests=0,  # the pool sees to it that a token asks one thing at a time
                seconds_between_writes=0,  # our POSTs only read
                retry=None,
            ).requester
        return self._requesters[token.name]

    def _learn(self, token: Token, resource: str, headers: Mapping[str, Any]) -> None:
        told = [str(headers.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining", "reset")]
        if all(number.isdigit() for number in told):
            limit, remaining, reset = map(int, told)
            spent = self._pool.learn(token, resource, limit, remaining, datetime.fromtimestamp(reset, UTC))
            self.points += spent if resource == "graphql" else 0

    def _park(self, token: Token, resource: str, answer: Answer) -> None:
        """A refusal with Retry-After, or while points are left, is meant for the token as a whole."""
        wait = str(answer.headers.get("retry-after", ""))
        if wait.isdigit():
            self._pool.park(token, "", self._pool.now() + timedelta(seconds=int(wait)))
            return
        budget = token.budgets.get(resource)
        is_used_up = budget is not None and budget.remaining == 0
        self._pool.park(token, resource if is_used_up else "", budget.reset_at if is_used_up and budget else None)

    def _check(self, answer: Answer, full_name: str) -> None:
        """Raises Strained for what is no answer, or only half of one."""
        if answer.status >= 500:
            raise Strained(
                f"{self.forge} kept answering {answer.status} for {full_name}. What was received is kept; the next run "
                "continues at this page."
            )
        if answer.said is None and answer.is_json():
            raise Strained(f"{self.forge} sent half an answer for {full_name}. The next run continues at this page.")
        if answer.is_misunderstanding():
            raise NotUnderstood(self.forge, str(answer.errors()[0].get("message"))[:300])
        strange = [error for error in answer.errors() if error.get("type") not in ABSENT]
        if strange:
            said = str(strange[0].get("message"))[:300]
            raise Strained(
                f"{self.forge} could not answer for {full_name}: {said}. The next run continues at this page."
            )

    def no_answer(self, asked: dict[str, Any], data: dict[str, Any]) -> Page:
        """A page in place of one that could not be had; `data` says of what, and why."""
        return Page(asked, NO_ANSWER, {}, self._now().isoformat(), json.dumps({"data": data}))

    def _page(self, asked: dict[str, Any], answer: Answer, full_name: str, *, absent: bool = False) -> Page:
        said = answer.said
        if said is None:
            raise NotAForge(self.forge, self.base_url, f"status {answer.status}, and no JSON")
        is_absent = answer.status in (403, 404, 410, 451)
        if is_absent and not absent:
            raise NoSuchRepository(self.forge, full_name)
        if answer.status != 200 and not is_absent:
            raise NotAForge(self.forge, self.base_url, f"status {answer.status} {answer.message()[:200]}")
        if not isinstance(said, dict):
            raise NotAForge(self.forge, self.base_url, f"a JSON {type(said).__name__} where an object belongs")
        kept = {name: str(answer.headers[name]) for name in KEPT_HEADERS if name in answer.headers}
        return Page(asked, answer.status, kept, self._now().isoformat(), answer.text)


def _auth(token: Token) -> Auth.Auth:
    if token.app is None:
        return Auth.Token(token.secret)
    app, installation = token.app
    return Auth.AppInstallationAuth(Auth.AppAuth(app, token.secret), installation)
