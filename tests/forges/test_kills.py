"""On every forge: SIGKILL at random moments and between operations on files, then the same core tables as of a crawl that
nobody disturbed."""

from __future__ import annotations

import kills
from common_world import Told
from extraction_tools import Crawl

TIMES = 6


def test_kills_at_random_points_leave_the_same_core_tables(crawl, undisturbed):
    last = Crawl(crawl.forge, kills.killed(crawl, TIMES))
    last.night()

    assert last.everything() == undisturbed.everything()
    assert Told(last, {}).core() == Told(undisturbed, {}).core()
