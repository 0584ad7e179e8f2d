"""What the forges publish of the shapes of their answers, in our own words and as far as we read them.

GitLab, REST: the entities of its API as of 18.6 (ResourceLabelEvent, ResourceMilestoneEvent, ResourceStateEvent,
AwardEmoji, MergeRequestBasic, ProjectDetails, UserBasic). Its GraphQL is checked by the schema that the sandbox
executes. A name with "?" may be missing, a type with "?" may be null; names that are not listed are no error.
"""

from __future__ import annotations

import re
from typing import Any

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


def problems(value: Any, shape: Shape, where: str = "") -> list[str]:
    """Where a value has not the shape."""
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
