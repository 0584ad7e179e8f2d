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


def of_gitea(forge, crawl) -> int:
    repository = forge.world.repositories[NAME]
    issues, changes = len(repository.issues), len(repository.changes)
    comments = sum(len(thread.comments) for thread in (*repository.issues, *repository.changes))
    own = [[it for it in change.reviews if not any(c.reply_to for c in it.comments)] for change in repository.changes]
    with_lines = sum(bool(review.comments) for reviews in own for review in reviews)
    on_lines = sum(len(review.comments) for change in repository.changes for review in change.reviews)
    lists = ceil(issues / 20) + ceil(changes / 20)
    return 4 + lists + 2 * issues + 4 * changes + with_lines + comments + on_lines


FORMULAS = {"gitea": of_gitea, "gitlab": of_gitlab}


def test_a_first_crawl_costs_what_the_formula_says(running, tmp_path):
    if running.dialect.kind not in FORMULAS:
        pytest.skip("GitHub's pages are nested: docs/github.md")
    crawl = Crawl(running, tmp_path)

    assert crawl.night().requests == FORMULAS[running.dialect.kind](running, crawl)
