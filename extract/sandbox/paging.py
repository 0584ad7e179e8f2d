"""Connections, paged forwards: cursors that hold the sort key, totals, and GitHub's refusals."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLResolveInfo

from .ids import cursor, key_of_cursor
from .nodes import Node, Rows

Info = GraphQLResolveInfo[Any]
LARGEST_PAGE = 100


def refusal(kind: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"type": kind})


def page(
    rows: Rows, info: Info, *, first: int | None = None, after: str | None = None, is_descending: bool = False
) -> Node:
    """One page of a connection. What moved behind the cursor since the last page is not seen again on this walk."""
    total = len(rows.nodes)
    if first is None:
        return only_the_total(total, info)
    if not 0 <= first <= LARGEST_PAGE:
        raise refusal(
            "EXCESSIVE_PAGINATION",
            f"Requesting {first} records on the `{info.field_name}` connection exceeds the `first` limit of "
            f"{LARGEST_PAGE} records.",
        )
    start = 0 if after is None else place_after(rows, after, is_descending)
    places = (range(total - 1, -1, -1) if is_descending else range(total))[start : start + first]
    return {
        "totalCount": total,
        "pageInfo": page_info(rows, places, start, total),
        "nodes": [rows.nodes[place] for place in places],
    }


def page_info(rows: Rows, places: range, start: int, total: int) -> Node:
    return {
        "hasNextPage": start + len(places) < total,
        "hasPreviousPage": start > 0,
        "startCursor": cursor(rows.keys[places[0]]) if places else None,
        "endCursor": cursor(rows.keys[places[-1]]) if places else None,
    }


def place_after(rows: Rows, after: str, is_descending: bool) -> int:
    """How many rows come up to and including the cursor, in the order of the list."""
    key = key_of_cursor(after)
    if key is None:
        raise refusal("INVALID_CURSOR_ARGUMENTS", f"`{after}` does not appear to be a valid cursor.")
    return len(rows.keys) - bisect_left(rows.keys, key) if is_descending else bisect_right(rows.keys, key)


def only_the_total(total: int, info: Info) -> Node:
    """Without `first`, GitHub tells how many there are and nothing else."""
    chosen = [
        selection.name.value
        for field in info.field_nodes
        if field.selection_set
        for selection in field.selection_set.selections
        if isinstance(selection, FieldNode)
    ]
    if set(chosen) - {"totalCount", "__typename"}:
        raise refusal(
            "MISSING_PAGINATION_BOUNDARIES",
            f"You must provide a `first` or `last` value to properly paginate the `{info.field_name}` connection.",
        )
    return {"totalCount": total}
