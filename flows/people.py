"""`forbenefit people`: who is one person and what they are, as decisions with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl

from extract import identity_store, raw
from flows import decisions, identities, people_files, publishing, who
from flows.data_directory import DataDirectory
from flows.decisions import Decision, Effect
from flows.errors import BadDecision

QUEUE = """
SELECT reason, alias_id, other_alias_id, confidence_share, evidence FROM core.people_queue
ORDER BY confidence_share DESC NULLS LAST, alias_id, other_alias_id
"""
ALIASES = """
SELECT person_id, login, actor_class, actor_class_reason, alias_id, rule FROM core.people JOIN core.aliases USING (person_id)
WHERE list_contains(?, person_id) OR list_contains(?, alias_id) ORDER BY person_id, alias_id
"""
MACHINES = """
SELECT person_id, login, actor_class, actor_class_reason FROM core.people
WHERE actor_class != 'human' ORDER BY actor_class, login, person_id
"""


TO_MEND = (
    "If an address is with the wrong one of them, take it away first: forbenefit people split ADDRESS --from LOGIN. If one "
    "is a program and nothing says so, or the other way round: forbenefit people bots WHO --class bot, or human."
)


def opened(data: Path) -> tuple[DataDirectory, list[Path], who.Directory]:
    directory = DataDirectory(data).opened()
    partitions = publishing.partitions_of(directory)
    return directory, partitions, who.directory(partitions, directory.secret())


def merge(data: Path, whom: Sequence[str], reason: str, by: str) -> dict[str, Any]:
    directory, partitions, people = opened(data)
    aliases = [people.alias(one) for one in whom]
    if len(set(aliases)) < 2:
        raise BadDecision("A merge needs two aliases that are not the same. Name another login or address.")
    effects = [{"kind": "merge", "alias_id": aliases[0], "other_alias_id": other} for other in aliases[1:]]
    return _decided(directory, partitions, "merge", reason, by, effects)


def split(data: Path, alias: str, others: Sequence[str], reason: str, by: str) -> dict[str, Any]:
    """Takes an alias away from the others, or from everybody where none are named."""
    directory, partitions, people = opened(data)
    one = people.alias(alias)
    effects: list[Effect] = [
        {"kind": "apart", "alias_id": one, "other_alias_id": people.alias(other)} for other in others
    ]
    return _decided(directory, partitions, "split", reason, by, effects or [{"kind": "alone", "alias_id": one}])


def classify(data: Path, alias: str, actor_class: str, reason: str, by: str) -> dict[str, Any]:
    directory, partitions, people = opened(data)
    if actor_class not in people_files.ACTORS:
        raise BadDecision(f"{actor_class!r} is no class. Give one of {', '.join(people_files.ACTORS)}.")
    effect = {"kind": "actor", "alias_id": people.alias(alias), "actor_class": actor_class}
    return _decided(directory, partitions, "bots", reason, by, [effect])


def undo(data: Path, decision: str, reason: str, by: str) -> dict[str, Any]:
    directory = DataDirectory(data).opened()
    with directory.held("people"):
        undone = decisions.to_undo(decisions.read(directory.people), decision)
        made = decisions.new(directory.people, "undo", reason, by, [], undoes=undone.id)
        decisions.keep(directory.people, made)
    return _told(made)


def take_in(data: Path, file: Path, reason: str, by: str) -> dict[str, Any]:
    """Imports a file: all of it or nothing."""
    directory, partitions, people = opened(data)
    found = people_files.read(file, people)
    if not found.effects:
        raise BadDecision(f"{file} says nothing about anybody here. Check that it is the right file.")
    with directory.held("people"):
        made = decisions.new(directory.people, "import", f"{file.name}: {reason}", by, found.effects)
        for (alias, other), why in identities.refused(directory, partitions, made).items():
            for line, effect in people_files.numbered(found):
                if {effect.get("alias_id"), effect.get("other_alias_id")} == {alias, other}:
                    found.wrong(
                        line,
                        f"they cannot be one person: {why}; take the line out, or see `forbenefit people split` and `bots`",
                    )
        people_files.refuse(file, found)
        decisions.keep(directory.people, made)
    return {**_told(made), "n_unknown": found.unknown}


def _decided(
    directory: DataDirectory, partitions: list[Path], kind: str, reason: str, by: str, effects: list[Effect]
) -> dict[str, Any]:
    with directory.held("people"):
        made = decisions.new(directory.people, kind, reason, by, effects)
        if wrong := identities.refused(directory, partitions, made):
            (one, other), why = next(iter(wrong.items()))
            raise BadDecision(f"{one} and {other} cannot be one person: {why}. {TO_MEND} Nothing was changed.")
        decisions.keep(directory.people, made)
    return _told(made)


def _told(made: Decision) -> dict[str, Any]:
    told = {"decision": made.id, "kind": made.kind, "reason": made.reason, "n_effects": len(made.effects)}
    return told if made.undoes is None else told | {"undoes": made.undoes}


def made_in_words(answer: dict[str, Any]) -> str:
    unknown = f" {answer['n_unknown']} whom the file names are not here." if answer.get("n_unknown") else ""
    return (
        f"{answer['decision']}: {answer['kind']} of {answer.get('undoes', answer['n_effects'])} ({answer['reason']}).{unknown} "
        f"It holds from the next build on: `forbenefit rebuild`. To take it back: `forbenefit people undo {answer['decision']}`."
    )


def listed(data: Path, whom: Sequence[str], *, names: bool) -> dict[str, Any]:
    """Aliases of the persons asked for; without any, what waits for a person, and the decisions in force."""
    directory, partitions, people = opened(data)
    warehouse = directory.published()
    import duckdb

    wanted = [people.alias(one) if one not in people.aliases else one for one in whom]
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        if wanted:
            found = db.sql(
                "SELECT DISTINCT person_id FROM core.aliases WHERE list_contains(?, alias_id)", params=[wanted]
            ).fetchall()
            persons = [person for (person,) in found]
            rows = db.sql(ALIASES, params=[persons, wanted]).pl().to_dicts()
        else:
            rows = db.sql(QUEUE).pl().to_dicts()
    known = _names(directory) if names else {}
    for row in rows:
        for end in ("alias_id", "other_alias_id"):
            if row.get(end) in known:
                row[end] = f"{row[end]} ({known[row[end]]})"
    in_force = [
        {"decision": one.id, "kind": one.kind, "reason": one.reason, "by": one.by, "at": one.at}
        for one in decisions.in_force(decisions.read(directory.people))
    ]
    said = {"aliases" if wanted else "queue": rows, "decisions": in_force}
    return said if wanted else said | {"organisations": unsaid(directory, partitions)}


def unsaid(directory: DataDirectory, partitions: list[Path]) -> list[dict[str, Any]]:
    """Organisations whose members the forge shows, and of which nothing says whether they employ anybody."""
    from transform.core.affiliations import employing, within

    told = raw.scan(partitions)
    decided = decisions.tables(decisions.read(directory.people))
    places, domains = (decided[name].lazy() for name in ("organisation_places", "organisation_domains"))
    shown = told["raw.organisations"].unique("organisation_id", keep="any")
    registered = shown.join(places, how="cross").filter(within("place", "place_right"))
    employers = employing(told["raw.organisations"], places, domains)
    members = told["raw.memberships"].filter(pl.col("missed_at").is_null()).group_by("organisation_id")
    counted = members.agg(n_members=pl.col("account_id").n_unique()).join(shown, on="organisation_id")
    settled = pl.concat([registered.select("organisation_id"), employers.select("organisation_id")]).unique()
    waiting = counted.join(settled, on="organisation_id", how="anti")
    return waiting.select("place", "n_members").sort("place").collect().to_dicts()


def _names(directory: DataDirectory) -> dict[str, str]:
    """Who is behind an alias, from the identity store: for the owner's terminal."""
    store = identity_store.read(directory.identities).sort("n_commits", "name", descending=[True, False])
    return {
        f"mail:{key}": f"{name} <{email}>"
        for key, email, name in store.unique("email_key", keep="first", maintain_order=True)
        .select("email_key", "email", "name")
        .iter_rows()
    }


