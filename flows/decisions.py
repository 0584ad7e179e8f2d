"""What people decided about people: kept as data, replayed in every build, undone without a trace in what is built.

`people/decisions.jsonl` in the data directory, one decision a line, rewritten only to forget somebody: {"id": "d1", "kind": "merge",
"reason": "...", "by": "...", "at": "...", "effects": [...]}. Effects name account ids and keyed hashes, never an
address. An undo names the decision it takes back; undoing the undo brings it back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from extract import raw_people
from extract.archive import write_durably
from flows import clock
from flows.errors import BadDataDirectory, BadDecision

Effect = dict[str, Any]
KINDS = ("merge", "apart", "alone", "actor", "enrolment", "domain", "place")
"""What an effect can be."""
FORGOTTEN = "about somebody who is forgotten"
"""In place of a reason that may name them."""


@dataclass(frozen=True)
class Decision:
    """One decision. `kind` is what its maker did: merge, split, bots, import or undo."""

    id: str
    kind: str
    reason: str
    by: str
    at: str
    effects: list[Effect] = field(default_factory=list)
    undoes: str | None = None


def read(folder: Path) -> list[Decision]:
    """All decisions in the order they were made."""
    path = folder / "decisions.jsonl"
    if not path.exists():
        return []
    try:
        return [Decision(**json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    except (ValueError, TypeError) as error:
        raise BadDataDirectory(
            f"{path} cannot be read ({error}). Mend or remove that line; every line is one decision."
        ) from error


def new(
    folder: Path, kind: str, reason: str, by: str, effects: Sequence[Effect], undoes: str | None = None
) -> Decision:
    """The next decision, not yet kept."""
    number = 1 + max((int(one.id[1:]) for one in read(folder)), default=0)
    return Decision(f"d{number}", kind, reason, by, clock.now().isoformat(), list(effects), undoes)


def keep(folder: Path, decision: Decision) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / "decisions.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(_line(decision))
        file.flush()
        os.fsync(file.fileno())


def forget(folder: Path, aliases: Set[str]) -> int:
    """Takes people out of what was decided: what it did to them, and the reason, if it was about nobody else; 1 if it did."""
    before, after = read(folder), list[Decision]()
    emptied: set[str | None] = set()
    for one in before:
        left = _without(one, aliases) if one.undoes not in emptied else replace(one, reason=FORGOTTEN)
        emptied |= {left.id} if left.reason == FORGOTTEN else set()
        after.append(left)
    if after == before:
        return 0
    path = folder / "decisions.jsonl"
    write_durably(path, "".join(_line(one) for one in after).encode())
    path.chmod(0o600)
    return 1


def _without(decision: Decision, aliases: Set[str]) -> Decision:
    left = [one for one in decision.effects if aliases.isdisjoint((one.get("alias_id"), one.get("other_alias_id")))]
    if left == decision.effects:
        return decision
    return replace(decision, effects=left, reason=decision.reason if left else FORGOTTEN)


def _line(decision: Decision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False) + "\n"


def made_by(decisions: Sequence[Decision], until: datetime | None) -> list[Decision]:
    """Those made by an instant, undos included; all of them where none is given."""
    return [one for one in decisions if until is None or datetime.fromisoformat(one.at) <= until]


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """Those that nobody took back."""
    undone: set[str] = set()
    standing = []
    for one in reversed(list(decisions)):
        if one.id in undone:
            continue
        if one.undoes is not None:
            undone.add(one.undoes)
        else:
            standing.append(one)
    return standing[::-1]


def to_undo(decisions: Sequence[Decision], wanted: str) -> Decision:
    """The decision to take back, or BadDecision with what can be."""
    found = next((one for one in decisions if one.id == wanted), None)
    standing = {one.id for one in in_force(decisions)}
    if found is None or (found.undoes is None and wanted not in standing):
        known = ", ".join(sorted(standing)) or "none"
        raise BadDecision(f"There is no decision {wanted} in force. Name one of: {known}. Nothing was changed.")
    return found


def tables(decisions: Iterable[Decision]) -> dict[str, pl.DataFrame]:
    """The decisions in force as tables of the raw contract; of two about the same thing the later one counts."""
    rows: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {table.name: {} for table in DECIDED}
    for one in in_force(decisions):
        for at, effect in enumerate(one.effects):
            table, key, row = _row(one, at, effect)
            rows[table].pop(key, None)
            rows[table][key] = row
    return {table.name: pl.DataFrame(list(rows[table.name].values()), schema=table.polars_schema) for table in DECIDED}


DECIDED = (
    raw_people.IDENTITY_DECISIONS,
    raw_people.ACTOR_DECISIONS,
    raw_people.ENROLMENTS,
    raw_people.ORGANISATION_DOMAINS,
    raw_people.ORGANISATION_PLACES,
)


def _row(decision: Decision, at: int, effect: Effect) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    kind = effect["kind"]
    if kind in ("merge", "apart", "alone"):
        alias, other = effect["alias_id"], effect.get("other_alias_id", effect["alias_id"])
        pair = (min(alias, other), max(alias, other))
        row = {"decision_id": decision.id, "kind": kind, "alias_id": pair[0], "other_alias_id": pair[1]}
        told = {"reason": decision.reason, "decided_at": datetime.fromisoformat(decision.at)}
        return "identity_decisions", pair, row | told
    if kind == "actor":
        row = {"alias_id": effect["alias_id"], "actor_class": effect["actor_class"], "reason": decision.reason}
        return "actor_decisions", (effect["alias_id"],), row
    source = f"{decision.id}: {decision.reason}"
    if kind == "domain":
        told = {name: effect.get(name) for name in ("domain", "organisation", "affiliation_class", "is_top")}
        return "organisation_domains", (effect["domain"],), {**told, "source": source}
    if kind == "place":
        told = {name: effect.get(name) for name in ("place", "organisation", "affiliation_class")}
        return "organisation_places", (effect["place"],), {**told, "source": source}
    row = {name: effect.get(name) for name in ("alias_id", "organisation", "affiliation_class")}
    spans = {name: datetime.fromisoformat(effect[name]) if effect.get(name) else None for name in ("from_at", "to_at")}
    name = f"{decision.id}/{at}"
    return "enrolments", (name,), {"enrolment_id": name, **row, **spans, "source": source}
