"""The sandbox as a Gitea: its lists, paged by place, with totals in a header; refusals as Gitea writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from .faults import holds
from .gitea_view import Shelf
from .gitea_words import at, person
from .handler import Handler
from .nodes import Node
from .organisation import OWNER_ID
from .server import Dialect
from .view import View

API = "/api/v1"
PLACE = re.compile(r"/repos/([^/]+/[^/]+)(?:/(.+))?")
ORGANISATION = re.compile(r"/orgs/([^/]+)(/public_members)?")
BY_ID = re.compile(r"/repositories/(\d+)")
UNAUTHORIZED = {"message": "invalid username, password or token", "url": "http://127.0.0.1/api/swagger"}
NOT_FOUND = {"errors": [], "message": "not found", "url": "http://127.0.0.1/api/swagger"}
ITEMS = re.compile(rf"{API}/repos/[^/]+/[^/]+/(issues|pulls)(/\d+)?")
"""Paths of items as such, where one that does not fit together is met."""
BROKEN = {"message": "", "url": "http://127.0.0.1/api/swagger"}
MOVED = "<a href>Moved Permanently</a>.\n"
DEFAULT_PAGE = 30
Answered = tuple[int, Any, dict[str, str]]


class GiteaHandler(Handler):
    """A token comes in the Authorization header, or as a parameter."""

    bad_credentials: ClassVar[Any] = UNAUTHORIZED

    def _is_known(self) -> bool:
        """Nobody in particular may ask for the version; who shows a wrong token may not even do that."""
        is_version = urlsplit(self.path).path == f"{API}/version"
        return self._token() in self.forge.tokens or (is_version and not self._token())

    def _token(self) -> str:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "token" else parse_qs(urlsplit(self.path).query).get("token", [""])[0]

    def _is_refused(self) -> bool:
        wait = self.forge.faults.blocked_for(self._token())
        self.window = None if wait is not None else self.forge.faults.spend(self._token())
        if wait is None and (self.window is None or not self.window.was_told):
            return False
        left = max(1, round((self.window.ends_at if self.window else 0) - self.forge.faults.now()) + 1)
        self._send(429, b"Too Many Requests\n", "text/plain", {"Retry-After": str(wait or left)})
        return True

    def _send_json(self, status: int, body: Any, used: int, headers: dict[str, str] | None = None) -> None:
        """An empty timeline is null, not an empty list; where something has moved is told by a page."""
        if body is None or body is MOVED:
            kind = "application/json" if body is None else "text/html"
            self._send(status, (body or "null\n").encode(), f"{kind}; charset=utf-8", headers)
        else:
            super()._send_json(status, body, used, headers)

    def _limits(self, used: int) -> dict[str, str]:
        """Gitea tells nothing of limits; what stands before it may refuse."""
        return {}

    def _api(self, path: str, body: bytes, used: int) -> None:
        if self.forge.missing_scope == scope_of(path):
            refused = f"token does not have at least one of required scope(s), required=[{self.forge.missing_scope}], token scope=read:user"
            self._send_json(403, {"message": refused, "url": ""}, used)
            return
        asked = parse_qs(urlsplit(self.path).query)
        said: Any
        status, said, headers = answer(self.forge.view(), path.removeprefix(API), asked, self.forge)
        faults = self.forge.faults
        if ITEMS.fullmatch(path) and holds(said, faults.poisoned):
            is_of_changes = "/pulls" in path
            if not faults.poison_is_quiet or path.endswith("/pulls"):
                self._send_json(500, BROKEN, used)
                return
            if asked.get("type") != ["pulls"]:
                said = None if is_of_changes else hollowed(said, faults.poisoned)
        self._send_json(status, said, used, headers)


def answer(view: View, path: str, asked: dict[str, list[str]], forge: Any) -> Answered:
    """Status, body and headers for a path below the API's root, such as /repos/a/b/issues/3/timeline."""
    if path == "/version":
        return 200, {"version": forge.version}, {}
    if by_owner := ORGANISATION.fullmatch(path):
        return organisation(view, by_owner[1], by_owner[2], asked, forge.page_maximum)
    found, by_id = PLACE.fullmatch(path), BY_ID.fullmatch(path)
    if by_id:
        repository = next((one for one in view.repositories.values() if str(one["databaseId"]) == by_id[1]), None)
    else:
        repository = view.at_name(found[1]) if found else None
    if repository is None:
        return 404, NOT_FOUND, {}
    if found and repository["nameWithOwner"].lower() != found[1].lower():
        return 301, MOVED, {"Location": f"{API}{path.replace(found[1], repository['nameWithOwner'], 1)}"}
    shelf = shelf_of(view, repository)
    rest = found[2] if found else None
    return (200, shelf.fact, {}) if rest is None else below(shelf, rest, asked, forge.page_maximum)


def organisation(view: View, owner: str, below: str | None, asked: dict[str, list[str]], most: int) -> Answered:
    if not view.is_owner(owner):
        return 404, NOT_FOUND, {}
    if below:
        return paged([person(one) for one in view.organisation.members(view.actors)], asked, most)
    about = {"id": OWNER_ID, "name": owner, "full_name": "", "website": view.organisation.site, "visibility": "public"}
    return 200, about, {}


def scope_of(path: str) -> str:
    """What it takes to see this; the version takes nothing."""
    if path == f"{API}/version":
        return "none"
    if ORGANISATION.fullmatch(path.removeprefix(API)):
        return "read:organization"
    found = PLACE.fullmatch(path.removeprefix(API))
    return "read:issue" if found and (found[2] or "").startswith("issues") else "read:repository"


