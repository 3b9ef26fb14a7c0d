import { fluxReports, whyUnready } from "../../src/core/deploy/flux-status.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import { requirePullRequests, type GitProvider } from "../../src/core/git/provider.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import type { CommitStatus } from "../../src/core/git/statuses.ts";
import type { ReportContext } from "../../src/core/reporter.ts";
import type { FollowedRollout, LookEnding } from "../store-reports.ts";

type Found = Pick<FollowedRollout, "state" | "commit" | "message">;

/** Asks the provider what has become of a change: its pull request first, then what Flux has reported of its commit. Throws what its requests throw. */
export async function look(ctx: ReportContext, rollout: FollowedRollout): Promise<LookEnding> {
  const repository = parseRepository(rollout.repository);
  const provider = ctx.gitProvider(repository.host);
  const found = rollout.state === "reverted" ? undefined : await find(provider, repository, rollout);
  const isNew =
    found !== undefined && (found.state !== rollout.state || found.commit !== rollout.commit || found.message !== rollout.message);
  return isNew ? { state: "found", rollout: found } : { state: "nothing" };
}

async function find(
  provider: GitProvider,
  repository: Repository,
  { number, commit, object }: FollowedRollout,
): Promise<Found | undefined> {
  const pull = number === undefined ? undefined : await requirePullRequests(provider, repository).read(repository, number);
  const merged = pull === undefined ? commit : pull.mergeCommit;
  if (pull?.state === "open") return { state: "proposed", commit: undefined, message: undefined };
  if (merged === undefined || pull?.state === "closed") return { state: "closed", commit: undefined, message: undefined };
  const reports = await reportsOn(provider, { repository, base: pull?.base, status: object?.toLowerCase() }, merged);
  const why = whyUnready(reports);
  const state = reports.length === 0 ? "merged" : why === undefined ? "ready" : "unready";
  return { state, commit: merged, message: why };
}

/** Of a provider that has no statuses, Flux's events alone tell. */
async function reportsOn(...query: Parameters<typeof fluxReports>): Promise<readonly CommitStatus[]> {
  try {
    return await fluxReports(...query);
  } catch (error) {
    if (asFairleadError(error).code === "unsupported") return [];
    throw error;
  }
}
