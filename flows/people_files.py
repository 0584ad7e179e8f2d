"""Files about people, written elsewhere: our own TOML or YAML, a .mailmap, a SortingHat export, gitdm's and the CNCF's
affiliations. Each becomes effects of one decision, or one paragraph with every line that cannot be.

Our own files must name people who are here. The others are about whole ecosystems: whom they name besides is counted
and left out.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from extract.raw_people import AFFILIATION_CLASSES
from flows.decisions import Effect
from flows.errors import BadDecision
from flows.who import Directory

ACTORS = ("human", "bot", "agent", "organisation")
NO_ORGANISATION = {"(unknown)", "notfound", "unknown", "(robots)"}
VOLUNTEERS = {"independent", "(independent)", "self", "freelancer", "hobbyist", "volunteer", "individual"}
ALWAYS_YEAR, STILL_YEAR = 1901, 2099


@dataclass
class Found:
    """What a file says. `lines` are where each effect comes from, `unknown` how many it names who are not here."""

    effects: list[Effect] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    unknown: int = 0

    def add(self, line: int, kind: str, **told: Any) -> None:
        self.effects.append({"kind": kind, **told})
        self.lines.append(line)

    def merge(self, line: int, aliases: list[str]) -> None:
        for other in aliases[1:]:
            if other != aliases[0]:
                self.add(line, "merge", alias_id=aliases[0], other_alias_id=other)

    def wrong(self, line: int, why: str) -> None:
        self.mistakes.append((line, why))


def read(path: Path, people: Directory) -> Found:
    """The effects of a file; BadDecision with every mistake and its line, and then nothing is applied."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDecision(f"{path} cannot be read ({error}). Name a text file.") from error
    found = Found()
    reader = _reader(path, text)
    reader(text, people, found)
    _contradictions(found)
    refuse(path, found)
    return found


def refuse(path: Path, found: Found) -> None:
    if found.mistakes:
        lines = [f"{path} has {len(found.mistakes)} mistake(s); nothing was applied:"]
        lines += [f"  line {line}: {why}" for line, why in sorted(found.mistakes)]
        raise BadDecision("\n".join([*lines, "Mend the file and import it again."]))


def _reader(path: Path, text: str) -> Any:
    if path.suffix in (".toml", ".yaml", ".yml"):
        return _own_toml if path.suffix == ".toml" else _own_yaml
    if path.suffix == ".json":
        return _sortinghat
    if "mailmap" in path.name:
        return _mailmap
    return _cncf if re.search(r"^\S+:\s.*!", text, re.MULTILINE) else _gitdm


def _own_toml(text: str, people: Directory, found: Found) -> None:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadDecision(f"The file is not TOML: {error}. Mend that line; nothing was applied.") from error
    places: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\[\s*([\w-]+)\s*\]\]", line):
            places.setdefault(header[1], []).append(number)
    for kind, entries in said.items():
        if not isinstance(entries, list):
            found.wrong(1, f"{kind!r} is no list of tables; write [[{kind}]] before each entry")
            continue
        for number, entry in zip(places.get(kind, [1] * len(entries)), entries, strict=False):
            _own_entry(kind, entry, number, people, found)


