"""What `status` says of a backfill under way."""

from __future__ import annotations

from flows import backfills

COST = {"requests": 10, "points": 40, "bytes": 1_000_000}
ROW = {
    "repo": "box:a/b",
    "bounds": ["2024-01-01T00:00:00Z", None],
    "n_items": 200,
    "cost": COST,
    "forecast": {**COST, "hours": 4.0},
}


def test_a_backfill_that_is_half_done_takes_half_its_hours_more():
    assert "200 items, 100 to go in about 2 hours;" in backfills.in_words({**ROW, "todo": 100})


def test_a_backfill_that_is_done_has_nothing_to_go():
    assert "to go" not in backfills.in_words(ROW)
