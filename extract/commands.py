"""Whether a comment tells a program to merge: then a human decided, though the program pressed the button."""

from __future__ import annotations

import re

from extract.templates import without_quotes

COMMANDS = (
    r"@?(?:bors|bors-ng|bors-servo|homu)\b[:,]?\s+(?:.*\s)?(?:r\+|r=\S+|merge\b)",  # bors-ng and homu, 2015
    r"/(?:lgtm|approve)\b(?!\s+cancel)",  # Prow of Kubernetes, 2017: it merges what has both
    r"/(?:merge|automerge)\b(?!\s+cancel)",  # Chatops actions on GitHub, 2019
    r"@mergify(?:io)?\s+(?:queue|merge)\b",  # Mergify, 2018
    r"@dependabot\s+(?:squash and )?merge\b",  # Dependabot, 2017
    r"@?rultor\b[:,]?\s+(?:please[, ]+)?merge\b",  # Rultor, 2014
    r"@pytorch(?:merge)?bot\s+merge\b",  # PyTorch, 2022
)
"""As the programs' own manuals have them, with the year they came up; each has its line."""
_COMMAND = re.compile(rf"^[ \t]*(?:{'|'.join(COMMANDS)})", re.IGNORECASE | re.MULTILINE)


def is_merge_command(text: str | None) -> bool:
    """
    >>> [is_merge_command(text) for text in ("@bors r+", "Nice!\\n/lgtm", "/lgtm cancel", "> bors r+", "you may merge", None)]
    [True, True, False, False, False, False]
    """
    return bool(_COMMAND.search(without_quotes(text)))
