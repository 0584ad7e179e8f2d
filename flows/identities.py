"""Before a build: decisions and likenesses of names as keyed tables, which stand beside what the forges told.

They lie in `people/keyed` of the data directory. Names and addresses are read from the identity store and stay there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from extract import identity_store, raw
from flows import decisions, forgetting, log, redacting, who
from flows.certain import known_pairs
from flows.data_directory import DataDirectory
from flows.decisions import Decision
from transform.identity import likeness

VERSION = 2
"""Raise it when the same names would be found alike otherwise."""


def prepare(directory: DataDirectory, partitions: Sequence[Path], until: datetime | None = None) -> Path:
    """Forgets whom it must, and writes the keyed tables."""
    before = forgetting.tombstones(directory)
    forgetting.bury_listed(directory, lambda: who.directory(partitions, directory.secret()), partitions)
    if rewritten := forgetting.purge(directory, partitions):
        log.current.event("people.forgotten", files=rewritten)
    if forgetting.tombstones(directory) != before:
        forgetting.remove_warehouses(directory)
    return keyed(directory, partitions, until)


def keyed(directory: DataDirectory, partitions: Sequence[Path], until: datetime | None = None) -> Path:
    """Writes the keyed tables, as far as they could be known at an instant, if one is given; the folder they are in."""
    folder = directory.people / "keyed"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    decided = decisions.tables(decisions.made_by(decisions.read(directory.people), until))
    raw.write(folder, {**decided, "actor_decisions": with_nobody(decided["actor_decisions"])})
    store = signed_by(identity_store.read(directory.identities), until)
    known = known_pairs(partitions, until)
    stamp = _stamp(store, known)
    if not (folder / "stamp").exists() or (folder / "stamp").read_text() != stamp:
        raw.write(folder, likenesses(store, known, directory.secret()))
        (folder / "stamp").write_text(stamp)
        log.current.event("people.compared", signatures=store.height)
    return folder


def with_nobody(decided: pl.DataFrame) -> pl.DataFrame:
    """The signature that stands for all who are forgotten is no person."""
    row = {"alias_id": f"mail:{redacting.NOBODY}", "actor_class": "organisation", "reason": "people who are forgotten"}
    return pl.concat([decided, pl.DataFrame([row], schema=decided.schema)])


def likenesses(store: pl.DataFrame, known: pl.DataFrame, secret: bytes) -> dict[str, pl.DataFrame]:
    signatures = likeness.signatures_of(store)
    return {
        "name_links": likeness.name_links(signatures, known.rows()),
        "alias_names": likeness.alias_names(signatures, secret),
        "signature_classes": likeness.signature_classes(store),
    }


def signed_by(store: pl.DataFrame, until: datetime | None) -> pl.DataFrame:
    """Signatures that there were by then; how often each was used is counted up to now."""
    if until is None:
        return store
    end = int(until.timestamp())
    return store.filter(pl.col("first_epoch").fill_null(0) < end).with_columns(
        pl.col("last_epoch").clip(upper_bound=end - 1)
    )


def _stamp(store: pl.DataFrame, known: pl.DataFrame) -> str:
    digest = hashlib.sha256(str(VERSION).encode())
    for frame in (store.sort(store.columns), known):
        digest.update(frame.write_csv().encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def refused(directory: DataDirectory, partitions: Sequence[Path], proposed: Decision) -> dict[tuple[str, str], str]:
    """The merges of a decision that a never-merge rule forbids, with the reason: what a build would do with them."""
    from transform.core import identity_links
    from transform.parameters import Parameters

    told = raw.scan([*partitions, keyed(directory, partitions)])
    tables = decisions.tables([*decisions.read(directory.people), proposed])
    told |= {f"raw.{name}": frame.lazy() for name, frame in tables.items()}
    given = [told[name] for name in identity_links.TABLE.inputs]
    links = identity_links.build(*given, parameters=Parameters(as_of=datetime.fromisoformat(proposed.at)))
    wrong = links.filter(pl.col("rule") == "H", pl.col("status") == "forbidden").collect()
    asked = {_pair(effect) for effect in proposed.effects if effect["kind"] == "merge"}
    found = {(row["alias_id"], row["other_alias_id"]): row["status_reason"] for row in wrong.iter_rows(named=True)}
    return {pair: reason for pair, reason in found.items() if pair in asked}


def _pair(effect: decisions.Effect) -> tuple[str, str]:
    alias, other = effect["alias_id"], effect["other_alias_id"]
    return min(alias, other), max(alias, other)
