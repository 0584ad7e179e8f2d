"""The organisation that owns the sandbox's repositories, and who belongs to it in public: those whom the sponsor pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .nodes import Node
from .things import Person

OWNER_ID = 7_000_001


@dataclass
class Organisation:
    """Knobs: the site it names, whether the forge has verified that, and who has left it."""

    people: tuple[Person, ...] = field(repr=False)
    site: str = ""
    is_verified: bool = False
    left: set[str] = field(default_factory=set)

    def members(self, actors: Mapping[int, Node | None]) -> list[Node]:
        """In the order of registration."""
        paid = [actors[one.account_id] for one in self.people if one.is_sponsored and one.login not in self.left]
        return [one for one in paid if one is not None]
