"""Who is written down as responsible, and who decides (INF-13)."""

from __future__ import annotations

import re

import polars as pl
import pytest
from decision_stories import PEOPLE, change
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_stories import built, only, watched

from extract import raw
from transform.core import aliases, changes, commits, reviews
from transform.influence import formal_power
from transform.influence.formal_power import as_regex


def power(lines, given_changes, *, touched=(), tree=("src/a.py", "docs/x.md", "README.md"), said=(), more=()):
    holders = [
        {"repo_id": "r", "path": "CODEOWNERS", "document": "codeowners", "line_number": at, "pattern": pattern, **who}
        for at, (pattern, who) in enumerate(lines, start=1)
    ] + [{"repo_id": "r", "path": "MAINTAINERS.md", "document": "maintainers", **one} for one in more]
    files = [{"repo_id": "r", "sha": str(number), "path": path} for number, path in touched]
    brought = [{"repo_id": "r", "sha": str(number), "change_number": number} for number, _ in touched]
    mail = {"alias_id": "mail:key", "person_id": "zoe", "alias_kind": "email"}
    return built(
        formal_power,
        raw.POWER_HOLDERS.rows(*holders).lazy(),
        raw.TREE_FILES.rows(*({"repo_id": "r", "path": path} for path in tree)).lazy(),
        aliases.TABLE.rows(mail).lazy(),
        PEOPLE,
        changes.TABLE.rows(*given_changes).lazy(),
        reviews.TABLE.rows(*said).lazy(),
        commits.TABLE.rows(*brought).lazy(),
        raw.COMMIT_FILES.rows(*files).lazy(),
        watched(),
    )


def test_those_who_are_written_down_and_those_who_decide():
    """Xia holds src, and Yan decides there; Xia decides on docs, which nobody holds."""
    given = [change(1, merged=50, merged_by="yan"), change(2, merged=50, merged_by="xia")]
    rows = power([("/src/", {"login": "xia"})], given, touched=[(1, "src/a.py"), (2, "docs/x.md")])
    src = only(rows, area="src/").row(0, named=True)

    assert (src["n_formal"], src["n_deciders"], src["n_formal_silent"], src["n_informal_deciders"]) == (1, 1, 1, 1)
    assert (src["formal_decisions_share"], src["overlap_share"]) == (0, 0)
    assert only(rows, area="docs/").select("n_formal", "formal_decisions_share").row(0) == (0, None)
    assert only(rows, area="all").select("overlap_share", "formal_decisions_share").row(0) == (0.5, 0.5)


def test_the_last_pattern_takes_the_file_and_one_without_owners_frees_it():
    rows = power([("*", {"login": "xia"}), ("/docs/", {}), ("/src/", {"login": "yan"})], [])

    assert dict(rows.select("area", "n_formal").rows()) == {"/": 1, "src/": 1, "all": 2}


def test_teams_and_strangers_are_counted_apart_and_addresses_are_resolved():
    rows = power([("*", {"team": "org/core"}), ("*", {"login": "stranger"}), ("*", {"email_key": "key"})], [])

    assert only(rows, area="/").select("n_formal", "n_formal_unresolved").row(0) == (1, 0)
    told = power([(None, {"team": "org/core"}), (None, {"login": "stranger"}), (None, {"email_key": "key"})], [])
    assert only(told, area="src/").select("n_formal", "n_formal_unresolved").row(0) == (1, 2)


def test_a_login_and_an_address_that_belong_together_are_one_person():
    """Zoe's login is nobody's here, but her address is known; of the stranger neither is."""
    listed = [(1, {"login": "zoe-elsewhere", "email_key": "key"}), (2, {"login": "x", "email_key": "y"})]
    rows = power([], [], more=[{"line_number": at, **who} for at, who in listed])

    assert only(rows, area="all").select("n_formal", "n_formal_unresolved").row(0) == (1, 1)


def test_to_refuse_is_to_decide_and_to_withdraw_is_not():
    closed = [
        change(1, closed=50, closed_by_person_id="yan"),
        change(2, closed=50, closed_by_person_id="ada"),
        change(3, closed=50),
    ]
    row = only(power([("*", {"login": "xia"})], closed), area="all").row(0, named=True)

    assert (row["n_decisions"], row["n_deciders"], row["n_mergers"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("*", ["a", "b/c"], []),
        ("*.js", ["a.js", "x/y.js"], ["a.jsx"]),
        ("/build/logs/", ["build/logs/x"], ["x/build/logs/y"]),
        ("docs/*", ["docs/a"], ["docs/a/b", "x/docs/a"]),
        ("apps/", ["apps/a", "x/apps/b"], ["apps"]),
        ("/docs/", ["docs/a/b"], ["x/docs/a"]),
        ("**/logs", ["logs/a", "x/y/logs/b"], ["mylogs/a"]),
        ("a(b", ["a(b", "x/a(b/c"], ["ab"]),
    ],
)
def test_patterns_are_those_of_codeowners(pattern, fits, fits_not):
    """From GitHub's own examples."""
    found = re.compile(as_regex(pattern))

    assert [path for path in fits if not found.search(path)] == []
    assert [path for path in fits_not if found.search(path)] == []


@given(st.text(max_size=12))
@settings(max_examples=100, deadline=None)
def test_no_pattern_of_strangers_is_refused(pattern):
    pl.DataFrame({"path": ["a/b"]}).select(pl.col("path").str.contains(as_regex(pattern)))
