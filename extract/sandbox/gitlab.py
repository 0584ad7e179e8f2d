"""The sandbox as a GitLab: GraphQL, and the few lists of REST that an item has; refusals as GitLab writes them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from .faults import half_of
from .gitlab_schema import answer
from .gitlab_view import Project
from .handler import BAD_GATEWAY_PAGE, Handler
from .nodes import Node
from .rest import as_json
from .server import Dialect
from .view import View

API = "/api/v4"
BY_ID = re.compile(r"/projects/(\d+)")
RESOURCE = re.compile(r"/projects/(\d+)/(issues|merge_requests)/(\d+)(?:/(\w+))?")
UNAUTHORIZED = {"message": "401 Unauthorized"}
NOT_FOUND = {"message": "404 Project Not Found"}
MOVED = "This resource has been moved permanently."
NO_ITEM = {"message": "404 Not found"}


class GitLabHandler(Handler):
    """A token comes in a header of its own; limits are refused with 429 and are told in headers without an X."""

    bad_credentials: ClassVar[Any] = UNAUTHORIZED

    def _is_known(self) -> bool:
        return self._token() in self.forge.tokens

    def _token(self) -> str:
        return str(self.headers.get("PRIVATE-TOKEN", ""))

    def _is_refused(self) -> bool:
        wait = self.forge.faults.blocked_for(self._token())
        self.window = None if wait is not None else self.forge.faults.spend(self._token())
        if wait is None and (self.window is None or not self.window.was_told):
            return False
        left = max(1, round((self.window.ends_at if self.window else 0) - self.forge.faults.now()) + 1)
        self._send(429, b"Retry later\n", "text/plain", {"Retry-After": str(wait or left)})
        return True

    def _limits(self, used: int) -> dict[str, str]:
        limits = super()._limits(used)
        return {name.removeprefix("X-"): value for name, value in limits.items()}

    def _api(self, path: str, body: bytes, used: int) -> None:
        if self.forge.missing_scope:
            said = {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": self.forge.missing_scope,
            }
            self._send_json(403, said, used)
        elif path == "/api/graphql" and self.command == "POST":
            self._graphql(body, used)
        else:
            self._rest(path, used)

    def _graphql(self, body: bytes, used: int) -> None:
        failure = self.forge.take_failure()
        if failure is not None:
            self._send(failure, BAD_GATEWAY_PAGE, "text/html; charset=utf-8")
            return
        request = json.loads(body)
        view = self.forge.view()
        said = answer(view, projects(view), request)
        if self.forge.faults.is_too_much(said, (request.get("variables") or {}).get("first")):
            self._send(502, BAD_GATEWAY_PAGE, "text/html; charset=utf-8")
            return
        self._send_json(200, half_of(said) if self.is_halved else said, used)

    def _rest(self, path: str, used: int) -> None:
        where = urlsplit(self.path)
        view = self.forge.view()
        status, body, headers = rest_answer(view, path.removeprefix(API), parse_qs(where.query))
        etag = f'W/"{hashlib.sha256(as_json(body)).hexdigest()[:32]}"'
        is_known = status == 200 and self.headers.get("If-None-Match") == etag
        self._send_json(304 if is_known else status, None if is_known else body, used, {"ETag": etag, **headers})


def projects(view: View) -> dict[str, Project]:
    """By path in lower case; made once for each view."""
    made: dict[str, Project] | None = view.dialects.get("gitlab")
    if made is None:
        made = {name: Project(view, node, view.created[name]) for name, node in view.repositories.items()}
        view.dialects["gitlab"] = made
    return made


def rest_answer(view: View, path: str, query: dict[str, list[str]]) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers for a path below the API's root, such as /projects/1/issues/3/award_emoji."""
    if path == "/version":  # asked without a token it is refused, which says that this is a GitLab
        return 200, {"version": "18.6.0", "revision": "sandbox"}, {}
    found = projects(view)
    resource, by_id = RESOURCE.fullmatch(path), BY_ID.fullmatch(path)
    if by_id:
        project = next((one for one in found.values() if str(one.fact["id"]) == by_id[1]), None)
        return (404, NOT_FOUND, {}) if project is None else (200, project.fact, {})
    if resource:
        project = next(one for one in found.values() if str(one.fact["id"]) == resource[1])
        item = item_of(project, resource[2], resource[3])
        if item is None:
            return 404, NO_ITEM, {}
        if resource[4] is None:
            is_confidential = item.get("confidential", False)
            return 200, {"id": 1, "iid": int(item["iid"]), "confidential": is_confidential, "moved_to_id": None}, {}
        return paged(item["_rest"][resource[4]], query)
    name = path.removeprefix("/projects/")
    project = found.get(name.lower())
    moved = view.at_name(name) if project is None else None
    if moved is not None:
        return 301, MOVED, {"Location": f"{API}/projects/{moved['databaseId']}"}
    return (404, NOT_FOUND, {}) if project is None else (200, project.fact, {})


def item_of(project: Project, place: str, number: str) -> Node | None:
    items = project.issues if place == "issues" else project.changes
    return next((node for node in items if node["iid"] == number), None)


def paged(rows: list[Node], query: dict[str, list[str]]) -> tuple[int, list[Node], dict[str, str]]:
    """A page of a list by its number; 20 rows if nothing is said, 100 at most."""
    size, at = min(int(query.get("per_page", ["20"])[0]), 100), int(query.get("page", ["1"])[0])
    start = (at - 1) * size
    is_last = start + size >= len(rows)
    headers = {"X-Total": str(len(rows)), "X-Page": str(at), "X-Next-Page": "" if is_last else str(at + 1)}
    return 200, rows[start : start + size], headers


GITLAB = Dialect("gitlab", GitLabHandler, API, "refs/merge-requests/{}/head")
