"""The only place that knows what time it is, and that waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flows.errors import BadConfiguration


def now() -> datetime:
    return datetime.now(UTC)


def wait(seconds: float) -> None:
    time.sleep(seconds)


def run_name(started_at: datetime) -> str:
    """`20240131T020000.123456Z`: sorts by time, and is a file name everywhere."""
    return started_at.strftime("%Y%m%dT%H%M%S.%fZ")


def parse_instant(text: str, option: str) -> datetime:
    """A date or an instant; without a zone it is UTC. The future is refused: nothing is known of it."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadConfiguration(
            f"{option} {text!r} is no date. Write it as 2024-01-31 or 2024-01-31T02:00:00Z."
        ) from None
    instant = instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    if instant > now():
        raise BadConfiguration(f"{option} {text} lies in the future, of which nothing is known. Give an earlier one.")
    return instant
