"""The telephone to GitHub: PyGithub for authentication, base URL and transport; our own judgement of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from github import Auth, Github, GithubException
from github.Requester import Requester
from jwt.exceptions import PyJWTError

from extract.archive import Page
from extract.caller import NOT_MODIFIED, TIMEOUT_SECONDS, TRIES, Answer, Caller, Request
from extract.errors import BadKey, MissingScope, NoSuchRepository, NotAForge, NotUnderstood, Strained
from extract.github import scopes
from extract.github.way import Way
from extract.quota import Pool, Token
from extract.reach import Reach
from extract.source import Access

KEPT_HEADERS = ("etag", "date", "x-github-request-id", "x-ratelimit-remaining", "x-ratelimit-reset")
LIMITS = ("RATE_LIMITED", "RATE_LIMIT")
ABSENT = ("NOT_FOUND", "FORBIDDEN")
VERSION_NEEDED = "a version of GitHub Enterprise Server that GitHub still maintains"


class GitHubAnswer(Answer):
    """What GraphQL says of errors besides."""

    def errors(self) -> list[dict[str, Any]]:
        said = self.said
        return list(said.get("errors") or []) if isinstance(said, dict) else []

    def is_misunderstanding(self) -> bool:
        """The query itself is refused: places in it are named, and nothing was executed."""
        errors = self.errors()
        return bool(errors) and "data" not in self.said and all("locations" in error for error in errors)

    def is_limit(self) -> bool:
        return super().is_limit() or any(error.get("type") in LIMITS for error in self.errors())


class Client(Caller):
    """GitHub, for one repository."""

    def __init__(
        self,
        forge: str,
        base_url: str,
        pool: Pool,
        now: Callable[[], datetime],
        sleep: Callable[[float], object],
        reach: Reach | None = None,
    ) -> None:
        super().__init__(forge, pool, now, sleep)
        self.base_url, self._reach = base_url, reach or Reach(forge, base_url, Access())
        self._requesters: dict[str, Requester] = {}

    def get(self, path: str, full_name: str, etag: str | None = None, *, absent: bool = False) -> Page | None:
        """One REST answer that is JSON and 200; None if it is still the one with that etag, which costs no points.

        `absent`: it may be gone, and the page is what the forge says of that.
        """
        headers = {"If-None-Match": etag} if etag else {}
        answer = self._judged(Request("GET", path, None, headers), "core", full_name, TRIES)
        if answer.status == NOT_MODIFIED:
            return None
        return self._page({"url": path}, answer, full_name, absent=absent)

    def beside(self, path: str, full_name: str, *, is_list: bool = False) -> Page:
        """One REST answer about something that may not be there, or not be shown; the page says so then."""
        answer = self._judged(Request("GET", path, None, {}), "core", full_name, TRIES)
        return self._page({"url": path}, answer, full_name, absent=True, kind=list if is_list else dict)

    def ask(
        self, query: str, variables: Mapping[str, Any], full_name: str, *, tries: int = TRIES, absent: bool = False
    ) -> Page:
        """One GraphQL answer without errors: partial data beside errors is never taken for whole.

        `absent`: things asked for may not be there, and are null then. Raises Strained for what a smaller page may
        mend, after so many tries.
        """
        body = {"query": query, "variables": dict(variables)}
        answer = self._judged(Request("POST", "graphql", body), "graphql", full_name, tries)
        page = self._page(body, answer, full_name)
        if answer.errors() and not absent:
            raise NoSuchRepository(self.forge, full_name)
        if not isinstance(page.data().get("data"), dict):
            raise NotAForge(self.forge, self.base_url, "a GraphQL answer without data")
        return page

    def _judged(self, request: Request, resource: str, full_name: str, tries: int) -> GitHubAnswer:
        answer = self._answered(
            request, resource, lambda answer: self._check(cast(GitHubAnswer, answer), full_name), tries
        )
        return cast(GitHubAnswer, answer)  # for _send makes no others

    def _send(self, token: Token, request: Request) -> GitHubAnswer:
        requester = self._requester(token)
        where = requester.graphql_url if request.url == "graphql" else request.url
        try:
            told = requester.requestJson(request.verb, where, input=request.body, headers=dict(request.headers))
            answer = GitHubAnswer(*told)
        except OSError as error:  # all of requests' are
            raise self._reach.explained(error) from error
        except GithubException as error:  # an app that was refused an installation's token
            return GitHubAnswer(401 if error.status in (401, 403, 404) else error.status, error.headers or {}, "")
        except (PyJWTError, ValueError, TypeError) as error:
            if token.app is None:
                raise
            raise BadKey(token.name) from error
        except RuntimeError as error:  # PyGithub's word for a redirect to another host or scheme
            raise NotAForge(self.forge, self.base_url, str(error)) from error
        self._reach.check_door(answer.status, answer.headers, is_json=answer.is_json())
        return answer

    def git_headers(self, url: str) -> tuple[str, ...]:
        """What lets git in where the API lets us in."""
        with self._pool.token("git") as token:
            auth = self._requester(token).auth
            secret = "" if auth is None else auth.token
        return self._reach.git_headers(url, "x-access-token", secret)

    def _requester(self, token: Token) -> Requester:
        if token.name not in self._requesters:
            self._requesters[token.name] = Github(
                auth=_auth(token),
                base_url=self.base_url,
                timeout=TIMEOUT_SECONDS,
                verify=Way(self._reach),
                seconds_between_requests=0,  # the pool sees to it that a token asks one thing at a time
                seconds_between_writes=0,  # our POSTs only read
                retry=None,
            ).requester
        return self._requesters[token.name]

    def _check(self, answer: GitHubAnswer, full_name: str) -> None:
        """Raises Strained for what is no answer, or only half of one."""
        if answer.status >= 500:
            raise Strained(
                f"{self.forge} kept answering {answer.status} for {full_name}. What was received is kept; the next run "
                "continues at this page."
            )
        if answer.said is None and answer.is_json():
            raise Strained(f"{self.forge} sent half an answer for {full_name}. The next run continues at this page.")
        self._check_scope(answer)
        if answer.is_misunderstanding():
            said = str(answer.errors()[0].get("message"))[:300]
            raise NotUnderstood(self.forge, f"{said} (needed is {VERSION_NEEDED})")
        strange = [error for error in answer.errors() if error.get("type") not in ABSENT]
        if strange:
            said = str(strange[0].get("message"))[:300]
            raise Strained(
                f"{self.forge} could not answer for {full_name}: {said}. The next run continues at this page."
            )

    def _check_scope(self, answer: GitHubAnswer) -> None:
        """What is refused for a scope that is missing is not there for this token alone: nobody must take it for gone."""
        scope = scopes.missing(answer.errors(), answer.message() if answer.status == 403 else "", answer.headers)
        if scope is not None:
            raise MissingScope(self.forge, scope, tuple(token.name for token in self._pool.tokens))

    def _page(
        self, asked: dict[str, Any], answer: GitHubAnswer, full_name: str, *, absent: bool = False, kind: type = dict
    ) -> Page:
        said = answer.said
        if said is None:
            raise NotAForge(self.forge, self.base_url, f"status {answer.status}, and no JSON")
        is_absent = answer.status in (403, 404, 410, 451)
        if is_absent and not absent:
            raise NoSuchRepository(self.forge, full_name, scopes.of_what_is_hidden(answer.headers))
        if answer.status != 200 and not is_absent:
            raise NotAForge(self.forge, self.base_url, f"status {answer.status} {answer.message()[:200]}")
        if not isinstance(said, dict if is_absent else kind):
            wanted = "a list" if kind is list else "an object"
            raise NotAForge(self.forge, self.base_url, f"a JSON {type(said).__name__} where {wanted} belongs")
        kept = {name: str(answer.headers[name]) for name in KEPT_HEADERS if name in answer.headers}
        return Page(asked, answer.status, kept, self._now().isoformat(), answer.text)


def _auth(token: Token) -> Auth.Auth:
    if token.app is None:
        return Auth.Token(token.secret)
    app, installation = token.app
    return Auth.AppInstallationAuth(Auth.AppAuth(app, token.secret), installation)
