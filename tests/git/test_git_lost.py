"""What git could not read is not tried again every night, and is read once it is there again."""

from __future__ import annotations

import pytest

from extract.git import mine as mine_module
from extract.git import sizes as sizes_module


@pytest.fixture
def damaged(workshop):
    """Five commits, one of which has lost its file; and the file."""
    for at in range(5):
        workshop.commit(f"{at}", {f"file{at}": f"{at}\n"})
    sha = workshop.git("rev-parse", "HEAD:file3")
    place = workshop.folder / ".git/objects" / sha[:2] / sha[2:]
    kept = place.read_bytes()
    place.unlink()
    return workshop, place, kept


@pytest.fixture
def asked(monkeypatch):
    """How many commits git was asked to count, question by question."""
    questions = []
    count = sizes_module._count_until_failure

    def counting(how, share, shas):
        questions.append(len(shas))
        return count(how, share, shas)

    monkeypatch.setattr(sizes_module, "_count_until_failure", counting)
    return questions


def test_a_quiet_night_with_a_lost_file_reads_nothing(damaged, mining, monkeypatch):
    first = mining(damaged[0].folder)
    monkeypatch.setattr(mine_module, "read", None)
    again = mining(damaged[0].folder)

    assert again.stream("commit_sizes") == first.stream("commit_sizes")
    assert "1 of 5 commits have no sizes" in again.stream("commit_sizes")["reason"]


def test_a_night_with_news_counts_the_news_alone(damaged, mining, asked):
    mining(damaged[0].folder)
    damaged[0].commit_around_what_is_lost({"news": "1\n"})
    del asked[:]
    again = mining(damaged[0].folder)

    assert asked == [1]
    assert (again.stream("commit_sizes")["held"], again.stream("commit_sizes")["is_complete"]) == (5, False)


def test_a_file_that_is_put_back_is_counted(damaged, mining):
    workshop, place, kept = damaged
    mining(workshop.folder)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(kept)

    assert mining(workshop.folder).stream("commit_sizes")["is_complete"]


def test_a_git_that_failed_otherwise_is_tried_again(workshop, mining, monkeypatch):
    workshop.commit("1", {"a": "1\n"})
    with monkeypatch.context() as patch:
        patch.setattr(sizes_module, "_count_until_failure", lambda how, share, shas: (0, "killed by signal 9"))
        first = mining(workshop.folder)

    assert first.stream("commit_sizes")["held"] == 0
    assert mining(workshop.folder).stream("commit_sizes")["is_complete"]
