"""The rests of nested lists: comments, reviews and review comments that did not fit on the page of their item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from extract.archive import Page
from extract.errors import Strained
from extract.github import queries
from extract.github.client import TRIES, Client
from extract.github.sizes import TRIES_BEFORE_SHRINKING, PageSize


@dataclass
class Rests:
    """Follows every nested list of the items of a page to its end.

    A list that cannot be followed leaves a page that says why in place of the missing ones, and the number of its item
    in `unfinished`; the other lists go on.
    """

    client: Client
    full_name: str
    unfinished: set[int] = field(default_factory=set)
    sizes: dict[str, PageSize] = field(default_factory=dict)
    """By query: what strained the forge once would strain it again."""

    def of(self, nodes: list[dict[str, Any]]) -> Iterator[Page]:
        """The pages of the rests, in an order in which parents come before their parts."""
        for node in nodes:
            comments = queries.MORE_ISSUE_COMMENTS if node["__typename"] == "Issue" else queries.MORE_CHANGE_COMMENTS
            yield from self._follow(comments, node["id"], "comments", node["comments"], node)
            if "reviews" in node:
                yield from self._reviews(node)

    def _reviews(self, node: dict[str, Any]) -> Iterator[Page]:
        reviews = list(node["reviews"]["nodes"])
        for page in self._follow(queries.MORE_REVIEWS, node["id"], "reviews", node["reviews"], node, nested=50):
            reviews += page.data()["data"]["node"].get("reviews", {}).get("nodes", ())
            yield page
        for review in reviews:
            if review["submittedAt"] is not None:  # else it is still being written: it is none yet
                comments = review["comments"]
                yield from self._follow(queries.MORE_REVIEW_COMMENTS, review["id"], "comments", comments, node)

    def _follow(
        self, query: str, node_id: str, name: str, connection: dict[str, Any], item: dict[str, Any], nested: int = 0
    ) -> Iterator[Page]:
        size = self.sizes.setdefault(query, PageSize(50 if nested else 100, nested))
        while connection["pageInfo"]["hasNextPage"]:
            variables = {"id": node_id, "first": size.first, "after": connection["pageInfo"]["endCursor"]}
            variables |= {"nested": size.nested} if nested else {}
            try:
                tries = TRIES if size.is_smallest else TRIES_BEFORE_SHRINKING
                page = self.client.ask(query, variables, self.full_name, tries=tries)
            except Strained as error:
                if size.is_smallest:
                    self.unfinished.add(item["number"])
                    yield self._missing(query, variables, name, item, error)
                    return
                size.shrink()
                continue
            size.rest()
            yield page
            connection = page.data()["data"]["node"][name]

    def _missing(self, query: str, variables: dict[str, Any], name: str, item: dict[str, Any], error: Strained) -> Page:
        asked = {"query": query, "variables": variables}
        return self.client.no_answer(asked, {"node": {"id": item["id"], "unanswered": {name: str(error)}}})
