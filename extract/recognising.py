"""Which kind of forge answers at a web address: by known hosts, else by asking its API for what it tells anybody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from extract.errors import NeedsAPerson, TryAgain
from extract.forge import Forge
from extract.reach import is_door

PATIENCE_SECONDS = 10
MOST_BYTES = 100_000
"""A probe's answer is small; what is longer is a page."""


@dataclass(frozen=True)
class Recognised:
    """An instance, the address of its API, and the repository below it."""

    forge: Forge
    base_url: str
    full_name: str


def recognised(address: str, forges: Iterable[Forge]) -> Recognised:
    """Asks below the host, and then below each folder of the address, where a forge may live under a path.

    Raises NeedsAPerson if none answers like a forge, or something stands before it; TryAgain if nobody answers at all.
    """
    where = urlsplit(address)
    parts = where.path.strip("/").split("/")
    candidates = [forge for forge in forges if forge.probe]
    answered = False
    for depth in range(max(1, len(parts) - 1)):
        root = "/".join([f"{where.scheme}://{where.netloc}", *parts[:depth]])
        for forge in candidates:
            told = _asked(f"{root}{forge.probe}")
            answered = answered or told is not None
            if told is not None and forge.is_it(*told):
                return Recognised(forge, f"{root}{forge.api}", forge.repository("/".join(parts[depth:])))
    if not answered:
        raise TryAgain(f"{where.netloc} cannot be reached. Check the address and the network, and run again.")
    kinds = ", ".join(forge.kind for forge in candidates)
    raise NeedsAPerson(
        f"{where.netloc} does not answer like any forge known here ({kinds}). For its git history alone write git:URL; "
        "for more, add it as [[forges]] in forbenefit.toml, with its kind and base_url."
    )


def _asked(url: str) -> tuple[int, Any] | None:
    """Status and JSON (empty if it is none); None if nobody answers. No token goes to a host that nobody named."""
    try:
        with requests.get(url, timeout=PATIENCE_SECONDS, allow_redirects=False, stream=True) as answer:
            said = _json(b"".join(_start(answer.iter_content(1 << 14))))
            if is_door(answer.status_code, answer.headers, is_json=bool(said)):
                raise _needed(url, "is behind a server that wants a user and password", "basic_auth_env")
            return answer.status_code, said
    except requests.exceptions.SSLError as error:
        raise _needed(url, "has a certificate of an authority that this machine does not trust", "ca_file") from error
    except requests.RequestException:
        return None


def _needed(url: str, why: str, setting: str) -> NeedsAPerson:
    return NeedsAPerson(
        f"{urlsplit(url).netloc} {why}. Add it as [[forges]] with kind, base_url and {setting} in forbenefit.toml."
    )


def _start(blocks: Iterator[bytes]) -> Iterator[bytes]:
    seen = 0
    for block in blocks:
        yield block
        seen += len(block)
        if seen > MOST_BYTES:
            return


def _json(text: bytes) -> Any:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
