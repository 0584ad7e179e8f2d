"""The command `forbenefit forget`: whom, what goes, what is said of what stays."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from flows import forgetting, people
from flows.data_directory import DataDirectory
from flows.errors import NothingPublished

REMAINS = (
    "What remains: the commits themselves, with name and address, in the project's git history and in the copies of it "
    "under archive/. Only the project can rewrite that history. Backups, exports and reports made before are not touched; "
    "where others wrote the name without an @ before it, it stands."
)


def forget(data: Path, config: Path | None, login: str) -> dict[str, Any]:
    """Buries a person with all their aliases, rebuilds, and removes the warehouses of earlier nights."""
    directory, partitions, known = people.opened(data)
    alias = known.alias(login)
    aliases = persons_aliases(directory, alias)
    forgetting.bury(directory, aliases, known.logins_of(aliases))
    with directory.held("forget"):
        rewritten = forgetting.purge(directory, partitions)
        forgetting.remove_warehouses(directory)
    from flows import commands

    outcome = commands.rebuild(config, data, None, accepted="a person was forgotten")
    return {
        "n_aliases": len(aliases),
        "n_files": rewritten,
        "published": outcome.published,
        "exit_code": outcome.exit_code,
        "remains": REMAINS,
    }


def persons_aliases(directory: DataDirectory, alias: str) -> set[str]:
    """All aliases of the person in the published warehouse; the alias alone where there is none."""
    try:
        warehouse = directory.published()
    except NothingPublished:
        return {alias}
    import duckdb

    query = (
        "SELECT alias_id FROM core.aliases WHERE person_id IN (SELECT person_id FROM core.aliases WHERE alias_id = ?) "
    )
    with closing(duckdb.connect(str(warehouse), read_only=True)) as db:
        return {alias, *(found for (found,) in db.sql(query, params=[alias]).fetchall())}


def in_words(answer: dict[str, Any]) -> str:
    state = (
        "The warehouse is built anew without them."
        if answer["published"]
        else "The build was refused, and the old warehouse is gone: see the log, then `forbenefit rebuild`."
    )
    return (
        f"Forgotten: {answer['n_aliases']} alias(es), {answer['n_files']} file(s) rewritten. {state} A tombstone keeps later "
        f"runs from bringing them back.\n{answer['remains']}"
    )
