"""Mutation test of the suites, the fast half: each damage is found by its own expectation. `mutate.py` runs all suites."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage_bench import SUITES, caught, named, workbench
from damages import DAMAGES
from mutate import PAGE, rows_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench(first_night):
    with workbench(first_night.data / "warehouse.duckdb") as db:
        yield db


def test_an_undamaged_night_passes_all_suites(bench):
    assert caught(bench, []) == {}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_found_by_the_expectation_that_is_about_it(bench, name):
    damage = DAMAGES[name]

    assert set(caught(bench, damage.statements, named(damage.found_by))) == {damage.found_by}


def test_a_damage_is_undone_before_the_next(bench):
    caught(bench, DAMAGES["a table is empty"].statements)

    assert caught(bench, []) == {}


def test_every_damage_is_in_the_docs_with_what_finds_it():
    said = rows_of((ROOT / PAGE).read_text())

    assert {name: damage.found_by for name, damage in DAMAGES.items()} == said
    assert {damage.found_by for damage in DAMAGES.values()} <= {one.name for one in SUITES}
