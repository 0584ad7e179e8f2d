"""Who is named in a text: logins behind an @, outside of code, quotes and comments that nobody sees."""

from __future__ import annotations

import re

UNSAID = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)"  # a block of code, to its end or the text's
    r"|^[ \t]*>.*?$"  # a line quoted from somebody else
    r"|<!--.*?(?:-->|\Z)"
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)
LOGIN = re.compile(r"(?<![\w/.@+-])@([A-Za-z0-9](?:[A-Za-z0-9_-]{0,37}[A-Za-z0-9])?)(?![\w/@-])")
DOTTED_LOGIN = re.compile(r"(?<![\w/.@+-])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?)(?![\w/@-])")
"""Of forges whose logins may have dots in them; one at the end is the sentence's."""


def mentioned(text: str, login: re.Pattern[str] = LOGIN) -> list[str]:
    """Logins in the order of their first mention, as written there; a login in two spellings is one. No teams.

    >>> mentioned("@ada and `@code`, see @Bob, @bob, @org/team and mail@example.org")
    ['ada', 'Bob']
    >>> mentioned("@bob.b and @ada.", DOTTED_LOGIN)
    ['bob.b', 'ada']
    """
    if "@" not in text:
        return []
    logins = login.findall(UNSAID.sub(" ", text.replace("\r\n", "\n")))
    return list({login.lower(): login for login in reversed(logins)}.values())[::-1]
