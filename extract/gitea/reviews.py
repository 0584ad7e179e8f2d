"""Reviews of Gitea and Forgejo, and the comments on lines in them.

A reply to a comment on a line stands in the review that it answers, under the replier's name. So what is in a review and
was written by somebody else, or after it was sent, is a review of its own that only commented, as on other forges.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from extract.archive import Page
from extract.gitea.records import Records
from extract.records import Record, instant
from extract.texts import told_by

STATES = {"APPROVED": "approved", "REQUEST_CHANGES": "changes_requested", "COMMENT": "commented"}
"""Others are no reviews: what is still being written, and what was only asked for."""


def read_reviews(node: Record, rows: list[Record], pages: list[Page], entries: list[Record], into: Records) -> None:
    """Adds reviews, threads and comments on lines; `entries` of the timeline say when a review was sent."""
    number = node["number"]
    sent = {entry["review_id"]: entry["created_at"] for entry in entries if entry["type"] == "review"}
    comments: dict[int, list[Record]] = defaultdict(list)
    for page in pages:
        for comment in page.data():
            comments[comment["pull_request_review_id"]].append(comment)
    for review in rows:
        if review["state"] not in STATES:
            continue
        at: str = sent.get(review["id"]) or review["submitted_at"]
        own, replies = _split(review, sorted(comments[review["id"]], key=_order), at)
        state = "dismissed" if review["dismissed"] else STATES[review["state"]]
        worth = {"is_stale": review["stale"], "is_official": review["official"]}
        _add(number, review["id"], review["user"], state, review["html_url"], at, into, **worth)
        for moment, together in replies.items():
            first = together[0]
            _add(number, first["id"], first["user"], "commented", first["html_url"], moment[1], into)
        review_of = {one["id"]: review["id"] for one in own}
        review_of |= {one["id"]: together[0]["id"] for together in replies.values() for one in together}
        _read_threads(number, comments[review["id"]], review_of, into)


def previous_states(rows: list[Record]) -> dict[str, str]:
    """What a review said before it was dismissed, which the event does not tell."""
    return {f"review:{one['id']}": STATES[one["state"]] for one in rows if one["state"] in STATES}


def _order(comment: Record) -> tuple[datetime, int]:
    return datetime.fromisoformat(comment["created_at"]), comment["id"]


def _split(review: Record, comments: list[Record], at: str) -> tuple[list[Record], dict[tuple[int, str], list[Record]]]:
    """What came with the review, and replies by who wrote them and when."""
    own: list[Record] = []
    replies: dict[tuple[int, str], list[Record]] = defaultdict(list)
    for comment in comments:
        is_own = comment["user"]["id"] == review["user"]["id"] and _order(comment)[0] <= datetime.fromisoformat(at)
        if is_own:
            own.append(comment)
        else:
            replies[comment["user"]["id"], comment["created_at"]].append(comment)
    return own, replies


def _add(number: int, review: int, user: Record, state: str, url: str, at: str, into: Records, **worth: bool) -> None:
    """`worth` is what the forge says of a review that was sent as one; of a reply it says nothing."""
    into.add(
        "reviews",
        review_id=f"review:{review}",
        number=number,
        author_account_id=into.account(user),
        state=state,
        url=url,
        submitted_at=instant(at),
        **worth,
    )


def _read_threads(number: int, comments: list[Record], review_of: dict[int, int], into: Records) -> None:
    """Comments of a review on one line of one file are a thread; whoever resolved it stands in each of them."""
    threads: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for comment in sorted(comments, key=_order):
        line = (comment["path"], comment["position"], comment["original_position"])
        threads[line].append(comment)
    for thread in threads.values():
        first, resolver = thread[0], thread[0]["resolver"]
        thread_id = f"thread:{first['id']}"
        into.add(
            "review_threads",
            thread_id=thread_id,
            number=number,
            first_comment_id=f"review_comment:{first['id']}",
            resolved_by_account_id=into.account(resolver),
            comments_total=len(thread),
            is_resolved=resolver is not None,
        )
        for comment in thread:
            _read_comment(number, comment, first, thread_id, review_of[comment["id"]], into)


def _read_comment(number: int, comment: Record, first: Record, thread_id: str, review: int, into: Records) -> None:
    into.add(
        "comments",
        comment_id=f"review_comment:{comment['id']}",
        number=number,
        kind="review_comment",
        review_id=f"review:{review}",
        reply_to_id=None if comment is first else f"review_comment:{first['id']}",
        thread_id=thread_id,
        author_account_id=into.account(comment["user"]),
        url=comment["html_url"],
        edited_at=edited_at(comment),
        commented_at=instant(comment["created_at"]),
        **told_by(comment["body"]),
    )


def edited_at(comment: Record) -> object:
    """Null where nothing says that it was changed after it was written."""
    return instant(comment["updated_at"]) if comment["updated_at"] != comment["created_at"] else None
