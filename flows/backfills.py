"""What backfills were expected to cost and what they cost, from the archive's own record; shown by `status`."""

from __future__ import annotations

from typing import Any

from extract.archive import Archive
from extract.backfills import bounds_in_words
from flows.data_directory import DataDirectory


def of(directory: DataDirectory) -> list[dict[str, Any]]:
    """One row a backfill, those under way included."""
    rows = []
    for ref, known in directory.repositories.items():
        manifest = Archive(directory.archive / known["partition"] / "backfill").manifest
        under_way = [] if manifest.window is None else [{**manifest.window, "todo": len(manifest.window["todo"])}]
        rows += [{"repo": ref, **one} for one in (*manifest.facts.get("done", ()), *under_way)]
    return rows


def in_words(row: dict[str, Any]) -> str:
    forecast, cost = row["forecast"], row["cost"]
    hours = forecast["hours"] * row.get("todo", 0) / max(row["n_items"], 1)
    left = f", {row['todo']:,} to go in about {hours:.2g} hours" if row.get("todo") else ""
    return (
        f"{row['repo']} {bounds_in_words(row['bounds'])}: {row['n_items']:,} items{left}; "
        f"requests {cost['requests']:,} of {forecast['requests']:,}, points {cost['points']:,} of "
        f"{forecast['points']:,}, {cost['bytes'] / 1e6:.1f} of {forecast['bytes'] / 1e6:.1f} MB"
    )
