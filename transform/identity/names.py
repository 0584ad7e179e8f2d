"""Normal forms of names and addresses (ID-01). What goes in here is personal and goes nowhere else."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

SHARED = frozenset(
    [
        "root",
        "admin",
        "administrator",
        "git",
        "github",
        "system",
        "test",
        "guest",
        "anonymous",
        "noreply",
        "no-reply",
        "info",
        "dev",
        "build",
        "jenkins",
        "mail",
        "me",
        "contact",
        "hello",
        "user",
        "unknown",
        "devnull",
        "none",
        "ubuntu",
        "nobody",
        "localhost",
        "home",
        "work",
        "email",
        "code",
        "coder",
        "name",
    ]
)
"""Local parts and handles that many people have."""
NO_NAME = SHARED | frozenset(
    {"jr", "dr", "mr", "mrs", "phd", "support", "anon", "cvs", "invalid", "via", "firstname", "lastname"}
)
PLACEHOLDERS = frozenset({"your_email@youremail.com", "you@example.com", "gitgitgadget@gmail.com", "email@example.com"})
"""Addresses that manuals and tools write, and many leave as they are."""
DROPS_PLUS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "fastmail.com",
        "outlook.com",
        "hotmail.com",
        "protonmail.com",
        "pm.me",
        "icloud.com",
    }
)
GOOGLE = frozenset({"gmail.com", "googlemail.com"})
FEWEST_LETTERS = 5
_ISO_2022 = re.compile(r"\x1b[,\-.][A-Za-z]([^\x1b]+)\x1b\(B")
_NOREPLY = re.compile(r"(?:\d+[+-])?([a-z0-9_.-]+(?:\[bot\])?)")
_ASIDE = re.compile(r"[(\[<{][^)\]>}]*[)\]>}]")
_LAST_FIRST = re.compile(r"\s*([^,]+),\s*(\S.*)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LOCAL_HOST = re.compile(r".*\.(?:\(none\)|local|localdomain|home|lan|invalid)")


@dataclass(frozen=True)
class Normal:
    """A signature in normal form. `address` is empty where nobody in particular is behind it; `tokens` are the name's
    words; `handles` what the person calls themselves in one word: the local part, the login, a name of one word."""

    address: str
    host: str
    login: str | None
    tokens: tuple[str, ...]
    handles: frozenset[str]

    @property
    def is_full(self) -> bool:
        """Whether the name has a first and a last name, long enough to tell people apart."""
        return len(self.tokens) > 1 and len(self.tokens[-1]) > 1 and sum(map(len, self.tokens)) >= FEWEST_LETTERS

    @property
    def full_name(self) -> str:
        return " ".join(self.tokens)

    @property
    def first_and_last(self) -> tuple[str, str]:
        return self.tokens[0], self.tokens[-1]


def normal(email: str, name: str) -> Normal:
    """
    >>> normal("99+AdaL@users.noreply.github.com", "Lovelace, Ada (she)").tokens
    ('ada', 'lovelace')
    """
    if "@" in name:  # an address where the name belongs, perhaps the other way round
        email, name = (email, "") if "@" in email else (name, email)
    address = normal_address(email)
    local, _, host = address.rpartition("@")
    found = _NOREPLY.fullmatch(email.strip().lower().rpartition("@")[0]) if "noreply." in host else None
    login = found[1] if found else None
    handles = {_handle(word) for word in (login or local, *([name] if len(name.split()) == 1 else []))}
    return Normal(
        address=address if is_somebodys(address) else "",
        host=host,
        login=login,
        tokens=name_tokens(name),
        handles=frozenset(handle for handle in handles if len(handle) > 2 and handle not in SHARED),
    )


def normal_address(email: str) -> str:
    """Lower case; without what providers that are known for it ignore: a +tag, and Google's dots.

    >>> normal_address("Ada.L+git@Googlemail.com")
    'adal@gmail.com'
    """
    address = email.strip().lower().strip("[]<>")
    local, at, host = address.rpartition("@")
    if not local:
        return address
    if host in DROPS_PLUS:
        local = local.partition("+")[0] or local
    if host in GOOGLE:
        local, host = local.replace(".", ""), "gmail.com"
    return f"{local}{at}{host}"


def is_somebodys(address: str) -> bool:
    """Whether one person may be behind an address: no shared mailbox, placeholder or name of a machine."""
    local, at, host = address.rpartition("@")
    is_real = bool(local and at and "." in host) and not _LOCAL_HOST.fullmatch(host)
    return is_real and local not in SHARED and address not in PLACEHOLDERS


def name_tokens(name: str) -> tuple[str, ...]:
    """The words of a name in lower case Latin letters, first name first.

    >>> name_tokens("WillTirone"), name_tokens("Ville Skyttä via Tool")
    (('will', 'tirone'), ('ville', 'skytta'))
    """
    text = re.split(r"\s+via\s+|\s+@", _unescaped(name))[0]
    text = _ASIDE.sub(" ", text) if _ASIDE.sub("", text).strip() else text
    if found := _LAST_FIRST.fullmatch(text):
        text = f"{found[2]} {found[1]}"
    text = anyascii(unicodedata.normalize("NFKC", text)).replace("'", "")
    words = re.split(r"[^A-Za-z]+", _CAMEL.sub(" ", text))
    return tuple(word.lower() for word in words if word and word.lower() not in NO_NAME)


def _unescaped(name: str) -> str:
    """Latin letters that an old mail program wrote as ISO 2022: ESC , A v ESC ( B is an o with two dots."""
    return _ISO_2022.sub(lambda found: "".join(chr(ord(sign) | 0x80) for sign in found[1]), name)


def _handle(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(word).lower())
