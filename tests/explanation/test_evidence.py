"""From a figure to the persons' spells, from those to the acts: exactly those, and every measure can do it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from metric_stories import PARAMETERS, acts, history, watched

from transform import warehouse
from transform.core import contributions, repositories, spells
from transform.explanation import evidence, proof
from transform.ops import definitions
from transform.retention import cohorts, curves, newcomers
from transform.tables import TABLES

NOT_YET = frozenset[str]()
"""Measures whose promise does not yet say what their rows rest on. This list only shrinks."""
MEASURES = [table for table in TABLES if table.definition and table.schema not in ("core", "ops")]


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """Ada came in 2020 and stayed, Bob came once; Cyd came to another repository; a robot came too."""
    told = acts(
        *history("ada 0 30 60 90 120", "bob 10"),
        *history("ada 5", "cyd 7", repo_id="other"),
        *history("robot 3", actor_class="bot"),
        *history("bob 400", kind="issue_open"),
    )
    watching = watched("r", "other")
    given = {"core.contributions": told, "core.repositories": watching}
    built = {module: _built(module, given) for module in (spells, newcomers, curves, cohorts)}
    with duckdb.connect() as db:
        warehouse.create(db, TABLES)
        warehouse.insert(db, definitions.TABLE, definitions.rows(TABLES, PARAMETERS).collect())
        for module, rows in {contributions: told.collect(), repositories: watching.collect(), **built}.items():
            warehouse.insert(db, module.TABLE, rows)
        yield db


def _built(module, given):
    rows = module.TABLE.checked(
        module.build(*(given[name] for name in module.TABLE.inputs), parameters=PARAMETERS).collect()
    )
    given[str(module.TABLE)] = rows.lazy()
    return rows


def told(db, table: str, where: str) -> dict[str, list]:
    return {str(level.table): level.rows for level in evidence.levels(db, evidence.named(table), where, 0)}


def days(rows: list[dict]) -> list[tuple[str, int]]:
    return [(row["person_id"], (row["contributed_at"] - rows[0]["contributed_at"]).days) for row in rows]


def test_a_curve_rests_on_the_spells_of_its_newcomers_and_those_on_their_acts(db):
    found = told(
        db, "retention.curves", "repo_id = 'r' and family = 'any' and cohort = 'all' and end_rule = 'terminal'"
    )

    assert {row["person_id"] for row in found["core.spells"]} == {"ada", "bob"}
    assert {row["end_rule"] for row in found["core.spells"]} == {"terminal"}
    assert days(found["core.contributions"]) == [("ada", 0), ("bob", 10), *(("ada", day) for day in (30, 60, 90, 120))]


def test_what_is_about_all_repositories_rests_on_the_acts_in_all_of_them(db):
    found = told(db, "retention.newcomers", "repo_id = 'all' and family = 'any' and person_id = 'ada'")

    assert [row["repo_id"] for row in found["core.contributions"]] == ["r", "other", "r", "r", "r", "r"]


def test_what_came_after_the_snapshot_and_what_bots_did_is_no_evidence(db):
    found = told(db, "retention.cohorts", "repo_id = 'r'")

    assert {row["person_id"] for row in found["core.contributions"]} == {"ada", "bob"}
    assert {row["kind"] for row in found["core.contributions"]} == {"commit"}


def test_a_family_rests_on_its_own_acts_only(db):
    with pytest.raises(evidence.NothingFound, match="family is any, code"):
        told(db, "retention.newcomers", "family = 'talk'")


def test_levels_say_how_many_there_are_though_few_are_shown(db):
    _, level, _ = evidence.levels(db, curves.TABLE, "repo_id = 'r' and end_rule = 'terminal' and cohort = 'all'", 1)

    assert (len(level.rows), level.n_rows, level.n_persons) == (1, 4, 2)


def test_one_explanation_knows_nothing_of_the_one_before(db):
    told(db, "retention.curves", "repo_id = 'all'")

    assert {row["person_id"] for row in told(db, "retention.newcomers", "person_id = 'cyd'")["core.spells"]} == {"cyd"}


def test_an_unknown_table_is_told_with_what_might_be_meant(db):
    with pytest.raises(evidence.UnknownTable, match=r"Did you mean retention\.curves"):
        evidence.named("curves")


def test_the_definition_comes_with_the_values_its_parameters_had(db):
    said = proof.definition(db, cohorts.TABLE)

    assert (said["definition"], said["parameters"]["horizon_days"]) == (cohorts.TABLE.definition, 90)


@pytest.mark.parametrize("table", MEASURES, ids=str)
def test_every_measure_says_what_its_rows_rest_on(table):
    assert bool(table.evidence) != (str(table) in NOT_YET)


@pytest.mark.parametrize("table", [table for table in MEASURES if table.evidence], ids=str)
def test_what_a_measure_rests_on_leads_down_to_acts_and_can_be_asked(db, table):
    reached, before = {str(table)}, set()
    while reached != before:
        before = set(reached)
        reached |= {one.table for name in before for one in evidence.named(name).evidence}
    evidence.forget(db)
    evidence.select(db, table, evidence.parse(None, table))
    for one in table.evidence:
        evidence.follow(db, table, one)

    assert "core.contributions" in reached
    assert all(TABLES.index(evidence.named(one.table)) < TABLES.index(table) for one in table.evidence)
