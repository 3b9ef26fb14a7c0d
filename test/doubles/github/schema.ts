/** The part of GitHub's GraphQL schema that the double serves, in its own words: https://docs.github.com/en/graphql/overview/public-schema */
import { buildSchema, GraphQLError } from "graphql";

/** An error of an answer that is 200 all the same. */
export function refuseMutation(type: "FORBIDDEN" | "NOT_FOUND" | "STALE_DATA" | "UNPROCESSABLE", message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}

export const schema = buildSchema(`
scalar Base64String
scalar DateTime
scalar GitObjectID
scalar GitRefname
scalar GitTimestamp

interface GitObject { oid: GitObjectID! }

type Query {
  repository(followRenames: Boolean = true, name: String!, owner: String!): Repository
  viewer: User!
}

type User { login: String! }

type Repository {
  id: ID!
  nameWithOwner: String!
  object(expression: String, oid: GitObjectID): GitObject
  pullRequests(after: String, baseRefName: String, before: String, first: Int, headRefName: String, labels: [String!], last: Int, orderBy: IssueOrder, states: [PullRequestState!]): PullRequestConnection!
  refs(after: String, before: String, first: Int, last: Int, query: String, refPrefix: String!): RefConnection
}

type PageInfo { endCursor: String hasNextPage: Boolean! }
type RefConnection { nodes: [Ref] pageInfo: PageInfo! totalCount: Int! }
type Ref {
  associatedPullRequests(after: String, before: String, first: Int, last: Int, states: [PullRequestState!]): PullRequestConnection!
  name: String!
  prefix: String!
  target: GitObject
}

enum PullRequestState { CLOSED MERGED OPEN }
type PullRequestConnection { nodes: [PullRequest] totalCount: Int! }
type PullRequest {
  body: String!
  commits(after: String, before: String, first: Int, last: Int): PullRequestCommitConnection!
  files(after: String, before: String, first: Int, last: Int): PullRequestChangedFileConnection
  headRefOid: GitObjectID!
  number: Int!
  state: PullRequestState!
  timelineItems(after: String, before: String, first: Int, itemTypes: [PullRequestTimelineItemsItemType!], last: Int, since: DateTime, skip: Int): PullRequestTimelineItemsConnection!
}
enum IssueOrderField { COMMENTS CREATED_AT UPDATED_AT }
enum OrderDirection { ASC DESC }
input IssueOrder { direction: OrderDirection! field: IssueOrderField! }
type PullRequestCommit { commit: Commit! }
type PullRequestCommitConnection { nodes: [PullRequestCommit] totalCount: Int! }
type PullRequestChangedFile { path: String! }
type PullRequestChangedFileConnection { nodes: [PullRequestChangedFile] totalCount: Int! }
type BaseRefChangedEvent { currentRefName: String! previousRefName: String! }
union PullRequestTimelineItems = BaseRefChangedEvent
enum PullRequestTimelineItemsItemType { BASE_REF_CHANGED_EVENT }
type PullRequestTimelineItemsConnection { nodes: [PullRequestTimelineItems] totalCount: Int! }

type GitActor { date: GitTimestamp email: String name: String }

type CommitConnection { nodes: [Commit] totalCount: Int! }

type Commit implements GitObject {
  author: GitActor
  committedDate: DateTime!
  committer: GitActor
  message: String!
  oid: GitObjectID!
  parents(after: String, before: String, first: Int, last: Int): CommitConnection!
  tree: Tree!
}

type Tag implements GitObject { name: String! oid: GitObjectID! target: GitObject! }

type Tree implements GitObject { oid: GitObjectID! }

type Blob implements GitObject {
  byteSize: Int!
  isBinary: Boolean
  isTruncated: Boolean!
  oid: GitObjectID!
  text: String
}

type Mutation {
  enablePullRequestAutoMerge(input: EnablePullRequestAutoMergeInput!): EnablePullRequestAutoMergePayload
  enqueuePullRequest(input: EnqueuePullRequestInput!): EnqueuePullRequestPayload
  createCommitOnBranch(input: CreateCommitOnBranchInput!): CreateCommitOnBranchPayload
  updateRefs(input: UpdateRefsInput!): UpdateRefsPayload
}

input CommittableBranch { branchName: String id: ID repositoryNameWithOwner: String }
input CommitMessage { body: String headline: String! }
input FileAddition { contents: Base64String! path: String! }
input FileDeletion { path: String! }
input FileChanges { additions: [FileAddition!] = [] deletions: [FileDeletion!] = [] }

input CreateCommitOnBranchInput {
  branch: CommittableBranch!
  clientMutationId: String
  expectedHeadOid: GitObjectID!
  fileChanges: FileChanges
  message: CommitMessage!
}

type CreateCommitOnBranchPayload { clientMutationId: String commit: Commit }

enum PullRequestMergeMethod { MERGE REBASE SQUASH }
input EnablePullRequestAutoMergeInput {
  authorEmail: String
  clientMutationId: String
  commitBody: String
  commitHeadline: String
  expectedHeadOid: GitObjectID
  mergeMethod: PullRequestMergeMethod = MERGE
  pullRequestId: ID!
}
type EnablePullRequestAutoMergePayload { clientMutationId: String }

input EnqueuePullRequestInput { clientMutationId: String expectedHeadOid: GitObjectID jump: Boolean pullRequestId: ID! }
type EnqueuePullRequestPayload { clientMutationId: String }

input RefUpdate { afterOid: GitObjectID! beforeOid: GitObjectID force: Boolean = false name: GitRefname! }
input UpdateRefsInput { clientMutationId: String refUpdates: [RefUpdate!]! repositoryId: ID! }
type UpdateRefsPayload { clientMutationId: String }
`);
