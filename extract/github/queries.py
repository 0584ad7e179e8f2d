"""What we ask GitHub. Only variables carry values, never the text of a query."""

from __future__ import annotations

from collections.abc import Sequence

ACTOR = """
fragment actor on Actor {
  __typename
  login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Organization { databaseId }
  ... on Mannequin { databaseId }
}
"""

COMMENT = """
fragment comment on IssueComment {
  fullDatabaseId url createdAt isMinimized body
  author { ...actor }
}
"""

REVIEW_COMMENT = """
fragment reviewComment on PullRequestReviewComment {
  fullDatabaseId url createdAt isMinimized path body
  replyTo { fullDatabaseId }
  author { ...actor }
}
"""

REVIEW = """
fragment review on PullRequestReview {
  id fullDatabaseId url state submittedAt body
  author { ...actor }
  comments(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...reviewComment } }
}
"""

ISSUE_ITEM = """
fragment issueItem on Issue {
  __typename id number title body url state stateReason createdAt updatedAt closedAt
  author { ...actor }
  comments(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...comment } }
}
"""

CHANGE_ITEM = """
fragment changeItem on PullRequest {
  __typename id number title body url state isDraft createdAt updatedAt closedAt mergedAt
  baseRefName baseRefOid headRefOid additions deletions changedFiles
  author { ...actor }
  mergedBy { ...actor }
  mergeCommit { oid }
  commits { totalCount }
  comments(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...comment } }
  reviews(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...review } }
}
"""

ISSUES = (
    """
query Issues($owner: String!, $name: String!, $first: Int!, $after: String, $nested: Int!) {
  repository(owner: $owner, name: $name) {
    issues(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...issueItem }
    }
  }
}
"""
    + ISSUE_ITEM
    + COMMENT
    + ACTOR
)

CHANGES = (
    """
query Changes($owner: String!, $name: String!, $first: Int!, $after: String, $nested: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { ...changeItem }
    }
  }
}
"""
    + CHANGE_ITEM
    + REVIEW
    + REVIEW_COMMENT
    + COMMENT
    + ACTOR
)

NEWEST = """
query Newest($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    issues(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
    pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  }
}
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

MORE_ISSUE_COMMENTS = (
    """
query MoreIssueComments($id: ID!, $first: Int!, $after: String!) {
  node(id: $id) {
    ... on Issue {
      __typename id number
      comments(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...comment } }
    }
  }
}
"""
    + COMMENT
    + ACTOR
)

MORE_CHANGE_COMMENTS = MORE_ISSUE_COMMENTS.replace("MoreIssueComments", "MoreChangeComments").replace(
    "... on Issue {", "... on PullRequest {"
)

MORE_REVIEWS = (
    """
query MoreReviews($id: ID!, $first: Int!, $after: String!, $nested: Int!) {
  node(id: $id) {
    ... on PullRequest {
      __typename id number
      reviews(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...review } }
    }
  }
}
"""
    + REVIEW
    + REVIEW_COMMENT
    + ACTOR
)

MORE_REVIEW_COMMENTS = (
    """
query MoreReviewComments($id: ID!, $first: Int!, $after: String!) {
  node(id: $id) {
    ... on PullRequestReview {
      __typename id fullDatabaseId
      pullRequest { id number }
      comments(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...reviewComment } }
    }
  }
}
"""
    + REVIEW_COMMENT
    + ACTOR
)


def authors_of_commits(count: int) -> str:
    """The query for the accounts that GitHub sees behind so many commits, `$c0`, `$c1`, ..."""
    variables = "".join(f", $c{at}: GitObjectID!" for at in range(count))
    objects = "".join(f"    c{at}: object(oid: $c{at}) {{ ...signed }}\n" for at in range(count))
    return f"""
query AuthorsOfCommits($owner: String!, $name: String!{variables}) {{
  repository(owner: $owner, name: $name) {{
{objects}  }}
}}

fragment signed on Commit {{ oid author {{ user {{ ...actor }} }} }}
{ACTOR}"""


OPENED = """
query Opened($issues: String!, $changes: String!, $newerIssues: String!, $newerChanges: String!) {
  issues: search(query: $issues, type: ISSUE, first: 1) { issueCount }
  changes: search(query: $changes, type: ISSUE, first: 1) { issueCount }
  newerIssues: search(query: $newerIssues, type: ISSUE, first: 1) { issueCount }
  newerChanges: search(query: $newerChanges, type: ISSUE, first: 1) { issueCount }
}
"""
"""How many items were opened in a window, and how many since it began: counts only, and one point."""


def items_by_number(streams: Sequence[str]) -> str:
    """The query for items of these streams, `$n0`, `$n1`, ...; one that is no more is null, with a NOT_FOUND error."""
    variables = "".join(f", $n{at}: Int!" for at in range(len(streams)))
    items = "".join(f"    i{at}: {ONE_ITEM[stream].format(at)}\n" for at, stream in enumerate(streams))
    fragments = "".join(PARTS[stream] for stream in sorted(set(streams)))
    return f"""
query ItemsByNumber($owner: String!, $name: String!, $nested: Int!{variables}) {{
  repository(owner: $owner, name: $name) {{
{items}  }}
}}
{fragments}{COMMENT}{ACTOR}"""


ONE_ITEM = {
    "issues": "issue(number: $n{}) {{ ...issueItem }}",
    "changes": "pullRequest(number: $n{}) {{ ...changeItem }}",
}
PARTS = {"issues": ISSUE_ITEM, "changes": CHANGE_ITEM + REVIEW + REVIEW_COMMENT}
