"""The telephone to GitHub: PyGithub for authentication, base URL and transport; our own judgement of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from github import Auth, Github, GithubException, GithubRetry, RateLimitExceededException

from extract.archive import Page
from extract.errors import BadToken, ExtractError, NoSuchRepository, NotAForge, OutOfQuota, TryAgain

KEPT_HEADERS = ("etag", "date", "x-github-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
LIMITS = ("RATE_LIMITED", "RATE_LIMIT")


class Client:
    """One forge, one token. Counts its requests.

    `variables` are the names (never the values) of the environment variables that hold tokens, for error messages.
    `now` tells the time, since only `flows` may read the clock.
    """

    def __init__(
        self, forge: str, base_url: str, token: str | None, variables: tuple[str, ...], now: Callable[[], datetime]
    ) -> None:
        self.forge, self.base_url, self.variables, self._now = forge, base_url, variables, now
        self.requests = 0
        self._requester = Github(
            auth=Auth.Token(token) if token else None,
            base_url=base_url,
            timeout=60,
            seconds_between_requests=0,
            seconds_between_writes=0,  # our POSTs only read
            retry=GithubRetry(total=4, backoff_factor=0.5, max_rate_limit_wait=120),
        ).requester

    def get(self, path: str, full_name: str) -> Page:
        """One REST answer that is JSON and 200."""
        return self._judged(self._send("GET", path, None), {"url": path}, full_name)

    def ask(self, query: str, variables: Mapping[str, Any], full_name: str) -> Page:
        """One GraphQL answer without errors. Partial data beside errors is never taken for whole."""
        body = {"query": query, "variables": dict(variables)}
        page = self._judged(self._send("POST", self._requester.graphql_url, body), body, full_name)
        said = page.data()
        errors = said.get("errors") or []
        if errors:
            raise self._graphql_error(errors, page, full_name)
        if not isinstance(said.get("data"), dict):
            raise NotAForge(self.forge, self.base_url, "a GraphQL answer without data")
        return page

    def _send(self, verb: str, url: str, body: Any) -> tuple[int, dict[str, Any], str]:
        self.requests += 1
        try:
            return self._requester.requestJson(verb, url, input=body)
        except RateLimitExceededException as error:
            raise OutOfQuota(self.forge, self._reset(error.headers or {})) from error
        except GithubException as error:
            return error.status, dict(error.headers or {}), json.dumps(error.data)
        except requests.exceptions.RetryError as error:
            reason = getattr(error.args[0], "reason", None) if error.args else None
            raise TryAgain(
                f"{self.forge} kept failing ({reason or 'no reason told'}). What was received is kept; the next run "
                "continues there."
            ) from error
        except requests.RequestException as error:
            reason = type(error).__name__
            raise TryAgain(
                f"{self.forge} at {self.base_url} cannot be reached ({reason}). Check the network and base_url; what "
                "was received is kept and the next run continues there."
            ) from error
        except RuntimeError as error:  # PyGithub's word for a redirect to another host or scheme
            raise NotAForge(self.forge, self.base_url, str(error)) from error

    def _judged(self, answer: tuple[int, dict[str, Any], str], asked: dict[str, Any], full_name: str) -> Page:
        status, headers, text = answer
        if status >= 500:
            raise TryAgain(f"{self.forge} answered {status} for {full_name}. The next run continues at this page.")
        try:
            said = json.loads(text)
        except ValueError as error:
            raise NotAForge(self.forge, self.base_url, f"status {status}, and no JSON") from error
        if status != 200:
            raise self._refusal(status, headers, said, full_name)
        if not isinstance(said, dict):
            raise NotAForge(self.forge, self.base_url, f"a JSON {type(said).__name__} where an object belongs")
        kept = {name: str(headers[name]) for name in KEPT_HEADERS if name in headers}
        return Page(asked, status, kept, self._now().isoformat(), text)

    def _refusal(self, status: int, headers: Mapping[str, Any], said: Any, full_name: str) -> ExtractError:
        message = str(said.get("message", "")) if isinstance(said, dict) else ""
        if status == 401:
            return BadToken(self.forge, self.variables)
        if status in (403, 429) and "rate limit" in message.lower():
            return OutOfQuota(self.forge, self._reset(headers))
        if status in (403, 404, 410, 451):
            return NoSuchRepository(self.forge, full_name)
        return NotAForge(self.forge, self.base_url, f"status {status} {message[:200]}")

    def _graphql_error(self, errors: list[dict[str, Any]], page: Page, full_name: str) -> ExtractError:
        kinds = {str(error.get("type")) for error in errors}
        if kinds & set(LIMITS):
            return OutOfQuota(self.forge, self._reset(page.headers))
        if "NOT_FOUND" in kinds or "FORBIDDEN" in kinds:
            return NoSuchRepository(self.forge, full_name)
        said = str(errors[0].get("message"))[:300]
        return TryAgain(f"{self.forge} could not answer for {full_name}: {said}. The next run continues at this page.")

    @staticmethod
    def _reset(headers: Mapping[str, Any]) -> str:
        seconds = str(headers.get("x-ratelimit-reset", ""))
        return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds.isdigit() else "a time it did not tell"
