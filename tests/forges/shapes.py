"""What the forges publish of the shapes of their answers, in our own words and as far as we read them.

GitLab, REST: the entities of its API as of 18.6 (ResourceLabelEvent, ResourceMilestoneEvent, ResourceStateEvent,
AwardEmoji, MergeRequestBasic, ProjectDetails, UserBasic). Its GraphQL is checked by the schema that the sandbox
executes.

Gitea and Forgejo: the Swagger of Gitea 1.25.4 (Issue, PullRequest, TimelineComment, PullReview, PullReviewComment,
Reaction, Repository, Commit), which Forgejo 9 shares as far as we read it.

A name with "?" may be missing, a type with "?" may be null; names that are not listed are no error.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from extract.archive import Archive, Page

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
Shape = Any
USER = {"id": "int", "username": "text", "name": "text", "state": "text", "avatar_url": "text?", "web_url": "text"}
EVENT = {
    "id": "int",
    "user": USER,
    "created_at": "instant",
    "resource_type": ("Issue", "MergeRequest"),
    "resource_id": "int",
}
GITLAB: dict[str, Shape] = {
    r"/version": {"version": "text", "revision": "text"},
    r"/projects/[^/]+(/[^/]+)?": {
        "id": "int",
        "path_with_namespace": "text",
        "web_url": "text",
        "http_url_to_repo": "text",
        "default_branch": "text?",
        "visibility": ("public", "internal", "private"),
        "archived": "flag",
        "created_at": "instant",
        "namespace": {"id": "int", "kind": ("group", "user"), "full_path": "text"},
        "issues_access_level": ("disabled", "private", "enabled"),
        "merge_requests_access_level": ("disabled", "private", "enabled"),
        "permissions?": {"project_access": "any", "group_access": "any"},
    },
    r"/projects/\d+/(issues|merge_requests)/\d+": {"id": "int", "iid": "int"},
    r".*/resource_label_events": [
        {
            **EVENT,
            "label": {"id": "int", "name": "text", "color": "text", "description": "text?"},
            "action": ("add", "remove"),
        }
    ],
    r".*/resource_milestone_events": [
        {**EVENT, "milestone": {"id": "int", "title": "text"}, "action": ("add", "remove"), "state": "text"}
    ],
    r".*/resource_state_events": [
        {
            **EVENT,
            "state": ("opened", "closed", "merged", "reopened", "locked"),
            "source_commit": "text?",
            "source_merge_request_id": "int?",
        }
    ],
    r".*/award_emoji": [{"id": "int", "name": "text", "user": USER, "awardable_type": "text", "created_at": "instant"}],
    r".*/closed_by": [{"id": "int", "iid": "int", "project_id": "int", "title": "text", "state": "text"}],
}

PERSON = {"id": "int", "login": "text", "full_name": "text", "email": "text"}
ISSUE = {
    "id": "int",
    "number": "int",
    "title": "text",
    "body": "text",
    "user": PERSON,
    "html_url": "text",
    "state": ("open", "closed"),
    "is_locked": "flag",
    "comments": "int",
    "labels": [{"id": "int", "name": "text", "color": "text"}],
    "milestone": {"id": "int", "title": "text"},
    "created_at": "instant",
    "updated_at": "instant",
    "closed_at": "instant?",
    "original_author?": "text",
    "original_author_id?": "int",
    "pull_request?": {"merged": "flag", "merged_at": "instant?", "draft": "flag"},
    "repository?": {"id": "int", "name": "text", "owner": "text", "full_name": "text"},
}
BRANCH = {"label": "text", "ref": "text", "sha": "text", "repo_id": "int"}
CHANGE = {
    **ISSUE,
    "draft": "flag",
    "merged": "flag",
    "merged_at": "instant?",
    "merged_by": PERSON,
    "merge_commit_sha": "text?",
    "merge_base": "text",
    "base": BRANCH,
    "head": BRANCH,
    "review_comments?": "int",
    "additions?": "int",
    "deletions?": "int",
    "changed_files?": "int",
}
REACTION = {"content": ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"), "user": PERSON,
            "created_at": "instant"}  # fmt: skip
GITEA: dict[str, Shape] = {
    "/version": {"version": "text"},
    r"/orgs/[^/]+": {"id": "int", "name": "text", "full_name": "text", "website": "text", "visibility": "text"},
    r"/orgs/[^/]+/public_members": [PERSON],
    r"/repos/[^/]+/[^/]+|/repositories/\d+": {
        "id": "int",
        "name": "text",
        "full_name": "text",
        "owner": PERSON,
        "html_url": "text",
        "clone_url": "text",
        "default_branch": "text",
        "fork": "flag",
        "archived": "flag",
        "private": "flag",
        "created_at": "instant",
        "has_issues": "flag",
        "has_pull_requests": "flag",
    },
    r".*/issues(/\d+)?": [ISSUE],
    r".*/pulls(/\d+)?": [CHANGE],
    r".*/timeline": [
        {
            "id": "int",
            "type": "text",
            "user": PERSON,
            "body": "text",
            "html_url": "text",
            "created_at": "instant",
            "updated_at": "instant",
            "label": {"id": "int", "name": "text"},
            "milestone": {"id": "int", "title": "text"},
            "old_milestone": {"id": "int", "title": "text"},
            "assignee": PERSON,
            "assignee_team": {"id": "int", "name": "text"},
            "removed_assignee": "flag",
            "old_title": "text",
            "new_title": "text",
            "ref_issue": ISSUE,
            "ref_action": ("none", "closes", "reopens", "neutered"),
            "ref_commit_sha": "text",
            "review_id": "int",
            "resolve_doer": PERSON,
        }
    ],
    r".*/reactions": [REACTION],
    r".*/reviews": [
        {
            "id": "int",
            "user": PERSON,
            "state": ("APPROVED", "PENDING", "COMMENT", "REQUEST_CHANGES", "REQUEST_REVIEW"),
            "dismissed": "flag",
            "stale": "flag",
            "official": "flag",
            "body": "text",
            "commit_id": "text",
            "comments_count": "int",
            "html_url": "text",
            "submitted_at": "instant",
            "updated_at": "instant",
        }
    ],
    r".*/reviews/\d+/comments": [
        {
            "id": "int",
            "user": PERSON,
            "resolver": PERSON,
            "body": "text",
            "path": "text",
            "position": "int",
            "original_position": "int",
            "pull_request_review_id": "int",
            "html_url": "text",
            "created_at": "instant",
            "updated_at": "instant",
        }
    ],
    r".*/git/commits/[0-9a-f]+": {"sha": "text", "created": "instant", "author": PERSON},
}


APINOTFOUND = {"errors": ["text"], "message": "text", "url": "text"}
APIERROR = {"message": "text", "url": "text"}
BASIC = {"message": "text", "documentation_url": "text"}
REFUSALS: dict[str, dict[str, tuple[int, Shape]]] = {
    "github": {
        "a wrong token": (401, BASIC),
        "no such repository": (404, BASIC),
        "no such item": (404, BASIC),
        "a scope that is missing": (404, BASIC),
        "a limit": (403, {"message": "text"}),
        "a former name": (301, {**BASIC, "url": "text"}),
        "a query that is none": (
            200,
            {"errors": [{"message": "text", "locations": [{"line": "int", "column": "int"}]}]},
        ),
    },
    "gitlab": {
        "a wrong token": (401, {"message": "text"}),
        "no such repository": (404, {"message": "text"}),
        "no such item": (404, {"message": "text"}),
        "a scope that is missing": (
            403,
            {"error": ("insufficient_scope",), "error_description": "text", "scope": "text"},
        ),
        "a limit": (429, "page"),
        "a former name": (301, "page"),
        "a query that is none": (
            200,
            {"errors": [{"message": "text", "locations": [{"line": "int", "column": "int"}]}]},
        ),
        "a query that is too much": (200, {"errors": [{"message": "text"}]}),
    },
    "gitea": {
        "a wrong token": (401, APIERROR),
        "no such repository": (404, APINOTFOUND),
        "no such item": (404, APINOTFOUND),
        "a scope that is missing": (403, APIERROR),
        "a limit": (429, "page"),
        "a former name": (301, "page"),
        "a timeline of nothing": (500, APIERROR),
    },
}
"""Status and body of what is no answer. GitHub: the basic-error of its REST description (2022-11-28). GitLab: doc/api/rest/troubleshooting.md and lib/api/helpers.rb of 18.6, rate limits
after doc/administration/settings/user_and_ip_rate_limits.md, GraphQL's errors after its reference. Gitea: APIError,
APIForbiddenError, APIUnauthorizedError and APINotFound of the Swagger of 1.25.4, and what that server sent. A page is no JSON."""


def problems(value: Any, shape: Shape, where: str = "") -> list[str]:
    """Where a value has not the shape."""
    if value is None and isinstance(shape, (dict, list)):
        return []  # Go and Ruby alike write null for an object or a list that is not there
    if shape == "page":
        return [] if isinstance(value, str) else [f"{where} is no page"]
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        return [
            problem
            for name, part in shape.items()
            if name.rstrip("?") in value or not name.endswith("?")
            for problem in problems(value.get(name.rstrip("?")), part, f"{where}.{name.rstrip('?')}")
        ]
    if isinstance(shape, list):
        rows = value if isinstance(value, list) else [value]
        return [problem for at, row in enumerate(rows) for problem in problems(row, shape[0], f"{where}[{at}]")]
    if isinstance(shape, tuple):
        return [] if value in shape else [f"{where} is {value!r}"]
    return [] if IS[shape.rstrip("?")](value) or (shape.endswith("?") and value is None) else [f"{where} is {value!r}"]


IS = {
    "int": lambda value: type(value) is int,
    "text": lambda value: isinstance(value, str),
    "flag": lambda value: isinstance(value, bool),
    "instant": lambda value: isinstance(value, str) and INSTANT.fullmatch(value) is not None,
    "any": lambda value: True,
}


def answers(folder: Path) -> list[Page]:
    """Every answer that a crawl brought, those inside of bundles too."""
    found = []
    for manifest in folder.rglob("manifest.json"):
        for _, page in Archive(manifest.parent).newest_first():
            found += [Page(**one) for one in page.data()] if "parts_of" in page.asked else [page]
    return found
