"""Raw records while Gitea's pages are read, with Gitea's ways of showing an account."""

from __future__ import annotations

from extract import records
from extract.records import Record

ACTIONS = -2
"""The account under which an instance's own automation acts."""


class Records(records.Records):
    """An account is `{"id": 11, "login": "ada"}`; one that was deleted is the ghost, with id -1."""

    def account(self, user: Record | None) -> str | None:
        """Notes the account and gives its id; a deleted one is nobody."""
        if user is None or user["id"] in (0, -1):
            return None
        return self.seen(user["id"], user["login"], "bot" if user["id"] == ACTIONS else "user")

    def author(self, row: Record) -> str | None:
        """Who wrote it; what was brought from another forge stands under the account of whoever brought it."""
        return None if row.get("original_author") else self.account(row["user"])

    def repository_id(self, other: Record) -> str | None:
        """The repository of an issue at the other end."""
        repository = other.get("repository")
        return f"{self.forge}:{repository['id']}" if repository else self.repo_id
