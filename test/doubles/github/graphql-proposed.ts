/** https://docs.github.com/en/graphql/reference/objects#pullrequest */
import { git } from "../bare.ts";
import { followBranches } from "./following.ts";
import { viewObject } from "./graphql-objects.ts";
import { refuseMutation } from "./schema.ts";
import type { PullRequest, Repository } from "./state.ts";

export interface AskedOpenPulls {
  readonly baseRefName?: string;
  readonly first?: number;
  readonly states?: readonly string[];
}

/** Open pull requests to a base, the newest first. */
export async function viewProposed(repository: Repository, { baseRefName, first, states }: AskedOpenPulls): Promise<object> {
  if (first === undefined || first < 1 || first > 100) throw refuseMutation("UNPROCESSABLE", "Requesting more than 100 records, or none");
  await followBranches(repository);
  const isFound = ({ state, base }: PullRequest): boolean => states?.join() === "OPEN" && state === "open" && base === baseRefName;
  const found = repository.pulls.filter(isFound).toReversed();
  return { totalCount: found.length, nodes: await Promise.all(found.slice(0, first).map((pull) => viewPull(repository, pull))) };
}

async function viewPull(repository: Repository, pull: PullRequest): Promise<object> {
  const { number, headSha, base, retargeted = false } = pull;
  const lines = async (args: readonly string[]): Promise<readonly string[]> =>
    (await git(repository.folder, args)).split("\n").filter((each) => each !== "");
  const paths = await lines(["diff", "--name-only", "--no-renames", `refs/heads/${base}...${headSha}`]);
  const commits = await lines(["rev-list", "--reverse", `refs/heads/${base}..${headSha}`]);
  return {
    number,
    body: pull.body ?? "",
    state: "OPEN",
    headRefOid: headSha,
    files: ({ first = 0 }) => ({ totalCount: paths.length, nodes: paths.slice(0, first).map((path) => ({ path })) }),
    commits: ({ first = 0 }) => ({
      totalCount: commits.length,
      nodes: commits.slice(0, first).map((oid) => ({ commit: () => viewObject(repository, oid) })),
    }),
    timelineItems: { totalCount: Number(retargeted), nodes: retargeted ? [{ __typename: "BaseRefChangedEvent" }] : [] },
  };
}
