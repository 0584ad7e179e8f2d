"""Members of the group that a project is in, with those of the groups around it, and since when they are."""

from __future__ import annotations

from datetime import datetime

from extract.archive import Page
from extract.gitlab import queries
from extract.gitlab.records import GHOST, Records
from extract.line import Line
from extract.membership import Shown, organisation


def ask(line: Line, repository: Page) -> list[Page]:
    """A hundred members a page, as GraphQL shows them to whoever asks; nothing for the project of a person."""
    namespace = repository.data().get("namespace") or {}
    if namespace.get("kind") != "group":
        return []
    pages: list[Page] = []
    after = None
    while True:
        pages.append(line.ask(queries.MEMBERS, {"path": namespace["full_path"], "after": after}))
        group = pages[-1].data()["data"]["group"]
        info = (group or {}).get("groupMembers", {}).get("pageInfo", {})
        if not info.get("hasNextPage"):
            return pages
        after = info["endCursor"]


def read(page: Page, forge: str) -> Shown:
    """`{"id": "gid://gitlab/Group/1", "fullPath": "guild", "groupMembers": {"nodes": [{"createdAt": ..., "user": ...}]}}`."""
    group = page.data()["data"]["group"]
    if group is None:
        return Shown()
    members = tuple(
        (f"{forge}:{Records.number(node['user']['id'])}", datetime.fromisoformat(node["createdAt"]))
        for node in (group["groupMembers"] or {"nodes": []})["nodes"]
        if node is not None and node["user"] is not None and node["user"]["username"] != GHOST
    )
    return Shown(organisation(forge, Records.number(group["id"]), group["fullPath"]), members)
