"""Who counts: the headline numbers with and without bots and agents, and how much of the work is of unknown affiliation."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from transform.columns import ALL_REPOSITORIES
from transform.report.cells import FEWEST_PERSONS, are_few
from transform.report.readings import frame
from transform.report.trust import Source, stamp

POPULATIONS = """
    SELECT * FROM ops.headlines
    WHERE repo_id = ? ORDER BY population = 'all', population = 'humans_and_agents'
"""
HEADLINES = {"repo_id": ALL_REPOSITORIES, "population": "humans"}
AFFILIATIONS = """
    SELECT affiliation_class, count(DISTINCT person_id) AS n_persons, count(*) / sum(count(*)) OVER () AS acts_share
    FROM core.contributions JOIN core.repositories USING (repo_id)
    WHERE actor_class = 'human' AND person_id IS NOT NULL AND contributed_at < snapshot_at
    GROUP BY affiliation_class ORDER BY affiliation_class = 'unknown', acts_share DESC, affiliation_class
"""
CLASS_WORDS = {
    "company": "a company",
    "academic": "a university or school",
    "public": "a public body",
    "volunteer": "nobody, by evidence",
    "unknown": "not known",
}


def counting(db: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Any]:
    """Both tables; the first is empty where few persons act."""
    told = frame(db, POPULATIONS, ALL_REPOSITORIES)
    enough = told if len(told) and int(told["n_persons"].min()) >= FEWEST_PERSONS else told.clear()  # type: ignore[arg-type]
    n_persons = int(enough["n_persons"].min()) if len(enough) else 0  # type: ignore[arg-type]
    return {
        "populations": enough.to_dicts(),
        "stamp": stamp(db, enough, n_persons, sources.values(), HEADLINES) if len(enough) else None,
        "affiliations": affiliations(db),
    }


def affiliations(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Shares of the acts by kind of employer; where a class has few persons, no share but the unknown one is told."""
    told = frame(db, AFFILIATIONS).with_columns(
        pl.col("affiliation_class").replace_strict(CLASS_WORDS, return_dtype=pl.String).alias("words")
    )
    few = bool(told.select(are_few(pl.col("n_persons")).any()).item()) if len(told) else False
    is_told = pl.lit(value=not few) | (pl.col("affiliation_class") == "unknown")
    return told.with_columns(pl.when(is_told).then("acts_share"), pl.when(is_told).then("n_persons")).to_dicts()
