"""What a backfill will cost on GitHub."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from extract.github import queries
from extract.github.client import Client
from extract.github.fetch import STREAMS
from extract.github.sweep import ITEMS_PER_REQUEST, NUMBERS_PER_REQUEST
from extract.source import Forecast, Window

REQUESTS_OF_RESTS_PER_ITEM = 0.02
"""Long threads need requests of their own; three recorded communities of 1,803 items needed 0.012 an item."""
NESTED_LISTS = {"issues": 3, "changes": 6}
NESTED_ROWS = 30
BYTES_PER_ITEM = 1_300
"""Compressed, in the archive; the same communities took 1,190."""
SECONDS_PER_REQUEST = 1.0
POINTS_AN_HOUR = 5_000


def forecast(client: Client, full_name: str, window: Window, n_tokens: int, reserve_share: float) -> Forecast:
    """What the backfill will cost, from the forge's own totals: one request. Hours are those of the slower of the two,
    the requests one after the other or the points that the tokens may spend."""
    asked = {f"{new}{name}": f"repo:{full_name} {kind} {bounds}" for name, kind, new, bounds in _searches(window)}
    found = client.ask(queries.OPENED, asked, full_name).data()["data"]
    counts = {name: int(found[name]["issueCount"]) for name in found}
    n_items = {stream.name: counts[stream.name] for stream in STREAMS}
    listing = sum(ceil(counts[f"newer{name.capitalize()}"] / NUMBERS_PER_REQUEST) for name in n_items)
    pages = sum(ceil(n / ITEMS_PER_REQUEST) for n in n_items.values())
    rests = ceil(sum(n_items.values()) * REQUESTS_OF_RESTS_PER_ITEM) + pages  # any page may have reactions to count
    points = listing + rests + sum(ceil(n / ITEMS_PER_REQUEST) * points_of_a_page(name) for name, n in n_items.items())
    requests = listing + pages + rests
    allowance = n_tokens * POINTS_AN_HOUR * (1 - reserve_share)
    waiting = max(0.0, points / allowance - 1)  # the first hour's points are there already
    return Forecast(
        n_issues=n_items["issues"],
        n_changes=n_items["changes"],
        requests=requests,
        points=points,
        hours=round(max(requests * SECONDS_PER_REQUEST / 3600, waiting), 2),
        bytes=sum(n_items.values()) * BYTES_PER_ITEM,
    )


def _searches(window: Window) -> list[tuple[str, str, str, str]]:
    since = (window.since or datetime(1970, 1, 1, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    newer = f"created:>={since}"
    inside = newer if window.until is None else f"created:{since}..{window.until:%Y-%m-%dT%H:%M:%SZ}"
    return [
        ("issues", "is:issue", "", inside),
        ("changes", "is:pr", "", inside),
        ("Issues", "is:issue", "newer", newer),
        ("Changes", "is:pr", "newer", newer),
    ]


def points_of_a_page(stream: str) -> int:
    """GitHub's rule: a hundredth of the lists that a query may open, at least one."""
    lists = ITEMS_PER_REQUEST * (NESTED_LISTS[stream] + (NESTED_ROWS if stream == "changes" else 0))
    return max(1, round(lists / 100))
