"""The command `forbenefit forget`: whom, what goes, what is said of what stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows import forgetting, people

REMAINS = (
    "What remains: the commits themselves, with name and address, in the project's git history and in the copies of it "
    "under archive/. Only the project can rewrite that history. Backups, exports and reports made before are not touched; "
    "where others wrote the name without an @ before it, it stands."
)


def forget(data: Path, config: Path | None, login: str) -> dict[str, Any]:
    """Buries a person with all their aliases, rebuilds, and removes the warehouses of earlier nights."""
    directory, partitions, known = people.opened(data)
    alias = known.alias(login)
    aliases = forgetting.persons_aliases(directory, alias)
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
