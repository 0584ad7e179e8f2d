"""Columns that several raw tables share."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column

REPO_ID = Column("repo_id", pl.String, "The repository: the forge's name and its lasting id, kept through renames.")
NUMBER = Column("number", pl.Int64, "Number of the issue or change in its repository.", at_least=0)
ITEM_KINDS = ("issue", "change")
ITEM_KIND = Column(
    "item_kind",
    pl.String,
    "Which of the two has that number: a forge may count them apart. Null in partitions of earlier versions, which "
    "only hold forges where the number alone says.",
    nullable=True,
    one_of=ITEM_KINDS,
)
SHA = Column("sha", pl.String, "Commit hash.")
AUTHOR = Column(
    "author_account_id", pl.String, "Account that wrote it; null when the account was deleted.", nullable=True
)
URL = Column("url", pl.String, "Page of it on the forge; null for plain git.", nullable=True)
STATES = ("approved", "changes_requested", "commented", "dismissed")
EDITED_AT = Column("edited_at", INSTANT, "When its text was last edited; null if never, or unknown.", nullable=True)
IS_MINIMISED = Column("is_minimised", pl.Boolean, "Whether the forge hides it; null when unknown.", nullable=True)
MINIMISED_REASON = Column(
    "minimised_reason", pl.String, "Why it is hidden, in the forge's word; null when it is not.", nullable=True
)
IS_MERGE_COMMAND = Column(
    "is_merge_command",
    pl.Boolean,
    "Whether it tells a program to merge (see commands); null when unread.",
    nullable=True,
)
TEMPLATE_KEY = Column(
    "template_key", pl.String, "Hash of the text's pattern (see templates); null when short or unread.", nullable=True
)