class _Lined(yaml.SafeLoader):  # type: ignore[misc]
    """Keeps the line of every mapping."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        return {**super().construct_mapping(node, deep=deep), "__line__": node.start_mark.line + 1}


def _own_yaml(text: str, people: Directory, found: Found) -> None:
    try:
        said = yaml.load(text, Loader=_Lined)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise BadDecision(f"The file is not YAML: {error}. Mend that line; nothing was applied.") from error
    for kind, entries in (said if isinstance(said, dict) else {}).items():
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict):
                _own_entry(kind, entry, entry.pop("__line__"), people, found)


def _own_entry(kind: str, entry: Any, line: int, people: Directory, found: Found) -> None:
    if kind not in OWN or not isinstance(entry, dict):
        found.wrong(line, f"no such entry {kind!r}; known are {', '.join(OWN)}")
        return
    try:
        OWN[kind](entry, line, people, found)
    except BadDecision as wrong:
        found.wrong(line, str(wrong))
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        found.wrong(line, f"{kind} is incomplete or malformed ({type(wrong).__name__}: {wrong}); see docs/people.md")


def _merge(entry: Any, line: int, people: Directory, found: Found) -> None:
    found.merge(line, _aliases(entry["who"], people))


def _apart(entry: Any, line: int, people: Directory, found: Found) -> None:
    one, other = _aliases(entry["who"], people)
    found.add(line, "apart", alias_id=one, other_alias_id=other)


def _actor(entry: Any, line: int, people: Directory, found: Found) -> None:
    if entry["class"] not in ACTORS:
        raise BadDecision(f"{entry['class']!r} is no class; known are {', '.join(ACTORS)}")
    found.add(line, "actor", alias_id=people.alias(entry["who"]), actor_class=entry["class"])


def _organisation(entry: Any, line: int, people: Directory, found: Found) -> None:
    del people
    for domain in entry["domains"]:
        found.add(
            line,
            "domain",
            domain=domain.lower(),
            organisation=entry["name"],
            affiliation_class=_affiliation_class(entry),
            is_top=bool(entry.get("subdomains", True)),
        )


def _enrolment(entry: Any, line: int, people: Directory, found: Found) -> None:
    kind = _affiliation_class(entry)
    organisation = entry["organisation"] if kind not in ("volunteer", "unknown") else None
    for alias in _aliases(entry["who"], people):
        spans = {"from_at": _instant(entry.get("from")), "to_at": _instant(entry.get("to"))}
        found.add(line, "enrolment", alias_id=alias, organisation=organisation, affiliation_class=kind, **spans)


OWN = {
    "merge": _merge,
    "apart": _apart,
    "actor": _actor,
    "organisation": _organisation,
    "enrolment": _enrolment,
}


def _aliases(who: Any, people: Directory) -> list[str]:
    return [people.alias(one) for one in (who if isinstance(who, list) else [who])]


def _affiliation_class(entry: Any) -> str:
    kind = str(entry.get("class", "company"))
    if kind not in AFFILIATION_CLASSES:
        raise BadDecision(f"{kind!r} is no class; known are {', '.join(AFFILIATION_CLASSES)}")
    return kind


def _instant(value: Any) -> str | None:
    """A day or instant as people write it, as an instant in UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day) if isinstance(value, date) else None  # noqa: DTZ001
    if value is None:
        raise BadDecision("a date is written as 2024-01-31")
    at: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
    return at.astimezone(UTC).isoformat()


def _known(who: str, people: Directory, found: Found) -> str | None:
    try:
        return people.alias(who)
    except BadDecision:
        found.unknown += 1
        return None


def _mailmap(text: str, people: Directory, found: Found) -> None:
    """`Proper <proper> Commit <commit>`: both addresses are one person."""
    for number, line in enumerate(text.splitlines(), start=1):
        contacts = re.findall(r"([^<>]*)<([^<>]*)>", line.partition("#")[0])
        if len(contacts) == 2:
            (proper_name, proper), (name, address) = contacts
            told = [f"{proper_name.strip()} <{proper}>", f"{name.strip() or proper_name.strip()} <{address}>"]
            aliases = [_known(one, people, found) for one in told]
            if aliases[0] and aliases[1]:
                found.merge(number, [aliases[0], aliases[1]])


def _sortinghat(text: str, people: Directory, found: Found) -> None:
    """The JSON of `sortinghat export`: identities that are one, their enrolments, and the domains of organisations."""
    try:
        said = json.loads(text)
        persons, organisations = said["uidentities"], said.get("organizations", {})
    except (ValueError, KeyError, TypeError) as error:
        raise BadDecision(f"The file is no SortingHat export ({error}); it has to hold uidentities.") from error
    for name, domains in organisations.items():
        for one in domains:
            is_top = bool(one.get("is_top"))
            found.add(
                1, "domain", domain=one["domain"].lower(), organisation=name, affiliation_class="company", is_top=is_top
            )
    for person in persons.values():
        _sortinghat_person(person, people, found)


def _sortinghat_person(person: Any, people: Directory, found: Found) -> None:
    known = (one.get("email") or one.get("username") for one in person.get("identities", ()))
    aliases = [alias for alias in (_known(one, people, found) for one in known if one) if alias]
    if not aliases:
        return
    found.merge(1, aliases)
    if (person.get("profile") or {}).get("is_bot"):
        found.add(1, "actor", alias_id=aliases[0], actor_class="bot")
    for span in person.get("enrollments", ()):
        start, end = (datetime.fromisoformat(span[name]) for name in ("start", "end"))
        told = {"from_at": _bound(start), "to_at": _bound(end)}
        _employed(1, aliases[0], span["organization"], found, **told)


