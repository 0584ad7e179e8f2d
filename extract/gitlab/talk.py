"""Asking GitLab: pages of items by GraphQL, and by REST what happened to an item and who it was given emoji by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from extract.archive import Page
from extract.caller import TRIES, Answer, Caller
from extract.crawl import Glance, Listing, Opened
from extract.crawling import same_instant
from extract.errors import NoSuchRepository, Strained
from extract.gitlab import queries
from extract.gitlab.records import Records
from extract.line import Line, Manners
from extract.records import Record

PER_PAGE, PER_BATCH = 50, 25
NOTES_A_PAGE = 50
COMMITS_A_LOOK = 25
ROWS_A_PAGE = 100
PLACES = {"issues": "issues", "changes": "merge_requests"}
RESOURCES = ("resource_label_events", "resource_milestone_events", "resource_state_events", "award_emoji")
"""What REST is asked for each item."""
SHOWN = {"issues": "issues_access_level", "changes": "merge_requests_access_level"}
"""Settings of a project that say to whom its issues and merge requests are shown."""
GUEST, REPORTER = 10, 20
ROLES = {"issues": ("issues", "Guest", GUEST), "changes": ("merge requests", "Reporter", REPORTER)}
"""By stream: what people call it, and the role that sees it where it is for members only."""


def _scope(answer: Answer) -> str | None:
    said = answer.said if isinstance(answer.said, dict) else {}
    if said.get("error") != "insufficient_scope":
        return None
    return " or ".join(str(said.get("scope") or "read_api").split())


MANNERS = Manners(
    api="/api/v4",
    signed=lambda secret, _taken: ({"PRIVATE-TOKEN": secret}, {}),
    scope=_scope,
    git_user="oauth2",
    graphql="/api/graphql",
    version_needed="GitLab 16.0 or later",
)


def members_only(said: Record) -> dict[str, str]:
    """Streams that a project may keep from whoever asks, with the reason: to see that they are empty is no news."""
    access = said.get("permissions") or {}
    role = max([int((one or {}).get("access_level") or 0) for one in access.values()], default=0)
    found = {}
    for stream, setting in SHOWN.items():
        what, name, needed = ROLES[stream]
        is_kept = said.get(setting) == "private" or (said.get("visibility") == "private" and role > 0)
        if is_kept and role < needed:
            found[stream] = (
                f"The project shows its {what} to members only. Give the token's account the role {name} in it, or more."
            )
    return found


def fetch_repository(line: Line, name: str, last: Page | None) -> Page:
    """What GitLab says of the project; the last page again if it still says the same."""
    by_number, etag = (None, None) if last is None else (f"/projects/{last.data()['id']}", last.headers.get("etag"))
    found = line.known(f"/projects/{quote(name, safe='')}", by_number, etag) or last
    assert found is not None  # noqa: S101 - only what has an etag can be unchanged
    return found


class GitLabTalk:
    """One project."""

    def __init__(self, line: Line, page: Page) -> None:
        self.per_page, self.per_batch, self.per_look = PER_PAGE, PER_BATCH, COMMITS_A_LOOK
        self.caller: Caller = line
        self.line = line
        self.said: Record = page.data()
        self.id, self.path = page.data()["id"], str(page.data()["path_with_namespace"])
        self.notes: list[str] = []
        self.unshown: dict[str, str] = {}

    def newest(self) -> dict[str, dict[str, Any]]:
        """GitLab shows a list that is for members only as an empty one to everybody else."""
        project = self._project(self.line.ask(queries.NEWEST, {"path": self.path}))
        if hidden := (project["confidential"] or {}).get("count"):
            self.notes = [f"{hidden} confidential issues are left out."]
        shown = {stream: project[connection] for stream, (connection, _) in queries.FIELDS.items()}
        kept = members_only(self.said)
        self.unshown = {stream: kept[stream] for stream in kept if not (shown[stream] or {}).get("count")}
        return {
            stream: {"total": one["count"], "newest": one["nodes"]}
            for stream, one in shown.items()
            if one is not None and stream not in self.unshown
        }

    def changed(self, stream: str, since: str | None, after: Any, first: int, tries: int) -> Listing:
        variables = {"first": first, "nested": NOTES_A_PAGE, "after": after, "since": since}
        return self._listing(self._ask(queries.changed(stream), variables, tries, stream=stream))

    def isolated(self, stream: str, since: str | None, after: Any) -> Listing | None:
        return self._listing(self._ask(queries.isolated(stream), {"after": after, "since": since}))

    def _listing(self, page: Page) -> Listing:
        found = self._project(page)["list"]
        info = found["pageInfo"]
        return Listing(page, self._items(found), info["endCursor"] if info["hasNextPage"] else None)

    def by_number(self, stream: str, numbers: list[int], tries: int) -> Listing:
        variables = {"iids": [str(number) for number in numbers], "nested": NOTES_A_PAGE}
        page = self._ask(queries.by_number(stream), variables, tries, stream=stream)
        items = self._items(self._project(page)["list"])
        return Listing(page, items, missing=frozenset(numbers) - {number for number, _, _ in items})

    def below(self, stream: str, node: Record) -> Iterator[Page]:
        number = int(node["iid"])
        yield from self._notes(stream, node, number)
        resources = RESOURCES + (("closed_by",) if node.get("mergeRequestsCount") else ())
        for resource in resources:
            yield from self._resource(stream, number, resource)

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[Opened], Any]]:
        """GitLab's cursors name the last row of a page, so they hold whatever comes or goes."""
        while True:
            found = self._project(self._ask(queries.numbers(stream), {"after": after}))["list"]
            after = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
            yield [(int(node["iid"]), node["createdAt"]) for node in found["nodes"]], after
            if after is None:
                return

    def glance(self, held: Mapping[str, set[int]], after: Any, at_most: int) -> Glance:
        """The next items in the order of stream and number, round and round."""
        everything = sorted((stream, number) for stream, numbers in held.items() for number in numbers)
        in_turn = [item for item in everything if after is None or list(item) > list(after)] or everything
        chosen = [item for item in in_turn if item[0] == in_turn[0][0]][:at_most]
        stream = chosen[0][0]
        variables = {"iids": [str(number) for _, number in chosen]}
        nodes = self._project(self._ask(queries.glance(stream), variables))["list"]["nodes"]
        seen = {(stream, int(node["iid"])): self._columns(node) for node in nodes}
        return Glance(seen, frozenset(set(chosen) - set(seen)), after=list(chosen[-1]))

    def what_became(self, stream: str, number: int) -> Page | None:
        """What REST says of the number: 404, or an issue that has moved. An item that is there is none of ours to bury."""
        page = self.line.must(f"/projects/{self.id}/{PLACES[stream]}/{number}", absent=True)
        is_there = page.status == 200 and page.data().get("moved_to_id") is None
        return None if is_there and not page.data().get("confidential") else page

    def authors(self, shas: list[str]) -> Page:
        named = {f"c{at}": sha for at, sha in enumerate(shas)}
        return self._ask(queries.authors_of_commits(len(shas)), named, shas=shas)

    def counts(self, since: str | None, until: str | None) -> dict[str, tuple[int, int]]:
        """Per stream, how many items were opened in the window, and how many since it began."""
        found = {}
        for stream in PLACES:
            project = self._project(self._ask(queries.opened(stream), {"since": since, "until": until}))
            found[stream] = (project["list"]["count"], project["newer"]["count"])
        return found

    def _columns(self, node: Record) -> dict[str, Any]:
        """What a glance shows, as columns of raw.items. That somebody deleted their account moves no time of change."""
        return {
            "author_account_id": Records(self.line.forge, "").account(node["author"]),
            "title": node["title"],
            "milestone": (node["milestone"] or {}).get("title"),
            "labels": [label["title"] for label in node["labels"]["nodes"]],
            "is_locked": node["discussionLocked"],
        }

    def _ask(self, query: str, variables: Mapping[str, Any], tries: int = TRIES, **about: Any) -> Page:
        return self.line.ask(query, {"path": self.path, **variables}, tries=tries, **about)

    def _project(self, page: Page) -> Record:
        project: Record | None = page.data()["data"]["project"]
        if project is None:
            raise NoSuchRepository(self.line.forge, self.path)
        return project

    def _items(self, found: Record) -> list[tuple[int, str, Record]]:
        return [(int(node["iid"]), same_instant(node["updatedAt"]), node) for node in found["nodes"] if node]

    def _notes(self, stream: str, node: Record, number: int) -> Iterator[Page]:
        """The notes that did not fit, and the emoji of notes that have more than a page of them."""
        notes = node["notes"]
        while True:
            for note in notes["nodes"]:
                yield from self._awards(note, number)
            if not notes["pageInfo"]["hasNextPage"]:
                return
            after = {"iid": node["iid"], "first": ROWS_A_PAGE, "after": notes["pageInfo"]["endCursor"]}
            page = self._ask(queries.MORE_NOTES[stream], after, number=number, part="notes")
            item = self._project(page)["item"]
            if item is None:
                raise Strained(f"{stream} {number} was deleted while it was read.")
            yield page
            notes = item["notes"]

    def _awards(self, note: Record, number: int) -> Iterator[Page]:
        info = note["awardEmoji"]["pageInfo"]
        while info["hasNextPage"]:
            after = {"id": note["id"], "after": info["endCursor"]}
            page = self.line.ask(queries.MORE_AWARDS, after, number=number, part="awards")
            yield page
            info = page.data()["data"]["note"]["awardEmoji"]["pageInfo"]

    def _resource(self, stream: str, number: int, resource: str) -> Iterator[Page]:
        path, at = f"/projects/{self.id}/{PLACES[stream]}/{number}/{resource}", "1"
        while at:
            asked = {"per_page": ROWS_A_PAGE, "page": at}
            page = self.line.must(path, asked, absent=True, number=number, part=resource)
            if page.status != 200:
                raise Strained(f"{stream} {number} was deleted while it was read.")
            yield page
            at = page.headers.get("x-next-page", "")
