"""What we ask GitHub. Only variables carry values, never the text of a query.

A list inside an issue or change is declared once, in `LISTS`: from there it is in the query of its owner, and the rest
of one longer than its page can be asked for (`MORE`). Review comments are asked for in their threads and not in their
reviews, for one list below another costs a point for every hundred of the upper one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LARGEST_PAGE = 100

FRAGMENTS = {
    "actor": """
fragment actor on Actor {
  __typename
  login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Organization { databaseId }
  ... on Mannequin { databaseId }
}
""",
    "said": """
fragment said on Comment { id createdAt lastEditedAt body author { ...actor } }
""",
    # the instant is that of a first reaction, null where nobody reacted: counts are asked for where there are any
    "reacted": """
fragment reacted on Reactable { reactionGroups { content createdAt } }
""",
    "comment": """
fragment comment on IssueComment { ...said ...reacted fullDatabaseId url isMinimized minimizedReason }
""",
    "reviewComment": """
fragment reviewComment on PullRequestReviewComment {
  ...said ...reacted fullDatabaseId url isMinimized minimizedReason outdated state
  replyTo { fullDatabaseId }
  pullRequestReview { fullDatabaseId submittedAt }
}
""",
    "review": """
fragment review on PullRequestReview {
  ...said ...reacted fullDatabaseId url isMinimized minimizedReason state submittedAt
}
""",
    "other": """
fragment other on Node {
  ... on Issue { number repository { databaseId } }
  ... on PullRequest { number repository { databaseId } }
}
""",
    "event": """
fragment event on Node {
  __typename
  id
  ... on LabeledEvent { createdAt actor { ...actor } label { name } }
  ... on UnlabeledEvent { createdAt actor { ...actor } label { name } }
  ... on AssignedEvent { createdAt actor { ...actor } assignee { ...actor } }
  ... on UnassignedEvent { createdAt actor { ...actor } assignee { ...actor } }
  ... on MilestonedEvent { createdAt actor { ...actor } milestoneTitle }
  ... on DemilestonedEvent { createdAt actor { ...actor } milestoneTitle }
  ... on ClosedEvent { createdAt actor { ...actor } stateReason closer { ...other ... on Commit { oid } } }
  ... on ReopenedEvent { createdAt actor { ...actor } }
  ... on RenamedTitleEvent { createdAt actor { ...actor } }
  ... on LockedEvent { createdAt actor { ...actor } lockReason }
  ... on UnlockedEvent { createdAt actor { ...actor } }
  ... on CrossReferencedEvent { createdAt actor { ...actor } source { ...other } }
  ... on ConnectedEvent { createdAt actor { ...actor } source { ...other } subject { ...other } }
  ... on DisconnectedEvent { createdAt actor { ...actor } source { ...other } subject { ...other } }
  ... on TransferredEvent { createdAt actor { ...actor } fromRepository { databaseId } }
  ... on MarkedAsDuplicateEvent { createdAt actor { ...actor } canonical { ...other } duplicate { ...other } }
  ... on UnmarkedAsDuplicateEvent { createdAt actor { ...actor } canonical { ...other } duplicate { ...other } }
  ... on ReadyForReviewEvent { createdAt actor { ...actor } }
  ... on ConvertToDraftEvent { createdAt actor { ...actor } }
  ... on ReviewRequestedEvent { createdAt actor { ...actor } requestedReviewer { ...reviewer } }
  ... on ReviewRequestRemovedEvent { createdAt actor { ...actor } requestedReviewer { ...reviewer } }
  ... on ReviewDismissedEvent { createdAt actor { ...actor } previousReviewState review { fullDatabaseId } }
  ... on MergedEvent { createdAt actor { ...actor } commit { oid } }
  ... on HeadRefForcePushedEvent { createdAt actor { ...actor } afterCommit { oid } }
}
""",
    "reviewer": """
