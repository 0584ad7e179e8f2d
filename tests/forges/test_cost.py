"""What a first crawl costs, by the formulas of docs/forges.md, counted on the sandbox."""

from __future__ import annotations

from math import ceil

import pytest
from extraction_tools import NAME, Crawl


def of_gitlab(forge, crawl) -> int:
    repository = forge.world.repositories[NAME]
    issues, changes = len(repository.issues), len(repository.changes)
    closed_by_a_change = len({issue.number for change in repository.changes for issue in change.closes})
    return 2 + ceil(issues / 50) + ceil(changes / 50) + 4 * (issues + changes) + closed_by_a_change


FORMULAS = {"gitlab": of_gitlab}


def test_a_first_crawl_costs_what_the_formula_says(running, tmp_path):
    if running.dialect.kind not in FORMULAS:
        pytest.skip("GitHub's pages are nested: docs/github.md")
    crawl = Crawl(running, tmp_path)

    assert crawl.night().requests == FORMULAS[running.dialect.kind](running, crawl)
