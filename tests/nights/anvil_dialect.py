"""The sandbox as an Anvil: the simulated community in its words."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from extract.sandbox.handler import Handler
from extract.sandbox.nodes import Node
from extract.sandbox.server import Dialect
from extract.sandbox.view import View

API = "/api/v2"
ITEMS = re.compile(r"/projects/(\d+)/(tickets|patches)(?:/(\d+)(/remarks)?)?")
LISTS = {"tickets": "_issues", "patches": "_pullRequests"}
Answered = tuple[int, Any]
NOTHING: Answered = (404, {"fault": "nothing here"})


class AnvilHandler(Handler):
    """A token comes in a header of its own."""

    bad_credentials: ClassVar[Any] = {"fault": "who are you?"}

    def _is_known(self) -> bool:
        return self._token() in self.forge.tokens or self.path == f"{API}/anvil"

    def _token(self) -> str:
        return str(self.headers.get("X-Anvil-Token", ""))

    def _api(self, path: str, body: bytes, used: int) -> None:
        if self.forge.missing_scope:
            self._send_json(403, {"needs": self.forge.missing_scope}, used)
            return
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        status, said = answer(self.forge.view(), path.removeprefix(API), asked)
        self._send_json(status, said, used)


def answer(view: View, path: str, asked: dict[str, str]) -> Answered:
    if path == "/anvil":
        return 200, {"anvil": "3.4"}
    found = ITEMS.fullmatch(path)
    name = path.removeprefix("/projects/")
    project = view.with_id(int(found[1] if found else name)) if found or name.isdigit() else view.at_name(name)
    if project is None:
        return NOTHING
    return items(project, found, asked) if found else (200, fact(project))


def fact(node: Node) -> Node:
    told = {"id": node["databaseId"], "path": node["nameWithOwner"], "web": node["url"], "clone": f"{node['url']}.git"}
    return {**told, "branch": "main", "made": node["createdAt"]}


def items(project: Node, found: re.Match[str], asked: dict[str, str]) -> Answered:
    order = "CREATED_AT" if asked.get("order") == "opened" else "UPDATED_AT"
    nodes = list(reversed(project[LISTS[found[2]]][order].nodes))
    if found[3] is None:
        return 200, page([node for node in nodes if node["updatedAt"] >= asked.get("since", "")], asked)
    node = next((node for node in nodes if str(node["number"]) == found[3]), None)
    if node is None:
        return NOTHING
    return 200, [remark(one) for one in node["_comments"].nodes] if found[4] else item(node)


def page(nodes: list[Node], asked: dict[str, str]) -> Node:
    start, size = int(asked.get("behind", 0)), int(asked["size"])
    rest = start + size if start + size < len(nodes) else None
    return {"total": len(nodes), "rows": [item(node) for node in nodes[start : start + size]], "next": rest}


def item(node: Node) -> Node:
    merge = {"merged": node["mergedAt"], "merged_by": person(node["mergedBy"])} if "mergedAt" in node else {}
    dates = {"opened": node["createdAt"], "changed": node["updatedAt"], "closed": node["closedAt"]}
    told = {"number": node["number"], "title": node["title"], "web": node["url"], "by": person(node["author"])}
    return {**told, **dates, **merge, "remarks": len(node["_comments"].nodes)}


def remark(comment: Node) -> Node:
    told = {"id": int(comment["fullDatabaseId"]), "by": person(comment["author"]), "said": comment["body"]}
    return {**told, "at": comment["createdAt"], "web": comment["url"]}


def person(actor: Node | None) -> Node | None:
    return None if actor is None else {"id": actor["databaseId"], "name": actor["login"]}


ANVIL = Dialect("anvil", AnvilHandler, API)
