/** https://docs.github.com/en/graphql/reference/objects#refconnection */
import { git } from "../bare.ts";
import { followBranches } from "./following.ts";
import { viewObject } from "./graphql-objects.ts";
import { refuseMutation } from "./schema.ts";
import type { PullRequest, Repository } from "./state.ts";

export interface AskedRefs {
  readonly refPrefix: string;
  readonly first?: number;
  readonly after?: string | null;
}

/** References in the order of their names, without their prefix. A page has at most 100. */
export async function viewRefs(repository: Repository, { refPrefix, first, after }: AskedRefs): Promise<object> {
  if (first === undefined || first < 1 || first > 100) throw refuseMutation("UNPROCESSABLE", "Requesting more than 100 records, or none");
  if (!/^refs\/(?:.+\/)?$/.test(refPrefix)) throw refuseMutation("UNPROCESSABLE", "refPrefix must begin with refs/ and end with /");
  await followBranches(repository);
  const lines = (await git(repository.folder, ["for-each-ref", "--format=%(objectname) %(refname)", refPrefix]))
    .split("\n")
    .filter(Boolean);
  const start = after === undefined || after === null ? 0 : Number(after);
  const page = lines.slice(start, start + first).map((line) => line.split(" ") as [string, string]);
  return {
    totalCount: lines.length,
    pageInfo: { hasNextPage: start + first < lines.length, endCursor: String(start + page.length) },
    nodes: page.map(([oid, name]) => ({
      name: name.slice(refPrefix.length),
      prefix: refPrefix,
      target: () => viewObject(repository, oid),
      associatedPullRequests: (asked: AskedPulls) => viewPulls(repository, name, asked),
    })),
  };
}

interface AskedPulls {
  readonly first?: number;
  readonly last?: number;
  readonly states?: readonly string[];
}

function viewPulls({ pulls }: Repository, ref: string, { first, last = 0, states }: AskedPulls): object {
  const isFound = (pull: PullRequest): boolean => pull.fork === undefined && `refs/heads/${pull.head}` === ref;
  const found = pulls.filter((pull) => isFound(pull) && (states?.includes(stateOf(pull)) ?? true));
  const page = first === undefined ? found.slice(-last) : found.slice(0, first);
  return {
    totalCount: found.length,
    nodes: page.map((pull) => ({ number: pull.number, body: pull.body ?? "", state: stateOf(pull), headRefOid: pull.headSha })),
  };
}

function stateOf({ state, mergedAt }: PullRequest): string {
  return mergedAt !== null ? "MERGED" : state.toUpperCase();
}
