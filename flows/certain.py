"""Which aliases are one person whatever they are called: by account, and by mailmap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from extract import raw
from transform.core.accounts_of_addresses import account_of_address
from transform.identity.groups import Groups
from transform.knowable import knowable


def known_pairs(partitions: Sequence[Path], until: datetime | None = None) -> pl.DataFrame:
    """Pairs of them, as far as they could be known at an instant, if one is given."""
    told = knowable(raw.scan(partitions), until)
    by_account = account_of_address(told["raw.accounts"], told["raw.emails"], told["raw.email_links"])
    by_mailmap = told["raw.mailmap_links"].select(
        alias_id=pl.lit("mail:") + pl.col("email_key"), other_alias_id=pl.lit("mail:") + pl.col("proper_email_key")
    )
    pairs = pl.concat([by_account.select("alias_id", "other_alias_id"), by_mailmap]).unique()
    return pairs.sort("alias_id", "other_alias_id").collect()


def same_person(partitions: Sequence[Path]) -> Groups:
    """The groups that they make."""
    groups = Groups()
    for one, other in known_pairs(partitions).iter_rows():
        groups.unite(one, other)
    return groups
