"""Raw records while GitHub's pages are read: by table, with the accounts seen on the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Record = dict[str, Any]
BELOW_ITEMS = ("comments", "events", "reactions", "mentions")
"""Tables whose rows say which of the two kinds of item their number is of."""
ACCOUNT_TYPES = {"User": "user", "Bot": "bot", "Organization": "organisation", "Mannequin": "mannequin"}


@dataclass
class Records:
    """Raw records by table, of one repository of one forge. `reactions` are the counts a page brought, by node."""

    forge: str
    repo_id: str
    tables: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[str, Record] = field(default_factory=dict)
    reactions: dict[str, list[Record]] = field(default_factory=dict)
    item_kind: str | None = None
    """Kind of the item that is read right now."""

    def add(self, table: str, **record: Any) -> None:
        below = {"item_kind": self.item_kind} if table in BELOW_ITEMS else {}
        self.tables[table].append({"repo_id": self.repo_id, **below, **record})

    def account(self, actor: Record | None) -> str | None:
        """Notes the account and gives its id; a deleted account is null and stays so."""
        if actor is None or actor.get("databaseId") is None:
            return None
        account_id = f"{self.forge}:{actor['databaseId']}"
        kind = ACCOUNT_TYPES[actor["__typename"]]
        login = actor["login"] if kind != "bot" or actor["login"].endswith("[bot]") else f"{actor['login']}[bot]"
        # pages come newest first, so the first login seen is the one in use now
        self.accounts.setdefault(account_id, {"account_id": account_id, "login": login, "account_type": kind})
        return account_id

    def repository_id(self, repository: Record) -> str:
        return f"{self.forge}:{repository['databaseId']}"


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def lower(word: str | None) -> str | None:
    """A word of an enumeration as raw writes it."""
    return None if word is None else word.lower()
