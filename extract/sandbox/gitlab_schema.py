"""The part of GitLab's GraphQL that the sandbox answers, with GitLab's names, its orders and its limit of complexity.

Facts from GitLab's own reference and source (18.x): lists are paged by keyset cursors, 100 rows at most and if nothing
is said; a field costs 1, a list its rows' cost and one percent of that more for each row asked for; no query may cost
more than 250, or 200 for who has no token.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    IntValueNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    parse,
    validate,
)
from graphql.execution import execute_sync
from graphql.language import OperationDefinitionNode

from .gitlab_view import Project, user
from .nodes import Node, Rows
from .organisation import OWNER_ID
from .paging import Info, page
from .view import View

MOST_COMPLEX = 250
LARGEST_PAGE = 100
SDL = """
scalar Time
scalar NoteID

type Query { project(fullPath: ID!): Project  note(id: NoteID!): Note  group(fullPath: ID!): Group }

enum GroupMemberRelation { DIRECT INHERITED DESCENDANTS SHARED_FROM_GROUPS }
type GroupMember { createdAt: Time user: UserCore }
type GroupMemberConnection { pageInfo: PageInfo! nodes: [GroupMember] }
type Group {
  id: ID! fullPath: ID!
  groupMembers(first: Int, after: String, relations: [GroupMemberRelation!]): GroupMemberConnection
}

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
interface User { id: ID! username: String! name: String! bot: Boolean! }
type UserCore implements User { id: ID! username: String! name: String! bot: Boolean! }
type MergeRequestAuthor implements User { id: ID! username: String! name: String! bot: Boolean! }

enum IssuableState { opened closed locked all }
enum MergeRequestState { opened closed locked all merged }
enum IssueSort { UPDATED_DESC UPDATED_ASC CREATED_DESC CREATED_ASC }
enum MergeRequestSort { UPDATED_DESC UPDATED_ASC CREATED_DESC CREATED_ASC }

type Project {
  id: ID!
  fullPath: ID!
  repository: Repository
  issues(
    first: Int, after: String, iids: [String!], sort: IssueSort, confidential: Boolean,
    updatedAfter: Time, createdAfter: Time, createdBefore: Time
  ): IssueConnection
  mergeRequests(
    first: Int, after: String, iids: [String!], sort: MergeRequestSort,
    updatedAfter: Time, createdAfter: Time, createdBefore: Time
  ): MergeRequestConnection
  issue(iid: String): Issue
  mergeRequest(iid: String!): MergeRequest
}

type Repository { commit(ref: String!): Commit }
type Commit { sha: String! author: UserCore }
type IssueConnection { count: Int! pageInfo: PageInfo! nodes: [Issue] }
type MergeRequestConnection { count: Int pageInfo: PageInfo! nodes: [MergeRequest] }
type LabelConnection { count: Int! pageInfo: PageInfo! nodes: [Label] }
type Label { title: String! }
type Milestone { title: String! }
type DiffRefs { baseSha: String headSha: String! startSha: String! }
type DiffStatsSummary { additions: Int! changes: Int! deletions: Int! fileCount: Int! }

type Issue {
  id: ID! iid: ID! title: String! description: String state: IssuableState! confidential: Boolean!
  discussionLocked: Boolean! createdAt: Time! updatedAt: Time! closedAt: Time webUrl: String!
  userNotesCount: Int! mergeRequestsCount: Int! upvotes: Int! downvotes: Int!
  author: UserCore! milestone: Milestone
  labels(first: Int, after: String): LabelConnection
  notes(first: Int, after: String): NoteConnection!
}

type MergeRequest {
  id: ID! iid: String! title: String! description: String state: MergeRequestState! draft: Boolean!
  discussionLocked: Boolean! createdAt: Time! updatedAt: Time! mergedAt: Time webUrl: String
  userNotesCount: Int commitCount: Int diffHeadSha: String mergeCommitSha: String
  author: MergeRequestAuthor mergeUser: UserCore milestone: Milestone
  diffRefs: DiffRefs diffStatsSummary: DiffStatsSummary
  labels(first: Int, after: String): LabelConnection
  notes(first: Int, after: String): NoteConnection!
}

type NoteConnection { count: Int! pageInfo: PageInfo! nodes: [Note] }
type SystemNoteMetadata { action: String }
type Discussion { id: ID! }
type DiffPosition { filePath: String! }
type AwardEmoji { name: String! }
type AwardEmojiConnection { pageInfo: PageInfo! nodes: [AwardEmoji] }
type Note {
  id: NoteID! body: String! createdAt: Time! updatedAt: Time! lastEditedAt: Time
  system: Boolean! internal: Boolean url: String resolvable: Boolean! resolved: Boolean! resolvedBy: UserCore
  author: UserCore systemNoteMetadata: SystemNoteMetadata discussion: Discussion position: DiffPosition
  awardEmoji(first: Int, after: String): AwardEmojiConnection
}
"""
FIELDS = {"issues": "issues", "mergeRequests": "changes", "issue": "issues", "mergeRequest": "changes"}
LISTS = ("issues", "mergeRequests", "labels", "notes", "awardEmoji", "groupMembers")


def answer(view: View, projects: Mapping[str, Project], request: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a GraphQL response; a project that is not there is null, without an error."""
    document = parsed(str(request.get("query", "")))
    variables = request.get("variables") or {}
    if isinstance(document, list):
        return {"errors": [error.formatted for error in document]}
    cost = complexity(document, variables)
    if cost > MOST_COMPLEX:
        return {
            "errors": [{"message": f"Query has complexity of {cost}, which exceeds max complexity of {MOST_COMPLEX}"}]
        }
    result = execute_sync(SCHEMA, document, context_value=(view, projects), variable_values=variables)
    if result.errors:
        return {"data": result.data, "errors": [error.formatted for error in result.errors]}
    return {"data": result.data}


