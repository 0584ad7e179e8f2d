"""Lives for the properties: small communities drawn at random, and what was known of them at an earlier instant."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from core_stories import Row, change, coauthor, comment, commit, epoch, issue, merged, on_day, proposed, review
from hypothesis import strategies as st

HUMANS = ("ada", "bob", "cyd", "dan", None)
DAYS = st.integers(0, 240).map(lambda quarters: quarters / 4)
Life = dict[str, list[Row]]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A few issues and changes, what was said on them, and a history that merges some of the changes."""
    who = st.sampled_from((*HUMANS, "robot"))
    committers = st.sampled_from(("ada", "bob", "robot"))
    items = [issue(number, draw(who), draw(DAYS)) for number in range(draw(st.integers(0, 2)))]
    items += [_change(draw, number, who) for number in range(10, 10 + draw(st.integers(0, 3)))]
    threads = st.sampled_from(items) if items else st.nothing()
    days = sorted(draw(st.lists(DAYS, min_size=1, max_size=5)))
    shas = [f"c{at}" for at in range(len(days))]
    parents = [(), *((one,) for one, _ in pairwise(shas))]
    history = [commit(sha, draw(committers), day, *up) for sha, day, up in zip(shas, days, parents, strict=True)]
    changes = [one["number"] for one in items if one["kind"] == "change"]
    return {
        "items": items,
        "comments": _unique("comment_id", draw(st.lists(_comments(threads, who), max_size=8))),
        "reviews": [review(number, draw(who), 60 + draw(DAYS)) for number in changes],
        "commits": history,
        "commit_people": [coauthor(shas[-1], "cyd")] * draw(st.booleans()),
        "change_commits": [row for number, sha in zip(changes, shas, strict=False) for row in proposed(number, sha)],
    }


def _change(draw: st.DrawFn, number: int, who: st.SearchStrategy[str | None]) -> Row:
    opened, stays = draw(DAYS), draw(st.integers(0, 30))
    if draw(st.booleans()):
        return merged(number, draw(who), opened, on=opened + stays, merged_by=draw(who))
    return change(number, draw(who), opened, closed_at=on_day(opened + stays) if draw(st.booleans()) else None)


@st.composite
def _comments(draw: st.DrawFn, threads: st.SearchStrategy[Row], who: st.SearchStrategy[str | None]) -> Row:
    thread = draw(threads)
    return comment(thread["number"], draw(who), day_of(thread["opened_at"]) + draw(DAYS) / 4)


def day_of(instant: datetime) -> float:
    return (instant - on_day(0)).total_seconds() / 86_400


def _unique(key: str, rows: list[Row]) -> list[Row]:
    return list({row[key]: row for row in rows}.values())


def by(life: Life, instant: datetime) -> Life:
    """What a crawl at this instant would have found."""
    items = [_as_it_was(one, instant) for one in life["items"] if one["opened_at"] < instant]
    commits = [
        one for one in life["commits"] if one["committer_epoch"] < epoch(0) + (instant - on_day(0)).total_seconds()
    ]
    shas, numbers = {one["sha"] for one in commits}, {one["number"] for one in items}
    return {
        "items": items,
        "comments": [one for one in life["comments"] if one["commented_at"] < instant],
        "reviews": [one for one in life["reviews"] if one["submitted_at"] < instant],
        "commits": commits,
        "commit_people": [one for one in life["commit_people"] if one["sha"] in shas],
        "change_commits": [row for row in life["change_commits"] if row["sha"] in shas and row["number"] in numbers],
    }


def _as_it_was(one: Row, instant: datetime) -> Row:
    later = {name: None for name in ("closed_at", "merged_at") if one.get(name) and one[name] >= instant}
    if "merged_at" in later:
        later |= {"merged_by_account_id": None, "merge_sha": None}
    return one | later
