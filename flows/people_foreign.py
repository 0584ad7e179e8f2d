"""Files about people that other programs write: a .mailmap, SortingHat's export, gitdm's maps, the CNCF's affiliations.

They are about whole ecosystems: whom they name and nobody here is, is counted and left out. Line by line they become
effects; a line that cannot be is a mistake with its number.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import datetime
from typing import Any

from flows.errors import BadDecision
from flows.people_effects import Found, instant
from flows.who import Directory

NO_ORGANISATION = {"(unknown)", "notfound", "unknown", "(robots)"}
VOLUNTEERS = {"independent", "(independent)", "self", "freelancer", "hobbyist", "volunteer", "individual"}
ALWAYS_YEAR, STILL_YEAR = 1901, 2099
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_CNCF_SPAN = re.compile(r"(.*?)(?:\s+from\s+(\S+))?(?:\s+until\s+(\S+))?")
_GITDM_LINE = re.compile(r"(\S+)\s+(.*?)(?:\s*<\s*(\d\S*))?")


def known(who: str, people: Directory, found: Found) -> str | None:
    try:
        return people.alias(who)
    except BadDecision:
        found.unknown += 1
        return None


def dated(value: str | None, line: int, found: Found) -> str | None:
    try:
        return instant(value)
    except ValueError:
        found.wrong(line, f"{value!r} is no date; write it as 2024-01-31")
        return None


def mailmap(text: str, people: Directory, found: Found) -> None:
    """`Proper <proper> Commit <commit>`: both addresses are one person."""
    for number, line in enumerate(text.splitlines(), start=1):
        contacts = re.findall(r"([^<>]*)<([^<>]*)>", line.partition("#")[0])
        if len(contacts) == 2:
            (proper_name, proper), (name, address) = contacts
            told = [f"{proper_name.strip()} <{proper}>", f"{name.strip() or proper_name.strip()} <{address}>"]
            aliases = [known(one, people, found) for one in told]
            if aliases[0] and aliases[1]:
                found.merge(number, [aliases[0], aliases[1]])


def sortinghat(text: str, people: Directory, found: Found) -> None:
    """The JSON of `sortinghat export`: identities that are one, their enrolments, and the domains of organisations.

    Enrolments may overlap there; of two at once the one that began later counts (ORG-03).
    """
    found.may_overlap = True
    try:
        said = json.loads(text)
        persons, organisations = said["uidentities"], said.get("organizations", {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadDecision(f"The file is no SortingHat export ({error}); it has to hold uidentities.") from error
    for name, domains in organisations.items():
        line = _line_of(text, name)
        for one in domains:
            told = {"domain": one["domain"].lower(), "organisation": name, "is_top": bool(one.get("is_top"))}
            found.add(line, "domain", affiliation_class="company", **told)
    for key, person in persons.items():
        line = _line_of(text, key)
        try:
            _sortinghat_person(person, line, people, found)
        except (KeyError, TypeError, AttributeError) as error:
            found.wrong(line, f"this person is no uidentity of SortingHat ({type(error).__name__}: {error})")


def _line_of(text: str, key: str) -> int:
    """Line of a key in JSON, which SortingHat writes with a key a line."""
    spoken = (json.dumps(key), json.dumps(key, ensure_ascii=False))
    at = max(text.find(one) for one in spoken)
    return 1 + text.count("\n", 0, max(at, 0))


def _sortinghat_person(person: Any, line: int, people: Directory, found: Found) -> None:
    aliases = [alias for one in person.get("identities", ()) if (alias := _sortinghat_alias(one, people, found))]
    if not aliases:
        return
    found.merge(line, aliases)
    if (person.get("profile") or {}).get("is_bot"):
        found.add(line, "actor", alias_id=aliases[0], actor_class="bot")
    for span in person.get("enrollments", ()):
        told = {name: _bound(span[end], line, found) for name, end in (("from_at", "start"), ("to_at", "end"))}
        employed(line, aliases[0], span["organization"], found, **told)


def _sortinghat_alias(identity: Any, people: Directory, found: Found) -> str | None:
    """Whom an identity means: by its address, else by its user name."""
    for who in filter(None, (identity.get("email"), identity.get("username"))):
        try:
            return people.alias(who)
        except BadDecision:
            continue
    found.unknown += 1
    return None


def _bound(value: str, line: int, found: Found) -> str | None:
    """SortingHat writes 1900 and 2100 for no bound."""
    at = dated(value, line, found)
    return None if at is None or not ALWAYS_YEAR <= datetime.fromisoformat(at).year <= STILL_YEAR else at


def employed(line: int, alias: str, organisation: str, found: Found, **spans: str | None) -> None:
    plain = organisation.strip().lower()
    if plain in NO_ORGANISATION:
        return
    is_volunteer = plain in VOLUNTEERS
    kind, name = ("volunteer", None) if is_volunteer else ("company", organisation.strip())
    found.add(line, "enrolment", alias_id=alias, organisation=name, affiliation_class=kind, **spans)


def cncf(text: str, people: Directory, found: Found) -> None:
    """`login: ada!example.org, b!example.org`, then indented `Company from 2019-01-01 until 2020-01-01` lines.

    A star behind a login says that the file has found several affiliations; a person may have several entries.
    """
    aliases: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#") or not line.strip():
            continue
        if line[:1].isspace():
            span = _CNCF_SPAN.fullmatch(line.strip())
            if span is not None and aliases:
                told = {"from_at": dated(span[2], number, found), "to_at": dated(span[3], number, found)}
                employed(number, aliases[0], span[1], found, **told)
        elif header := re.fullmatch(r"(\S+?)\*?:\s+(.*)", line):
            whom = [header[1], *(one.strip().replace("!", "@") for one in header[2].split(","))]
            aliases = [alias for alias in (known(one, people, found) for one in whom if one) if alias]
            found.merge(number, aliases)
        else:
            found.wrong(number, "neither a person nor a company of theirs; write: login: ada!example.org")


def gitdm(text: str, people: Directory, found: Found) -> None:
    """gitdm's maps: `ada@example.org Company < 2015-05-15`, `example.org Company`, `alias@old.org ada@example.org`.

    The lines of one address may stand in any order: what ends first came first, and what has no end came last.
    """
    ends: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for number, raw_line in enumerate(text.splitlines(), start=1):
        line = raw_line.partition("#")[0].strip()
        found_line = _GITDM_LINE.fullmatch(line)
        if found_line is None or not found_line[2]:
            if line:
                found.wrong(number, "neither an address nor a domain with its company; write: ada@example.org Company")
            continue
        who, company = found_line[1].replace("!", "@"), found_line[2]
        end = dated(found_line[3], number, found)
        if re.fullmatch(r"\S+[@!]\S+", company):
            _gitdm_alias(who, company.replace("!", "@"), number, people, found)
        elif "@" in who:
            if alias := known(who, people, found):
                ends[alias].append((end or "9999", number, company))
        elif _DOMAIN.fullmatch(who.lower()):
            told = {"domain": who.lower(), "organisation": company, "affiliation_class": "company"}
            found.add(number, "domain", is_top=True, **told)
        else:
            found.wrong(number, f"{who!r} is neither an address nor a domain; write: ada@example.org Company")
    _gitdm_spans(ends, found)


def _gitdm_alias(one: str, other: str, line: int, people: Directory, found: Found) -> None:
    aliases = [alias for who in (one, other) if (alias := known(who, people, found))]
    if len(aliases) == 2:
        found.merge(line, aliases)


def _gitdm_spans(ends: dict[str, list[tuple[str, int, str]]], found: Found) -> None:
    for alias, spans in ends.items():
        begun: str | None = None
        for end, number, company in sorted(spans, key=lambda one: (one[0], one[1])):
            until = None if end == "9999" else end
            if begun is not None and begun == until:
                found.wrong(number, "the same person works for two until that day; give the first an earlier end")
            employed(number, alias, company, found, from_at=begun, to_at=until)
            begun = until or begun
