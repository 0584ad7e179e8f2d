"""Anvil, a forge that is nowhere: all that it takes to add one, for the story that nothing else does. See docs/changing.md.

It has tickets and patches, which count apart, each with a list of remarks, and says nothing of reviews.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from extract import records
from extract.archive import Page
from extract.bundles import Dialect, Parts, reader
from extract.crawl import Glance, Listing, Opened
from extract.crawling import Kind, forge, same_instant
from extract.errors import NotUnderstood
from extract.line import Line, Manners
from extract.records import Record, instant
from extract.source import Forecast, Window

PLACES = {"issues": "tickets", "changes": "patches"}
MANNERS = Manners(
    api="/api/v2",
    signed=lambda secret, _is_taken: ({"X-Anvil-Token": secret}, {}),
    scope=lambda answer: answer.said.get("needs"),
    git_user="anvil",
    version_needed="Anvil 3.2",
)


class AnvilTalk:
    """Asks."""

    def __init__(self, line: Line, page: Page) -> None:
        self.caller = self.line = line
        self.per_page, self.per_batch, self.per_look = 30, 1, 1
        self.notes: list[str] = []
        self.unshown: dict[str, str] = {}
        self.place = f"/projects/{page.data()['id']}"

    def newest(self) -> dict[str, dict[str, Any]]:
        pages = {stream: self._list(stream, size=1) for stream in PLACES}
        return {name: {"total": one.data()["total"], "newest": one.data()["rows"]} for name, one in pages.items()}

    def changed(self, stream: str, since: str | None, after: Any, first: int, tries: int) -> Listing:
        page = self._list(stream, since=since or "", behind=after or 0, size=first)
        rows = [(row["number"], same_instant(row["changed"]), row) for row in page.data()["rows"]]
        return Listing(page, rows, page.data()["next"])

    def isolated(self, stream: str, since: str | None, after: Any) -> None:
        return None

    def by_number(self, stream: str, numbers: list[int], tries: int) -> Listing:
        page = self.line.must(f"{self.place}/{PLACES[stream]}/{numbers[0]}", absent=True, tries=tries)
        if page.status != 200:
            return Listing(page, [], missing=frozenset(numbers))
        return Listing(page, [(numbers[0], same_instant(page.data()["changed"]), page.data())])

    def below(self, stream: str, node: Record) -> Iterator[Page]:
        path = f"{self.place}/{PLACES[stream]}/{node['number']}/remarks"
        yield self.line.must(path, number=node["number"], part="remarks")

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[Opened], Any]]:
        while True:
            page = self._list(stream, order="opened", behind=after or 0, size=100).data()
            after = page["next"]
            yield [(row["number"], row["opened"]) for row in page["rows"]], after
            if after is None:
                return

    def glance(self, held: Mapping[str, set[int]], after: Any, at_most: int) -> Glance:
        return Glance({}, frozenset())

    def what_became(self, stream: str, number: int) -> Page | None:
        page = self.line.must(f"{self.place}/{PLACES[stream]}/{number}", absent=True)
        return None if page.status == 200 else page

    def authors(self, shas: list[str]) -> Page:
        raise NotUnderstood(self.line.forge, "it does not know whose commits are")

    def _list(self, stream: str, **asked: object) -> Page:
        return self.line.must(f"{self.place}/{PLACES[stream]}", asked)


class Records(records.Records):
    """An account is `{"id": 7, "name": "ada"}`."""

    def account(self, user: Record | None) -> str | None:
        return None if user is None else self.seen(user["id"], user["name"])


def read_repository(page: Page, forge: str) -> Record:
    said = page.data()
    told = {"full_name": said["path"], "url": said["web"], "created_at": instant(said["made"])}
    return {"repo_id": f"{forge}:{said['id']}", "forge": forge, "default_branch": said["branch"], **told}


def nodes(page: Page) -> list[tuple[str, int, Record]]:
    said = page.data()
    return [("change" if "merged" in row else "issue", row["number"], row) for row in said.get("rows", [said])]


def read_item(node: Record, parts: Parts, into: Records) -> None:
    """A remark has `{"id": 3, "by": {...}, "said": "...", "at": "...", "web": "..."}`."""
    remarks = [remark for part in parts for remark in part.data()]
    for remark in remarks:
        into.add(
            "comments", comment_id=f"remark:{remark['id']}", number=node["number"], kind="comment", url=remark["web"],
            author_account_id=into.account(remark["by"]), commented_at=instant(remark["at"]),
        )  # fmt: skip
    dates = {f"{name}_at": instant(node.get(name)) for name in ("opened", "closed", "merged")}
    into.add(
        "items", number=node["number"], kind=into.item_kind, title=node["title"], url=node["web"],
        author_account_id=into.account(node["by"]), comments_total=node["remarks"],
        merged_by_account_id=into.account(node.get("merged_by")), updated_at=instant(node["changed"]), **dates,
    )  # fmt: skip


def forecast(talk: AnvilTalk, window: Window, line: Line) -> Forecast:
    counts = {stream: one["total"] for stream, one in talk.newest().items()}
    requests = 2 * sum(counts.values())
    return Forecast(counts["issues"], counts["changes"], requests, 0, requests / 3600, 1_000 * sum(counts.values()))


FORGE = forge(
    "anvil",
    Kind(
        reader=reader(
            Dialect(nodes, read_item, lambda page: None),
            version=1,
            records=Records,
            repository=read_repository,
            untold=frozenset({"reviews", "review_comments", "review_threads", "events", "closing_links"}),
        ),
        call=lambda source, around: Line(MANNERS, source, around),
        repository=lambda line, source, last: line.known(
            f"/projects/{source.name}", last and f"/projects/{last.data()['id']}"
        ),
        talk=AnvilTalk,
        hidden=lambda page: {},
        clone_url=lambda page: page.data()["clone"],
        noreply_hosts=lambda url: (),
        authors=lambda page, records: iter(()),
        forecast=forecast,
    ),
    api=MANNERS.api,
    probe="/api/v2/anvil",
    is_it=lambda status, said: "anvil" in said,
)
