"""`forbenefit diff`: what one published night says otherwise than another, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.data_directory import DataDirectory
from flows.errors import BadConfiguration

LAST = "last"


def differences(data: Path, first: str, second: str) -> dict[str, Any]:
    """Changes with their causes, and which measures say something else, from the first night to the second."""
    directory = DataDirectory(data)
    directory.published()
    nights = kept(directory)
    before, after = (_night(nights, name) for name in (first, second))
    from transform import nights as comparing
    from transform.ops.changes import CAUSES
    from transform.tables import TABLES

    return {
        "before": before,
        "after": after,
        "changes": comparing.compared(nights[before], nights[after]).to_dicts(),
        "causes": CAUSES,
        "figures": comparing.figures(nights[before], nights[after], TABLES),
    }


def kept(directory: DataDirectory) -> dict[str, Path]:
    """The published nights that are kept, by the name of their run, the oldest first."""
    found = sorted(directory.nights.glob("warehouse-*.duckdb"))
    return {path.stem.removeprefix("warehouse-"): path for path in found}


def _night(nights: dict[str, Path], name: str) -> str:
    """The night of that name, of which the beginning is enough; `last` is the published one."""
    if name == LAST and nights:
        return max(nights)
    named = [night for night in nights if night.startswith(name)]
    if name and len(named) == 1:
        return named[0]
    what = "is the beginning of several nights" if named else "is no night that is kept"
    listed = "\n".join(f"  {night}" for night in (named or nights)) or "  (none)"
    raise BadConfiguration(f"{name!r} {what}. Name one of these, or `last`:\n{listed}")


def in_words(answer: dict[str, Any]) -> str:
    lines = [f"From {answer['before']} to {answer['after']}"]
    for one in answer["changes"]:
        why = answer["causes"][one["cause"]]
        lines.append(
            f"  {one['n_changed']:,} {one['subject']} {one['change']} in {one['repo_id']}: {why} ({one['cause']})"
        )
        lines.append(f"      such as {one['sample_json'][:200]}")
    if not answer["changes"]:
        lines.append("  No act, newcomer, repository or definition is otherwise.")
    lines += ["", "Measures: rows that appeared, vanished, say something else"]
    for one in answer["figures"]:
        if one["n_before"] is None:
            lines.append(f"  {one['table']}: cannot be compared, a night has another version of it")
        elif one["n_appeared"] or one["n_vanished"] or one["n_changed"]:
            lines.append(
                f"  {one['table']}: +{one['n_appeared']:,} -{one['n_vanished']:,} ~{one['n_changed']:,} "
                f"of {one['n_before']:,} rows"
            )
    return "\n".join(lines)
