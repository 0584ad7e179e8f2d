"""Which scope or permission a refusal of GitHub's misses.

A classic token has scopes: GraphQL names what a query takes, REST says in headers what an address takes and what the token
has. A fine-grained token, or an app's, has permissions: REST says in a header what an address takes, GraphQL only which
field was refused.

    {"errors": [{"type": "FORBIDDEN", "path": ["repository", "issues"], "message": "Resource not accessible by ..."}]}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAMED = re.compile(r"requires one of the following scopes: \[([^\]]*)\]")
REFUSED = "Resource not accessible by"
PERMISSIONS = {
    "issues": "Issues: read",
    "pullRequests": "Pull requests: read",
    "requestedReviewer": "Members: read of the organisation",  # of teams that are asked
}
"""By the field that was refused."""
OF_REPOSITORIES = "Metadata: read"


def missing(errors: list[dict[str, Any]], message: str, headers: Mapping[str, Any]) -> str | None:
    """In the forge's own words; None where a refusal says nothing of the kind."""
    for error in errors:
        said = str(error.get("message"))
        found = NAMED.search(said)
        if found:
            return " or ".join(re.findall(r"[\w:]+", found[1]))
        if said.startswith(REFUSED):
            fields = [PERMISSIONS[step] for step in error.get("path") or () if step in PERMISSIONS]
            return fields[-1] if fields else OF_REPOSITORIES
    if message.startswith(REFUSED):
        permissions = str(headers.get("x-accepted-github-permissions") or OF_REPOSITORIES)
        return permissions.replace("=", ": ").replace(";", " or").replace(",", " and ")
    return None


def of_what_is_hidden(headers: Mapping[str, Any]) -> str:
    """What a classic token lacks that private repositories take, where the answer is that there is none; empty if it has
    that, or is none."""
    has, takes = (_scopes(headers.get(f"x-{name}oauth-scopes")) for name in ("", "accepted-"))
    return " or ".join(sorted(takes)) if "x-oauth-scopes" in headers and takes and not has & takes else ""


def _scopes(told: object) -> set[str]:
    return {scope.strip() for scope in str(told or "").split(",") if scope.strip()}
