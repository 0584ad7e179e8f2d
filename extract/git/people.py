"""Who signs commits, without saying who: names and addresses come in, keyed hashes and public logins go out.

Definitions: ID-01 (normal form of an address, shared mailboxes) and ID-02 A2 (noreply addresses).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass

import polars as pl

KEY_DIGITS = 32  # 128 bits: no two of a billion addresses share a key by accident
SHARED_MAILBOXES = frozenset(
    {"root", "admin", "git", "github", "system", "test", "guest", "anonymous", "administrator"}
    | {"noreply", "info", "dev", "build", "jenkins"}
)
"""Local parts behind which many people stand (ID-01); such an address says who it is only together with a name."""
SIGNATURE = {"email": pl.String, "name": pl.String}
EMAIL = {
    "email_key": pl.String,
    "forge": pl.String,
    "account_id": pl.String,
    "login": pl.String,
    "host": pl.String,
    "is_bot": pl.Boolean,
    "is_own_host": pl.Boolean,
    "is_only_named": pl.Boolean,
}
MAILMAP = {"email_key": pl.String, "proper_email_key": pl.String}
IDENTITY = {**SIGNATURE, **EMAIL}
_LOGIN = r"(?P<login>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,99})(?:\[bot\])?)"
_WITH_ID = re.compile(r"(?:(?P<id>\d{1,18})\+)?" + _LOGIN)  # GitHub: 99+login, or the login alone in older commits
_GITLAB = re.compile(r"(?P<id>\d{1,18})-" + _LOGIN)
_GITEA = re.compile(_LOGIN)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+")
_NOREPLY_HOST = re.compile(r"(?:.*\.)?noreply\..*")
FEWEST_LETTERS = 4  # shorter names are in many a host by accident


@dataclass(frozen=True)
class Keys:
    """What makes keys and account ids: the secret of the keyed hash, the forge's name, and the hosts whose noreply
    addresses name accounts of this forge (an id of another forge would be somebody else here)."""

    secret: bytes
    forge: str
    noreply_hosts: tuple[str, ...]

    def email_key(self, email: str, name: str) -> str:
        """First 32 hex digits of HMAC-SHA256 over the address; over address and name where the address is shared."""
        address = normal_form(email)
        who = f"{address}\n{' '.join(name.split()).lower()}" if is_shared(address) else address
        return hmac.new(self.secret, who.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()[:KEY_DIGITS]

    def account(self, email: str) -> tuple[str | None, str | None, str | None]:
        """Forge, account id and login that a noreply address of this forge names; None for what it does not say.

        >>> Keys(b"", "github", ("users.noreply.github.com",)).account("99+ada@users.noreply.github.com")
        ('github', 'github:99', 'ada')
        """
        local, _, host = email.strip().rpartition("@")
        found = _noreply_form(local, host.lower()) if host.lower() in self.noreply_hosts else None
        if found is None:
            return None, None, None
        parts = found.groupdict()
        account_id = f"{self.forge}:{int(parts['id'])}" if parts.get("id") else None
        return self.forge, account_id, parts["login"]


def _noreply_form(local: str, host: str) -> re.Match[str] | None:
    if host.startswith("noreply."):
        return _GITEA.fullmatch(local)
    gitlab = None if host == "users.noreply.github.com" or "+" in local else _GITLAB.fullmatch(local)
    return gitlab or _WITH_ID.fullmatch(local)


def normal_form(email: str) -> str:
    return email.strip().lower()


def is_shared(address: str) -> bool:
    """Whether a normal form is no single person's: a shared mailbox, or no address at all."""
    local, at, host = address.rpartition("@")
    return not (local and at and host) or local in SHARED_MAILBOXES


def host_of(email: str, name: str) -> tuple[str | None, bool]:
    """Host of an address, and whether it is named after the person; such a host says who it is, so it is not told.

    >>> host_of("ada@eng.example.com", "Ada Lovelace")
    ('eng.example.com', False)
    >>> host_of("me@ada-lovelace.org", "Ada Lovelace")
    (None, True)
    """
    local, _, host = normal_form(email).rpartition("@")
    host = host.rstrip(".")
    if not _HOST.fullmatch(host) or _NOREPLY_HOST.fullmatch(host):
        return None, False
    is_own = any(is_named_after(label, local, name) for label in host.split(".")[:-1])
    return (None if is_own else host), is_own


def is_named_after(label: str, local: str, name: str) -> bool:
    """Whether a part of a host is the person's name: all of it, the last name, or what stands before the @."""
    tokens = [token for token in map(_letters, name.split()) if token]
    names = {_letters(local), *tokens[-1:], "".join(tokens), "".join(reversed(tokens))}
    if len(tokens) > 1:
        names |= {tokens[0][0] + tokens[-1], tokens[0] + tokens[-1][0]}
    return len(_letters(label)) >= FEWEST_LETTERS and _letters(label) in names


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).lower()
    return "".join(sign for sign in folded if sign.isascii() and sign.isalnum())


def is_bot(email: str, name: str) -> bool:
    return name.strip().lower().endswith("[bot]") or email.strip().lower().rpartition("@")[0].endswith("[bot]")


def identities(signatures: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """One row per distinct (email, name) of `signatures`, with its key and what the address says (see IDENTITY)."""
    distinct = signatures.select("email", "name").unique()
    found = [
        (email, name, keys.email_key(email, name), *keys.account(email), *_said(email, name), False)
        for email, name in distinct.iter_rows()
    ]
    return pl.DataFrame(found, schema=IDENTITY, orient="row")


def _said(email: str, name: str) -> tuple[str | None, bool, bool]:
    host, is_own = host_of(email, name)
    return host, is_bot(email, name), is_own


def mailmap(mapped: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """Addresses that a mailmap ties together (MAILMAP), from contacts as written and as mapped."""
    pairs = [
        (keys.email_key(email, name), keys.email_key(proper_email, proper_name))
        for email, name, proper_email, proper_name in mapped.iter_rows()
    ]
    return pl.DataFrame(pairs, schema=MAILMAP, orient="row").unique().sort(list(MAILMAP))


def emails(known: pl.DataFrame) -> pl.DataFrame:
    """One row per key (EMAIL); an address written in several ways is told by the first in the alphabet."""
    spoken = ("forge", "account_id", "login", "host")
    told = (pl.col(*spoken).min(), pl.col("is_bot", "is_own_host").any(), pl.col("is_only_named").all())
    return known.group_by("email_key").agg(*told).sort("email_key")
