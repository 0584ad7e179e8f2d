"""What is kept of a comment's text, which itself stays in the archive."""

from __future__ import annotations

from typing import Any

from extract.commands import is_merge_command
from extract.templates import template_key


def told_by(text: str | None) -> dict[str, Any]:
    """The columns of raw.comments that are told by the text."""
    return {"template_key": template_key(text), "is_merge_command": is_merge_command(text)}
