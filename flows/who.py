"""Whom somebody means: logins, addresses, account ids and aliases as people write them, to alias ids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from extract import raw
from extract.git.people import Keys
from flows.errors import BadDecision

_CONTACT = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]+)>")


@dataclass(frozen=True)
class Directory:
    """Every alias that raw knows. `logins` maps "ada" and "github:ada" to the accounts that have or had the login;
    `places` are the organisations that own repositories, as "github:guild"."""

    keys: Keys
    aliases: frozenset[str]
    logins: dict[str, set[str]]
    places: frozenset[str] = frozenset()

    def alias(self, who: str) -> str:
        """The alias somebody means, or BadDecision with what to write instead."""
        who = who.strip()
        if who in self.aliases:
            return who
        if "@" in who and not who.startswith("@"):
            return self._address(who)
        found = self.logins.get(who.lower().removeprefix("@"), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise BadDecision(f"{who!r} is {len(found)} accounts: write one of {', '.join(sorted(found))} instead.")
        raise BadDecision(
            f"Nobody here is called {who!r}. Write a login, FORGE:LOGIN, an account id such as github:99, or an e-mail "
            "address under which somebody committed."
        )

    def logins_of(self, aliases: Set[str]) -> set[str]:
        """Logins that accounts among the aliases have or had, with the forge's name in front."""
        return {name for name, ids in self.logins.items() if ":" in name and not ids.isdisjoint(aliases)}

    def _address(self, who: str) -> str:
        found = _CONTACT.fullmatch(who)
        email, name = (found["email"], found["name"].strip()) if found else (who, "")
        alias = f"mail:{self.keys.email_key(email, name)}"
        if alias not in self.aliases:
            raise BadDecision(f"Nobody signed a commit as {who!r}. Write an address that is in the history.")
        return alias


def directory(partitions: Sequence[Path], secret: bytes) -> Directory:
    told = raw.scan(partitions)
    accounts = told["raw.accounts"].select("account_id", "login").unique().collect()
    keys = told["raw.emails"].select("email_key").unique().collect()["email_key"]
    logins: dict[str, set[str]] = defaultdict(set)
    for account_id, login in accounts.sort("account_id").iter_rows():
        forge = account_id.rpartition(":")[0]
        for name in (login.lower(), f"{forge}:{login.lower()}"):
            logins[name].add(account_id)
    aliases = frozenset([*accounts["account_id"], *pl.select(pl.lit("mail:") + keys).to_series()])
    places = told["raw.organisations"].select("place").collect()["place"]
    return Directory(Keys(secret, "", ()), aliases, dict(logins), frozenset(places))
