import { fluxReadiness } from "../../src/core/deploy/flux-status.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import { requirePullRequests, type GitProvider } from "../../src/core/git/provider.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import type { Readiness } from "../../src/core/deploy/readiness.ts";
import type { ReportContext } from "../../src/core/reporter.ts";
import type { FollowedRollout, LookEnding } from "../store-reports.ts";

type Found = Pick<FollowedRollout, "state" | "commit" | "message">;

/** Asks the provider what has become of a change: its pull request first, then what Flux has reported of its commit. Throws what its requests throw. */
export async function look(ctx: ReportContext, rollout: FollowedRollout): Promise<LookEnding> {
  const repository = parseRepository(rollout.repository);
  const provider = ctx.gitProvider(repository.host);
  const found = rollout.state === "reverted" ? undefined : await find(provider, repository, rollout, ctx.now());
  const isNew =
    found !== undefined && (found.state !== rollout.state || found.commit !== rollout.commit || found.message !== rollout.message);
  return isNew ? { state: "found", rollout: found } : { state: "nothing" };
}

async function find(
  provider: GitProvider,
  repository: Repository,
  { number, commit, object, state: known }: FollowedRollout,
  now: Date,
): Promise<Found | undefined> {
  const pull = number === undefined ? undefined : await requirePullRequests(provider, repository).read(repository, number);
  const merged = pull === undefined ? commit : pull.mergeCommit;
  if (pull?.state === "open") return { state: "proposed", commit: undefined, message: undefined };
  if (merged === undefined || pull?.state === "closed") return { state: "closed", commit: undefined, message: undefined };
  const readiness = await reportedOn(provider, { repository, base: pull?.base, status: object?.toLowerCase(), now }, merged);
  if (readiness.state === "unready") return { state: "unready", commit: merged, message: readiness.why };
  // what was ready stays so, though statuses do not say it yet
  return { state: readiness.state === "ready" || known === "ready" ? "ready" : "merged", commit: merged, message: undefined };
}

/** Of a provider that has no statuses, Flux's events alone tell. */
async function reportedOn(...query: Parameters<typeof fluxReadiness>): Promise<Readiness> {
  try {
    return await fluxReadiness(...query);
  } catch (error) {
    if (asFairleadError(error).code === "unsupported") return { state: "silent" };
    throw error;
  }
}
