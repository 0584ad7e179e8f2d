"""Stories of who is named in a text: a name in code, in a quote or of a team is nobody's."""

from __future__ import annotations

import pytest

from extract.mentions import mentioned


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@ada", ["ada"]),
        ("Thanks, @ada-b_c! (and @Bob)", ["ada-b_c", "Bob"]),
        ("@Ada and @ada", ["Ada"]),
        ("line\r\n@ada.", ["ada"]),
        ("@org/team", []),
        ("ada@example.org", []),
        ("https://example.org/@ada", []),
        ("@-ada @ada- @", []),
        ("@" + "a" * 39, ["a" * 39]),
        ("@" + "a" * 40, []),
        ("> @ada said\n\n@bob", ["bob"]),
        ("  > @ada said", []),
        ("1 > 0, @ada", ["ada"]),
        ("`@ada` @bob", ["bob"]),
        ("``a ` @ada`` @bob", ["bob"]),
        ("a lone ` @ada", ["ada"]),
        ("```java\n@Override\n```\n@ada", ["ada"]),
        ("~~~\n@ada\n```\n@bob\n~~~\n@cyd", ["cyd"]),
        ("```\n@ada never ends", []),
        ("<!-- ask @ada -->@bob", ["bob"]),
        ("no name at all", []),
    ],
)
def test_logins_are_those_behind_an_at_in_what_the_author_says(text, logins):
    assert mentioned(text) == logins


def test_a_hostile_text_takes_no_time():
    assert mentioned("`" * 20_000 + "@" * 20_000 + "<!--" * 20_000) == []
