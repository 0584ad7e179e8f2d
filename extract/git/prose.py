"""Whom a text about maintainers or governance names, and for which part of the tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

TEAM = re.compile(r"@([\w.-]+/[\w./-]+)")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_MENTION = re.compile(r"(?<![\w/@.+-])@([A-Za-z0-9][A-Za-z0-9-]{0,38})(?![\w/@-])")
_PROFILE = re.compile(
    r"https?://(?:www\.)?(?:github|gitlab|codeberg)\.(?:com|org)/([A-Za-z0-9][A-Za-z0-9-]{0,38})(?=[\s)>\],.;\"']|$)"
)
_REMARK = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})\s+(.*)")
_RULE = re.compile(r"([=\-~^*+\"#`])\1{2,}\s*")
_LEADER = re.compile(r"\s{0,3}(?:\*\*|__)?([^:*_`<@]{1,80}?):?(?:\*\*|__)?:?\s*")
_FORMER = re.compile(r"\b(emerit\w*|former|past|previous|alumn\w+|retired|inactive|stepped down)\b", re.IGNORECASE)
_OF_A_PLACE = re.compile(r"(\s*)[*+-]\s+`/?([\w.][^`\s@]*?)/?`")
_ITEM = re.compile(r"(\s*)[*+-]\s")
Holder = tuple[int, str | None, str | None, str | None, str | None]
"""Line, pattern, login, team, e-mail address."""
LEAST_LEVEL = 7
"""Of a line that leads a list without being a heading."""


def named_in_prose(text: str, places: Collection[str]) -> Iterator[Holder]:
    """Whoever is named by @login, profile page or address; who held it once, and who is named in remarks, does not.

    A list item that begins with a file or folder in backquotes names who holds that, below the items that it is in; all
    others hold the whole.
    """
    lines = _REMARK.sub(lambda remark: re.sub(r"[^\n]", " ", remark[0]), text).splitlines()
    former, item = LEAST_LEVEL + 1, list[tuple[int, str]]()
    for number, line in enumerate(lines, start=1):
        level, words = _headed(line, lines[number] if number < len(lines) else "")
        if level <= former:
            former = level if _FORMER.search(words) else LEAST_LEVEL + 1
        if former > LEAST_LEVEL:
            item = _item(line, item)
            yield from _named(number, _pattern(item, places), line)


def _headed(line: str, following: str) -> tuple[int, str]:
    """The level of a heading and its words: with signs before it, underlined, or a line that leads a list."""
    if (found := _HEADING.match(line)) is not None:
        return len(found[1]), found[2]
    if line.strip() and _RULE.fullmatch(following):
        return (1 if following.startswith("=") else 2), line
    leads = line.rstrip().endswith((":", "**", "__")) and _LEADER.fullmatch(line)
    return (LEAST_LEVEL, line) if leads else (LEAST_LEVEL + 2, "")


def _item(line: str, above: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The items that a line is in, outermost first, as indents and places; '' for one without a place."""
    if (found := _ITEM.match(line)) is None:
        return above if line.startswith((" ", "\t")) else []
    indent, of_a_place = len(found[1].expandtabs()), _OF_A_PLACE.match(line)
    return [*(one for one in above if one[0] < indent), (indent, of_a_place[2] if of_a_place else "")]


def _pattern(item: list[tuple[int, str]], places: Collection[str]) -> str | None:
    """The innermost place that there is: what is named for a folder that went is held by who holds the one above."""
    names = [name for _, name in item if name]
    known = ("/".join(names[:n]) for n in range(len(names), 0, -1))
    return next((f"/{place}" for place in known if place in places), None)


def _named(number: int, pattern: str | None, line: str) -> Iterator[Holder]:
    """As many logins as addresses are the same persons, in their order."""
    logins = [*_MENTION.findall(EMAIL.sub(" ", line)), *_PROFILE.findall(line)]
    logins, emails = list({login.lower(): login for login in logins}.values()), EMAIL.findall(line)
    teams = TEAM.findall(line)
    if len(logins) == len(emails) and not teams:
        yield from ((number, pattern, login, None, email) for login, email in zip(logins, emails, strict=True))
        return
    yield from ((number, pattern, login, None, None) for login in logins)
    yield from ((number, pattern, None, team, None) for team in teams)
    yield from ((number, pattern, None, None, email) for email in emails)
