"""Raw records while GitHub's pages are read, with GitHub's way of showing an account."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract import records
from extract.records import Record, instant, lower

ACCOUNT_TYPES = {"User": "user", "Bot": "bot", "Organization": "organisation", "Mannequin": "mannequin"}

__all__ = ["Record", "Records", "instant", "lower"]


@dataclass
class Records(records.Records):
    """`reactions` are the counts a page brought, by node."""

    reactions: dict[str, list[Record]] = field(default_factory=dict)

    def account(self, actor: Record | None) -> str | None:
        """Notes the account and gives its id; a deleted account is null and stays so."""
        if actor is None or actor.get("databaseId") is None:
            return None
        kind = ACCOUNT_TYPES[actor["__typename"]]
        login = actor["login"] if kind != "bot" or actor["login"].endswith("[bot]") else f"{actor['login']}[bot]"
        return self.seen(actor["databaseId"], login, kind)

    def repository_id(self, repository: Record) -> str:
        return f"{self.forge}:{repository['databaseId']}"

    def for_item(self, kind: str) -> Records:
        return Records(self.forge, self.repo_id, accounts=self.accounts, item_kind=kind, reactions=self.reactions)
