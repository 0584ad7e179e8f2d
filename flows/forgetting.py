"""`forbenefit forget`: a person leaves archive, raw, identity store and warehouse, and no later run brings them back.

What stays is a tombstone: the account ids, the keyed hashes of addresses, and keyed hashes of logins. Before every build
what has arrived since is gone through again. People who ask for it can be put on `people/optout.txt` too, one login,
address or account id a line: the next build treats them the same. Acts stay in the totals: of an account as those of a
deleted one, of commits under one name that is no person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from extract import identity_store, raw
from extract.archive import write_durably
from flows import decisions, log, who
from flows.certain import same_person
from flows.data_directory import DataDirectory
from flows.errors import BadDecision, NothingPublished
from flows.redacting import Tombstones, login_key, named, redact, scrub, without_address, without_names
from transform.identity.groups import Groups


def tombstones(directory: DataDirectory) -> Tombstones:
    said = _kept(directory)
    return Tombstones(frozenset(said["aliases"]), frozenset(said["logins"]), directory.secret())


def _kept(directory: DataDirectory) -> dict[str, Any]:
    path = directory.people / "forgotten.json"
    told: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"aliases": [], "logins": [], "until": 0}
    return told


def bury(directory: DataDirectory, aliases: Iterable[str], logins: Iterable[str]) -> None:
    """Adds to the tombstones; everything in the archive is gone through again."""
    said, secret = _kept(directory), directory.secret()
    kept = {
        "aliases": sorted({*said["aliases"], *aliases}),
        "logins": sorted({*said["logins"], *(login_key(login, secret) for login in logins)}),
        "until": 0,
    }
    if kept != {**said, "until": 0}:
        _keep(directory, kept)


def _keep(directory: DataDirectory, said: dict[str, Any]) -> None:
    directory.people.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory.people / "forgotten.json"
    write_durably(path, json.dumps(said).encode())
    path.chmod(0o600)


def bury_listed(directory: DataDirectory, people: Callable[[], who.Directory], partitions: Sequence[Path]) -> None:
    """Whoever is on the opt-out list, with all their aliases; who is not here yet waits for the night they come. A line that several accounts answer to is told and left, for all but one of them never asked."""
    path = directory.people / "optout.txt"
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()] if path.exists() else []
    if not any(lines):
        return
    known, certain = people(), same_person(partitions)
    for number, line in enumerate(lines, start=1):
        if line:
            _bury_line(directory, known, certain, line, number)


def _bury_line(directory: DataDirectory, people: who.Directory, certain: Groups, line: str, number: int) -> None:
    plain = line.lower().removeprefix("@")
    try:
        alias = people.alias(line)
    except BadDecision:
        if plain in people.logins:
            log.current.event("people.optout_unclear", line=number, accounts=len(people.logins[plain]))
        elif "@" in plain:
            bury(directory, [f"mail:{people.keys.email_key(line, '')}"], [])
        else:
            bury(directory, [], [plain])
        return
    theirs = {one for one in people.aliases if certain.root(one) == certain.root(alias)}
    theirs |= persons_aliases(directory, alias)
    bury(directory, theirs, people.logins_of(theirs) | ({plain} if plain in people.logins else set()))


def persons_aliases(directory: DataDirectory, alias: str) -> set[str]:
    """All aliases of the person in the published warehouse; the alias alone where there is none."""
    try:
        warehouse = directory.published()
    except NothingPublished:
        return {alias}
    import duckdb

    query = (
        "SELECT alias_id FROM core.aliases WHERE person_id IN (SELECT person_id FROM core.aliases WHERE alias_id = ?) "
    )
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        return {alias, *(found for (found,) in db.sql(query, params=[alias]).fetchall())}


def remove_warehouses(directory: DataDirectory) -> None:
    """The published one too: what the next build says of the changes since then would name the person."""
    for old in (directory.warehouse, *directory.nights.glob("warehouse-*.duckdb")):
        old.unlink(missing_ok=True)


def purge(directory: DataDirectory, partitions: Sequence[Path] = ()) -> int:
    """Takes everybody with a tombstone out of archive, raw and identity store; how many files were rewritten."""
    gone = tombstones(directory)
    if not gone.aliases and not gone.logins:
        return 0
    bury(directory, come_since(gone, partitions), [])
    gone, said = tombstones(directory), _kept(directory)
    rewritten, newest = 0, float(said["until"])
    for ref, known in directory.repositories.items():
        folder = directory.archive / known["partition"]
        found, latest = redact(folder, ref.partition(":")[0], gone, float(said["until"]))
        rewritten, newest = rewritten + found, max(newest, latest)
        rewritten += sum(without_address(file, gone) for file in sorted(folder.glob("git/history/*.emails.parquet")))
    for root in (directory.raw, directory.last_good):
        rewritten += sum(scrub(file, gone) for file in sorted(root.rglob("*.parquet")))
    for file in sorted(directory.identities.rglob(identity_store.FILE)):
        rewritten += without_names(file, gone)
    rewritten += decisions.forget(directory.people, gone.aliases)
    _keep(directory, {**said, "until": newest})
    return rewritten


def come_since(gone: Tombstones, partitions: Sequence[Path]) -> set[str]:
    """Aliases under which whoever is gone has come since: accounts and addresses with their login, addresses that a forge
    or a mailmap ties to them."""
    told = raw.scan(partitions)
    accounts, emails = told["raw.accounts"].collect(), told["raw.emails"].collect()
    mails = emails.filter(named(emails, gone)).select(pl.lit("mail:") + pl.col("email_key"))
    known = {*gone.aliases, *accounts.filter(named(accounts, gone))["account_id"], *mails.to_series()}
    groups = same_person(partitions)
    roots = {groups.root(alias) for alias in known}
    links = {f"mail:{key}" for key in emails["email_key"]} | {*accounts["account_id"]}
    return {alias for alias in known | links if groups.root(alias) in roots} - gone.aliases
