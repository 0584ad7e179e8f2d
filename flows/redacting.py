"""Taking somebody out: of what a forge said, of rows of raw, of what git's history says of addresses."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from extract import identity_store, raw
from extract.archive import write_durably
from quality.contract import Table

NOBODY = "forgotten"
"""Email key of commits of whoever is forgotten; it is no person (see flows.identities)."""
TEXTS = frozenset({"body", "bodyText", "title", "titleHtml", "description", "note", "message"})
MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9][\w.-]*)")
UNMENTIONED = "@(forgotten)"
AUTHORS = ("author", "user", "actor", "submitter")


@dataclass(frozen=True)
class Tombstones:
    """Whom to leave out. `logins` are keyed hashes, of "github:ada" or, from where no forge was named, of "ada"."""

    aliases: frozenset[str]
    logins: frozenset[str]
    secret: bytes

    @property
    def keys(self) -> list[str]:
        return sorted(alias.removeprefix("mail:") for alias in self.aliases if alias.startswith("mail:"))

    @property
    def accounts(self) -> list[str]:
        return sorted(alias for alias in self.aliases if not alias.startswith("mail:"))

    def has_login(self, login: str, forge: str) -> bool:
        """The same login on another forge is somebody else, unless they were named without a forge."""
        named = (f"{forge}:{login}", login)
        return not self.logins.isdisjoint(login_key(one, self.secret) for one in named)


def login_key(login: str, secret: bytes) -> str:
    plain = login.lower().removesuffix("[bot]")
    return hmac.new(secret, f"login\n{plain}".encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()[:32]


def redact(folder: Path, forge: str, gone: Tombstones, since: float) -> tuple[int, float]:
    """Rewrites the pages that came since an instant and name somebody who is gone; how many, and when the last came."""
    n, newest = 0, since
    for page in sorted(folder.glob("**/pages/*.json.gz")):
        at = page.stat().st_mtime
        if at <= since:
            continue
        newest = max(newest, at)
        told = json.loads(gzip.decompress(page.read_bytes()))
        body = _redacted_body(told["body"], forge, gone)
        if body != told["body"]:
            write_durably(page, gzip.compress(json.dumps({**told, "body": body}).encode(), mtime=0))
            os.utime(page, (at, at))
            n += 1
    return n, newest


def _redacted_body(body: str, forge: str, gone: Tombstones) -> str:
    try:
        said = json.loads(body)
    except ValueError:  # no JSON, so nobody can be read from it
        return body
    clean = without(said, forge, gone)
    return body if clean == said else json.dumps(clean, ensure_ascii=False)


def without(value: Any, forge: str, gone: Tombstones) -> Any:
    """A JSON value in which whoever is gone is null, and what they wrote is empty."""
    if isinstance(value, list):
        return [without(one, forge, gone) for one in value if not is_gone(one, forge, gone)]
    if not isinstance(value, dict):
        return value
    is_theirs = any(is_gone(value.get(name), forge, gone) for name in AUTHORS)
    return {
        key: _text(one, forge, gone, is_theirs=is_theirs)
        if key in TEXTS and isinstance(one, str)
        else _member(one, forge, gone)
        for key, one in value.items()
    }


def _text(text: str, forge: str, gone: Tombstones, *, is_theirs: bool) -> str:
    """A text without whoever is gone: empty where they wrote it, else without the mentions of them."""

    def left(found: re.Match[str]) -> str:
        login = found[1].rstrip(".-")
        return UNMENTIONED + found[1][len(login) :] if gone.has_login(login, forge) else found[0]

    return "" if is_theirs else MENTION.sub(left, text)


def _member(value: Any, forge: str, gone: Tombstones) -> Any:
    return None if is_gone(value, forge, gone) else without(value, forge, gone)


def is_gone(value: Any, forge: str, gone: Tombstones) -> bool:
    """Whether a value is an account with a tombstone."""
    if not isinstance(value, dict):
        return False
    login = value.get("login") or value.get("username")
    if not isinstance(login, str):
        return False
    number = str(value.get("databaseId") or value.get("id")).rpartition("/")[2]  # GitLab: gid://gitlab/User/11
    return f"{forge}:{number}" in gone.aliases or gone.has_login(login, forge)


TABLES = {table.name: table for table in raw.TABLES}
THEIR_OWN = frozenset(
    {
        "accounts",
        "email_links",
        "mailmap_links",
        "mentions",
        "enrolments",
        "name_links",
        "alias_names",
        "signature_classes",
        "identity_decisions",
        "actor_decisions",
        "power_holders",
        "memberships",
    }
)
"""Tables whose rows are about the person: they go. Elsewhere the person leaves the row."""


def scrub(file: Path, gone: Tombstones) -> int:
    """Rewrites one file of raw without whoever is gone; 1 if it named them."""
    table = TABLES.get(file.stem)
    if table is None:
        return 0
    rows = pl.read_parquet(file)
    clean = scrubbed(rows, table, gone)
    if clean.equals(rows):
        return 0
    replace(file, clean)
    return 1


def scrubbed(rows: pl.DataFrame, table: Table, gone: Tombstones) -> pl.DataFrame:
    """Rows of a raw table without whoever is gone."""
    accounts = [name for name in rows.columns if name.endswith("account_id")]
    keys = [name for name in rows.columns if name.endswith("email_key")]
    aliases = [name for name in rows.columns if name.endswith("alias_id")]
    is_theirs = pl.any_horizontal(
        pl.lit(value=False),
        *(pl.col(name).is_in(gone.accounts).fill_null(value=False) for name in accounts),
        *(pl.col(name).is_in(gone.keys).fill_null(value=False) for name in keys),
        *(pl.col(name).is_in(sorted(gone.aliases)).fill_null(value=False) for name in aliases),
    )
    if "login" in rows.columns:
        is_theirs = is_theirs | named(rows, gone)
    if table.name in THEIR_OWN:
        return rows.filter(~is_theirs)
    if table.name == "emails":
        return _emails(rows, is_theirs)
    nobody = [pl.when(~pl.col(name).is_in(gone.accounts)).then(name).alias(name) for name in accounts]
    unnamed = [pl.when(pl.col(name).is_in(gone.keys)).then(pl.lit(NOBODY)).otherwise(name).alias(name) for name in keys]
    clean = rows.with_columns(*nobody, *unnamed)
    if table.name == "items":
        clean = clean.with_columns(title=pl.when(is_theirs_author(rows, gone)).then(pl.lit("")).otherwise("title"))
    return clean.unique(table.key, keep="first", maintain_order=True) if keys else clean


def named(rows: pl.DataFrame, gone: Tombstones) -> pl.Expr:
    """Rows whose login is of somebody who is gone; a row tells its forge itself, or by an id."""
    where = next(name for name in ("forge", "repo_id", "account_id") if name in rows.columns)
    forge = pl.col(where).str.split(":").list.first()
    pairs = rows.select(forge=forge, login="login").drop_nulls("login").unique()
    gone_ones = [(at, login) for at, login in pairs.iter_rows() if gone.has_login(login, at or "")]
    found = pl.struct(forge=forge, login="login").is_in([{"forge": at, "login": login} for at, login in gone_ones])
    return found if gone_ones else pl.lit(value=False)


def is_theirs_author(rows: pl.DataFrame, gone: Tombstones) -> pl.Series:
    return rows["author_account_id"].is_in(gone.accounts).fill_null(value=False)


def _emails(rows: pl.DataFrame, is_theirs: pl.Expr) -> pl.DataFrame:
    """One row for all who are gone, which says nothing."""
    theirs = rows.filter(is_theirs)
    if theirs.is_empty():
        return rows
    silent = theirs.head(1).with_columns(
        pl.lit(NOBODY).alias("email_key"),
        *(pl.lit(None, pl.String).alias(name) for name in ("forge", "account_id", "login", "host")),
        *(
            pl.lit(value=False).alias(name)
            for name in ("is_bot", "is_own_host", "is_only_named")
            if name in rows.columns
        ),
    )
    others = rows.filter(~is_theirs, pl.col("email_key") != NOBODY)
    return pl.concat([others, silent.select(rows.columns)]).sort("email_key")


def without_address(file: Path, gone: Tombstones) -> int:
    """Rewrites what git's history keeps of addresses, so that it says nothing of whoever is gone; their keys stay."""
    rows = pl.read_parquet(file)
    theirs = pl.col("email_key").is_in(gone.keys)
    spoken = [pl.when(~theirs).then(name).alias(name) for name in ("forge", "account_id", "login", "host")]
    clean = rows.with_columns(*spoken)
    if clean.equals(rows):
        return 0
    replace(file, clean)
    return 1


def replace(file: Path, rows: pl.DataFrame) -> None:
    part = file.with_suffix(".part")
    rows.write_parquet(part, compression="zstd")
    part.replace(file)


def without_names(file: Path, gone: Tombstones) -> int:
    rows = pl.read_parquet(file)
    kept = rows.filter(~pl.col("email_key").is_in(gone.keys))
    if kept.height == rows.height:
        return 0
    identity_store.replace_file(file, kept)
    return 1
