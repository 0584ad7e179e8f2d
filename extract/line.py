"""The line to a self-hosted forge, by requests: certificates, proxies, a server in front, redirects; and what went wrong.

A token goes to the forge's own address and nowhere else: redirects are followed by hand, and only on the same server.
What stands in `netrc` is not used. Errors say which setting to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from extract.archive import Page
from extract.caller import NOT_MODIFIED, TIMEOUT_SECONDS, TRIES, Answer, Caller, Request
from extract.errors import BadToken, MissingScope, NoSuchRepository, NotAForge, NotUnderstood, Strained
from extract.quota import Token
from extract.reach import reach
from extract.source import Source, Surroundings

KEPT_HEADERS = (
    "etag",
    "date",
    "link",
    "x-total",
    "x-total-count",
    "x-next-page",
    "x-request-id",
    "ratelimit-remaining",
)
ABSENT = (404, 410)
MOST_HOPS = 5
Signed = tuple[dict[str, str], dict[str, str]]
"""Headers and parameters that say whose request it is."""


@dataclass(frozen=True)
class Manners:
    """How one kind of forge is spoken to.

    `signed` makes headers and parameters of a token; it is told whether the Authorization header is taken by a server
    in front. `scope` finds the missing scope in a refusal, None if that is not what it says.
    """

    api: str
    signed: Callable[[str, bool], Signed]
    scope: Callable[[Answer], str | None]
    git_user: str
    graphql: str = ""
    version_needed: str = ""


class Line(Caller):
    """One forge, for one repository. Whoever has no token is nobody in particular."""

    def __init__(self, manners: Manners, source: Source, around: Surroundings) -> None:
        super().__init__(source.forge, around.pool(source, may_be_nobody=True), around.now, around.sleep)
        self.manners, self.source, self.full_name = manners, source, source.name
        self.base_url = source.base_url.rstrip("/")
        if not self.base_url.endswith(manners.api):
            self.base_url += manners.api
        # said with each request, for a session's own give way to REQUESTS_CA_BUNDLE and HTTPS_PROXY of the environment
        self._reach = reach(source, around.environment)
        self._session = requests.Session()

    @property
    def root(self) -> str:
        """Address of the instance."""
        return self.base_url.removesuffix(self.manners.api)

    def get(
        self,
        path: str,
        parameters: Mapping[str, object] | None = None,
        *,
        etag: str | None = None,
        absent: bool = False,
        tries: int = TRIES,
        **about: Any,
    ) -> Page | None:
        """One answer that is JSON and 200; None if it is still the one with that etag.

        `absent`: it may be gone, and the page is what the forge says of that. `about` is noted in what was asked.
        """
        url = path + (f"?{urlencode(parameters)}" if parameters else "")
        request = Request("GET", url, None, {"If-None-Match": etag} if etag else {})
        answer = self._answered(request, "core", self._check, tries)
        if answer.status == NOT_MODIFIED:
            return None
        return self._page({"url": url, **about}, answer, absent=absent)

    def must(self, path: str, parameters: Mapping[str, object] | None = None, **about: Any) -> Page:
        """The same where an etag plays no part."""
        page = self.get(path, parameters, **about)
        assert page is not None  # noqa: S101 - only an etag makes it None
        return page

    def known(self, by_name: str, by_number: str | None, etag: str | None = None) -> Page | None:
        """A repository by its name, which leads on where it was renamed; by its number where nobody has the name any
        more. None if it is still as with that etag."""
        page = self.get(by_name, etag=etag, absent=by_number is not None)
        if page is not None and page.status != 200 and by_number is not None:
            page = self.get(by_number, etag=etag)
        return page

    def ask(self, query: str, variables: Mapping[str, Any], *, tries: int = TRIES, **about: Any) -> Page:
        """One GraphQL answer without errors: partial data beside errors is never taken for whole."""
        body = {"query": query, "variables": dict(variables)}
        request = Request("POST", self.root + self.manners.graphql, body)
        answer = self._answered(request, "graphql", self._check_whole, tries)
        self._refuse_errors(answer)
        page = self._page({**body, **about}, answer, absent=False)
        if not isinstance(page.data().get("data"), dict):
            raise NotAForge(self.forge, self.base_url, "a GraphQL answer without data")
        return page

    def git_headers(self, url: str) -> tuple[str, ...]:
        """What lets git in where the API lets us in; nothing for who has no token and meets nobody in front."""
        with self._pool.token("git") as token:
            return self._reach.git_headers(url, self.manners.git_user, token.secret)

    def _check_whole(self, answer: Answer) -> None:
        """Raises Strained too for errors that another try, or a smaller question, may mend."""
        self._check(answer)
        errors = _errors(answer)
        if errors and not _is_misunderstood(answer, errors):
            said = str(errors[0].get("message"))[:300]
            raise Strained(f"{self.forge} could not answer for {self.full_name}: {said}. The next run continues here.")

    def _refuse_errors(self, answer: Answer) -> None:
        errors = _errors(answer)
        if errors:
            raise NotUnderstood(self.forge, str(errors[0].get("message"))[:300] + self._needed())

    def _needed(self) -> str:
        return f" (needed is {self.manners.version_needed})" if self.manners.version_needed else ""

    def _send(self, token: Token, request: Request) -> Answer:
        url = request.url if "://" in request.url else f"{self.base_url}{request.url}"
        is_taken = self._reach.front is not None and not self._reach.access.token_header
        headers, parameters = self.manners.signed(token.secret, is_taken) if token.secret else ({}, {})
        headers = self._reach.lead({"Accept": "application/json", **headers, **request.headers})
        for _ in range(MOST_HOPS):
            answer = self._sent(request, url, parameters, headers)
            if answer.status not in (301, 302, 307, 308):
                break
            url = self._followed(url, str(answer.headers.get("location", "")))
            self.requests += 1
        return self._unlocked(token, answer)

    def _sent(self, request: Request, url: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        try:
            told = self._session.request(
                request.verb, url, params=parameters, json=request.body, headers=dict(headers), auth=_as_it_is,
                timeout=TIMEOUT_SECONDS, allow_redirects=False, verify=self._reach.verify, proxies=self._reach.proxies,
            )  # fmt: skip
        except OSError as error:  # all of requests' are
            raise self._reach.explained(error) from error
        return Answer(told.status_code, {name.lower(): value for name, value in told.headers.items()}, told.text)

    def _followed(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        if urlsplit(target)[:2] != urlsplit(url)[:2] or not location:
            place = urlsplit(target).netloc or "nowhere"
            raise NotAForge(self.forge, self.base_url, f"it sends us to {place}, and a token does not follow there")
        return target

    def _unlocked(self, token: Token, answer: Answer) -> Answer:
        """A refusal that is not the forge's own belongs to what stands in front of it."""
        self._reach.check_door(answer.status, answer.headers, is_json=answer.is_json())
        if answer.status == 401 and not token.secret:
            raise BadToken(self.forge, self.source.token_variables)
        return answer

    def _check(self, answer: Answer) -> None:
        """Raises Strained for what is no answer, or only half of one."""
        if answer.status >= 500 or answer.status == 408:
            raise Strained(
                f"{self.forge} kept answering {answer.status} for {self.full_name}. What was received is kept; the next "
                "run continues at this page."
            )
        if answer.is_broken() and answer.is_json():
            raise Strained(
                f"{self.forge} sent half an answer for {self.full_name}. The next run continues at this page."
            )

    def _page(self, asked: dict[str, Any], answer: Answer, *, absent: bool) -> Page:
        is_absent = answer.status in ABSENT
        if answer.is_broken() and not is_absent:
            raise NotAForge(self.forge, self.base_url, f"status {answer.status}, and no JSON")
        scope = self.manners.scope(answer) if answer.status == 403 else None
        if scope is not None:
            raise MissingScope(self.forge, scope, self.source.token_variables)
        if (is_absent and not absent) or answer.status in (403, 451):
            raise NoSuchRepository(self.forge, self.full_name)
        if answer.status != 200 and not is_absent:
            raise NotAForge(self.forge, self.base_url, f"status {answer.status} {answer.message()[:200]}")
        kept = {name: str(answer.headers[name]) for name in KEPT_HEADERS if name in answer.headers}
        return Page(asked, answer.status, kept, self._now().isoformat(), answer.text)


def _as_it_is(request: Any) -> Any:
    """In place of what requests would find in netrc."""
    return request


def _errors(answer: Answer) -> list[dict[str, Any]]:
    return list(answer.said.get("errors") or []) if isinstance(answer.said, dict) else []


def _is_misunderstood(answer: Answer, errors: list[dict[str, Any]]) -> bool:
    """The query itself is refused, places in it are named, and nothing was executed; not for being too large."""
    is_refused = not answer.said.get("data") and all("locations" in error for error in errors)
    return is_refused and not any("complexity" in str(error.get("message")) for error in errors)
