"""Asking Gitea or Forgejo: listings a page at a time, and for each item its timeline, its reviews and who reacted.

Lists are paged by place and not by key: what is opened or changed while we page moves others back, where they are only
seen twice; what is deleted moves others forward, which a falling total shows. An instance may give fewer rows a page
than it is asked for. Timelines and reactions come whole, as long as no page is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from extract.archive import Page
from extract.caller import TRIES, Answer, Caller
from extract.crawl import Glance, Listing
from extract.crawling import same_instant
from extract.errors import NotUnderstood, Strained
from extract.line import Line, Manners
from extract.records import Record

PER_PAGE = 20
LARGEST_PAGE = 50
OLDEST = (1, 20)
VERSION = re.compile(r"(?:.*\+gitea-)?v?(\d+)\.(\d+)")
SCOPE = re.compile(r"required scope\(s\)[^\[]*\[([^\]]*)\]")
TYPES = {"issues": "issues", "changes": "pulls"}
NEWEST = (("issues", "issues", {"type": "issues"}), ("changes", "pulls", {"sort": "recentupdate"}))
"""What is asked for the newest of each stream."""
WORDS = {"issues": "issues", "changes": "pull requests"}
UNSHOWN = (
    "The repository does not show its {what} to this token. Give its account read access to them, and the token the "
    "scope read:issue and read:repository."
)


def _scope(answer: Answer) -> str | None:
    found = SCOPE.search(answer.message())
    return found[1].replace(" ", " and ") if found else None


def _signed(secret: str, is_taken: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Where a server in front has the header, the token goes as a parameter, which an instance may forbid."""
    return ({}, {"token": secret}) if is_taken else ({"Authorization": f"token {secret}"}, {})


MANNERS = Manners(
    api="/api/v1", signed=_signed, scope=_scope, git_user="token", version_needed="Gitea 1.20 or Forgejo 1.20"
)


def fetch_repository(line: Line, name: str, last: Page | None) -> Page:
    """What the instance says of the repository, by its number once that is known; its version is asked for before."""
    if last is not None:
        return line.must(f"/repositories/{last.data()['id']}")
    said = str(line.must("/version").data().get("version", ""))
    found = VERSION.match(said)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise NotUnderstood(line.forge, f"it is {said}, and needed is {MANNERS.version_needed} or later")
    return line.must(f"/repos/{name}")