fragment reviewer on RequestedReviewer { __typename ...actor ... on Team { combinedSlug } }
""",
}


@dataclass(frozen=True)
class NestedList:
    """A list inside a node: what is asked of its rows, how many come at once, and its other arguments."""

    rows: str
    first: str = "$nested"
    only: str = ""
    total: str = "totalCount"

    def field(self, name: str, *, after: str = "", first: str = "") -> str:
        arguments = ", ".join(filter(None, (f"first: {first or self.first}", after, self.only)))
        return f"{name}({arguments}) {{ {self.total} pageInfo {{ hasNextPage endCursor }} nodes {{ {self.rows} }} }}"


ISSUE_EVENTS = (
    "LABELED_EVENT UNLABELED_EVENT ASSIGNED_EVENT UNASSIGNED_EVENT MILESTONED_EVENT DEMILESTONED_EVENT CLOSED_EVENT "
    "REOPENED_EVENT RENAMED_TITLE_EVENT LOCKED_EVENT UNLOCKED_EVENT CROSS_REFERENCED_EVENT CONNECTED_EVENT "
    "DISCONNECTED_EVENT TRANSFERRED_EVENT MARKED_AS_DUPLICATE_EVENT UNMARKED_AS_DUPLICATE_EVENT"
)
CHANGE_EVENTS = (
    "READY_FOR_REVIEW_EVENT CONVERT_TO_DRAFT_EVENT REVIEW_REQUESTED_EVENT REVIEW_REQUEST_REMOVED_EVENT "
    "REVIEW_DISMISSED_EVENT MERGED_EVENT HEAD_REF_FORCE_PUSHED_EVENT"
)


def events(kinds: str) -> NestedList:
    """The total of a timeline counts what is not asked for too; that of its filter is the one to compare with."""
    return NestedList("...event", only=f"itemTypes: [{kinds}]", total="totalCount: filteredCount")


LISTS: dict[str, dict[str, NestedList]] = {
    "Issue": {
        "comments": NestedList("...comment"),
        "timelineItems": events(ISSUE_EVENTS),
        "labels": NestedList("name", first="20"),
    },
    "PullRequest": {
        "comments": NestedList("...comment"),
        "timelineItems": events(f"{ISSUE_EVENTS} {CHANGE_EVENTS}"),
        "labels": NestedList("name", first="20"),
        "closingIssuesReferences": NestedList("...other", first="10"),
        "reviews": NestedList("...review"),
        "reviewThreads": NestedList("...thread"),
    },
    # a thread is seldom longer, and what its page can hold costs no points: only how many threads there are does
    "PullRequestReviewThread": {"comments": NestedList("...reviewComment", first="50")},
}
"""By the type of their owner. Rows that have lists themselves come after their owners' other lists."""

FRAGMENTS["thread"] = f"""
fragment thread on PullRequestReviewThread {{
  __typename id isResolved isOutdated
  resolvedBy {{ ...actor }}
  {LISTS["PullRequestReviewThread"]["comments"].field("comments")}
}}
"""


def document(text: str) -> str:
    """The text with the fragments it names, and those that these name."""
    named = [name for name in dict.fromkeys(re.findall(r"\.\.\.(\w+)", text)) if name in FRAGMENTS]
    for name in named:  # grows while it is read
        named += [other for other in re.findall(r"\.\.\.(\w+)", FRAGMENTS[name]) if other not in named]
    return text + "".join(FRAGMENTS[name] for name in dict.fromkeys(named))


def lists_of(owner: str) -> str:
    return "\n        ".join(one.field(name) for name, one in LISTS[owner].items())


FRAGMENTS["issueItem"] = f"""
fragment issueItem on Issue {{
  __typename ...said ...reacted number title url state stateReason locked activeLockReason updatedAt closedAt
  milestone {{ title }}
  {lists_of("Issue")}
}}
"""
FRAGMENTS["changeItem"] = f"""
fragment changeItem on PullRequest {{
  __typename ...said ...reacted number title url state isDraft locked activeLockReason updatedAt closedAt mergedAt
  baseRefName baseRefOid headRefOid additions deletions changedFiles
  mergedBy {{ ...actor }}
  mergeCommit {{ oid }}
  milestone {{ title }}
  commits {{ totalCount }}
  {lists_of("PullRequest")}
}}
"""

ISSUES = document("""
query Issues($owner: String!, $name: String!, $first: Int!, $after: String, $nested: Int!) {
  repository(owner: $owner, name: $name) {
    issues(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...issueItem }
    }
  }
}
""")

