"""Raw records while GitLab's pages are read, with GitLab's ways of showing an account."""

from __future__ import annotations

from extract import records
from extract.records import Record

GHOST = "ghost"
"""Stands for whoever deleted their account."""


class Records(records.Records):
    """GraphQL shows `{"id": "gid://gitlab/User/11", "username": "ada", "bot": false}`, REST `{"id": 11, "username": ...}`."""

    def account(self, user: Record | None) -> str | None:
        """Notes the account and gives its id; a deleted one is nobody."""
        if user is None or user["username"] == GHOST:
            return None
        number = self.number(user["id"]) if isinstance(user["id"], str) else user["id"]
        if "bot" not in user:  # REST does not say: an account that GraphQL showed is told apart already
            return self.seen_without_type(number, user["username"])
        account_id = self.seen(number, user["username"], "bot" if user["bot"] else "user")
        self.accounts[account_id]["account_type"] = "bot" if user["bot"] else "user"
        return account_id

    def seen_without_type(self, number: int, login: str) -> str:
        return self.seen(number, login)

    @staticmethod
    def number(gid: str) -> int:
        """
        >>> Records.number("gid://gitlab/DiffNote/91")
        91
        """
        return int(gid.rpartition("/")[2])