def hollowed(said: Any, numbers: frozenset[int]) -> Any:
    """An issue that does not fit together is shown with all its fields and nothing in them, without an error."""
    if isinstance(said, list):
        return [hollowed(row, numbers) for row in said]
    if said["number"] not in numbers:
        return said
    zero = {"created_at": "0001-01-01T00:00:00Z", "updated_at": "0001-01-01T00:00:00Z", "closed_at": None}
    empty = {int: 0, str: "", bool: False}
    return {name: zero.get(name, empty.get(type(value))) for name, value in said.items()}


def shelf_of(view: View, repository: Node) -> Shelf:
    """Made once for each view."""
    shelves: dict[str, Shelf] = view.dialects.setdefault("gitea", {})
    name = repository["nameWithOwner"]
    if name not in shelves:
        shelves[name] = Shelf(view, repository)
    return shelves[name]


def below(shelf: Shelf, rest: str, asked: dict[str, list[str]], most: int) -> Answered:
    if unshown(shelf, rest, asked):
        return 404, NOT_FOUND, {}
    if rest in ("issues", "pulls"):
        return paged(list_of(shelf, rest, asked), asked, most)
    for pattern, answered in PATHS.items():
        found = re.fullmatch(pattern, rest)
        if found:
            return answered(shelf, found, asked, most)
    return 404, NOT_FOUND, {}


def unshown(shelf: Shelf, rest: str, asked: dict[str, list[str]]) -> bool:
    """Where the token may not see issues or pull requests, their lists are not found though the repository is; without
    a commit, nor are pull requests."""
    if rest.startswith("pulls") and shelf.fact["empty"]:
        return True
    is_changes = rest.startswith("pulls") or asked.get("type") == ["pulls"]
    return ("changes" if is_changes else "issues") in shelf.view.members_only


def list_of(shelf: Shelf, what: str, asked: dict[str, list[str]]) -> list[Node]:
    """Issues are in the order of opening, pull requests in that of change if they are asked for so; newest first."""
    by_change = asked.get("sort") == ["recentupdate"]
    kind = {"issues": "Issue", "pulls": "PullRequest"}.get(asked.get("type", [""])[0] if what == "issues" else "pulls")
    nodes = [node for node in shelf.nodes.values() if kind is None or node["__typename"] == kind]
    nodes.sort(key=lambda node: (node["_updated" if by_change else "_created"], node["number"]), reverse=True)
    if "since" in asked:
        since = datetime.fromisoformat(asked["since"][0]).timestamp()
        nodes = [node for node in nodes if node["_updated"] >= since]
    return [shelf.issue(node) if what == "issues" else shelf.change(node, alone=False) for node in nodes]


def paged(rows: list[Node], asked: dict[str, list[str]], most: int) -> Answered:
    size = min(int(asked.get("limit", [str(DEFAULT_PAGE)])[0]), most)
    start = (int(asked.get("page", ["1"])[0]) - 1) * size
    return 200, rows[start : start + size], {"X-Total-Count": str(len(rows))}


def whole_or_paged(rows: list[Node], asked: dict[str, list[str]], most: int) -> Answered:
    """These lists come whole where no page is asked for; the total is that of what is shown."""
    shown = paged(rows, asked, most)[1] if "page" in asked else rows
    return 200, shown or None, {"X-Total-Count": str(len(shown))}


def one_item(shelf: Shelf, found: re.Match[str], asked: dict[str, list[str]], most: int) -> Answered:
    node = shelf.nodes.get(int(found[2]))
    if node is None or (found[1] == "pulls" and node["__typename"] != "PullRequest"):
        return 404, NOT_FOUND, {}
    return 200, shelf.issue(node) if found[1] == "issues" else shelf.change(node, alone=True), {}


def timeline(shelf: Shelf, found: re.Match[str], asked: dict[str, list[str]], most: int) -> Answered:
    node = shelf.nodes.get(int(found[1]))
    if node is None:  # of all lists below an item this one alone fails
        return 500, {**BROKEN, "message": f"issue does not exist [id: 0, repo_id: 1, index: {found[1]}]"}, {}
    return whole_or_paged(shelf.timeline(node), asked, most)


def reactions(shelf: Shelf, found: re.Match[str], asked: dict[str, list[str]], most: int) -> Answered:
    rows = shelf.reactions.get(found[1])
    return (404, NOT_FOUND, {}) if rows is None else whole_or_paged(rows, asked, most)


def reviews(shelf: Shelf, found: re.Match[str], asked: dict[str, list[str]], most: int) -> Answered:
    node = shelf.nodes.get(int(found[1]))
    return (404, NOT_FOUND, {}) if node is None else paged(shelf.reviews(node), asked, most)


def review_comments(shelf: Shelf, found: re.Match[str], asked: dict[str, list[str]], most: int) -> Answered:
    return 200, shelf.review_comments(shelf.nodes[int(found[1])], int(found[2])), {}


def commit(shelf: Shelf, found: re.Match[str], asked: dict[str, list[str]], most: int) -> Answered:
    node = shelf.view.commits.get(found[1])
    if node is None:
        return 404, NOT_FOUND, {}
    user = node["author"]["user"]
    shown = {"sha": found[1], "created": at(node["author"]["date"]), "author": person(user) if user else None}
    return 200, shown, {}


PATHS: dict[str, Callable[[Shelf, re.Match[str], dict[str, list[str]], int], Answered]] = {
    r"(issues|pulls)/(\d+)": one_item,
    r"issues/(\d+)/timeline": timeline,
    r"(issues/(?:comments/)?\d+)/reactions": reactions,
    r"pulls/(\d+)/reviews": reviews,
    r"pulls/(\d+)/reviews/(\d+)/comments": review_comments,
    r"git/commits/([0-9a-f]+)": commit,
}
GITEA = Dialect("gitea", GiteaHandler, API)
