"""What several expectations ask of the largest tables, so that an audit goes through these tables once.

An expectation contains the whole text of the digest it needs, and so means the same wherever it is asked. An audit finds
the text and reads its rows, made by whoever comes first, from the database in memory that the draft is attached to.

Texts are told by their hashes, which are numbers. Two that shared one would fail their check, and not pass it.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

SPELLS = "repo_id, family, end_rule, horizon_days"
GRAPH = "repo_id, window_kind, window_start, network"
NAMES = ", ".join(f"any_value({name}) AS {name}" for name in SPELLS.split(", "))

ACTS = """(
SELECT hash(repo_id) AS place, hash(person_id) AS who, family, any_value(repo_id) AS repo_id, count(*) AS n,
    min(contributed_at) AS first_at, max(contributed_at) AS last_at
FROM core.contributions JOIN core.repositories USING (repo_id)
WHERE actor_class = 'human' AND contributed_at < snapshot_at GROUP BY place, who, family)"""
"""One row a repository, human and family of acts: how many, the first and the last."""

LIVES = f"""(
SELECT {NAMES}, count(*) AS n, bit_xor(hash(began, last_day)) AS said,
    count_if(first_day != make_timestamp(epoch_us(first_at))::DATE) AS n_misdated,
    count_if(is_newcomer) AS n_newcomers, bit_xor(CASE WHEN is_newcomer THEN began END) AS newcomers_said,
    count_if(is_newcomer AND is_exit) AS n_newcomers_left
FROM (SELECT *, hash(hash(person_id), first_at) AS began FROM core.spells) GROUP BY hash({SPELLS}))"""
"""One row a repository, family, end rule and horizon: how many spells, whose they are and since when, who left."""

RANKS = f"""(
SELECT hash({GRAPH}) AS graph, least(99, floor(percentile_rank * 100))::SMALLINT AS part, count(*) AS n,
    max(n_persons) AS n_persons, sum(percentile_rank) AS ranks, sum(pagerank) AS pagerank,
    min(pagerank) AS lowest, max(pagerank) AS highest
FROM influence.scores GROUP BY graph, part)"""
"""One row a network and hundredth of its ranks: how many persons, and the attention they have."""

DIGESTS = {"acts": ACTS, "lives": LIVES, "ranks": RANKS}
_MADE_ONCE = Lock()


def read_once(db: Any, sql: str) -> str:
    """The query, asked of digests that are made by now, where its text contains them."""
    for name, digest in DIGESTS.items():
        if digest in sql:
            with _MADE_ONCE:
                db.execute(f"CREATE TABLE IF NOT EXISTS memory.{name} AS FROM {digest}")
            sql = sql.replace(digest, f"memory.{name}")
    return sql