@lru_cache(maxsize=128)
def parsed(query: str) -> DocumentNode | list[GraphQLError]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(SCHEMA, document) or document


def complexity(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return round(_cost(operation.selection_set, fragments, variables))


def _cost(
    selected: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]
) -> float:
    total = 0.0
    for one in selected.selections if selected else ():
        if isinstance(one, FragmentSpreadNode):
            total += _cost(fragments[one.name.value].selection_set, fragments, variables)
        elif isinstance(one, FieldNode):
            cost = 1 + _cost(one.selection_set, fragments, variables)
            total += cost * (1 + 0.01 * _first(one, variables)) if one.name.value in LISTS else cost
    return total


def _first(field: FieldNode, variables: Mapping[str, Any]) -> int:
    """Rows that are asked for; a list of given numbers costs no more for being long."""
    arguments = {argument.name.value: argument.value for argument in field.arguments or ()}
    if "iids" in arguments:
        return 0
    given = arguments.get("first")
    if isinstance(given, IntValueNode):
        return int(given.value)
    return int(variables.get(given.name.value, LARGEST_PAGE)) if isinstance(given, VariableNode) else LARGEST_PAGE


def resolve_project(_: None, info: Info, fullPath: str) -> Project | None:  # noqa: N803 - GitLab's name
    projects: Mapping[str, Project] = info.context[1]
    return projects.get(fullPath.lower())


def resolve_list(project: Project, info: Info, **arguments: Any) -> Node:
    sort = arguments.get("sort") or "CREATED_DESC"
    rows = project.rows(FIELDS[info.field_name], "_updated" if sort.startswith("UPDATED") else "_created")
    rows = rows.only(lambda node: _is_wanted(node, arguments))
    return listed(rows, info, arguments, is_descending=sort.endswith("DESC"))


def _is_wanted(node: Node, asked: Mapping[str, Any]) -> bool:
    """Bounds of instants are included, as GitLab's are."""
    bounds = (
        (asked.get("updatedAfter") or "") <= node["updatedAt"],
        (asked.get("createdAfter") or "") <= node["createdAt"],
        node["createdAt"] <= (asked.get("createdBefore") or "9"),
        asked.get("iids") is None or node["iid"] in asked["iids"],
        asked.get("confidential") is None or node["confidential"] == asked["confidential"],
    )
    return all(bounds)


def listed(rows: Rows, info: Info, arguments: Mapping[str, Any], *, is_descending: bool = False) -> Node:
    first = min(arguments.get("first") or LARGEST_PAGE, LARGEST_PAGE)
    found = page(rows, info, first=first, after=arguments.get("after"), is_descending=is_descending)
    return found | {"count": found["totalCount"]}


def resolve_one(project: Project, info: Info, iid: str) -> Node | None:
    return next((node for node in getattr(project, FIELDS[info.field_name]) if node["iid"] == iid), None)


def resolve_notes(item: Node, info: Info, **arguments: Any) -> Node:
    return listed(item["_notes"], info, arguments)


def resolve_awards(note: Node, info: Info, **arguments: Any) -> Node:
    return listed(Rows([((at, 0), award) for at, award in enumerate(note["_awards"])]), info, arguments)


def resolve_note(_: None, info: Info, id: str) -> Node | None:
    projects: Mapping[str, Project] = info.context[1]
    items = [node for project in projects.values() for node in (*project.issues, *project.changes)]
    return next((note for item in items for note in item["_notes"].nodes if note["id"] == id), None)


def resolve_commit(project: Project, info: Info, ref: str) -> Node | None:
    view: View = info.context[0]
    commit = view.commits.get(ref)
    author = None if commit is None else commit["author"]["user"]
    return None if commit is None else {"sha": ref, "author": user(author) if author else None}


def resolve_group(_: None, info: Info, fullPath: str) -> Node | None:  # noqa: N803 - GitLab's name
    view: View = info.context[0]
    if not view.is_owner(fullPath):
        return None
    since = min(node["createdAt"] for node in view.repositories.values())
    members = [{"createdAt": since, "user": user(one)} for one in view.organisation.members(view.actors)]
    rows = Rows([((at, 0), member) for at, member in enumerate(members)])
    return {"id": f"gid://gitlab/Group/{OWNER_ID}", "fullPath": fullPath, "_members": rows}


def resolve_members(group: Node, info: Info, **arguments: Any) -> Node:
    return listed(group["_members"], info, arguments)


def schema() -> Any:
    built = build_schema(SDL)
    resolvers: dict[str, dict[str, Any]] = {
        "Query": {"project": resolve_project, "note": resolve_note, "group": resolve_group},
        "Group": {"groupMembers": resolve_members},
        "Project": {"issues": resolve_list, "mergeRequests": resolve_list, "issue": resolve_one,
                    "mergeRequest": resolve_one, "repository": lambda project, _info: project},
        "Repository": {"commit": resolve_commit},
        "Issue": {"notes": resolve_notes, "labels": lambda item, _info, **_: item["labels"]},
        "MergeRequest": {"notes": resolve_notes, "labels": lambda item, _info, **_: item["labels"]},
        "Note": {"awardEmoji": resolve_awards},
    }  # fmt: skip
    for name, fields in resolvers.items():
        kind: Any = built.type_map[name]
        for field, resolver in fields.items():
            kind.fields[field].resolve = resolver
    return built


SCHEMA = schema()