CHANGES = document("""
query Changes($owner: String!, $name: String!, $first: Int!, $after: String, $nested: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...changeItem }
    }
  }
}
""")

NEWEST_OF_ALL = """
    issues(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
    pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
"""
NEWEST = f"""
query Newest($owner: String!, $name: String!) {{
  repository(owner: $owner, name: $name) {{{NEWEST_OF_ALL}  }}
}}
"""

NUMBERS = {
    "issues": """
query Issues($owner: String!, $name: String!, $first: Int!, $after: String, $order: IssueOrder!) {
  repository(owner: $owner, name: $name) {
    issues(first: $first, after: $after, orderBy: $order) {
      totalCount pageInfo { hasNextPage endCursor } nodes { id number createdAt updatedAt }
    }
  }
}
""",
    "changes": """
query Changes($owner: String!, $name: String!, $first: Int!, $after: String, $order: IssueOrder!) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: $first, after: $after, orderBy: $order) {
      totalCount pageInfo { hasNextPage endCursor } nodes { id number createdAt updatedAt }
    }
  }
}
""",
}
"""Which items there are, and nothing else of them: a hundred of these cost a point."""

DISCUSSION = """
query Discussion($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { discussion(number: $number) { url } }
}
"""
"""What became of an issue that is none any more."""

REACTIONS = """
query Reactions($ids: [ID!]!) {
  nodes(ids: $ids) { id ... on Reactable { reactionGroups { content reactors { totalCount } } } }
}
"""


def more(owner: str, name: str) -> str:
    """The query for what did not fit of one list; one whose rows have lists themselves has a size for these too."""
    item = "pullRequest { id number }" if owner == "PullRequestReviewThread" else "number"
    field = LISTS[owner][name].field(name, after="after: $after", first="$first")
    nested = ", $nested: Int!" if "$nested" in document(field) else ""
    return document(f"""
query More{owner}{name[0].upper()}{name[1:]}($id: ID!, $first: Int!, $after: String!{nested}) {{
  node(id: $id) {{ __typename id ... on {owner} {{ {item} {field} }} }}
}}
""")


MORE = {owner: {name: more(owner, name) for name in lists} for owner, lists in LISTS.items()}


def authors_of_commits(count: int) -> str:
    """The query for the accounts that GitHub sees behind so many commits, `$c0`, `$c1`, ..."""
    variables = "".join(f", $c{at}: GitObjectID!" for at in range(count))
    objects = "".join(f"    c{at}: object(oid: $c{at}) {{ ...signed }}\n" for at in range(count))
    return document(f"""
query AuthorsOfCommits($owner: String!, $name: String!{variables}) {{
  repository(owner: $owner, name: $name) {{
{objects}  }}
}}

fragment signed on Commit {{ oid author {{ user {{ ...actor }} }} }}
""")


OPENED = """
query Opened($issues: String!, $changes: String!, $newerIssues: String!, $newerChanges: String!) {
  issues: search(query: $issues, type: ISSUE, first: 1) { issueCount }
  changes: search(query: $changes, type: ISSUE, first: 1) { issueCount }
  newerIssues: search(query: $newerIssues, type: ISSUE, first: 1) { issueCount }
  newerChanges: search(query: $newerChanges, type: ISSUE, first: 1) { issueCount }
}
"""
"""How many items were opened in a window, and how many since it began: counts only, and one point."""


def items_by_number(streams: Sequence[str], *, with_newest: bool = False) -> str:
    """The query for items of these streams, `$n0`, `$n1`, ...; one that is no more is null, with a NOT_FOUND error.

    `with_newest`: what NEWEST asks is asked in the same breath.
    """
    variables = "".join(f", $n{at}: Int!" for at in range(len(streams)))
    items = "".join(f"    i{at}: {ONE_ITEM[stream].format(at)}\n" for at, stream in enumerate(streams))
    return document(f"""
query ItemsByNumber($owner: String!, $name: String!, $nested: Int!{variables}) {{
  repository(owner: $owner, name: $name) {{
{items}{NEWEST_OF_ALL if with_newest else ""}  }}
}}
""")


ONE_ITEM = {
    "issues": "issue(number: $n{}) {{ ...issueItem }}",
    "changes": "pullRequest(number: $n{}) {{ ...changeItem }}",
}
