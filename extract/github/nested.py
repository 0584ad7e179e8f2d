"""What did not fit on a page of issues or changes: the rests of their nested lists, and the counts of reactions.

A list that is to be followed is one line in `queries.LISTS`; nothing here knows any by name.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from extract.archive import Page
from extract.errors import NoSuchRepository, Strained
from extract.github import queries
from extract.github.client import Client
from extract.sizes import PageSize

Node = dict[str, Any]


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

    def of(self, nodes: list[Node]) -> Iterator[Page]:
        """The rests of all lists, in an order in which parents come before their parts; then the counts of reactions."""
        reacted: list[tuple[str, Node]] = []
        for item in nodes:
            for part in (yield from self._followed(item, item)):
                if has_reactions(part):
                    reacted.append((part["id"], item))
        yield from self._reactions(reacted)

    def _followed(self, node: Node, item: Node) -> Generator[Page, None, list[Node]]:
        """Yields the pages that are missing below a node of an item; returns the node and everything below it."""
        below = [node]
        for name, query in queries.MORE.get(node.get("__typename", ""), {}).items():
            rows = list(node[name]["nodes"])
            for page in self._rest(query, node, name, item):
                rows += page.data()["data"]["node"].get(name, {}).get("nodes", ())
                yield page
            for row in rows:
                if row is not None:
                    below += yield from self._followed(row, item)
        return below

    def _rest(self, query: str, node: Node, name: str, item: Node) -> Iterator[Page]:
        connection = node[name]
        has_lists = "$nested" in query
        size = self.sizes.setdefault(query, PageSize(50, 50) if has_lists else PageSize(queries.LARGEST_PAGE))
        while connection["pageInfo"]["hasNextPage"]:
            variables = {"id": node["id"], "first": size.first, "after": connection["pageInfo"]["endCursor"]}
            page = self._asked(query, variables | ({"nested": size.nested} if has_lists else {}), size, name, item)
            if page is None:
                continue
            yield page
            if "unanswered" in page.data()["data"]["node"]:
                return
            connection = page.data()["data"]["node"][name]

    def _reactions(self, reacted: list[tuple[str, Node]]) -> Iterator[Page]:
        size, done = self.sizes.setdefault(queries.REACTIONS, PageSize(queries.LARGEST_PAGE)), 0
        while done < len(reacted):
            batch = reacted[done : done + size.first]
            ids = {"ids": [node_id for node_id, _ in batch]}
            page = self._asked(queries.REACTIONS, ids, size, "reactions", batch[0][1])
            if page is not None:
                yield page
                done += len(batch)

    def _asked(self, query: str, variables: dict[str, Any], size: PageSize, name: str, item: Node) -> Page | None:
        """The answer, None if it is to be asked for again in smaller pieces, or at the end a page that says why not.

        What is not found was deleted since its page came: the item is read again by the next run.
        """
        try:
            # a text may be deleted between two requests: then it has no reactions any more
            page = self.client.ask(query, variables, self.full_name, tries=size.tries, absent=name == "reactions")
        except (Strained, NoSuchRepository) as error:
            if isinstance(error, Strained) and not size.is_smallest:
                size.shrink()
                return None
            self.unfinished.add(item["number"])
            missing = {"node": {"id": item["id"], "unanswered": {name: str(error)}}}
            return self.client.no_answer({"query": query, "variables": variables}, missing)
        size.rest()
        return page


def has_reactions(node: Node) -> bool:
    return any(group["createdAt"] is not None for group in node.get("reactionGroups") or ())
