"""The timelines of issues and changes in the schema that the sandbox answers, with GitHub's names."""

from __future__ import annotations

import re

EVENTS_OF_BOTH = {
    "LabeledEvent": "label: Label!",
    "UnlabeledEvent": "label: Label!",
    "AssignedEvent": "assignee: Assignee",
    "UnassignedEvent": "assignee: Assignee",
    "MilestonedEvent": "milestoneTitle: String!",
    "DemilestonedEvent": "milestoneTitle: String!",
    "ClosedEvent": "stateReason: IssueStateReason closer: Closer",
    "ReopenedEvent": "",
    "RenamedTitleEvent": "currentTitle: String! previousTitle: String!",
    "LockedEvent": "lockReason: LockReason",
    "UnlockedEvent": "",
    "CrossReferencedEvent": "source: ReferencedSubject! target: ReferencedSubject!",
    "ConnectedEvent": "source: ReferencedSubject! subject: ReferencedSubject!",
    "DisconnectedEvent": "source: ReferencedSubject! subject: ReferencedSubject!",
    "TransferredEvent": "fromRepository: Repository",
    "MarkedAsDuplicateEvent": "canonical: ReferencedSubject duplicate: ReferencedSubject",
    "UnmarkedAsDuplicateEvent": "canonical: ReferencedSubject duplicate: ReferencedSubject",
}
"""Fields of GitHub's types besides those that every event has."""
EVENTS_OF_CHANGES = {
    "ReadyForReviewEvent": "",
    "ConvertToDraftEvent": "",
    "ReviewRequestedEvent": "requestedReviewer: RequestedReviewer",
    "ReviewRequestRemovedEvent": "requestedReviewer: RequestedReviewer",
    "ReviewDismissedEvent": "previousReviewState: PullRequestReviewState! review: PullRequestReview",
    "MergedEvent": "commit: Commit",
    "HeadRefForcePushedEvent": "beforeCommit: Commit afterCommit: Commit",
}


def item_type(event: str) -> str:
    """LABELED_EVENT of LabeledEvent."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event).upper()


def timeline_sdl(owner: str, members: tuple[str, ...]) -> str:
    return f"""
union {owner}TimelineItems = {" | ".join(members)}
enum {owner}TimelineItemsItemType {{ {" ".join(map(item_type, members))} }}
type {owner}TimelineItemsConnection {{
  totalCount: Int! filteredCount: Int! pageInfo: PageInfo! nodes: [{owner}TimelineItems]
}}
"""


EVENT_SDL = """
type Team { combinedSlug: String! }
union Assignee = Bot | Mannequin | Organization | User
union RequestedReviewer = Bot | Mannequin | Team | User
union Closer = Commit | PullRequest
union ReferencedSubject = Issue | PullRequest
""" + "".join(
    f"type {name} implements Node {{ id: ID! createdAt: DateTime! actor: Actor {fields} }}\n"
    for name, fields in (EVENTS_OF_BOTH | EVENTS_OF_CHANGES).items()
)
TIMELINE_SDL = (
    EVENT_SDL
    + timeline_sdl("Issue", (*EVENTS_OF_BOTH, "IssueComment"))
    + timeline_sdl("PullRequest", (*EVENTS_OF_BOTH, *EVENTS_OF_CHANGES, "IssueComment", "PullRequestReview"))
)
