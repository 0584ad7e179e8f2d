"""The part of GitHub's GraphQL schema that the sandbox answers, with GitHub's names."""

from __future__ import annotations

from .timeline_schema import TIMELINE_SDL

ITEMS_SDL = """
scalar BigInt
scalar DateTime
scalar GitObjectID
scalar URI

type Query {
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  search(query: String!, type: SearchType!, first: Int): SearchResultItemConnection!
  rateLimit(dryRun: Boolean = false): RateLimit
  viewer: User!
}

interface Node { id: ID! }

enum ReactionContent { THUMBS_UP THUMBS_DOWN LAUGH HOORAY CONFUSED HEART ROCKET EYES }
enum LockReason { OFF_TOPIC RESOLVED SPAM TOO_HEATED }
enum PullRequestReviewCommentState { PENDING SUBMITTED }
type ReactorConnection { totalCount: Int! }
type ReactionGroup { content: ReactionContent! createdAt: DateTime reactors(first: Int, after: String): ReactorConnection! }
interface Reactable { id: ID! reactionGroups: [ReactionGroup!] }
interface Lockable { locked: Boolean! activeLockReason: LockReason }
interface Comment { id: ID! createdAt: DateTime! lastEditedAt: DateTime body: String! author: Actor }

interface Actor { login: String! url: URI! }

type User implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! name: String }
type Bot implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }
type Organization implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! name: String }
type Mannequin implements Node & Actor { id: ID! databaseId: Int login: String! url: URI! }

type RateLimit { limit: Int! cost: Int! remaining: Int! used: Int! resetAt: DateTime! nodeCount: Int! }

enum SearchType { ISSUE }
type SearchResultItemConnection { issueCount: Int! }

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }

enum OrderDirection { ASC DESC }
enum IssueOrderField { CREATED_AT UPDATED_AT }
input IssueOrder { field: IssueOrderField! direction: OrderDirection! }

enum IssueState { OPEN CLOSED }
enum IssueStateReason { REOPENED NOT_PLANNED COMPLETED DUPLICATE }
enum PullRequestState { OPEN CLOSED MERGED }
enum PullRequestReviewState { PENDING COMMENTED APPROVED CHANGES_REQUESTED DISMISSED }

type Repository implements Node {
  id: ID!
  databaseId: Int
  name: String!
  nameWithOwner: String!
  url: URI!
  isFork: Boolean!
  isArchived: Boolean!
  createdAt: DateTime!
  updatedAt: DateTime!
  pushedAt: DateTime
  defaultBranchRef: Ref
  object(oid: GitObjectID): GitObject
  issue(number: Int!): Issue
  pullRequest(number: Int!): PullRequest
  discussion(number: Int!): Discussion
  issues(first: Int, after: String, orderBy: IssueOrder): IssueConnection!
  pullRequests(first: Int, after: String, orderBy: IssueOrder): PullRequestConnection!
}

type Ref { name: String! }

type Discussion { number: Int! url: URI! }

type IssueConnection { totalCount: Int! pageInfo: PageInfo! nodes: [Issue] }
type PullRequestConnection { totalCount: Int! pageInfo: PageInfo! nodes: [PullRequest] }
type IssueCommentConnection { totalCount: Int! pageInfo: PageInfo! nodes: [IssueComment] }
type PullRequestReviewConnection { totalCount: Int! pageInfo: PageInfo! nodes: [PullRequestReview] }
type PullRequestReviewCommentConnection { totalCount: Int! pageInfo: PageInfo! nodes: [PullRequestReviewComment] }
type PullRequestCommitConnection { totalCount: Int! }
type PullRequestReviewThreadConnection { totalCount: Int! pageInfo: PageInfo! nodes: [PullRequestReviewThread] }
type LabelConnection { totalCount: Int! pageInfo: PageInfo! nodes: [Label] }
type Label { name: String! }
type Milestone { title: String! }

type Issue implements Node & Comment & Reactable & Lockable {
  id: ID!
  fullDatabaseId: BigInt
  number: Int!
  title: String!
  body: String!
  url: URI!
  state: IssueState!
  stateReason(enableDuplicate: Boolean = false): IssueStateReason
  createdAt: DateTime!
  updatedAt: DateTime!
  closedAt: DateTime
  author: Actor
  comments(first: Int, after: String): IssueCommentConnection!
  lastEditedAt: DateTime
  reactionGroups: [ReactionGroup!]
  locked: Boolean!
  activeLockReason: LockReason
  milestone: Milestone
  repository: Repository!
  labels(first: Int, after: String): LabelConnection
  timelineItems(first: Int, after: String, itemTypes: [IssueTimelineItemsItemType!]): IssueTimelineItemsConnection!
}

type PullRequest implements Node & Comment & Reactable & Lockable {
  id: ID!
  fullDatabaseId: BigInt
  number: Int!
  title: String!
  body: String!
  url: URI!
  state: PullRequestState!
  isDraft: Boolean!
  createdAt: DateTime!
  updatedAt: DateTime!
  closedAt: DateTime
  mergedAt: DateTime
  baseRefName: String!
  baseRefOid: GitObjectID!
  headRefOid: GitObjectID!
  additions: Int!
  deletions: Int!
  changedFiles: Int!
  author: Actor
  mergedBy: Actor
  mergeCommit: Commit
  commits(first: Int, after: String): PullRequestCommitConnection!
  comments(first: Int, after: String): IssueCommentConnection!
  reviews(first: Int, after: String): PullRequestReviewConnection
  lastEditedAt: DateTime
  reactionGroups: [ReactionGroup!]
  locked: Boolean!
  activeLockReason: LockReason
  milestone: Milestone
  repository: Repository!
  labels(first: Int, after: String): LabelConnection
  timelineItems(
    first: Int, after: String, itemTypes: [PullRequestTimelineItemsItemType!]
  ): PullRequestTimelineItemsConnection!
  reviewThreads(first: Int, after: String): PullRequestReviewThreadConnection!
  closingIssuesReferences(first: Int, after: String): IssueConnection
}

type PullRequestReview implements Node & Comment & Reactable {
  id: ID!
  fullDatabaseId: BigInt
  url: URI!
  state: PullRequestReviewState!
  submittedAt: DateTime
  body: String!
  author: Actor
  pullRequest: PullRequest!
  comments(first: Int, after: String): PullRequestReviewCommentConnection!
  lastEditedAt: DateTime
  reactionGroups: [ReactionGroup!]
  createdAt: DateTime!
  isMinimized: Boolean!
  minimizedReason: String
}

type PullRequestReviewComment implements Node & Comment & Reactable {
  id: ID!
  fullDatabaseId: BigInt
  url: URI!
  createdAt: DateTime!
  isMinimized: Boolean!
  path: String!
  body: String!
  replyTo: PullRequestReviewComment
  author: Actor
  lastEditedAt: DateTime
  reactionGroups: [ReactionGroup!]
  minimizedReason: String
  outdated: Boolean!
  state: PullRequestReviewCommentState!
  pullRequestReview: PullRequestReview
}

type IssueComment implements Node & Comment & Reactable {
  id: ID!
  fullDatabaseId: BigInt
  url: URI!
  createdAt: DateTime!
  isMinimized: Boolean!
  body: String!
  author: Actor
  lastEditedAt: DateTime
  reactionGroups: [ReactionGroup!]
  minimizedReason: String
}

interface GitObject { oid: GitObjectID! }
type Commit implements Node & GitObject { id: ID! oid: GitObjectID! author: GitActor }
type GitActor { name: String email: String date: DateTime user: User }

type PullRequestReviewThread implements Node {
  id: ID!
  isResolved: Boolean!
  isOutdated: Boolean!
  resolvedBy: User
  pullRequest: PullRequest!
  comments(first: Int, after: String): PullRequestReviewCommentConnection!
}
"""
SDL = ITEMS_SDL + TIMELINE_SDL
