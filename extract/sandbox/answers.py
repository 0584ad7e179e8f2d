"""Answers GraphQL for real: the query is parsed, validated against the schema and executed over a view.

Documents are parsed and validated once and kept. Errors carry their `type` beside the message, as on GitHub; an unknown
repository is a null with an error of type NOT_FOUND, in a response of status 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)
from graphql.execution import execute_sync

from .ids import sha_of_commit_node
from .nodes import Node, Rows
from .paging import LARGEST_PAGE, Info, page, refusal
from .schema import SDL
from .timeline_schema import item_type
from .view import View

RATE_LIMIT_POINTS = 5_000
_ORDERED_LISTS: dict[str, tuple[str, ...]] = {"Repository": ("issues", "pullRequests")}
_PLAIN_LISTS: dict[str, tuple[str, ...]] = {
    "Issue": ("comments", "labels"),
    "PullRequest": ("comments", "labels", "reviews", "reviewThreads", "closingIssuesReferences"),
    "PullRequestReview": ("comments",),
    "PullRequestReviewThread": ("comments",),
}


def answer(view: View, request: Mapping[str, Any], *, points_used: int = 0) -> dict[str, Any]:
    """The body of a GraphQL response to a request with `query` and, if any, `variables` and `operationName`."""
    document = parsed(str(request.get("query", "")))
    if isinstance(document, list):
        return {"errors": [as_github_writes(error) for error in document]}
    result = execute_sync(
        SCHEMA,
        document,
        context_value=(view, points_used),
        variable_values=request.get("variables") or {},
        operation_name=request.get("operationName"),
        field_resolver=plain_field,
    )
    return body_of(result)


@lru_cache(maxsize=128)
def parsed(query: str) -> DocumentNode | list[GraphQLError]:
    """The document, or what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(SCHEMA, document) or document


def body_of(result: ExecutionResult) -> dict[str, Any]:
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [as_github_writes(error) for error in result.errors]}


def as_github_writes(error: GraphQLError) -> dict[str, Any]:
    written: dict[str, Any] = dict(error.formatted)
    return {**(written.pop("extensions", None) or {}), **written}


def plain_field(source: Node, info: Info) -> Any:
    return source.get(info.field_name)


def any_arguments(source: Node, info: Info, **_: Any) -> Any:
    """A field whose arguments change nothing here."""
    return source.get(info.field_name)


def resolve_repository(_: None, info: Info, owner: str, name: str, **__: Any) -> Node:
    view: View = info.context[0]
    found = view.at_name(f"{owner}/{name}")
    if found is None:
        raise refusal("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    return found


def resolve_object(_: Node, info: Info, oid: str) -> Node | None:
    """GitHub keeps the objects of a network of forks together; here, of all repositories."""
    view: View = info.context[0]
    return view.commits.get(oid)


def resolve_item(source: Node, info: Info, number: int) -> Any:
    wanted, said = {"issue": ("Issue", "an Issue"), "pullRequest": ("PullRequest", "a PullRequest")}[info.field_name]
    found = source["_by_number"].get(number)
    if found is None or found["__typename"] != wanted:
        raise refusal("NOT_FOUND", f"Could not resolve to {said} with the number of {number}.")
    return found


def resolve_discussion(source: Node, info: Info, number: int) -> Node:
    """What issues became; there are no other discussions here."""
    view: View = info.context[0]
    if number not in [new for (name, _), new in view.moves.converted.items() if name == source["nameWithOwner"]]:
        raise refusal("NOT_FOUND", f"Could not resolve to a Discussion with the number of {number}.")
    return {"number": number, "url": f"{source['url']}/discussions/{number}"}


def resolve_search(_: None, info: Info, query: str, **__: Any) -> Node:
    """How many issues or changes were opened between two instants; of the search language only what that takes."""
    view: View = info.context[0]
    words = dict(word.split(":", 1) for word in query.split())
    repository = view.repositories.get(words["repo"].lower())
    if repository is None:
        return {"issueCount": 0}
    kind = {"issue": "_issues", "pr": "_pullRequests"}[words["is"]]
    first, _dots, last = words["created"].removeprefix(">=").partition("..")
    opened = [node["createdAt"] for node in repository[kind]["CREATED_AT"].nodes]
    return {"issueCount": sum(first <= at <= (last or "9") for at in opened)}


def resolve_node(_: None, info: Info, id: str) -> Node:
    return node_of(info, id)


def resolve_nodes(_: None, info: Info, ids: list[str]) -> list[Node | GraphQLError]:
    if len(ids) > LARGEST_PAGE:
        raise refusal("ARGUMENT_LIMIT", f"You may not provide more than {LARGEST_PAGE} node ids.")
    return [node_or_error(info, each) for each in ids]


def node_or_error(info: Info, given: str) -> Node | GraphQLError:
    try:
        return node_of(info, given)
    except GraphQLError as error:
        return error  # graphql-core writes it beside the data and leaves a null in its place


def node_of(info: Info, given: str) -> Node:
    view: View = info.context[0]
    found = view.by_id.get(given) or view.commits.get(sha_of_commit_node(given) or "")
    if found is None:
        raise refusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{given}'")
    return found


def resolve_rate_limit(_: None, info: Info, **__: Any) -> Node:
    view, used = info.context
    return rate_limit(view, used)


def rate_limit(view: View, used: int) -> Node:
    """The budget is shown and counted, never enforced; it is always about to be filled again."""
    remaining = max(RATE_LIMIT_POINTS - used, 1)
    reset_at = view.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "limit": RATE_LIMIT_POINTS,
        "cost": 1,
        "remaining": remaining,
        "used": used,
        "resetAt": reset_at,
        "nodeCount": 0,
    }