class GiteaTalk:
    """One repository."""

    def __init__(self, line: Line, page: Page) -> None:
        self.caller: Caller = line
        self.line, self.per_page, self.per_batch, self.per_look = line, PER_PAGE, 1, 1
        self.place = f"/repos/{page.data()['full_name']}"
        self.notes: list[str] = []
        self.unshown: dict[str, str] = {}
        self.most = LARGEST_PAGE
        """Rows that the instance gives a page at most, as far as we have seen."""

    def newest(self) -> dict[str, dict[str, Any]]:
        """Issues have no order by change, so nothing tells whether there is news but the list of what changed."""
        found: dict[str, dict[str, Any]] = {}
        for stream, what, asked in NEWEST:
            page = self.line.must(f"{self.place}/{what}", {"state": "all", **asked, "limit": 1, "page": 1}, absent=True)
            if page.status != 200:  # the repository itself was shown
                self.unshown[stream] = UNSHOWN.format(what=WORDS[stream])
                continue
            last = [[one["number"], one["updated_at"]] for one in page.data()] if stream == "changes" else None
            found[stream] = {"total": _total(page), "newest": last}
        return found

    def changed(self, stream: str, since: str | None, after: Any, first: int, tries: int) -> Listing:
        offset, size = after or 0, self._size(after or 0, first)
        asked = {"state": "all", "limit": size, "page": offset // size + 1}
        if stream == "issues":
            page = self._list("issues", {**asked, "type": "issues", **({"since": since} if since else {})}, tries)
        else:
            page = self._list("pulls", {**asked, "sort": "recentupdate"}, tries)
        rows, total = page.data(), _total(page)
        end = offset + len(rows)
        has_more = bool(rows) and (end < total if total is not None else len(rows) == size)
        if has_more and len(rows) < size:
            self.most = len(rows)
        items = [(row["number"], same_instant(row["updated_at"]), row) for row in rows]
        if since is not None:
            bound = same_instant(since)
            new = [item for item in items if item[1] >= bound]
            has_more, items = has_more and len(new) == len(items), new
        return Listing(page, items, end if has_more else None, total)

    def isolated(self, stream: str, since: str | None, after: Any) -> Listing | None:
        """No list of Gitea's is lighter than these, so an item that breaks its list cannot be told apart."""
        return None

    def by_number(self, stream: str, numbers: list[int], tries: int) -> Listing:
        number = numbers[0]
        page = self.line.must(f"{self.place}/{TYPES[stream]}/{number}", absent=True, tries=tries, stream=stream)
        row = page.data() if page.status == 200 else None
        if row is None or (stream == "issues" and row.get("pull_request")):
            return Listing(page, [], missing=frozenset(numbers))
        return Listing(page, [(number, same_instant(row["updated_at"]), row)])

    def below(self, stream: str, node: Record) -> Iterator[Page]:
        number = node["number"]
        timeline = self._part(f"issues/{number}/timeline", number, "timeline")
        yield timeline
        yield self._part(f"issues/{number}/reactions", number, "reactions")
        comments = [entry["id"] for entry in timeline.data() or () if entry["type"] == "comment"]
        if stream == "changes":
            yield self._part(f"pulls/{number}", number, "sizes")
            for page in self._reviews(number):
                yield page
                for review in page.data():
                    if review["comments_count"]:
                        found = self._part(f"pulls/{number}/reviews/{review['id']}/comments", number, "review_comments")
                        yield found
                        comments += [comment["id"] for comment in found.data()]
        for comment in comments:
            reacted = self._reactions(number, comment)
            if reacted is not None:
                yield reacted

    def numbers(self, stream: str) -> Iterator[tuple[int, str]]:
        offset = 0
        while True:
            size = self._size(offset, LARGEST_PAGE)
            asked = {"state": "all", "type": TYPES[stream], "limit": size, "page": offset // size + 1}
            page = self._list("issues", asked)
            rows = page.data()
            for row in rows:
                yield row["number"], _in_utc(row["created_at"])
            offset += len(rows)
            if not rows or offset >= (_total(page) or 0):
                return
            if len(rows) < size:
                self.most = len(rows)

    def glance(self, held: Mapping[str, set[int]], after: Any, at_most: int) -> Glance:
        """A page of one of the two lists, newest first; what lies between its first and last number must be on it."""
        stream, offset = after or ("issues", 0)
        if not held.get(stream):
            stream, offset = next(name for name, numbers in held.items() if numbers), 0
        size = self._size(offset, min(at_most, self.most))
        asked = {"state": "all", "type": TYPES[stream], "limit": size, "page": offset // size + 1}
        page = self._list("issues", asked)
        rows = page.data()
        seen = {(stream, row["number"]): _columns(row) for row in rows}
        numbers = [row["number"] for row in rows]
        between = {one for one in held[stream] if numbers and min(numbers) <= one <= max(numbers)}
        end = offset + len(rows)
        is_last = not rows or end >= (_total(page) or 0)
        following = ("changes" if stream == "issues" else "issues", 0) if is_last else (stream, end)
        return Glance(seen, frozenset((stream, one) for one in between - set(numbers)), list(following))

    def what_became(self, stream: str, number: int) -> Page | None:
        page = self.line.must(f"{self.place}/{TYPES[stream]}/{number}", absent=True)
        return None if page.status == 200 else page

    def authors(self, shas: list[str]) -> Page:
        asked = {"stat": "false", "verification": "false", "files": "false"}
        return self.line.must(f"{self.place}/git/commits/{shas[0]}", asked, absent=True, shas=shas)

    def _size(self, offset: int, wanted: int) -> int:
        """The most rows up to those wanted of which the offset is a multiple, for pages are counted in their own size."""
        return next(size for size in range(min(wanted, self.most), 0, -1) if offset % size == 0)

    def _list(self, what: str, asked: dict[str, object], tries: int = TRIES) -> Page:
        return self.line.must(f"{self.place}/{what}", asked, tries=tries)

    def _part(self, path: str, number: int, part: str, **about: Any) -> Page:
        page = self.line.must(f"{self.place}/{path}", absent=True, number=number, part=part, **about)
        if page.status != 200:
            raise Strained(f"{number} was deleted while it was read.")
        return page

    def _reactions(self, number: int, comment: int) -> Page | None:
        """None for a comment that was deleted in between: the next run reads the item again, as it then changed."""
        path = f"{self.place}/issues/comments/{comment}/reactions"
        page = self.line.must(path, absent=True, number=number, part="comment_reactions", comment=comment)
        return page if page.status == 200 else None

    def _reviews(self, number: int) -> Iterator[Page]:
        seen = 0
        while True:
            size = self._size(seen, LARGEST_PAGE)
            path, asked = f"{self.place}/pulls/{number}/reviews", {"limit": size, "page": seen // size + 1}
            page = self.line.must(path, asked, absent=True, number=number, part="reviews")
            if page.status != 200:
                raise Strained(f"{number} was deleted while it was read.")
            rows = page.data()
            yield page
            seen += len(rows)
            if not rows or seen >= (_total(page) or 0):
                return
            if len(rows) < size:
                self.most = len(rows)


def _total(page: Page) -> int | None:
    told = page.headers.get("x-total-count", "")
    return int(told) if told.isdigit() else None


def _in_utc(text: str) -> str:
    """An instance writes instants in its own zone; bounds of windows are in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _columns(row: Record) -> dict[str, Any]:
    """What a glance shows, as columns of raw.items."""
    return {
        "title": row["title"],
        "milestone": (row["milestone"] or {}).get("title"),
        "labels": [label["name"] for label in row["labels"] or ()],
        "is_locked": row["is_locked"],
    }
