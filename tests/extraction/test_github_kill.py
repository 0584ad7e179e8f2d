"""A process that is killed at any point loses nothing and counts nothing twice: fifty kills, then everything is here."""

from __future__ import annotations

import kills
from extraction_tools import Crawl


def test_fifty_kills_lose_nothing_and_count_nothing_twice(crawl, undisturbed):
    last = Crawl(crawl.forge, kills.killed(crawl, times=50))
    last.night()

    assert last.everything() == undisturbed.everything()
