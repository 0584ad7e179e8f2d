"""The pattern of a text: what stays of it when names, numbers, links and code are taken out, as a hash.

Programs write by templates, so the same pattern comes again and again; two long texts of humans hardly ever share one.
The text itself cannot be told from it and is kept nowhere but in the archive.
"""

from __future__ import annotations

import hashlib
import re

FEWEST_LETTERS = 20
"""Shorter texts ("LGTM, thanks!") are the same for humans and programs."""
OPENING = 120
_DROPPED = re.compile(r"```.*?(?:```|\Z)|<!--.*?-->|`[^`\n]*`|^[ \t]*>.*?$", re.DOTALL | re.MULTILINE)
_VARYING = re.compile(
    r"https?://\S+|@[\w/.-]+|\b[0-9a-f]{7,40}\b|#?\d+(?:[.,:]\d+)*|\*\*[^*\n]{1,80}\*\*|\"[^\"\n]{1,80}\""
)
_SIGNS = re.compile(r"[^\w]+")


def template_key(text: str | None) -> str | None:
    """First 16 hex digits of the hash of a text's pattern; None where there is too little of it.

    >>> template_key("Thanks @ada! Build #12 of 0123abcd has passed on all platforms.") == template_key(
    ...     "Thanks @bob! Build #7 of fedcba98 has passed on all platforms.")
    True
    """
    bare = _VARYING.sub(" ", without_quotes(text))
    pattern = _SIGNS.sub(" ", bare).strip().lower()
    if sum(map(str.isalpha, pattern)) < FEWEST_LETTERS:
        return None
    return hashlib.sha256(pattern[:OPENING].encode("utf-8", "backslashreplace")).hexdigest()[:16]


def without_quotes(text: str | None) -> str:
    """Without code, hidden parts and what others said."""
    return _DROPPED.sub(" ", text or "")
