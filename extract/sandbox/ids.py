"""Ids as the forge writes them: opaque to clients, decoded only here.

`node_id("I", 1, 22)` is a prefix and a MessagePack list in URL-safe base64, the form of GitHub's newer ids; the older
one, `06:Commit<repository>:<sha>` in base64, is understood for commits too.
"""

from __future__ import annotations

import base64
import binascii
import json
import re

_LEGACY_COMMIT = re.compile(rb"\d+:Commit(\d+):([0-9a-f]{40})")
_SHA = re.compile(rb"[0-9a-f]{40}")


def node_id(prefix: str, *numbers: int) -> str:
    packed = bytes([0x90 + len(numbers) + 1, 0x00]) + b"".join(_packed(number) for number in numbers)
    return f"{prefix}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _packed(number: int) -> bytes:
    if number < 1 << 32:
        return b"\xce" + number.to_bytes(4, "big")
    return b"\xcf" + number.to_bytes(8, "big")


def commit_node_id(repository_id: int, sha: str) -> str:
    packed = b"\x93\x00" + _packed(repository_id) + b"\xda\x00\x28" + sha.encode()
    return f"C_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def sha_of_commit_node(given: str) -> str | None:
    """The commit's sha in either form of its id; None for anything else."""
    body = given.removeprefix("C_")
    try:
        decoded = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None
    legacy = _LEGACY_COMMIT.fullmatch(decoded)
    if legacy:
        return legacy[2].decode()
    found = _SHA.search(decoded[-40:])
    return found[0].decode() if found and given.startswith("C_") else None


def cursor(key: tuple[int, int]) -> str:
    """A place in a sorted list: it holds the sort key, so that a list may change between two pages."""
    return base64.b64encode(b"cursor:v2:" + json.dumps(key).encode()).decode()


def key_of_cursor(given: str) -> tuple[int, int] | None:
    """The sort key, or None for a cursor that nobody gave out."""
    try:
        decoded = base64.b64decode(given, validate=True)
        instant, number = json.loads(decoded.removeprefix(b"cursor:v2:"))
    except (binascii.Error, ValueError, TypeError):
        return None
    return (int(instant), int(number)) if isinstance(instant, int) and isinstance(number, int) else None
