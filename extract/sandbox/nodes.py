"""The stuff that views are made of: nodes, sorted rows of them, and instants as the forge writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Node = dict[str, Any]


class Rows:
    """Nodes of one connection, sorted by their keys."""

    def __init__(self, keyed: list[tuple[tuple[int, int], Node]]) -> None:
        keyed.sort(key=lambda pair: pair[0])
        self.keys = [key for key, _ in keyed]
        self.nodes = [node for _, node in keyed]

    def only(self, is_wanted: Callable[[Node], bool]) -> Rows:
        return Rows([(key, node) for key, node in zip(self.keys, self.nodes, strict=True) if is_wanted(node)])


def instant(epoch: int | None) -> str | None:
    """As the forge writes an instant; None stays None."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
