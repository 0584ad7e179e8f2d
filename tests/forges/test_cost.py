"""What a first crawl costs, by the formulas of docs/forges.md, counted on the sandbox."""

from __future__ import annotations

from math import ceil

from extraction_tools import NAME, Crawl

from extract import raw


def of_github(forge, crawl) -> int:
    repository = forge.world.repositories[NAME]
    pages = ceil(len(repository.issues) / 100) + ceil(len(repository.changes) / 50)
    reacted = crawl.rows(raw.REACTIONS).select("item_kind", "subject_id").unique()
    lists = [*repository.issues, *repository.changes]
    assert pages == 2, "reactions are counted page by page"
    assert max(len(it.comments) for it in lists) <= 35, "no list goes on behind its page"
    return 2 + pages + sum(ceil(n / 100) for n in reacted.group_by("item_kind").len()["len"])


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


def of_members(forge) -> int:
    """The organisation and its pages of members; GitLab tells both together."""
    paid = sum(one.is_sponsored and not one.is_ghost for one in forge.world.people)
    rows, besides = {"github": (100, 1), "gitlab": (100, 0), "gitea": (50, 1)}[forge.dialect.kind]
    return besides + max(1, ceil(paid / rows))


FORMULAS = {"github": of_github, "gitea": of_gitea, "gitlab": of_gitlab}


def test_a_first_crawl_costs_what_the_formula_says(running, tmp_path):
    crawl = Crawl(running, tmp_path)
    spent = crawl.night().requests

    assert spent == FORMULAS[running.dialect.kind](running, crawl) + of_members(running)
