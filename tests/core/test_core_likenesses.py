"""Stories of likenesses (ID-02, rules B1 to C2): which names and addresses look like one person's, and which do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transform.identity.matching import Link, Matcher, Signature
from transform.identity.names import normal

YEAR = 365 * 86_400
ADA = ("Ada Lovelace", "ada@example.com")


def signatures(*signed: tuple[str, str] | tuple[str, str, float]) -> list[Signature]:
    """Name, address and year; the names of a village stand around them, none of which is like theirs."""
    village = [(f"{chr(97 + n % 26)}{chr(97 + n // 26)}oona Smith", f"{n}@village.test") for n in range(60)]
    told = [(*one, 0.0)[:3] for one in (*signed, *village)]
    return [
        Signature(str(at), normal(email, name), {"here": (int(year * YEAR),) * 2})
        for at, (name, email, year) in enumerate(told)
    ]


def links(*signed: tuple[str, str] | tuple[str, str, float]) -> list[Link]:
    return [one for one in Matcher(signatures(*signed)).all_links() if {one.alias, one.other} <= {"0", "1", "2"}]


def rules(*signed: tuple[str, str] | tuple[str, str, float]) -> list[str]:
    return [one.rule for one in links(*signed)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("Ada", "Ada.L+git@googlemail.com"), ("A. Lovelace", "adal@gmail.com"), "B1"),
        (ADA, ("Lovelace, Ada", "ada@home.test"), "B2"),
        (("Ada", "adalove99@example.com"), ("A. Lovelace", "adalove99@home.test"), "C1"),
        (ADA, ("al", "ada.lovelace@home.test"), "C1"),
        (ADA, ("Ada King Lovelace", "ada@home.test"), "C1"),
        (("Alexander Lovelace", "a@example.com"), ("Alex Lovelace", "x@home.test"), "C1"),
    ],
)
def test_each_rule_finds_its_own_likeness(one, other, expected):
    assert rules(one, other) == [expected]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADA, ("Ada Byron", "ada@home.test")),
        (("Ada", "ada@example.com"), ("Ada", "x@home.test")),
        (("Ada Lovelace", "root@example.com"), ("Bob Byron", "root@example.com")),
        (("Ada Lovelace", "you@example.com"), ("Bob Byron", "you@example.com")),
        (("Ada Lovelace", "maths@example.com"), ("Bob Byron", "maths@home.test")),
    ],
)
def test_a_first_name_a_shared_mailbox_and_a_common_word_are_no_likeness(one, other):
    assert rules(one, other) == []


def test_two_of_a_common_name_are_asked_about_and_not_joined():
    smiths = [
        (f"John {last}", f"j{last}@example.com") for last in ["Abel", "Baker", "Carter", "Dyer", "Ewing", "Fisher"]
    ]

    found = Matcher(signatures(("John Smith", "john@x.test"), ("John Smith", "smith@y.test"), *smiths)).all_links()

    assert [(one.rule, one.alias, one.other) for one in found] == [("C2", "0", "1")]


@pytest.mark.parametrize(("years", "expected"), [(1, "B2"), (2, "B2"), (3.5, "C2")])
def test_the_longer_between_two_of_one_name_the_less_the_name_tells(years, expected):
    """One of 62 is called Ada, and one Lovelace: 0.016 others a year, and from 0.05 on the name is no evidence."""
    assert rules((*ADA, 0), ("Ada Lovelace", "ada@home.test", years)) == [expected]


def test_a_handle_that_three_share_tells_nobody_apart():
    three = [(first, f"adalove99@{first}.test") for first in ("ada", "bob", "eve")]

    assert rules(*three) == []


def test_a_name_that_an_address_bore_once_is_a_slip_and_leads_nowhere():
    slip = Signature("0", normal("ada@example.com", "Bob Byron"), {"here": (0, 0)}, 1)
    usual = Signature("0", normal("ada@example.com", "Ada Lovelace"), {"here": (0, 0)}, 20)
    bob = Signature("1", normal("bob@home.test", "Bob Byron"), {"here": (0, 0)}, 9)

    assert Matcher([slip, usual, bob]).all_links() == []


@given(st.permutations(range(5)))
def test_the_order_of_the_signatures_changes_nothing(order):
    signed = signatures(ADA, ("al", "ada.lovelace@home.test"), ("Ada Lovelace", "ada@home.test"))[:5]
    found = Matcher([signed[at] for at in order]).all_links()

    ends = {frozenset((one.alias, one.other)) for one in found}
    assert len(ends) == 2
    assert frozenset.union(*ends) == {"0", "1", "2"}
