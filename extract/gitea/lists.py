"""Lists of Gitea and Forgejo, which are paged by place, and what to do where a row of one cannot be shown.

An instance whose database does not fit together answers for such an item with 500, with null, or with an object that has
nothing in it; a list of it breaks whole, or has the empty object in it. No list is lighter than another but that of
issues, which tells of pull requests too. So a list is read in ever smaller pages around the place, and the number is told
from those before and behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from extract.archive import Page
from extract.caller import TRIES
from extract.errors import Strained
from extract.line import Line
from extract.records import Record

LARGEST_PAGE = 50
FAR = 1_000_000
"""A page behind the end of any list: it has no rows that could break, and the total."""
MOST_PROBES = 100
HOLLOW = (
    "The instance cannot show it: it answers with nothing in it, as it does where its database does not fit together."
)


class Lists:
    """Those of one repository. `most` is how many rows the instance gives a page at most, as far as we have seen."""

    def __init__(self, line: Line, place: str) -> None:
        self.line, self.place, self.most = line, place, LARGEST_PAGE

    def size(self, offset: int, wanted: int) -> int:
        """The most rows up to those wanted of which the offset is a multiple, for pages are counted in their own size."""
        return next(size for size in range(min(wanted, self.most), 0, -1) if offset % size == 0)

    def page(self, what: str, asked: Mapping[str, object], tries: int = TRIES) -> Page:
        return self.line.must(f"{self.place}/{what}", asked, tries=tries)

    def page_at(self, what: str, asked: Mapping[str, object], offset: int, size: int, tries: int = TRIES) -> Page:
        """The rows from there on, up to so many. Where an instance gives fewer than it was asked for though there are
        more, it has counted its pages in that size: then this was another place, and is asked for again."""
        while True:
            page = self.page(what, {**asked, "limit": size, "page": offset // size + 1}, tries)
            n_rows = len(page.data())
            if 0 < n_rows < size and offset + n_rows < (total_of(page) or 0):
                self.most = n_rows
                if offset:
                    size = self.size(offset, n_rows)
                    continue
            return page

    def first(self, what: str, asked: Mapping[str, object]) -> tuple[Page, bool]:
        """The newest row of a list; if that cannot be shown, no row, but the total all the same."""
        try:
            return self.line.must(f"{self.place}/{what}", {**asked, "limit": 1, "page": 1}, absent=True), True
        except Strained:
            return self.end(what, asked), False

    def end(self, what: str, asked: Mapping[str, object]) -> Page:
        """A page without rows, which has the total."""
        return self.page(what, {**asked, "limit": 1, "page": FAR})

    def rows(self, what: str, asked: Mapping[str, object]) -> Iterator[Record | None]:
        """A list row by row."""
        for rows, _ in self.pages(what, asked):
            yield from rows

    def pages(
        self, what: str, asked: Mapping[str, object], offset: int = 0
    ) -> Iterator[tuple[list[Record | None], int]]:
        """A list from a place on, newest first, with the place behind each page; None for what breaks its page, however
        small, or is shown empty."""
        wanted, total = LARGEST_PAGE, None
        while total is None or offset < total:
            size = self.size(offset, wanted)
            try:
                page = self.page_at(what, asked, offset, size, 2 if size > 1 else TRIES)
            except Strained:
                if size == 1:
                    yield [None], offset + 1
                    total = total_of(self.end(what, asked)) or 0
                offset, wanted = offset + (size == 1), max(1, size // 2)
                continue
            rows, total = page.data(), total_of(page) or 0
            yield [row if row["number"] else None for row in rows], offset + len(rows)
            if not rows:
                return
            offset, wanted = offset + len(rows), LARGEST_PAGE

    def place_of(self, what: str, asked: Mapping[str, object], offset: int, last: int | None) -> int:
        """The place to go on from, where `last` was the number before it: what was deleted since has moved others up, so
        this goes back to where that number stands, or a newer one."""
        while offset > 0 and last is not None:
            try:
                rows = self.page(what, {**asked, "limit": 1, "page": offset}).data()
            except Strained:  # it cannot be shown
                rows = []
            if rows and rows[0]["number"] >= last:
                return offset
            offset = max(0, offset - LARGEST_PAGE)
        return offset

    def hidden_between(self, above: int | None, below: int, how_many: int) -> list[int]:
        """Numbers of so many items that cannot be shown, for issues are listed in the order of their numbers; `above` is
        None where there is no row before them."""
        candidates = range(above - 1, below, -1) if above is not None else range(below + 1, below + 1 + MOST_PROBES)
        found: list[int] = []
        for number in candidates if how_many else ():
            if self._is_broken(number):
                found.append(number)
            if len(found) == how_many:
                break
        return found

    def _is_broken(self, number: int) -> bool:
        try:
            page = self.line.must(f"{self.place}/issues/{number}", absent=True)
        except Strained:
            return True
        return page.status == 200 and not page.data()["number"]


def total_of(page: Page) -> int | None:
    told = page.headers.get("x-total-count", "")
    return int(told) if told.isdigit() else None
