"""Files about people, written elsewhere: our own TOML or YAML, a .mailmap, a SortingHat export, gitdm's and the CNCF's
affiliations. Each becomes effects of one decision, or one paragraph with every line that cannot be.

Our own files must name people who are here. The others are about whole ecosystems: whom they name besides is counted
and left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from extract.raw_people import AFFILIATION_CLASSES
from flows import people_foreign
from flows.decisions import Effect
from flows.errors import BadDecision
from flows.people_effects import Found, instant
from flows.who import Directory
from transform.identity.groups import Groups

ACTORS = ("human", "bot", "agent", "organisation")


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
        return people_foreign.sortinghat
    if "mailmap" in path.name:
        return people_foreign.mailmap
    return people_foreign.cncf if re.search(r"^\S+:\s.*!", text, re.MULTILINE) else people_foreign.gitdm


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
    if not isinstance(said, dict):
        raise BadDecision(
            "The file is no mapping of kinds to lists; write `merge:` and its entries. Nothing was applied."
        )
    for kind, entries in said.items():
        if kind == "__line__":
            continue
        if not isinstance(entries, list):
            found.wrong(1, f"{kind!r} is no list; write each entry of it behind a dash")
            continue
        for entry in entries:
            line = entry.pop("__line__") if isinstance(entry, dict) else 1
            _own_entry(kind, entry, line, people, found)


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
    if not entry.get("domains") and not entry.get("forges"):
        raise BadDecision('an organisation needs domains = ["..."] or forges = ["github:..."], or both')
    told = {"organisation": entry["name"], "affiliation_class": _affiliation_class(entry)}
    for place in entry.get("forges", ()):
        found.add(line, "place", place=_place(place, people), **told)
    for domain in entry.get("domains", ()):
        found.add(
            line,
            "domain",
            domain=domain.lower(),
            is_top=bool(entry.get("subdomains", True)),
            **told,
        )


def _place(place: str, people: Directory) -> str:
    """An organisation that owns a repository here, by the forge's name and its login or path, as in github:example."""
    wanted = place.lower()
    if wanted not in people.places:
        known = ", ".join(sorted(people.places)) or "none"
        raise BadDecision(f"{place!r} owns no repository here; the organisations that do are: {known}")
    return wanted


def _enrolment(entry: Any, line: int, people: Directory, found: Found) -> None:
    kind = _affiliation_class(entry)
    organisation = entry["organisation"] if kind not in ("volunteer", "unknown") else None
    for alias in _aliases(entry["who"], people):
        spans = {"from_at": instant(entry.get("from")), "to_at": instant(entry.get("to"))}
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


def _contradictions(found: Found) -> None:
    """One pair both one and two persons, a domain of two organisations, a person twice employed at once."""
    persons = Groups()
    pairs: dict[tuple[str, str], tuple[str, int]] = {}
    owners: dict[str, tuple[Any, int]] = {}
    for line, effect in numbered(found):
        if effect["kind"] in ("merge", "apart"):
            one, other = sorted((effect["alias_id"], effect["other_alias_id"]))
            kind, before = pairs.setdefault((one, other), (effect["kind"], line))
            if kind != effect["kind"]:
                found.wrong(line, f"says {effect['kind']} of two whom line {before} says {kind}; keep one of the two")
            if effect["kind"] == "merge":
                persons.unite(one, other)
        elif effect["kind"] in ("domain", "place"):
            what = effect[effect["kind"]]
            owner, before = owners.setdefault(what, (effect["organisation"], line))
            if owner != effect["organisation"]:
                found.wrong(
                    line, f"{what} is {owner}'s in line {before}; a {effect['kind']} has one organisation: keep one"
                )
    _employed_twice(found, persons)


def _employed_twice(found: Found, persons: Groups) -> None:
    spans: dict[str, list[tuple[str, str, Any, int]]] = {}
    for line, effect in numbered(found):
        if effect["kind"] == "enrolment":
            _overlap(effect, line, spans.setdefault(persons.root(effect["alias_id"]), []), found)


def _overlap(effect: Effect, line: int, spans: list[tuple[str, str, Any, int]], found: Found) -> None:
    start, end = effect["from_at"] or "", effect["to_at"] or "9999"
    if start >= end:
        found.wrong(line, "the span ends before it begins; exchange the two dates")
    for begun, ended, organisation, before in spans:
        if not found.may_overlap and start < ended and begun < end and organisation != effect["organisation"]:
            found.wrong(line, f"the same person works for another in line {before} at that time; give both an end")
    spans.append((start, end, effect["organisation"], line))


def numbered(found: Found) -> Iterator[tuple[int, Effect]]:
    return zip(found.lines, found.effects, strict=True)
