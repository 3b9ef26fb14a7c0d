import { fluxReadiness } from "../../src/core/deploy/flux-status.ts";
import type { Readiness } from "../../src/core/deploy/readiness.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import { requirePullRequests, type GitProvider } from "../../src/core/git/provider.ts";
import { parseRepository, type Repository } from "../../src/core/git/repository.ts";
import type { ReportContext } from "../../src/core/reporter.ts";
import type { FollowedRollout, LookClaim, LookEnding } from "../store-reports.ts";
import { commitsWith, readinessByEvents } from "./by-events.ts";

type State = Pick<FollowedRollout, "state" | "commit" | "message">;

interface Found extends State {
  readonly objects: FollowedRollout["objects"];
  /** True while more reports are expected. */
  readonly pending: boolean;
}

/** Asks the provider what has become of a change: its pull request first, then what Flux has reported of its commit. Throws what its requests throw. */
export async function look(ctx: ReportContext, claim: LookClaim): Promise<LookEnding> {
  const { rollout } = claim;
  if (rollout.state === "reverted") return { state: "nothing" };
  const repository = parseRepository(rollout.repository);
  const { pending, objects, ...state } = await find(ctx.gitProvider(repository.host), repository, claim, ctx.now());
  const isSame = state.state === rollout.state && state.commit === rollout.commit && state.message === rollout.message;
  const heard = JSON.stringify(objects) === JSON.stringify(rollout.objects) ? {} : { objects };
  const more = pending ? { pending } : {};
  return isSame && !("objects" in heard) ? { state: "nothing", ...more } : { state: "found", rollout: { ...state, ...heard }, ...more };
}

async function find(provider: GitProvider, repository: Repository, claim: LookClaim, now: Date): Promise<Found> {
  const { number, commit, object, objects } = claim.rollout;
  const known = { objects, pending: false, message: undefined };
  const pull = number === undefined ? undefined : await requirePullRequests(provider, repository).read(repository, number);
  const merged = pull === undefined ? commit : pull.mergeCommit;
  if (pull?.state === "open") return { ...known, state: "proposed", commit: undefined };
  if (merged === undefined || pull?.state === "closed") return { ...known, state: "closed", commit: undefined };
  const candidates = claim.rollout.later.map((each) => each.commit);
  const later = await commitsWith(provider, repository, merged, candidates);
  const query = { repository, base: pull?.base, status: object?.toLowerCase(), later, now };
  const heard = { ...objects, ...readyAt(claim.rollout, later) };
  const byStatuses = await readinessByStatuses(provider, query, merged);
  const readiness = byStatuses.state === "silent" ? readinessByEvents(heard, claim, now) : byStatuses;
  return { ...stateBy(readiness, claim.rollout), commit: merged, objects: heard };
}

/** What Flux has applied with a later commit, it has applied with the change. */
function readyAt({ later }: FollowedRollout, commits: readonly string[]): FollowedRollout["objects"] {
  return Object.fromEntries(later.flatMap(({ object, commit }) => (commits.includes(commit) ? [[object, null]] : [])));
}

/** What was ready stays so, though not everything says it yet. */
function stateBy(readiness: Readiness, { state }: FollowedRollout): Pick<Found, "state" | "message" | "pending"> {
  if (readiness.state === "unready") return { state: "unready", message: readiness.why, pending: false };
  if (readiness.state === "ready" || state === "ready") return { state: "ready", message: undefined, pending: false };
  return { state: "merged", message: undefined, pending: readiness.state === "pending" };
}

/** Of a provider that has no statuses, Flux's events alone tell. */
async function readinessByStatuses(...query: Parameters<typeof fluxReadiness>): Promise<Readiness> {
  try {
    return await fluxReadiness(...query);
  } catch (error) {
    if (asFairleadError(error).code === "unsupported") return { state: "silent" };
    throw error;
  }
}
