"""Reviews of GitLab: approvals and requests for changes from system notes, and comments on lines that came together.

GitLab has no review as a thing of its own. What one person wrote on lines in the same second was published together
and is one review; it is that of their verdict if they gave one in that second, else it only commented.
"""

from __future__ import annotations

from collections import defaultdict

from extract.gitlab.records import Records
from extract.records import Record, instant

VERDICTS = {"approved": "approved", "requested_changes": "changes_requested"}
WITHDRAWN = "unapproved"


def read_reviews(number: int, url: str, notes: list[Record], on_lines: list[Record], into: Records) -> dict[str, str]:
    """Adds the reviews; gives by note on a line the review it belongs to."""
    verdicts: list[Record] = []
    for note in notes:
        action = (note["systemNoteMetadata"] or {}).get("action") if note["system"] else None
        if action in VERDICTS:
            verdicts.append(note)
        elif action == WITHDRAWN:
            _withdraw(note, number, verdicts, into)
    together: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for note in on_lines:
        together[_moment(note)].append(note)
    review_of: dict[str, str] = {}
    given = {}
    for note in verdicts:
        review_id = given[_moment(note)] = f"review:{into.number(note['id'])}"
        state = "dismissed" if note.get("withdrawn") else VERDICTS[note["systemNoteMetadata"]["action"]]
        _add(note, number, review_id, state, url, into)
    for moment, comments in together.items():
        review_id = given.get(moment, f"review:{into.number(comments[0]['id'])}")
        review_of |= {note["id"]: review_id for note in comments}
        if moment not in given:
            _add(comments[0], number, review_id, "commented", comments[0]["url"] or url, into)
    return review_of


def _withdraw(note: Record, number: int, verdicts: list[Record], into: Records) -> None:
    """Who takes back an approval dismisses their own last one."""
    own = [one for one in verdicts if one["author"] == note["author"] and not one.get("withdrawn")]
    if own:
        own[-1]["withdrawn"] = True
        into.add(
            "events",
            event_id=f"note:{into.number(note['id'])}",
            number=number,
            kind="review_dismissed",
            actor_account_id=into.account(note["author"]),
            review_id=f"review:{into.number(own[-1]['id'])}",
            state="approved",
            occurred_at=instant(note["createdAt"]),
        )


def _moment(note: Record) -> tuple[str, str]:
    return (note["author"] or {}).get("id", ""), note["createdAt"][:19]


def _add(note: Record, number: int, review_id: str, state: str, url: str, into: Records) -> None:
    into.add(
        "reviews",
        review_id=review_id,
        number=number,
        author_account_id=into.account(note["author"]),
        state=state,
        url=url,
        submitted_at=instant(note["createdAt"]),
    )


def thread_id(note: Record) -> str:
    """The discussion it is in; a note that stands alone may have none."""
    return str((note["discussion"] or note)["id"]).rpartition("/")[2]


def read_threads(number: int, on_lines: list[Record], into: Records) -> None:
    """A discussion on a line is a thread; whether the line changed since GitLab does not say."""
    threads: dict[str, list[Record]] = defaultdict(list)
    for note in on_lines:
        threads[thread_id(note)].append(note)
    for name, notes in threads.items():
        resolvable = [note for note in notes if note["resolvable"]]
        is_resolved = bool(resolvable) and all(note["resolved"] for note in resolvable)
        into.add(
            "review_threads",
            thread_id=name,
            number=number,
            first_comment_id=f"review_comment:{into.number(notes[0]['id'])}",
            resolved_by_account_id=into.account(resolvable[-1]["resolvedBy"]) if is_resolved else None,
            comments_total=len(notes),
            is_resolved=is_resolved,
        )
