"""Documents in which a project writes down its norms, and the commits it asks blame to pass over."""

from __future__ import annotations

import polars as pl
import pytest

from extract.git.norms import IGNORED, NORMS, norm
from extract.raw import NORM_DOCUMENTS


def documents(mined):
    return set(mined.table("norm_documents").select("sha", "path", "norm", "status").rows())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README", "readme"),
        ("readme.zh-CN.md", "readme"),
        ("LICENSE-MIT", "licence"),
        ("COPYING.LESSER", "licence"),
        ("LICENSES/MIT.txt", "licence"),
        ("docs/Contributing.rst", "contributing"),
        (".github/CODE_OF_CONDUCT.md", "code_of_conduct"),
        ("code-of-conduct.md", "code_of_conduct"),
        ("GOVERNANCE.md", "governance"),
        ("MAINTAINERS", "maintainers"),
        ("OWNERS", "maintainers"),
        (".gitlab/CODEOWNERS", "codeowners"),
        ("SECURITY.md", "security"),
        (".github/SUPPORT.md", "support"),
        ("ROADMAP.md", "roadmap"),
        ("DCO.txt", "contributor_agreement"),
        (".github/ISSUE_TEMPLATE/bug report.yml", "issue_template"),
        ("PULL_REQUEST_TEMPLATE.md", "change_template"),
        (".gitlab/merge_request_templates/plain.md", "change_template"),
        ("security.py", None),
        ("src/README.md", None),
        ("supporters.md", None),
        ("contributing/tests.md", None),
        ("class.md", None),
    ],
)
def test_a_document_of_norms_is_told_by_its_name_and_place(path, expected):
    assert pl.DataFrame({"path": [path]}).select(norm(pl.col("path"))).item() == expected


def test_every_norm_is_one_the_table_promises():
    assert set(NORMS) == set(NORM_DOCUMENTS.column("norm").one_of)


def test_every_change_of_a_document_is_there(workshop, mining):
    first = workshop.commit("first", {"README": "1\n", "src/a.py": "1\n"})
    workshop.git("mv", "README", "README.md")
    second = workshop.commit("second")
    workshop.git("rm", "--quiet", "README.md")
    third = workshop.commit("third")

    assert documents(mining(workshop.folder)) == {
        (first, "README", "readme", "added"),
        (second, "README.md", "readme", "renamed"),
        (third, "README.md", "readme", "deleted"),
    }


@pytest.mark.parametrize("bad", ["", "# nothing\n", "\xff\xfe", "HEAD\n--output=x\n", "a" * 41 + "\n"])
def test_a_list_of_bulk_edits_that_names_none_is_empty(workshop, mining, bad):
    workshop.commit("first", {IGNORED: bad})

    assert mining(workshop.folder).table("blame_ignored").height == 0


def test_the_list_of_bulk_edits_is_that_of_the_default_branch_now(workshop, mining):
    workshop.commit("first", {IGNORED: f"{'1' * 40}\n"})
    workshop.commit("second", {IGNORED: f"# format\n{'2' * 40}  # black\n{'3' * 40}\n"})

    assert mining(workshop.folder).table("blame_ignored")["sha"].to_list() == ["2" * 40, "3" * 40]


def test_a_list_without_an_end_is_none(workshop, mining, monkeypatch):
    monkeypatch.setattr("extract.git.norms.MOST_IGNORED_BYTES", 40)
    workshop.commit("first", {IGNORED: f"{'1' * 40}\n"})

    assert mining(workshop.folder).table("blame_ignored").height == 0
