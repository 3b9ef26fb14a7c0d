import { settling, type Readiness } from "../../src/core/deploy/readiness.ts";
import { asFairleadError } from "../../src/core/errors.ts";
import type { GitProvider } from "../../src/core/git/provider.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import type { FollowedRollout, LookClaim } from "../store-reports.ts";

/** Returns what Flux's events say of a change, by the same rule as for statuses: each object that has reported on earlier changes must be ready. */
export function readinessByEvents(
  objects: FollowedRollout["objects"],
  { known, since, rollout }: Pick<LookClaim, "known" | "since" | "rollout">,
  now: Date,
): Readiness {
  const wrong = Object.entries(objects).find(([, said]) => said !== null);
  if (wrong !== undefined) return { state: "unready", why: `${wrong[0]}: ${wrong[1] ?? ""}` };
  const heard = Object.keys(objects);
  if (heard.length === 0) return { state: "silent" };
  if (rollout.object !== undefined) return { state: "ready" };
  const missing = known.find((each) => !heard.includes(each));
  if (missing !== undefined) return { state: "pending", why: `${missing} has not reported yet` };
  if (known.length > 0 || now.getTime() - since >= settling) return { state: "ready" };
  return { state: "pending", why: `${heard.join(", ")} is ready, and others may still report` };
}

/** Returns those of the commits that have a change in their history, each once. A commit that is not there is of another repository. */
export async function commitsWith(
  { commits }: GitProvider,
  repository: Repository,
  change: string,
  candidates: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const candidate of new Set(candidates)) {
    const missing = await commits?.between(repository, { from: candidate, to: change }).catch((error: unknown) => {
      if (asFairleadError(error).code === "not_found") return undefined;
      throw error;
    });
    if (missing?.total === 0) found.push(candidate);
  }
  return found;
}