def listed_in_words(answer: dict[str, Any]) -> str:
    lines = []
    for row in answer.get("aliases", ()):
        lines.append(
            f"{row['person_id']}  {row['login'] or '-'}  {row['actor_class']}: {row['alias_id']} ({row['rule']})"
        )
    if "queue" in answer:
        lines.append(f"{len(answer['queue'])} wait for a person:")
        for row in answer["queue"]:
            other = f" and {row['other_alias_id']}" if row["other_alias_id"] else ""
            lines.append(f"  {row['alias_id']}{other}: {row['reason']} ({row['evidence']})")
    for row in answer.get("organisations", ()):
        lines.append(
            f"{row['n_members']} are members of {row['place']}, and nothing says whether it employs them. Say so in a file: "
            f'[[organisation]] name = "..." class = "company" forges = ["{row["place"]}"], then `forbenefit people import`; '
            'with class = "unknown" it is settled as none.'
        )
    lines.append(f"{len(answer['decisions'])} decision(s) in force:")
    lines += [
        f"  {one['decision']} {one['kind']}: {one['reason']} ({one['by']}, {one['at'][:10]})"
        for one in answer["decisions"]
    ]
    return "\n".join(lines)


def machines(data: Path) -> list[dict[str, Any]]:
    """Everybody who is no human, and why."""
    warehouse = DataDirectory(data).published()
    import duckdb

    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        found: list[dict[str, Any]] = db.sql(MACHINES).pl().to_dicts()
    return found


def machines_in_words(rows: list[dict[str, Any]]) -> str:
    return "\n".join(
        [
            f"{len(rows)} are no humans:",
            *(
                f"  {row['actor_class']:<13}{row['login'] or row['person_id']}: {row['actor_class_reason']}"
                for row in rows
            ),
        ]
    )
