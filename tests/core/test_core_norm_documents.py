"""A norm is written down when the default branch first holds a document of it, whatever becomes of the document."""

from __future__ import annotations

from core_stories import commit, core, on_day

ROOT = commit("root", "ada", 0)


def touched(sha: str, path: str, norm: str = "code_of_conduct", status: str = "modified") -> dict[str, object]:
    return {"repo_id": "r", "sha": sha, "path": path, "norm": norm, "status": status}


def documents(history: list, *rows: dict[str, object]) -> list[tuple[object, ...]]:
    table = core(commits=[ROOT, *history], norm_documents=list(rows))["norm_documents"].sort("first_at", "path")
    return table.select("path", "first_sha", "n_commits", "is_first", "first_at", "last_changed_at").rows()


def test_a_document_that_moved_appeared_where_it_was_first():
    history = [commit("a", "ada", 10, "root"), commit("b", "bob", 20, "a"), commit("c", "bob", 30, "b")]
    old, new = "CODE_OF_CONDUCT.md", ".github/CODE_OF_CONDUCT.md"

    assert documents(history, touched("a", old), touched("b", old), touched("c", new, status="renamed")) == [
        (old, "a", 2, True, on_day(10), on_day(20)),
        (new, "c", 1, False, on_day(30), on_day(30)),
    ]


def test_first_is_by_author_time_and_each_norm_has_its_own():
    history = [commit("a", "ada", 10, "root", committer_epoch=ROOT["committer_epoch"] + 86_400 * 90)]
    history.append(commit("b", "bob", 20, "root"))
    rows = [touched("b", "README"), touched("a", "README"), touched("b", "LICENSE", "licence")]

    assert documents(history, *rows) == [
        ("README", "a", 2, True, on_day(10), on_day(20)),
        ("LICENSE", "b", 1, True, on_day(20), on_day(20)),
    ]


def test_what_only_a_change_request_proposes_is_no_norm_yet():
    history = [commit("a", "ada", 10, "root", is_in_default_branch=False)]

    assert documents(history, touched("a", "README")) == []
    assert documents([]) == []