def resolve_ordered(source: Node, info: Info, **arguments: Any) -> Node:
    order = arguments.pop("orderBy", None) or {"field": "CREATED_AT", "direction": "ASC"}
    rows: Rows = source[f"_{info.field_name}"][order["field"]]
    return page(rows, info, is_descending=order["direction"] == "DESC", **arguments)


def resolve_plain_list(source: Node, info: Info, **arguments: Any) -> Node:
    rows: Rows = source[f"_{info.field_name}"]
    return page(rows, info, **arguments)


def resolve_timeline(source: Node, info: Info, **arguments: Any) -> Node:
    """Of all that is in a timeline only the events are kept here; the total counts the comments too, as GitHub's."""
    everything: Rows = source["_timelineItems"]
    kinds: list[str] | None = arguments.pop("itemTypes", None)
    wanted = everything.only(lambda node: kinds is None or item_type(node["__typename"]) in kinds)
    total = len(everything.nodes) + len(source["_comments"].nodes)
    return page(wanted, info, **arguments) | {"totalCount": total, "filteredCount": len(wanted.nodes)}


def executable_schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    _attach(
        schema,
        "Query",
        {
            "repository": resolve_repository,
            "node": resolve_node,
            "nodes": resolve_nodes,
            "rateLimit": resolve_rate_limit,
            "search": resolve_search,
            "viewer": resolve_viewer,
        },
    )
    for name, lists in _ORDERED_LISTS.items():
        _attach(schema, name, dict.fromkeys(lists, resolve_ordered))
    for name, lists in _PLAIN_LISTS.items():
        _attach(schema, name, dict.fromkeys(lists, resolve_plain_list))
    _attach(schema, "Repository", {"object": resolve_object, "issue": resolve_item, "pullRequest": resolve_item})
    _attach(schema, "Repository", {"discussion": resolve_discussion})
    _attach(schema, "Issue", {"stateReason": any_arguments, "timelineItems": resolve_timeline})
    _attach(schema, "PullRequest", {"commits": any_arguments, "timelineItems": resolve_timeline})
    _attach(schema, "ReactionGroup", {"reactors": any_arguments})
    return schema


def resolve_viewer(_: None, info: Info) -> Node | None:
    view: View = info.context[0]
    return next(actor for actor in view.actors.values() if actor and actor["__typename"] == "User")


def _attach(schema: GraphQLSchema, type_name: str, resolvers: Mapping[str, Any]) -> None:
    kind = schema.type_map[type_name]
    if not isinstance(kind, GraphQLObjectType):
        raise TypeError(f"{type_name} is no object type of the schema.")
    for field_name, resolver in resolvers.items():
        kind.fields[field_name].resolve = resolver


SCHEMA = executable_schema()
