"""Stories of limits: obeyed without a request while they are in force, and everything is here in the end."""

from __future__ import annotations

from time import time

import pytest
from extraction_tools import TOKEN, VARIABLE

from extract.errors import BadToken, OutOfQuota
from extract.sandbox.faults import Faults

SECOND_TOKEN = "another-token-that-nobody-may-see"


@pytest.mark.parametrize("status", [403, 429])
def test_secondary_limits_in_between_are_met_once_each(patient, hut, undisturbed, status):
    hut.faults = Faults(secondary=0.3, secondary_status=status)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_limit_is_waited_for_without_a_request(patient, hut, undisturbed):
    hut.faults = Faults(points=4, window_seconds=0.5, now=time)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_limit_that_takes_too_long_ends_the_night_and_the_next_goes_on(crawl, hut, undisturbed):
    hut.faults = Faults(points=4, window_seconds=1_000, now=time)
    with pytest.raises(OutOfQuota):
        crawl.night()
    kept = crawl.stream("issues").manifest.pages
    hut.faults = Faults()
    crawl.night()

    assert kept > 0
    assert crawl.everything() == undisturbed.everything()


def test_a_second_token_goes_on_where_the_first_is_parked(patient, hut, undisturbed):
    hut.tokens = (TOKEN, SECOND_TOKEN)
    patient.tokens, patient.patience_seconds = (SECOND_TOKEN,), 0
    hut.faults = Faults(points=6, window_seconds=1_000, now=time)
    patient.night()
    hut.tokens = (TOKEN,)

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_a_secondary_limit_is_obeyed_for_as_long_as_it_says(patient, hut, undisturbed):
    hut.faults.block(TOKEN, 1.2)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations == 0


def test_of_two_tokens_one_may_be_bad(crawl, undisturbed):
    crawl.tokens = (crawl.token,)
    crawl.token = "a-wrong-token"
    crawl.night()
    assert crawl.everything() == undisturbed.everything()

    crawl.tokens = ("wrong-too",)
    with pytest.raises(BadToken, match=f"{VARIABLE} or {VARIABLE}_2"):
        crawl.night()


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_that_names_no_time_is_waited_for_ever_longer(patient, hut, undisturbed, status):
    patient.unexplained_seconds = 0.5
    hut.faults = Faults(secondary_status=status, tells_when=False)
    hut.faults.block(TOKEN, 1.2)
    patient.night()

    assert patient.everything() == undisturbed.everything()
    assert hut.faults.violations <= 1  # half a second, then a second: the second one is past the end


def test_a_limit_that_names_no_time_and_takes_too_long_ends_the_night(crawl, hut, undisturbed):
    hut.faults = Faults(tells_when=False)
    hut.faults.block(TOKEN, 1_000)
    with pytest.raises(OutOfQuota):
        crawl.night()
    assert hut.faults.violations == 0
    hut.faults = Faults()
    crawl.night()

    assert crawl.everything() == undisturbed.everything()
