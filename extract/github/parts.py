"""Reading what belongs to an issue or change: comments, reviews and their threads, reactions, links and mentions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extract.github.records import Record, Records, instant, lower
from extract.github.timeline import read_event
from extract.mentions import mentioned
from extract.texts import told_by


def read_parts(node: Record, number: int, into: Records) -> None:
    """Adds what a node holds of an issue or change: itself, or the rest of one of its lists."""
    if node["__typename"] == "PullRequestReviewThread":
        _read_line_comments(node, number, into)
    elif node["__typename"] == "PullRequestReview":
        _read_review_comments(node, number, into)
    else:
        for name, read in PARTS.items():
            for row in rows(node, name):
                read(row, number, into)


def rows(node: Record, name: str) -> Iterator[Record]:
    """The rows of a list that may not have been asked for, without those we may not see."""
    return (row for row in node.get(name, {}).get("nodes", ()) if row is not None)


def read_text(node: Record, subject_id: str, number: int, into: Records) -> None:
    """What a text was answered with by reactions, and whom it names; the text itself goes no further."""
    author = into.account(node["author"])
    for login in mentioned(node.get("body") or ""):
        into.add(
            "mentions",
            subject_id=subject_id,
            number=number,
            author_account_id=author,
            login=login,
            mentioned_at=instant(node["createdAt"]),
        )
    for group in into.reactions.get(node.get("id", ""), ()):
        if total := group["reactors"]["totalCount"]:
            content = group["content"].lower()
            into.add("reactions", subject_id=subject_id, number=number, content=content, reactions_total=total)


def is_written(comment: Record) -> bool:
    """A comment on a line that is still being written is shown to its author alone."""
    return bool(comment.get("state") != "PENDING")


def is_draft(thread: Record) -> bool:
    comments = list(rows(thread, "comments"))
    return bool(comments) and not any(map(is_written, comments))


def _read_thread_comment(comment: Record, number: int, into: Records) -> None:
    _read_comment(comment, number, into, kind="comment")


def _read_closing_link(issue: Record, number: int, into: Records) -> None:
    other = into.repository_id(issue["repository"])
    into.add("closing_links", number=number, other_repo_id=other, other_number=issue["number"])


def _read_review(review: Record, number: int, into: Records) -> None:
    if review["submittedAt"] is None:
        return
    review_id = f"review:{review['fullDatabaseId']}"
    into.add(
        "reviews",
        review_id=review_id,
        number=number,
        author_account_id=into.account(review["author"]),
        state=review["state"].lower(),
        url=review["url"],
        submitted_at=instant(review["submittedAt"]),
        **_moderation(review),
    )
    read_text({**review, "createdAt": review["submittedAt"]}, review_id, number, into)
    _read_review_comments(review, number, into)


def _moderation(node: Record) -> dict[str, Any]:
    return {
        "is_minimised": node.get("isMinimized"),
        "minimised_reason": lower(node.get("minimizedReason")),
        "edited_at": instant(node.get("lastEditedAt")),
    }


def _read_review_comments(review: Record, number: int, into: Records) -> None:
    """Pages of an earlier version have the comments on lines here; now they are in their threads."""
    for comment in rows(review, "comments"):
        _read_comment({**comment, "pullRequestReview": review}, number, into, kind="review_comment")


def _read_thread(thread: Record, number: int, into: Records) -> None:
    if is_draft(thread):
        return
    comments = list(rows(thread, "comments"))
    written = list(filter(is_written, comments))
    into.add(
        "review_threads",
        thread_id=thread["id"],
        number=number,
        first_comment_id=f"review_comment:{written[0]['fullDatabaseId']}" if written else None,
        resolved_by_account_id=into.account(thread["resolvedBy"]),
        comments_total=thread["comments"]["totalCount"] - len(comments) + len(written),
        is_resolved=thread["isResolved"],
        is_outdated=thread["isOutdated"],
    )
    _read_line_comments(thread, number, into)


def _read_line_comments(thread: Record, number: int, into: Records) -> None:
    for comment in filter(is_written, rows(thread, "comments")):
        _read_comment(comment, number, into, kind="review_comment", thread_id=thread["id"])


def _read_comment(comment: Record, number: int, into: Records, *, kind: str, thread_id: str | None = None) -> None:
    reply_to, review = comment.get("replyTo"), comment.get("pullRequestReview")
    comment_id = f"{kind}:{comment['fullDatabaseId']}"
    into.add(
        "comments",
        comment_id=comment_id,
        number=number,
        kind=kind,
        review_id=f"review:{review['fullDatabaseId']}" if review else None,
        reply_to_id=f"{kind}:{reply_to['fullDatabaseId']}" if reply_to else None,
        thread_id=thread_id,
        author_account_id=into.account(comment["author"]),
        url=comment["url"],
        is_outdated=comment.get("outdated"),
        commented_at=instant(comment["createdAt"]),
        **told_by(comment.get("body")),
        **_moderation(comment),
    )
    read_text(comment, comment_id, number, into)


PARTS = {
    "comments": _read_thread_comment,
    "reviews": _read_review,
    "reviewThreads": _read_thread,
    "timelineItems": read_event,
    "closingIssuesReferences": _read_closing_link,
}
