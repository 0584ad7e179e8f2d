"""Changes, reviews and comments of those who decide, as the stories of INF-05 and INF-13 tell them."""

from __future__ import annotations

from metric_stories import built, on_day, watched

from extract import raw
from transform.core import changes, comments, commits, events, people, reviews
from transform.influence import review_influence

HUMANS = ("ada", "bob", "rex", "xia", "yan", "zoe")
PEOPLE = people.TABLE.rows(
    *({"person_id": who, "login": who.title(), "actor_class": "human"} for who in HUMANS),
    {"person_id": "robot", "actor_class": "bot"},
).lazy()


def change(number, by="ada", day=0.0, *, merged=None, merged_by=None, closed=None, **more):
    ends = {"merged_at": None if merged is None else on_day(merged), "merged_by_person_id": merged_by}
    closes = merged if closed is None else closed
    told = {"artefact_id": f"change:{number}", "number": number, "person_id": by, "opened_at": on_day(day)}
    return {
        "repo_id": "r",
        **told,
        **ends,
        "closed_at": closes and on_day(closes),
        "is_merged": merged is not None,
        **more,
    }


def review(number, by, day, state="approved", **more):
    told = {"repo_id": "r", "artefact_id": f"change:{number}", "person_id": by, "state": state}
    return {"review_id": f"{number} {by} {day}", "submitted_at": on_day(day), **told, **more}


def reviewed(given_changes, given_reviews, *, given_events=(), given_commits=(), lines=(), snapshot=360):
    told = comments.TABLE.rows(*(line for line, _ in lines)).lazy()
    states = raw.COMMENTS.rows(
        *({"repo_id": "r", "comment_id": line["comment_id"], "is_outdated": s} for line, s in lines)
    ).lazy()
    return built(
        review_influence,
        reviews.TABLE.rows(*given_reviews).lazy(),
        changes.TABLE.rows(*given_changes).lazy(),
        events.TABLE.rows(*given_events).lazy(),
        commits.TABLE.rows(*given_commits).lazy(),
        told,
        states,
        PEOPLE,
        watched(snapshot=snapshot),
    )
