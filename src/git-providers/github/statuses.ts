import type { Octokit } from "#sdk/@octokit/rest";
import { FairleadError } from "../../core/errors.ts";
import { formatRepository } from "../../core/git/repository.ts";
import type { CommitStatus, NewStatus, Statuses } from "../../core/git/statuses.ts";
import type { Owned } from "./connection.ts";
import { saidBy } from "./failure.ts";
import type { Call } from "./pulls.ts";
import { makerNamed, type Maker, type Self } from "./self.ts";

/** GitHub takes no more statuses of one context on one commit: https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
const most = 1000;
/** From here on there are few left. */
const nearly = 900;
const pageSize = 100;

/** Returns what GitHub does with statuses. https://docs.github.com/en/rest/commits/statuses */
export function githubStatuses(call: Call, self: Self): Statuses {
  return {
    longest: 140,
    list: (repository, ref) =>
      call(`read statuses of ${ref} in`, repository, ["statuses:read"], async (octokit, at) => {
        const { data } = await octokit.rest.repos.getCombinedStatusForRef({ ...at, ref, per_page: pageSize });
        return { commit: data.sha, statuses: data.statuses.map(toStatus) };
      }),
    history: (repository, commit, context) =>
      call(`read statuses of ${commit} in`, repository, ["statuses:read"], async (octokit, at) => {
        const { all, newest } = await readHistory(octokit, at, commit, context);
        const shown = newest.map((one) => ({ ...toStatus(one), creator: one.creator?.login }));
        return { newest: shown, nearlyFull: all > nearly };
      }),
    own: (repository, statuses) =>
      call("tell whose statuses are there in", repository, ["statuses:read"], async (octokit) => {
        const isOwn = await self.judge(octokit, repository, statuses);
        return statuses.filter(({ creator }) => isOwn(makerNamed(creator)));
      }),
    set: (repository, commit, { context, state, description, url }) =>
      call(`set status ${context} of ${commit} in`, repository, ["statuses:write"], async (octokit, at) => {
        const target = url === undefined ? {} : { target_url: url };
        try {
          const { data } = await octokit.rest.repos.createCommitStatus({ ...at, sha: commit, context, state, description, ...target });
          self.learn(repository, data.creator);
        } catch (error) {
          throw isFull(error) ? full(`set status ${context} of ${commit} in ${formatRepository(repository)}`, error) : error;
        }
      }),
  };
}

/** A status in GitHub's answers. That of a commit's latest ones does not say who set it. */
interface GitHubStatus {
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly target_url: string | null;
  readonly created_at: string;
  readonly creator?: Maker | null;
}

function toStatus({ context, state, description, target_url, created_at }: GitHubStatus): CommitStatus {
  const known = state as NewStatus["state"]; // GitHub's description says no more than that it is text
  return { context, state: known, description: description ?? "", url: target_url ?? undefined, createdAt: new Date(created_at) };
}

/**
 * GitHub lists the statuses of all contexts together, the newest first. The first page is mostly enough: it has the newest of ours, and says how many
 * pages there are. Only of a commit with many are all read, to count those of the context.
 */
async function readHistory(octokit: Octokit, at: Owned, ref: string, context: string): Promise<Listed> {
  const all: GitHubStatus[] = [];
  const pages = octokit.paginate.iterator(octokit.rest.repos.listCommitStatusesForRef, { ...at, ref, per_page: pageSize });
  for await (const { data, headers } of pages) {
    all.push(...data.filter((status) => status.context === context));
    if (all.length > 0 && pageCount(headers.link) * pageSize <= nearly) break;
  }
  return { all: all.length, newest: all.slice(0, pageSize) };
}

/** The number of statuses of a context, as far as they were counted, and the newest of them. */
interface Listed {
  readonly all: number;
  readonly newest: readonly GitHubStatus[];
}

/** Returns the number of the last page that a `Link` header names; 1 where it names none. */
function pageCount(link = ""): number {
  const last = link.split(",").find((each) => each.endsWith('rel="last"')) ?? "";
  const [address = ""] = last.trim().split(">", 1);
  return Number(URL.parse(address.slice(1))?.searchParams.get("page") ?? 1);
}

function isFull(error: unknown): boolean {
  return /reached the maximum number of statuses/i.test(saidBy(error));
}

function full(doing: string, cause: unknown): FairleadError {
  return new FairleadError("unsupported", `${doing}: GitHub takes no more than ${most} statuses of one context on a commit`, {
    hint: "look at the run itself: the status that the commit has is older",
    cause,
  });
}
