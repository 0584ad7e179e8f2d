"""Through whose hands merges go, and what becomes of gates as a project grows (INF-05b, INF-07b)."""

from __future__ import annotations

import pytest
from decision_stories import PEOPLE, change, review, reviewed
from metric_stories import act, acts, built, on_day, only, watched

from extract.commands import is_merge_command
from transform.core import changes, comments, reviews
from transform.influence import gatekeepers, oligarchy

MERGES = [change(n, merged=5, merged_by=who) for n, who in enumerate(["xia"] * 6 + ["yan"] * 3 + ["zoe"], start=1)]


def gates(given, said=(), written=()):
    told = [
        changes.TABLE.rows(*given).lazy(),
        reviews.TABLE.rows(*said).lazy(),
        comments.TABLE.rows(*written).lazy(),
    ]
    return built(gatekeepers, *told, PEOPLE, acts(act("ada", 1)), watched(snapshot=500)).row(0, named=True)


def test_six_three_and_one_merges_are_two_gatekeepers():
    row = gates(MERGES)

    assert (row["n_gatekeepers"], row["effective_gatekeepers"]) == (3, pytest.approx(1 / 0.46))
    assert dict(reviewed(MERGES, []).select("person_id", "merge_authority_share").rows()) == pytest.approx(
        {
            "xia": 0.6,
            "yan": 0.3,
            "zoe": 0.1,
        }
    )


def test_merging_ones_own_is_self_merging_unless_somebody_looked():
    own = [change(n, merged=5, merged_by="ada") for n in (1, 2)]

    assert gates(own, [review(1, "bob", 3), review(2, "robot", 3)])["n_self_merges"] == 1
    assert gates(own)["self_merge_share"] == 1
    assert gates(own)["effective_gatekeepers"] is None


def test_who_merged_may_be_nobody():
    row = gates([change(1, merged=5), change(2, merged=5, merged_by="robot")])

    assert (row["n_merges_by_system"], row["n_gatekeepers"], row["self_merge_share"]) == (2, 0, None)


def test_where_a_bot_pressed_the_button_whoever_approved_last_merged():
    """Bob approved before Xia, the author Ada does not count, and Yan was too late."""
    said = [review(1, "xia", 3), review(1, "bob", 2), review(1, "ada", 4), review(1, "yan", 6)]
    given = [change(1, merged=5, merged_by="robot"), change(2, merged=5, merged_by="robot")]
    row = gates(given, said)

    assert (row["n_merges_by_approval"], row["n_merges_by_system"], row["n_gatekeepers"]) == (1, 1, 1)
    assert only(reviewed(given, said), person_id="xia")["n_merges_for_others"].item() == 1


def command(number, by, day):
    told = {"repo_id": "r", "comment_id": f"{number} {by} {day}", "artefact_id": f"change:{number}", "person_id": by}
    return {**told, "comment_kind": "comment", "commented_at": on_day(day), "is_merge_command": True}


def test_whoever_told_the_bot_to_merge_merged_whoever_approved():
    """Bob's command counts; a bot's own, and Zoe's after the merge, do not."""
    told = [command(1, "yan", 2), command(1, "bob", 3), command(1, "robot", 4), command(1, "zoe", 6)]
    row = gates([change(1, merged=5, merged_by="robot")], [review(1, "xia", 4)], told)

    assert (row["n_merges_by_command"], row["n_merges_by_approval"], row["n_merges_by_system"]) == (1, 0, 0)
    rows = reviewed(
        [change(1, merged=5, merged_by="robot")], [review(1, "xia", 4)], lines=[(one, None) for one in told]
    )
    assert only(rows, person_id="bob")["n_merges_for_others"].item() == 1


def test_an_author_who_tells_the_bot_to_merge_merges_their_own():
    row = gates([change(1, merged=5, merged_by="robot")], written=[command(1, "ada", 3)])

    assert (row["n_self_merges"], row["n_merges_for_others"], row["n_gatekeepers"]) == (1, 0, 0)


def test_a_command_says_nothing_where_a_human_pressed_the_button():
    row = gates([change(1, merged=5, merged_by="xia")], written=[command(1, "bob", 3)])

    assert (row["n_merges_by_command"], row["n_merges_for_others"]) == (0, 1)


@pytest.mark.parametrize(
    ("text", "is_command"),
    [
        ("bors r+", True),
        ("@bors: r=alice", True),
        ("@bors r+ rollup", True),
        ("@bors p=1 r+", True),
        ("bors merge", True),
        ("bors r-", False),
        ("bors try", False),
        ("Thank you!\r\n/lgtm\r\n", True),
        ("/approve", True),
        ("/approve cancel", False),
        ("/approved by the board", False),
        ("@Mergifyio queue", True),
        ("@mergifyio rebase", False),
        ("@dependabot squash and merge", True),
        ("@pytorchbot merge -f 'lint'", True),
        ("@rultor please, merge", True),
        ("I think bors merge is broken", False),
        ("> bors r+", False),
        ("```\nbors r+\n```", False),
        ("", False),
    ],
)
def test_commands_are_those_of_the_programs_manuals_on_a_line_of_their_own(text, is_command):
    assert is_merge_command(text) is is_command


def grown(gate):
    rows = [
        {
            "repo_id": repo,
            "window_start": on_day(0).date().replace(year=2010 + year),
            "n_gatekeepers": max(1, round(gate(size))),
            "n_contributors": size,
            "is_window_complete": True,
        }
        for repo, start in (("q", 10), ("r", 40))
        for year, size in enumerate(start * 2**n for n in range(7))
    ]
    found = built(oligarchy, gatekeepers.TABLE.rows(*rows).lazy(), watched("q", "r"))
    return only(found, repo_id="all", measure="gatekeepers").row(0, named=True)


def test_a_planted_oligarchy_is_seen_and_an_open_gate_is_told_from_it():
    closed, opened = grown(lambda size: 4), grown(lambda size: size / 5)

    assert (closed["slope"], closed["slope_upper"] < 0.5) == (pytest.approx(0), True)
    assert opened["slope"] == pytest.approx(1, abs=0.02)
