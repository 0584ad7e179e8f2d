"""What must hold for any community."""

from __future__ import annotations

import polars as pl
from core_lives import by, lives
from core_stories import MODULES, STREAMS, Tables, attention, comment, core, core_of, on_day, review, stream, told
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

FEW = settings(max_examples=8, deadline=None)


def assert_same(ours: Tables, others: Tables, *but: str) -> None:
    for name in MODULES.keys() - set(but):
        assert_frame_equal(ours[name], others[name])


@given(lives(), st.randoms(use_true_random=False))
@FEW
def test_the_order_of_raw_rows_changes_nothing(life, random):
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in life.items()}

    assert_same(core(**life), core(**shuffled))


@given(lives())
@FEW
def test_accounts_and_addresses_seen_in_another_repository_too_change_nothing(life):
    given = told(**life)
    again = {name: pl.concat([given[name]] * 2) for name in ("raw.accounts", "raw.emails", "raw.email_links")}

    assert_same(core_of(given), core_of({**given, **again}))


@given(lives(), st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=6))
@FEW
def test_a_bot_that_says_more_changes_no_humans_attention(life, said):
    numbers = [one["number"] for one in life["items"]] or [0]
    talk = [comment(numbers[at % len(numbers)], "robot", at / 3, comment_id=f"b{n}") for n, (at, _) in enumerate(said)]
    views = [review(numbers[-1], "robot", at / 3, review_id=f"b{n}") for n, (at, is_one) in enumerate(said) if is_one]
    louder = {**life, "comments": life["comments"] + talk, "reviews": life["reviews"] + views}

    assert_frame_equal(core(**life)["interactions"], core(**louder)["interactions"])


@given(lives())
@FEW
def test_nobody_gives_attention_to_themselves_and_only_humans_do(life):
    for net in ("reply", "review", "merge"):
        for arrow in attention(core(**life), net):
            giver, receiver = arrow.split(">")
            assert giver != receiver
            assert {giver, receiver} <= {"ada", "bob", "cyd", "dan"}


@given(lives())
@FEW
def test_every_raw_act_is_one_contribution(life):
    items, tables = life["items"], core(**life)
    merges = sum(bool(one.get("merged_at") and one.get("merged_by_account_id")) for one in items)
    known = {one["number"] for one in items}
    said = sum(one["number"] in known for one in life["comments"])
    coauthors = sum(row["author_email_key"] != "cyd" for row in life["commits"][-1:]) * len(life["commit_people"])

    expected = len(items) + merges + said + len(life["reviews"]) + len(life["commits"]) + coauthors
    assert tables["contributions"].height == expected


@given(lives(), st.integers(1, 280).map(lambda quarters: quarters / 4))
@settings(max_examples=12, deadline=None)
def test_asked_about_an_earlier_instant_the_tables_are_those_of_that_instant(life, day):
    then, now = on_day(day), told(**life)
    known = told(**by(life, then), streams=[stream(name, day) for name in STREAMS])
    before, looked_back = core_of(known, as_of=then), core_of(now, as_of=then)

    # identities and people also know whom the repository met later, repositories what came first
    assert_same(looked_back, before, "aliases", "people", "repositories", "coverage", "spells")
