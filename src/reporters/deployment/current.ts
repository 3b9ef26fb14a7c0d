// What runs in an environment is the deployment of an application that became ready last: all others of ours and of that application are inactive.
import type { SetDeploymentStatus } from "../../core/git/deployments.ts";
import { hasAllOf, isSameApplication } from "../application.ts";
import { applicationIn, type OwnDeployment } from "./payload.ts";
import { bringTo, listOwn, type Place } from "./place.ts";
import { isOwnSuccess, sinceOf, sinceText } from "./since.ts";

/** A deployment, and its statuses, the newest first. */
interface Seen {
  readonly deployment: OwnDeployment;
  readonly statuses: readonly SetDeploymentStatus[];
}

/** What is told of the others, once a deployment is known to be ready. */
export interface Others {
  /** True where another became ready later: that one runs. */
  readonly newerRuns: boolean;
  /** Those that are to be made inactive. */
  readonly left: readonly Seen[];
}

/** What is said of a deployment in whose place another runs. */
export const tookPlace = "another deployment took its place";

/** The most deployments that are looked at one by one. */
const most = 100;

/** Looks at the others, of one that runs since these seconds. Before the last success of the same images, an earlier report has ended all. */
export async function lookAtOthers(place: Place, own: OwnDeployment, since: number, now: Date): Promise<Others> {
  const left: Seen[] = [];
  for await (const seen of walk(place, own)) {
    const [last] = seen.statuses;
    const isNewer = seen.deployment.id > own.id;
    const ready = isOwnSuccess(last) ? sinceOf(last, now) : 0;
    if (ready > since || (ready === since && isNewer)) return { newerRuns: true, left: [] };
    if (isNewer ? last?.state === "success" : isActive(last)) left.push(seen);
    if (!isNewer && ready > 0 && hasAllOf(applicationIn(seen.deployment), applicationIn(own))) break;
  }
  return { newerRuns: false, left };
}

/** Makes the others inactive. */
export async function endOthers(place: Place, { left }: Others): Promise<void> {
  for (const { deployment, statuses } of left.toReversed()) {
    await bringTo(place, deployment, { state: "inactive", description: tookPlace }, statuses[0]);
  }
}

/** Reports what runs again after a deployment was reverted: the last one before it that was ready with the image that is there again. */
export async function reviveBefore(place: Place, own: OwnDeployment, from: string | undefined, reverted: Date): Promise<void> {
  for await (const { deployment, statuses } of walk(place, own)) {
    const [last] = statuses;
    if (deployment.id > own.id && isOwnSuccess(last)) return; // a later one runs, whatever became of this
    const wasReady = statuses.some(isOwnSuccess);
    if (deployment.id > own.id || !wasReady || !hasImage(deployment, from)) continue;
    const again = `runs again, ${sinceText(reverted)}: rollback of a later deployment`;
    return isOwnSuccess(last) ? undefined : await bringTo(place, deployment, { state: "success", description: again }, last);
  }
}

/** Goes through those of the same application, the newest first. */
async function* walk(place: Place, own: OwnDeployment): AsyncGenerator<Seen> {
  const isOther = (one: OwnDeployment): boolean => one.id !== own.id && isSameApplication(applicationIn(one), applicationIn(own));
  const others = (await listOwn(place, "all")).filter(isOther).slice(0, most);
  for (const deployment of others) yield { deployment, statuses: await place.deployments.statuses(place.repository, deployment.id) };
}

function isActive(last: SetDeploymentStatus | undefined): boolean {
  return last === undefined || !["inactive", "failure", "error"].includes(last.state);
}

/** A manifest may have the tag alone, where the deployment knew its digest too. */
function hasImage({ payload: { images } }: OwnDeployment, from: string | undefined): boolean {
  return from === undefined || images.some((image) => image === from || image.startsWith(`${from}@`));
}
