"""RET-14b: whether those stay who were answered by one or by another."""

from __future__ import annotations

from datetime import date

import pytest
from metric_stories import on_day, only
from response_stories import Community, comment, hour, issue

from transform.core import affiliations, commits
from transform.influence import scores
from transform.retention import first_questions, responder_effects, responders

LONG = 900.0


def effects(*told, offsets=(), employers=(), ranks=(), **more):
    """`offsets`: person, day and minutes of a commit; `employers`: person and organisation; `ranks`: person and rank."""
    world = Community(*told, snapshot=LONG, **more)
    world["scores"] = scores.TABLE.rows(
        *(
            {"repo_id": "r", "window_start": date(2019, 1, 1), "person_id": who, "percentile_rank": at}
            for who, at in ranks
        )
    ).lazy()
    spans = (
        {"person_id": who, "organisation": name, "affiliation_class": "company", "from_at": on_day(0)}
        for who, name in employers
    )
    world["affiliations"] = affiliations.TABLE.rows(*spans).lazy()
    shown = [
        {
            "repo_id": "r",
            "sha": f"{who} {day}",
            "person_id": who,
            "authored_at": on_day(day),
            "author_utc_offset": minutes,
        }
        for who, day, minutes in offsets
    ]
    world["commits"] = commits.TABLE.rows(*shown).lazy()
    for module in (first_questions, responders):
        world[module.TABLE.name] = world.table(module).lazy()
    return world.table(responder_effects)


def level(exposure, *told, **more):
    """The level of the only person compared with whoever is the reference; None where all are of one level."""
    rows = only(effects(*told, **more), repo_id="r", exposure=exposure, adjustment="crude", active_in="same_repository")
    return [row["level"] for row in rows.iter_rows(named=True) if row["n_compared"]]


def asked(number, who, by, day=0.0, back=None):
    told = [issue(number, who, day), comment(f"issue:{number}", by, day + hour(1))]
    return told if back is None else [*told, comment(f"issue:{number}", who, back)]


def test_the_share_active_after_the_landmark_is_told_for_each_kind_of_responder():
    told = [*asked(1, "ada", "eve", 5, back=60), *asked(2, "bob", "rae", 5)]
    rows = effects(*told, employers=[("ada", "acme"), ("bob", "acme"), ("eve", "acme"), ("rae", "other")])
    row = only(rows, repo_id="r", exposure="affiliation", adjustment="crude", active_in="same_repository").row(
        0, named=True
    )

    assert (row["level"], row["reference"]) == ("same", "other")
    assert (row["compared_share"], row["reference_share"], row["difference"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(120, []), (180, ["apart"]), (360, ["apart"]), (420, ["far"]), (-600, ["far"])],
)
def test_clocks_are_near_apart_or_far(minutes, expected):
    """Ada is at the offset of +1 hour like Rae, and Eve, who answers Bob, is so many minutes further."""
    told = [*asked(1, "ada", "rae", 5), *asked(2, "bob", "eve", 5)]
    offsets = [("ada", 1, 60), ("bob", 1, 60), ("rae", 1, 60), ("eve", 1, 60 + minutes)]

    assert level("timezone", *told, offsets=offsets) == expected


def test_who_only_ever_showed_an_offset_of_nought_may_be_anywhere():
    told = [*asked(1, "ada", "rae", 5), *asked(2, "bob", "eve", 5)]
    known = [("ada", 1, 60), ("rae", 1, 60), ("bob", 1, 60)]

    assert level("timezone", *told, offsets=[*known, ("eve", 1, 0)]) == ["unknown"]
    assert level("timezone", *told, offsets=[*known, ("eve", 1, 60), ("eve", 2, 0)]) == []  # has moved: near


def test_offsets_shown_after_the_answer_say_nothing_of_it():
    told = [*asked(1, "ada", "rae", 5), *asked(2, "bob", "eve", 5)]
    known = [("ada", 1, 60), ("rae", 1, 60), ("bob", 1, 60)]

    assert level("timezone", *told, offsets=[*known, ("eve", 6, 60)]) == ["unknown"]


@pytest.mark.parametrize(("before", "expected"), [(9, ["few"]), (10, []), (0, ["none"])])
def test_how_many_newcomers_the_responder_had_answered_before(before, expected):
    """Rae has answered ten by then, and is the reference."""
    past = [one for n in range(10) for one in asked(100 + n, f"x{n}", "rae", 1)]
    past += [one for n in range(before) for one in asked(200 + n, f"y{n}", "eve", 1)]
    rows = effects(*past, *asked(1, "ada", "rae", 300), *asked(2, "bob", "eve", 300))
    found = only(rows, repo_id="r", exposure="experience", adjustment="crude", active_in="same_repository")
    n = {row["level"]: row["n_compared"] for row in found.iter_rows(named=True)}

    # the first answers of the past were themselves given by beginners
    firsts = {"none": 10 + before, "few": 0}
    for name in expected:
        firsts[name] += 1
    assert {name: n.get(name, 0) for name in firsts} == firsts


def test_influence_is_that_of_the_year_before_and_unknown_without_one():
    told = [*asked(1, "ada", "rae", 5), *asked(2, "bob", "eve", 5), *asked(3, "cyd", "dan", 5)]

    assert set(level("influence", *told, ranks=[("rae", 0.5), ("eve", 0.95)])) == {"top_tenth", "unknown"}


def test_whom_nobody_answered_by_the_landmark_is_not_in_it():
    late = [issue(1, "ada", 5), comment("issue:1", "eve", 36)]

    assert effects(*late, issue(2, "bob", 5)).is_empty()
