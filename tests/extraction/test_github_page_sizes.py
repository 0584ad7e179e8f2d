"""Stories of pages that are too much for the forge: they shrink, and grow again."""

from __future__ import annotations

from datetime import timedelta

from extract.sandbox.faults import Faults
from extract.sizes import CALM_PAGES, PageSize


def test_a_page_that_is_too_much_shrinks(crawl, hut, undisturbed):
    hut.faults = Faults(most_nodes=7)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_a_page_beyond_the_limits_is_not_taken_for_whole(crawl, hut, undisturbed):
    hut.faults = Faults(most_rows=7)
    crawl.night()

    assert crawl.everything() == undisturbed.everything()


def test_what_strained_the_forge_last_night_is_not_tried_first_tonight(crawl, hut):
    hut.faults = Faults(most_nodes=30)
    hut.as_of = hut.world.ends_at - timedelta(days=30)
    crawl.night()
    slept = len(crawl.slept)
    hut.as_of = hut.world.ends_at
    crawl.night()

    assert slept > 0
    assert len(crawl.slept) == slept


def test_a_size_that_has_just_grown_is_tried_once():
    size = PageSize(8)
    size.shrink()
    for _ in range(CALM_PAGES):
        size.rest()

    assert (size.first, size.tries) == (8, 1)
    size.rest()
    assert size.tries > 1


def test_a_size_halves_down_to_one_item_and_one_nested_row():
    size = PageSize(5, nested=3)
    steps = [(size.first, size.nested)]
    while not size.is_smallest:
        size.shrink()
        steps.append((size.first, size.nested))

    assert steps == [(5, 3), (2, 3), (1, 3), (1, 1)]


def test_a_size_grows_again_after_calm_pages_and_more_warily_each_time():
    size, calm = PageSize(8), []
    for _ in range(3):
        size.shrink()
        calm.append(0)
        while size.first < 8:
            size.rest()
            calm[-1] += 1

    assert calm == [CALM_PAGES, 2 * CALM_PAGES, 4 * CALM_PAGES]
