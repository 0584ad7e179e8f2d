"""What a file about people says: effects with the lines they come from, and the mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from flows.decisions import Effect
from flows.errors import BadDecision


@dataclass
class Found:
    """What a file says. `lines` are where each effect comes from, `unknown` how many it names who are not here.

    `may_overlap`: its format lets somebody work for two at once.
    """

    effects: list[Effect] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    unknown: int = 0
    may_overlap: bool = False

    def add(self, line: int, kind: str, **told: Any) -> None:
        self.effects.append({"kind": kind, **told})
        self.lines.append(line)

    def merge(self, line: int, aliases: list[str]) -> None:
        for other in aliases[1:]:
            if other != aliases[0]:
                self.add(line, "merge", alias_id=aliases[0], other_alias_id=other)

    def wrong(self, line: int, why: str) -> None:
        self.mistakes.append((line, why))


def instant(value: Any) -> str | None:
    """A day or instant as people write it, as an instant in UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day) if isinstance(value, date) else None  # noqa: DTZ001
    if value is None:
        raise BadDecision("a date is written as 2024-01-31")
    at: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
    return at.astimezone(UTC).isoformat()
