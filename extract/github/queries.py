"""What we ask GitHub. Only variables carry values, never the text of a query."""

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

ISSUES = (
    """
query Issues($owner: String!, $name: String!, $first: Int!, $after: String, $nested: Int!) {
  repository(owner: $owner, name: $name) {
    issues(first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        __typename id number title body url state stateReason createdAt updatedAt closedAt
        author { ...actor }
        comments(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...comment } }
      }
    }
  }
}
"""
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
      nodes {
        __typename id number title body url state isDraft createdAt updatedAt closedAt mergedAt
        baseRefName baseRefOid headRefOid additions deletions changedFiles
        author { ...actor }
        mergedBy { ...actor }
        mergeCommit { oid }
        commits { totalCount }
        comments(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...comment } }
        reviews(first: $nested) { totalCount pageInfo { hasNextPage endCursor } nodes { ...review } }
      }
    }
  }
}
"""
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

MORE_ISSUE_COMMENTS = (
    """
query MoreIssueComments($id: ID!, $after: String!) {
  node(id: $id) {
    ... on Issue {
      __typename id number
      comments(first: 100, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...comment } }
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
query MoreReviews($id: ID!, $after: String!, $nested: Int!) {
  node(id: $id) {
    ... on PullRequest {
      __typename id number
      reviews(first: 50, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...review } }
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
query MoreReviewComments($id: ID!, $after: String!) {
  node(id: $id) {
    ... on PullRequestReview {
      __typename id fullDatabaseId
      pullRequest { id number }
      comments(first: 100, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...reviewComment } }
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
