"""What rows about calendar years rest on, as SQL of the promises."""

from __future__ import annotations

from quality.contract import Evidence
from transform.influence.windows import in_window

YEAR = "'year'"
HUMAN = "there.actor_class = 'human' AND there.person_id IS NOT NULL AND there.contributed_at < here.snapshot_at"


def acts_of_the_year(doc: str, also: str = "true", same: tuple[str, ...] = ("repo_id",)) -> Evidence:
    """The acts of humans in the calendar year `window_start`."""
    when = f"{HUMAN} AND {in_window('there.contributed_at', YEAR)} AND {also}"
    return Evidence("core.contributions", doc, same=same, when=when)


def acts_until_the_snapshot(doc: str, also: str = "true", same: tuple[str, ...] = ("repo_id",)) -> Evidence:
    """The acts of humans before the snapshot."""
    return Evidence("core.contributions", doc, same=same, when=f"{HUMAN} AND {also}")
