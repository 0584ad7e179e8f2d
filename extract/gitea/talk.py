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
from extract.caller import Answer, Caller
from extract.crawl import Glance, Listing, Opened
from extract.crawling import same_instant
from extract.errors import NotUnderstood, Strained
from extract.gitea.lists import HOLLOW, LARGEST_PAGE, Lists, total_of
from extract.gitea.records import Records
from extract.line import Line, Manners
from extract.records import Record

PER_PAGE = 20
LONG_AGO = "1970-01-01T00:00:00Z"
OLDEST = (1, 20)
VERSION = re.compile(r"(?:.*\+gitea-)?v?(\d+)\.(\d+)")
SCOPE = re.compile(r"required scope\(s\)[^\[]*\[([^\]]*)\]")
TYPES = {"issues": "issues", "changes": "pulls"}
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
    """What the instance says of the repository; its version is asked for before the first time."""
    if last is None:
        said = str(line.must("/version").data().get("version", ""))
        found = VERSION.match(said)
        if found and (int(found[1]), int(found[2])) < OLDEST:
            raise NotUnderstood(line.forge, f"it is {said}, and needed is {MANNERS.version_needed} or later")
    page = line.known(f"/repos/{name}", None if last is None else f"/repositories/{last.data()['id']}")
    assert page is not None  # noqa: S101 - nothing was asked with an etag
    return page


