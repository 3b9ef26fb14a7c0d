import { FairleadError } from "../core/errors.ts";
import type { Deployments, SetDeploymentStatus } from "../core/git/deployments.ts";
import type { GitProvider } from "../core/git/provider.ts";
import { formatRepository, type Repository } from "../core/git/repository.ts";
import type { AskedDeployment, ReportContext, Reporter, RunView, Subject } from "../core/reporter.ts";
import { endOthers, lookAtOthers, reviveBefore, tookPlace } from "./deployment/current.ts";
import { payloadOf, type OwnDeployment } from "./deployment/payload.ts";
import { bringTo, listOwn, makeDeployment, placeOf, type Place } from "./deployment/place.ts";
import { recordArtifacts } from "./deployment/records.ts";
import { isOwnSuccess, seconds, sinceOf } from "./deployment/since.ts";
import { mayBeShown, readyAt, wantedState, type Wanted } from "./deployment/state.ts";

/** A deployment of the application's commit to the environment of the run: that which asked for it, else one of its own. Without an environment there is none. */
export const deployment: Reporter = {
  name: "deployment",
  needs: ["deployments:read", "deployments:write"],
  async report(ctx, subject, view) {
    const wanted = wantedState(view);
    if (subject.environment === undefined || wanted === undefined) return;
    const asked = subject.deployment?.environment === subject.environment.name ? subject.deployment : undefined;
    if (asked === undefined && !wanted.makes && !mayBeShown(view)) return;
    const provider = ctx.gitProvider(subject.repository.host);
    const place = placeOf(requireDeployments(provider, subject.repository), subject, subject.environment);
    const found = asked === undefined ? await findOrMake(place, subject.run, view, wanted) : ownOf(asked, subject.run, view);
    if (found === undefined) return;
    const { own, isNew } = found;
    const [last] = isNew ? [] : await place.deployments.statuses(place.repository, own.id);
    if (wanted.state === "success") return await succeed({ ctx, provider, place, subject, view, own, wanted, last });
    if (wanted.state === "queued" && last?.isOwn === true && last.description === tookPlace) return; // it may never be merged
    await bringTo(place, own, wanted, last);
    if (view.rollout?.state === "reverted") await reviveBefore(place, own, view.facts.images[0]?.from, view.rollout.at);
  },
};

function requireDeployments({ name, deployments }: GitProvider, repository: Repository): Deployments {
  if (deployments !== undefined) return deployments;
  throw new FairleadError("unsupported", `report a deployment in ${formatRepository(repository)}: ${name} has none`);
}

interface Found {
  readonly own: OwnDeployment;
  readonly isNew: boolean;
}

/** Who has asked for it by a deployment looks there. */
function ownOf({ id }: AskedDeployment, run: string, view: RunView): Found {
  return { own: { id, payload: payloadOf(run, view), isAsked: true }, isNew: false };
}

/**
 * Returns the deployment of a run, and makes it where there is none. Two processes may do so at the same time: each looks again, and the older one is it.
 * Undefined where none is needed.
 */
async function findOrMake(place: Place, run: string, view: RunView, wanted: Wanted): Promise<Found | undefined> {
  const all = await listOwn(place, "commit");
  const known = all.filter((each) => isOf(each, run, view));
  if (known.length === 0 && (!wanted.makes || (await isThere(place, all, run, view)))) return undefined;
  const made = known.length === 0 ? await makeDeployment(place, run, view, wanted) : undefined;
  const seen = made === undefined ? known : (await listOwn(place, "commit")).filter((each) => isOf(each, run, view));
  const [own = made, ...younger] = seen.toReversed();
  for (const each of younger) await endDouble(place, each);
  return own && { own, isNew: own.id === made?.id };
}

/** Two runs that ask for the same have one pull request, and so one deployment. */
function isOf({ payload }: OwnDeployment, run: string, view: RunView): boolean {
  const { pullRequests } = payloadOf(run, view);
  return payload.run === run || pullRequests.some((each) => payload.pullRequests.includes(each));
}

/** Tells whether a run that has changed nothing finds what it asks for reported already. */
async function isThere({ deployments, repository }: Place, all: readonly OwnDeployment[], run: string, view: RunView): Promise<boolean> {
  if (view.facts.pullRequest !== undefined || view.rollout !== undefined || view.state !== "succeeded") return false;
  const { images } = payloadOf(run, view);
  const same = all.find(({ payload }) => payload.images.join() === images.join());
  if (same === undefined) return false;
  const [last] = await deployments.statuses(repository, same.id);
  return isOwnSuccess(last);
}

async function endDouble(place: Place, double: OwnDeployment): Promise<void> {
  const [last] = await place.deployments.statuses(place.repository, double.id);
  await bringTo(place, double, { state: "inactive", description: "it was made twice" }, last);
}

interface Success {
  readonly ctx: ReportContext;
  readonly provider: GitProvider;
  readonly place: Place;
  readonly subject: Subject;
  readonly view: RunView;
  readonly own: OwnDeployment;
  readonly wanted: Wanted;
  readonly last: SetDeploymentStatus | undefined;
}

/** Records come first: once the status is set, the next report leaves both. */
async function succeed({ ctx, provider, place, subject, view, own, wanted, last }: Success): Promise<void> {
  const isSet = isOwnSuccess(last);
  const now = ctx.now();
  const others = await lookAtOthers(place, own, Math.max(seconds(readyAt(view)), isSet ? sinceOf(last, now) : 0), now);
  if (others.newerRuns && last?.state === "inactive") return;
  if (others.newerRuns) return await bringTo(place, own, { state: "inactive", description: "a later deployment runs" }, last);
  if (!isSet) {
    await recordArtifacts(ctx, provider.artifacts, subject.repository, place.environment.name, view);
    await bringTo(place, own, wanted, last);
  }
  await endOthers(place, others);
}
