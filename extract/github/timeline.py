"""Reading the timeline of an issue or change.

An event looks like this, with what its kind has besides (see `queries.FRAGMENTS["event"]`):

    {"__typename": "LabeledEvent", "id": "LE_kw", "createdAt": "2024-01-01T00:00:00Z",
     "actor": {"__typename": "User", "login": "ada", "databaseId": 11}, "label": {"name": "bug"}}
"""

from __future__ import annotations

from extract.github.records import Record, Records, instant, lower

KINDS = {
    "LabeledEvent": "labelled",
    "UnlabeledEvent": "unlabelled",
    "AssignedEvent": "assigned",
    "UnassignedEvent": "unassigned",
    "MilestonedEvent": "milestoned",
    "DemilestonedEvent": "demilestoned",
    "ClosedEvent": "closed",
    "ReopenedEvent": "reopened",
    "RenamedTitleEvent": "renamed",
    "LockedEvent": "locked",
    "UnlockedEvent": "unlocked",
    "CrossReferencedEvent": "cross_referenced",
    "ConnectedEvent": "connected",
    "DisconnectedEvent": "disconnected",
    "TransferredEvent": "transferred",
    "MarkedAsDuplicateEvent": "duplicate_marked",
    "UnmarkedAsDuplicateEvent": "duplicate_unmarked",
    "ReadyForReviewEvent": "ready_for_review",
    "ConvertToDraftEvent": "converted_to_draft",
    "ReviewRequestedEvent": "review_requested",
    "ReviewRequestRemovedEvent": "review_request_removed",
    "ReviewDismissedEvent": "review_dismissed",
    "MergedEvent": "merged",
    "HeadRefForcePushedEvent": "head_force_pushed",
}


def read_event(event: Record, number: int, into: Records) -> None:
    kind = KINDS[event["__typename"]]
    subject = event.get("assignee") or event.get("requestedReviewer") or {}
    is_team = subject.get("__typename") == "Team"
    commit = event.get("commit") or event.get("afterCommit") or event.get("closer") or {}
    review = event.get("review")
    into.add(
        "events",
        event_id=event["id"],
        number=number,
        kind=kind,
        actor_account_id=into.account(event["actor"]),
        label=event["label"]["name"] if "label" in event else None,
        milestone=event.get("milestoneTitle"),
        subject_account_id=None if is_team else into.account(subject),
        team=subject["combinedSlug"] if is_team else None,
        reason=lower(event.get("stateReason") or event.get("lockReason")),
        review_id=f"review:{review['fullDatabaseId']}" if review else None,
        state=lower(event.get("previousReviewState")),
        sha=commit.get("oid"),
        occurred_at=instant(event["createdAt"]),
        **_other_end(event, number, into),
    )


def _other_end(event: Record, number: int, into: Records) -> Record:
    """The issue or change at the other end; an event between two is told to both, so one of them is this."""
    if "fromRepository" in event:
        origin = event["fromRepository"]
        return {"other_repo_id": into.repository_id(origin) if origin else None, "other_number": None}
    ends = [event.get(name) for name in ("source", "subject", "canonical", "duplicate", "closer")]
    told = [(into.repository_id(end["repository"]), int(end["number"])) for end in ends if end and "number" in end]
    others = [end for end in told if end != (into.repo_id, number)]
    return dict(zip(("other_repo_id", "other_number"), others[0] if others else (None, None), strict=True))