class GiteaTalk:
    """One repository."""

    def __init__(self, line: Line, page: Page) -> None:
        self.caller: Caller = line
        self.line, self.per_page, self.per_batch, self.per_look = line, PER_PAGE, 1, 1
        self.place, self.is_empty = f"/repos/{page.data()['full_name']}", bool(page.data().get("empty"))
        self.lists = Lists(line, self.place)
        self.notes: list[str] = []
        self.unshown: dict[str, str] = {}
        self.shattered: dict[str, set[int]] = {}
        """Numbers by stream of items that no list can show, as far as that was looked for."""

    def newest(self) -> dict[str, dict[str, Any]]:
        """Issues have no order by change, so nothing tells whether there is news but the list of what changed."""
        found: dict[str, dict[str, Any]] = {}
        for stream in TYPES:
            what, asked = self._list(stream)
            page, is_first = self.lists.first(what, {"state": "all", **asked})
            if page.status != 200:  # the repository itself was shown
                self.unshown[stream] = UNSHOWN.format(what=WORDS[stream])
                continue
            is_told = stream == "changes" and is_first
            last = [[one["number"], one["updated_at"]] for one in page.data()] if is_told else None
            found[stream] = {"total": total_of(page), "newest": last}
        return found

    def changed(self, stream: str, since: str | None, after: Any, first: int, tries: int) -> Listing:
        offset, size = after or 0, self.lists.size(after or 0, first)
        what, order = self._list(stream)
        asked = {"state": "all", **order} | ({"since": since} if since and stream == "issues" else {})
        page = self.lists.page_at(what, asked, offset, size, tries)
        rows: list[Record] = page.data()
        total = total_of(page)
        if not all(row["number"] for row in rows):
            raise Strained(HOLLOW)
        end = offset + len(rows)
        has_more = bool(rows) and (end < total if total is not None else len(rows) == size)
        items = [(row["number"], same_instant(row["updated_at"]), row) for row in rows]
        if since is not None:
            bound = same_instant(since)
            new = [item for item in items if item[1] >= bound]
            has_more, items = has_more and len(new) == len(items), new
        return Listing(page, items, end if has_more else None, total)

    def _list(self, stream: str) -> tuple[str, dict[str, str]]:
        """Where a stream is listed, and in what order; without a commit, an instance does not find its pull requests."""
        if stream == "changes" and not self.is_empty:
            return "pulls", {"sort": "recentupdate"}
        return "issues", {"type": TYPES[stream]}

    def isolated(self, stream: str, since: str | None, after: Any) -> Listing | None:
        """Items that break their list, all at once when the first of them is met; the list goes on behind this one."""
        offset = after or 0
        page = self.lists.end(TYPES[stream], {"state": "all", **({"since": since} if since else {})})
        found = [] if stream in self.shattered else self._shattered(stream)
        if not self.shattered[stream]:
            return None
        items: list[tuple[int, str, Record]] = [(number, "", {}) for number in found]
        return Listing(page, items, offset + 1 if offset + 1 < (total_of(page) or 0) else None)

    def _shattered(self, stream: str) -> list[int]:
        """Numbers of a stream that its list cannot show. Of a pull request the list of issues may still tell."""
        self.shattered[stream] = set()
        known = {number for page, _ in self.listed(stream) for number, _ in page}
        if stream == "changes":
            asked = {"state": "all", "sort": "recentupdate"}
            self.shattered[stream] |= known - {
                row["number"] for row in self.lists.rows("pulls", asked) if row is not None
            }
        return sorted(self.shattered[stream])

    def by_number(self, stream: str, numbers: list[int], tries: int) -> Listing:
        number = numbers[0]
        page = self.line.must(f"{self.place}/{TYPES[stream]}/{number}", absent=True, tries=tries, stream=stream)
        row: Record | None = page.data() if page.status == 200 else {"number": number}
        if row is None or not row["number"]:
            raise Strained(f"{stream} {number}: {HOLLOW}")
        if page.status != 200 or (stream == "issues" and row.get("pull_request")):
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

    def listed(self, stream: str, after: Any = None) -> Iterator[tuple[list[Opened], Any]]:
        """What cannot be shown is told with the number that it must have between those before and behind it. The cursor is
        a place in the list, and the number before it."""
        asked = {"state": "all", "type": TYPES[stream]}
        offset, above = after or (0, None)
        hidden, at = 0, LONG_AGO
        for rows, behind in self.lists.pages("issues", asked, self.lists.place_of("issues", asked, offset, above)):
            found: list[Opened] = []
            for row in rows:
                if row is None:
                    hidden += 1
                    continue
                at = _in_utc(row["created_at"])
                found += [(number, at) for number in self._hidden(stream, above, row["number"], hidden)]
                found.append((row["number"], at))
                above, hidden = row["number"], 0
            yield found, [behind - hidden, above]
        yield [(number, at) for number in self._hidden(stream, above, 0, hidden)], None

    def _hidden(self, stream: str, above: int | None, below: int, how_many: int) -> list[int]:
        found = self.lists.hidden_between(above, below, how_many)
        self.shattered.setdefault(stream, set()).update(found)
        return found

    def glance(self, held: Mapping[str, set[int]], after: Any, at_most: int) -> Glance:
        """A page of one of the two lists, newest first; what lies between its first and last number must be on it."""
        stream, offset = after or ("issues", 0)
        if not held.get(stream):
            stream, offset = next(name for name, numbers in held.items() if numbers), 0
        size = self.lists.size(offset, min(at_most, self.lists.most))
        try:
            page = self.lists.page_at("issues", {"state": "all", "type": TYPES[stream]}, offset, size)
        except Strained:  # something there cannot be shown: it is in quarantine, or the next night meets it
            return Glance({}, frozenset(), [stream, offset + size])
        rows = [row for row in page.data() if row["number"]]
        seen = {(stream, row["number"]): self._columns(row) for row in rows}
        numbers = [row["number"] for row in rows]
        between = {one for one in held[stream] if numbers and min(numbers) <= one <= max(numbers)}
        end = offset + len(page.data())
        is_last = not page.data() or end >= (total_of(page) or 0)
        following = ("changes" if stream == "issues" else "issues", 0) if is_last else (stream, end)
        return Glance(seen, frozenset((stream, one) for one in between - set(numbers)), list(following))

    def what_became(self, stream: str, number: int) -> Page | None:
        try:
            page = self.line.must(f"{self.place}/{TYPES[stream]}/{number}", absent=True)
        except Strained:  # it is there, and cannot be shown
            return None
        return None if page.status == 200 else page

    def authors(self, shas: list[str]) -> Page:
        asked = {"stat": "false", "verification": "false", "files": "false"}
        return self.line.must(f"{self.place}/git/commits/{shas[0]}", asked, absent=True, shas=shas)

    def _part(self, path: str, number: int, part: str, **about: Any) -> Page:
        page = self.line.must(f"{self.place}/{path}", absent=True, number=number, part=part, **about)
        if page.status != 200:
            raise Strained(f"{number} was deleted while it was read.")
        if part == "sizes" and page.data() is None:
            raise Strained(f"{number}: {HOLLOW}")
        return page

    def _reactions(self, number: int, comment: int) -> Page | None:
        """None for a comment that was deleted in between: the next run reads the item again, as it then changed."""
        path = f"{self.place}/issues/comments/{comment}/reactions"
        page = self.line.must(path, absent=True, number=number, part="comment_reactions", comment=comment)
        return page if page.status == 200 else None

    def _reviews(self, number: int) -> Iterator[Page]:
        seen = 0
        while True:
            size = self.lists.size(seen, LARGEST_PAGE)
            path, asked = f"{self.place}/pulls/{number}/reviews", {"limit": size, "page": seen // size + 1}
            page = self.line.must(path, asked, absent=True, number=number, part="reviews")
            if page.status != 200:
                raise Strained(f"{number} was deleted while it was read.")
            rows = page.data()
            yield page
            seen += len(rows)
            if not rows or seen >= (total_of(page) or 0):
                return
            if len(rows) < size:
                self.lists.most = len(rows)

    def _columns(self, row: Record) -> dict[str, Any]:
        """What a glance shows, as columns of raw.items. That somebody deleted an account, or a comment, moves no time of
        change; of a pull request the number of comments is of reviews too."""
        counted = {} if row.get("pull_request") else {"comments_total": row["comments"]}
        return {
            **counted,
            "author_account_id": Records(self.line.forge, "").author(row),
            "title": row["title"],
            "milestone": (row["milestone"] or {}).get("title"),
            "labels": [label["name"] for label in row["labels"] or ()],
            "is_locked": row["is_locked"],
        }


def _in_utc(text: str) -> str:
    """An instance writes instants in its own zone; bounds of windows are in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
