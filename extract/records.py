"""Raw records while a forge's pages are read: by table, with the accounts seen on the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Record = dict[str, Any]
BELOW_ITEMS = ("comments", "events", "reactions", "mentions")
"""Tables whose rows say which of the two kinds of item their number is of."""


@dataclass
class Records:
    """Raw records by table, of one repository of one forge."""

    forge: str
    repo_id: str
    tables: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, Record] = field(default_factory=dict)
    item_kind: str | None = None
    """Kind of the item that is read right now."""
    buried: set[tuple[str, int]] = field(default_factory=set)
    """Kind and number of the items that were deleted since they were read."""

    def add(self, table: str, **record: Any) -> None:
        below = {"item_kind": self.item_kind} if table in BELOW_ITEMS else {}
        self.tables[table].append({"repo_id": self.repo_id, **below, **record})

    def seen(self, account: int | str, login: str, account_type: str = "user") -> str:
        """Notes an account by the forge's own number of it, and gives its id.

        Pages come newest first, so the first login seen is the one in use now.
        """
        account_id = f"{self.forge}:{account}"
        told = {"account_id": account_id, "login": login, "account_type": account_type}
        self.accounts.setdefault(account_id, told)
        return account_id

    def for_item(self, kind: str) -> Records:
        """Empty records for one item, which may turn out unreadable; accounts are seen for all."""
        return type(self)(self.forge, self.repo_id, accounts=self.accounts, item_kind=kind)


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def lower(word: str | None) -> str | None:
    """A word of an enumeration as raw writes it."""
    return None if word is None else word.lower()