def _bound(at: datetime) -> str | None:
    """SortingHat writes 1900 and 2100 for no bound."""
    return None if at.year < ALWAYS_YEAR or at.year > STILL_YEAR else _instant(at)


def _employed(line: int, alias: str, organisation: str, found: Found, **spans: str | None) -> None:
    plain = organisation.strip().lower()
    if plain in NO_ORGANISATION:
        return
    is_volunteer = plain in VOLUNTEERS
    kind, name = ("volunteer", None) if is_volunteer else ("company", organisation.strip())
    found.add(line, "enrolment", alias_id=alias, organisation=name, affiliation_class=kind, **spans)


def _cncf(text: str, people: Directory, found: Found) -> None:
    """`login: ada!example.org, b!example.org`, then indented `Company from 2019-01-01 until 2020-01-01` lines."""
    aliases: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"(\S+):\s+(.*)", line):
            whom = [header[1], *(one.strip().replace("!", "@") for one in header[2].split(","))]
            aliases = [alias for alias in (_known(one, people, found) for one in whom if one) if alias]
            found.merge(number, aliases)
        elif line[:1].isspace() and line.strip() and aliases:
            span = re.fullmatch(r"(.*?)(?:\s+from\s+([\d-]+))?(?:\s+until\s+([\d-]+))?", line.strip())
            if span is not None:
                told = {"from_at": _instant(span[2]), "to_at": _instant(span[3])}
                _employed(number, aliases[0], span[1], found, **told)


def _gitdm(text: str, people: Directory, found: Found) -> None:
    """`ada@example.org Company < 2015-05-15`, or `example.org Company`: gitdm's maps of addresses and domains."""
    ends: dict[str, str | None] = {}
    for number, raw_line in enumerate(text.splitlines(), start=1):
        line = raw_line.partition("#")[0].strip()
        found_line = re.fullmatch(r"(\S+)\s+(.*?)(?:\s*<\s*(\d{4}-\d\d-\d\d))?", line)
        if found_line is None:
            if line:
                found.wrong(number, "neither an address nor a domain with its company; write: ada@example.org Company")
            continue
        who, company, end = found_line[1].replace("!", "@"), found_line[2], _instant(found_line[3])
        if "@" not in who:
            found.add(
                number, "domain", domain=who.lower(), organisation=company, affiliation_class="company", is_top=True
            )
        elif alias := _known(who, people, found):
            _employed(number, alias, company, found, from_at=ends.get(alias), to_at=end)
            ends[alias] = end


def _contradictions(found: Found) -> None:
    """One pair both one and two persons, a domain of two organisations, a person twice employed at once."""
    pairs: dict[tuple[str, str], tuple[str, int]] = {}
    owners: dict[str, tuple[Any, int]] = {}
    spans: dict[str, list[tuple[str, str, Any, int]]] = {}
    for effect, line in zip(found.effects, found.lines, strict=True):
        if effect["kind"] in ("merge", "apart"):
            pair = (
                min(effect["alias_id"], effect["other_alias_id"]),
                max(effect["alias_id"], effect["other_alias_id"]),
            )
            kind, before = pairs.setdefault(pair, (effect["kind"], line))
            if kind != effect["kind"]:
                found.wrong(line, f"says {effect['kind']} of two whom line {before} says {kind}; keep one of the two")
        elif effect["kind"] == "domain":
            owner, before = owners.setdefault(effect["domain"], (effect["organisation"], line))
            if owner != effect["organisation"]:
                found.wrong(line, f"{effect['domain']} is {owner}'s in line {before}; a domain has one organisation")
        elif effect["kind"] == "enrolment":
            _overlap(effect, line, spans.setdefault(effect["alias_id"], []), found)


def _overlap(effect: Effect, line: int, spans: list[tuple[str, str, Any, int]], found: Found) -> None:
    start, end = effect["from_at"] or "", effect["to_at"] or "9999"
    if start >= end:
        found.wrong(line, "the span ends before it begins; exchange the two dates")
    for begun, ended, organisation, before in spans:
        if start < ended and begun < end and organisation != effect["organisation"]:
            found.wrong(line, f"the same person works for another in line {before} at that time; give both an end")
    spans.append((start, end, effect["organisation"], line))


def numbered(found: Found) -> Iterator[tuple[int, Effect]]:
    return zip(found.lines, found.effects, strict=True)
