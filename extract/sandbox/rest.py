"""The few REST answers a client asks for before it turns to GraphQL: the repository, and the rate limit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .answers import RATE_LIMIT_POINTS
from .ids import node_id
from .nodes import Node
from .organisation import OWNER_ID
from .view import View

DOCUMENTATION = "https://docs.github.com/rest"
NOT_FOUND = {"message": "Not Found", "documentation_url": DOCUMENTATION, "status": "404"}
BAD_CREDENTIALS = {"message": "Bad credentials", "documentation_url": DOCUMENTATION, "status": "401"}
_BY_NAME = re.compile(r"/repos/([^/]+)/([^/]+)")
_BY_ID = re.compile(r"/repositories/(\d+)")
_ITEM = re.compile(r"(/repos/[^/]+/[^/]+)/issues/(\d+)")
_ORGANISATION = re.compile(r"/orgs/([^/]+)(/public_members)?")

ALWAYS: Node = {
    "private": False,
    "visibility": "public",
    "description": "A simulated community.",
    "fork": False,
    "archived": False,
    "disabled": False,
    "has_wiki": False,
    "forks_count": 0,
    "stargazers_count": 0,
    "permissions": {"admin": False, "maintain": False, "push": False, "triage": False, "pull": True},
}


def rest_answer(
    view: View, path: str, *, root: str, requests_used: int, asked: Mapping[str, list[str]] | None = None
) -> tuple[int, Any]:
    """Status and body for a path below the API's root, such as /repos/commons/bazaar."""
    if path == "/rate_limit":
        return 200, rate_limits(view, requests_used)
    by_owner = _ORGANISATION.fullmatch(path)
    if by_owner:
        return organisation_answer(view, by_owner[1], by_owner[2], asked or {}, root)
    by_number = _ITEM.fullmatch(path)
    if by_number:
        return item_answer(view, repository_at(view, by_number[1]), int(by_number[2]), root)
    by_name, found = _BY_NAME.fullmatch(path), repository_at(view, path)
    if by_name and found is not None and found["nameWithOwner"].lower() != f"{by_name[1]}/{by_name[2]}".lower():
        return 301, moved_to(f"{root}/repositories/{found['databaseId']}")
    return (404, NOT_FOUND) if found is None else (200, repository_body(found, root))


def moved_to(url: str) -> Node:
    return {"message": "Moved Permanently", "url": url, "documentation_url": DOCUMENTATION}


def item_answer(view: View, repository: Node | None, number: int, root: str) -> tuple[int, Node]:
    """One issue or change: what it takes to see that it is there, or where it is now."""
    if repository is None:
        return 404, NOT_FOUND
    place = (repository["nameWithOwner"], number)
    if place in view.moves.transferred:
        there, as_number = view.moves.transferred[place]
        return 301, moved_to(f"{root}/repos/{there}/issues/{as_number}")
    if place in view.moves.converted:
        return 410, {"message": "This issue was deleted", "documentation_url": DOCUMENTATION}
    item = repository["_by_number"].get(number)
    if item is None:
        return 404, NOT_FOUND
    here = f"{root}/repos/{repository['nameWithOwner']}"
    return 200, {"number": number, "id": int(item["fullDatabaseId"]), "repository_url": here, "html_url": item["url"]}


def repository_at(view: View, path: str) -> Node | None:
    by_name, by_id = _BY_NAME.fullmatch(path), _BY_ID.fullmatch(path)
    if by_name:
        return view.at_name(f"{by_name[1]}/{by_name[2]}")
    if by_id:
        return view.with_id(int(by_id[1]))
    return None


def rate_limits(view: View, used: int) -> Node:
    window = {
        "limit": RATE_LIMIT_POINTS,
        "used": used,
        "remaining": max(RATE_LIMIT_POINTS - used, 1),
        "reset": int(view.as_of.timestamp()),
    }
    return {"resources": {"core": window, "graphql": window, "search": window}, "rate": window}


def repository_body(node: Node, root: str) -> Node:
    """The repository as `GET /repos/{owner}/{name}` gives it; `root` is the API's address."""
    owner, name = node["nameWithOwner"].split("/")
    lists = (node["_issues"], node["_pullRequests"])
    open_items = [it for rows in lists for it in rows["CREATED_AT"].nodes if it["state"] == "OPEN"]
    return ALWAYS | {
        "id": node["databaseId"],
        "has_issues": node["hasIssuesEnabled"],
        "node_id": node["id"],
        "name": name,
        "full_name": node["nameWithOwner"],
        "owner": owner_body(owner, root, node["url"].removesuffix(f"/{name}")),
        "html_url": node["url"],
        "url": f"{root}/repos/{owner}/{name}",
        "clone_url": f"{node['url']}.git",
        "default_branch": "main",
        "created_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "pushed_at": node["pushedAt"],
        "open_issues_count": len(open_items),
    }


def organisation_answer(
    view: View, owner: str, below: str | None, asked: Mapping[str, list[str]], root: str
) -> tuple[int, Any]:
    """The organisation, or a page of those of its members who say so in public."""
    ours = view.organisation
    if not view.is_owner(owner):
        return 404, NOT_FOUND
    if below is None:
        about = {"name": "The commons", "blog": ours.site, "is_verified": ours.is_verified}
        return 200, owner_body(owner, root, f"{view.web_url}/{owner}") | about
    size, at = (int(asked.get(name, [usual])[0]) for name, usual in (("per_page", "30"), ("page", "1")))
    shown = ours.members(view.actors)[(at - 1) * size : at * size]
    return 200, [{"login": one["login"], "id": one["databaseId"], "type": "User"} for one in shown]


def owner_body(owner: str, root: str, page: str) -> Node:
    return {
        "login": owner,
        "id": OWNER_ID,
        "node_id": node_id("O", OWNER_ID),
        "type": "Organization",
        "url": f"{root}/orgs/{owner}",
        "html_url": page,
        "site_admin": False,
    }


def as_json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
