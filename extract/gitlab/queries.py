"""What we ask GitLab's GraphQL. Only variables carry values, never the text of a query.

GraphQL gives an issue or merge request with its notes, their award emoji, the sizes and the commits of a change in one
request for a page of items; what happened to labels, milestones and states it does not give, so REST is asked for that.
A query of these costs less than the 250 of complexity that GitLab allows (200 for who has no token).
"""

from __future__ import annotations

import re

FRAGMENTS = {
    "user": "fragment user on User { id username bot }",
    "award": "fragment award on AwardEmojiConnection { pageInfo { hasNextPage endCursor } nodes { name } }",
    "note": """
fragment note on Note {
  id body createdAt lastEditedAt system internal url resolvable resolved
  author { ...user }
  resolvedBy { ...user }
  systemNoteMetadata { action }
  discussion { id }
  position { filePath }
  awardEmoji(first: 100) { ...award }
}
""",
    "notes": """
fragment notes on NoteConnection { pageInfo { hasNextPage endCursor } nodes { ...note } }
""",
    "issue": """
fragment issue on Issue {
  __typename id iid title description discussionLocked createdAt updatedAt closedAt state webUrl
  userNotesCount mergeRequestsCount
  author { ...user }
  milestone { title }
  labels(first: 100) { nodes { title } }
  notes(first: $nested) { ...notes }
}
""",
    "change": """
fragment change on MergeRequest {
  __typename id iid title description discussionLocked createdAt updatedAt state webUrl draft mergedAt
  userNotesCount commitCount diffHeadSha mergeCommitSha
  author { ...user }
  mergeUser { ...user }
  milestone { title }
  labels(first: 100) { nodes { title } }
  diffRefs { baseSha }
  diffStatsSummary { additions deletions fileCount }
  notes(first: $nested) { ...notes }
}
""",
}


def document(text: str) -> str:
    """The text with the fragments it names, and those that these name."""
    named = [name for name in dict.fromkeys(re.findall(r"\.\.\.(\w+)", text)) if name in FRAGMENTS]
    for name in named:  # grows while it is read
        named += [other for other in re.findall(r"\.\.\.(\w+)", FRAGMENTS[name]) if other not in named]
    return text + "".join(FRAGMENTS[name] for name in dict.fromkeys(named))


FIELDS = {"issues": ("issues", "issue"), "changes": ("mergeRequests", "change")}
"""By stream: the name of its connection, and of the fragment for its items."""
OPEN_TO_ALL = {"issues": ", confidential: false", "changes": ""}
"""Confidential issues are left out, also where the token may see them."""

NEWEST = """
query Newest($path: ID!) {
  project(fullPath: $path) {
    issues(first: 1, sort: UPDATED_DESC, confidential: false) { count nodes { iid updatedAt } }
    mergeRequests(first: 1, sort: UPDATED_DESC) { count nodes { iid updatedAt } }
    confidential: issues(confidential: true) { count }
  }
}
"""

MEMBERS = document("""
query Members($path: ID!, $after: String) {
  group(fullPath: $path) {
    id fullPath
    groupMembers(first: 100, after: $after, relations: [DIRECT, INHERITED]) {
      pageInfo { hasNextPage endCursor } nodes { createdAt user { ...user } }
    }
  }
}
""")


def changed(stream: str) -> str:
    connection, fragment = FIELDS[stream]
    return document(f"""
query Changed($path: ID!, $first: Int!, $nested: Int!, $after: String, $since: Time) {{
  project(fullPath: $path) {{
    list: {connection}(first: $first, after: $after, sort: UPDATED_DESC, updatedAfter: $since{OPEN_TO_ALL[stream]}) {{
      count pageInfo {{ hasNextPage endCursor }} nodes {{ ...{fragment} }}
    }}
  }}
}}
""")


def isolated(stream: str) -> str:
    connection, _ = FIELDS[stream]
    return f"""
query Isolated($path: ID!, $after: String, $since: Time) {{
  project(fullPath: $path) {{
    list: {connection}(first: 1, after: $after, sort: UPDATED_DESC, updatedAfter: $since{OPEN_TO_ALL[stream]}) {{
      count pageInfo {{ hasNextPage endCursor }} nodes {{ iid updatedAt }}
    }}
  }}
}}
"""


def by_number(stream: str) -> str:
    connection, fragment = FIELDS[stream]
    return document(f"""
query ByNumber($path: ID!, $iids: [String!], $nested: Int!) {{
  project(fullPath: $path) {{ list: {connection}(iids: $iids{OPEN_TO_ALL[stream]}) {{ nodes {{ ...{fragment} }} }} }}
}}
""")


def numbers(stream: str) -> str:
    connection, _ = FIELDS[stream]
    return f"""
query Numbers($path: ID!, $after: String) {{
  project(fullPath: $path) {{
    list: {connection}(first: 100, after: $after, sort: CREATED_DESC{OPEN_TO_ALL[stream]}) {{
      pageInfo {{ hasNextPage endCursor }} nodes {{ iid createdAt }}
    }}
  }}
}}
"""


def opened(stream: str) -> str:
    connection, _ = FIELDS[stream]
    return f"""
query Opened($path: ID!, $since: Time, $until: Time) {{
  project(fullPath: $path) {{
    list: {connection}(createdAfter: $since, createdBefore: $until{OPEN_TO_ALL[stream]}) {{ count }}
    newer: {connection}(createdAfter: $since{OPEN_TO_ALL[stream]}) {{ count }}
  }}
}}
"""


def glance(stream: str) -> str:
    connection, _ = FIELDS[stream]
    return document(f"""
query Glance($path: ID!, $iids: [String!]) {{
  project(fullPath: $path) {{
    list: {connection}(iids: $iids{OPEN_TO_ALL[stream]}) {{
      nodes {{
        iid title updatedAt discussionLocked
        author {{ ...user }}
        milestone {{ title }}
        labels(first: 100) {{ nodes {{ title }} }}
      }}
    }}
  }}
}}
""")


MORE_NOTES = {
    stream: document(f"""
query MoreNotes($path: ID!, $iid: String!, $first: Int!, $after: String!) {{
  project(fullPath: $path) {{ item: {item}(iid: $iid) {{ notes(first: $first, after: $after) {{ ...notes }} }} }}
}}
""")
    for stream, item in (("issues", "issue"), ("changes", "mergeRequest"))
}
MORE_AWARDS = document("""
query MoreAwards($id: NoteID!, $after: String!) {
  note(id: $id) { id awardEmoji(first: 100, after: $after) { ...award } }
}
""")


def authors_of_commits(count: int) -> str:
    """The query for the accounts that GitLab sees behind so many commits, `$c0`, `$c1`, ..."""
    variables = "".join(f", $c{at}: String!" for at in range(count))
    commits = "".join(f"    c{at}: commit(ref: $c{at}) {{ sha author {{ ...user }} }}\n" for at in range(count))
    return document(f"""
query AuthorsOfCommits($path: ID!{variables}) {{
  project(fullPath: $path) {{ repository {{
{commits}  }} }}
}}
""")
