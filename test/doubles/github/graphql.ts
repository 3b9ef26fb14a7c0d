/**
 * GraphQL: https://docs.github.com/en/graphql/guides/forming-calls-with-graphql. Queries are checked against GitHub's
 * schema.
 */
import { execute, OperationTypeNode, parse, validate } from "graphql";
import { mayRead, mayWrite } from "../access.ts";
import { mayDo } from "./apps/needs.ts";
import { type AutoMergeInput, enableAutoMerge, type EnqueueInput, enqueuePull } from "./graphql-pulls.ts";
import { createCommitOnBranch, updateRefs } from "./graphql-git.ts";
import { viewObject } from "./graphql-objects.ts";
import { type AskedRefs, viewRefs } from "./graphql-refs.ts";
import { type AskedOpenPulls, viewProposed } from "./graphql-proposed.ts";
import { type Answer, type Call, refuse, type Route } from "./route.ts";
import { refuseMutation, schema } from "./schema.ts";
import { findRepository, type Repository } from "./state.ts";
import { nodeId } from "./views.ts";

/** Not below `/api/v3`. */
export const graphqlPath = "/api/graphql";

interface GraphqlBody {
  readonly query?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Returns the first part of a query that is not in GitHub's schema; undefined if there is none. */
export function checkQuery(body: unknown): string | undefined {
  const { query } = (body ?? {}) as GraphqlBody;
  if (typeof query !== "string") return "graphql: there is no query";
  try {
    const [error] = validate(schema, parse(query));
    return error && `graphql: ${error.message}`;
  } catch (error) {
    return `graphql: ${String(error)}`;
  }
}

/** The repository, if the token may read it. */
function readable({ state, grant }: Call, name: string): Repository | undefined {
  const repository = findRepository(state, name);
  return repository && (!repository.private || mayRead(grant, repository.fullName)) ? repository : undefined;
}

/** Lets a token of an installation go on that has a permission. */
function need({ grant }: Call, permission: string): void {
  if (!mayDo(grant, permission)) throw refuseMutation("FORBIDDEN", "Resource not accessible by integration");
}

/** Returns the repository of a mutation. A token that may only read gets an error that says so. */
function writable(call: Call, repository: Repository | undefined, what: string, permission: string): Repository {
  if (!repository || !readable(call, repository.fullName)) throw refuseMutation("NOT_FOUND", `Could not resolve to a ${what}.`);
  need(call, permission);
  if (!mayWrite(call.grant, repository.fullName)) throw refuseMutation("FORBIDDEN", "Resource not accessible by personal access token");
  return repository;
}

const resolvers = {
  viewer: (_: object, { login }: Call): object => ({ login }),
  repository({ owner, name }: { owner: string; name: string }, call: Call): object {
    const repository = readable(call, `${owner}/${name}`);
    if (!repository) throw refuseMutation("NOT_FOUND", `Could not resolve to a Repository with the name '${owner}/${name}'.`);
    const reads = <T>(permission: string, read: () => T): T => {
      if (repository.private) need(call, permission);
      return read();
    };
    return {
      id: nodeId("Repository", repository.id),
      nameWithOwner: repository.fullName,
      object: ({ oid }: { oid?: string }) => reads("contents: read", () => (oid === undefined ? null : viewObject(repository, oid))),
      pullRequests: (asked: AskedOpenPulls) => reads("pull_requests: read", () => viewProposed(repository, asked)),
      refs: (asked: AskedRefs) => reads("contents: read", () => viewRefs(repository, asked)),
    };
  },
  createCommitOnBranch({ input }: { input: Parameters<typeof createCommitOnBranch>[2] }, call: Call): Promise<object> {
    const name = input.branch.repositoryNameWithOwner ?? "";
    return createCommitOnBranch(
      call,
      writable(call, findRepository(call.state, name), `Repository with the name '${name}'`, "contents: write"),
      input,
    );
  },
  enablePullRequestAutoMerge({ input }: { input: AutoMergeInput }, call: Call): object {
    const holds = (each: Repository): boolean => each.pulls.some(({ id }) => nodeId("PullRequest", id) === input.pullRequestId);
    const found = [...call.state.repositories.values()].find(holds);
    return enableAutoMerge(
      writable(call, found, `node with the global id of '${input.pullRequestId}'`, "pull_requests: write"),
      input,
      call.login,
    );
  },
  enqueuePullRequest({ input }: { input: EnqueueInput }, call: Call): Promise<object> {
    const holds = (each: Repository): boolean => each.pulls.some(({ id }) => nodeId("PullRequest", id) === input.pullRequestId);
    const found = [...call.state.repositories.values()].find(holds);
    return enqueuePull(
      writable(call, found, `node with the global id of '${input.pullRequestId}'`, "pull_requests: write"),
      input,
      call.login,
    );
  },
  updateRefs({ input }: { input: Parameters<typeof updateRefs>[1] & { repositoryId: string } }, call: Call): Promise<object> {
    const found = [...call.state.repositories.values()].find(({ id }) => nodeId("Repository", id) === input.repositoryId);
    return updateRefs(writable(call, found, `node with the global id of '${input.repositoryId}'`, "contents: write"), input);
  },
};

async function answerQuery(call: Call): Promise<Answer> {
  if (!call.grant) throw refuse(401, "This endpoint requires you to be authenticated.");
  const { query, variables } = call.body as { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };
  const document = parse(query);
  const { data, errors } = await execute({ schema, document, rootValue: resolvers, contextValue: call, variableValues: variables ?? {} });
  const bug = errors?.find(({ extensions, originalError }) => extensions.type === undefined && originalError !== undefined);
  if (bug) throw bug; // of the double
  const body = {
    data,
    ...(errors && {
      errors: errors.map(({ extensions, message, path, locations }) => ({ type: extensions.type, path, locations, message })),
    }),
  };
  return {
    status: 200,
    body,
    write: document.definitions.some((each) => "operation" in each && each.operation === OperationTypeNode.MUTATION),
  };
}

export const graphql: readonly Route[] = [{ method: "POST", path: graphqlPath, access: "anyone", handle: answerQuery }];
