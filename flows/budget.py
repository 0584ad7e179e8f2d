"""What the tokens had left when the last run ended: `budget.json` in the data directory, shown by `status`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from extract.archive import write_durably
from extract.quota import Policy, Pools, Token
from flows import clock, log
from flows.data_directory import DataDirectory
from flows.job import Job

_POOLS: dict[str, Pools] = {}
"""By run: all repositories of a run share the tokens of their forges."""


def pools(job: Job) -> Pools:
    policy = Policy(job.quota_reserve_share, timedelta(minutes=job.longest_wait_minutes))
    return _POOLS.setdefault(job.run_id, Pools(policy, clock.now, _waiting))


def _waiting(forge: str, until: datetime) -> None:
    log.current.event("limit.waiting", forge=forge, until=until.isoformat(timespec="seconds"))


def keep(job: Job) -> None:
    """Writes what is known of the tokens; what was known of others stays."""
    known = {(one["forge"], one["token"], one["resource"]): one for one in kept(job.directory)}
    for forge, pool in pools(job).by_forge.items():
        for token in pool.tokens:
            known |= {(forge, token.name, row["resource"]): row for row in _rows(forge, token)}
    if known:
        write_durably(job.directory.budget, json.dumps(list(known.values()), indent=1).encode())


def kept(directory: DataDirectory) -> list[dict[str, Any]]:
    """One row per token (by the name of its variable) and resource."""
    if not directory.budget.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(directory.budget.read_bytes())
    return rows


def _rows(forge: str, token: Token) -> list[dict[str, Any]]:
    return [
        {
            "forge": forge,
            "token": token.name,
            "resource": resource,
            "limit": budget.limit,
            "remaining": budget.remaining,
            "reset_at": budget.reset_at.isoformat(),
            "is_refused": token.is_refused,
            "seen_at": clock.now().isoformat(timespec="seconds"),
        }
        for resource, budget in token.budgets.items()
    ]


def in_words(row: dict[str, Any]) -> str:
    left = f"{row['remaining']:,} of {row['limit']:,} points left"
    reset_at = datetime.fromisoformat(row["reset_at"])
    until = f"until {reset_at:%H:%M} UTC" if reset_at > clock.now() else "and full again since"
    refused = "; the forge refused this token" if row["is_refused"] else ""
    return f"{row['forge']} {row['token']:<20} {row['resource']:<8} {left} {until}{refused}"
