"""From the identity store to keyed rows: which aliases look alike, how many names each has, which are programs.

Names and addresses come in, hashes and account ids go out (raw.name_links, raw.alias_names, raw.signature_classes).
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence

import polars as pl

from transform.identity.machines import signed_by
from transform.identity.matching import Matcher, Signature
from transform.identity.names import normal

ALWAYS = (0, 2**40)
LINKS = {
    "alias_id": pl.String,
    "other_alias_id": pl.String,
    "rule": pl.String,
    "confidence_share": pl.Float64,
    "evidence": pl.String,
}
NAMES = {"alias_id": pl.String, "name_key": pl.String}
CLASSES = {"alias_id": pl.String, "actor_class": pl.String, "actor_class_reason": pl.String}


def signatures_of(store: pl.DataFrame) -> list[Signature]:
    """One signature per address and name; without a known time it was always there. `store` is identity_store.read's."""
    spans: dict[tuple[str, str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    columns = ("email_key", "email", "name", "place", "n_commits", "first_epoch", "last_epoch")
    for key, email, name, place, n_commits, first, last in store.select(columns).sort(columns[:4]).iter_rows():
        spans[key, email, name][place] = ALWAYS if first is None else (first, last)
        counts[key, email, name] += n_commits
    return [
        Signature(f"mail:{key}", normal(email, name), places, counts[key, email, name])
        for (key, email, name), places in spans.items()
    ]


def name_links(signatures: Sequence[Signature], known: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Links of names and addresses; `known` are pairs that are one person by other evidence already."""
    links = Matcher(signatures, list(known)).all_links()
    rows = [(link.alias, link.other, link.rule, link.score, link.evidence) for link in links]
    return pl.DataFrame(rows, schema=LINKS, orient="row").unique(
        ["alias_id", "other_alias_id"], keep="first", maintain_order=True
    )


def alias_names(signatures: Sequence[Signature], secret: bytes) -> pl.DataFrame:
    rows = {
        (one.alias, hmac.new(secret, one.normal.full_name.encode(), hashlib.sha256).hexdigest()[:16])
        for one in signatures
        if one.normal.is_full
    }
    return pl.DataFrame(sorted(rows), schema=NAMES, orient="row")


def signature_classes(store: pl.DataFrame) -> pl.DataFrame:
    found: dict[str, tuple[str, str, str]] = {}
    for key, email, name in (
        store.select("email_key", "email", "name").unique().sort("email_key", "email", "name").iter_rows()
    ):
        machine = signed_by(email, name)
        if machine is not None:
            found.setdefault(f"mail:{key}", (f"mail:{key}", machine.actor_class, machine.reason))
    return pl.DataFrame(list(found.values()), schema=CLASSES, orient="row")
