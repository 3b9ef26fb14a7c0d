import type { Deployment } from "../../core/git/deployments.ts";
import type { Json } from "../../core/json.ts";
import type { RunView } from "../../core/reporter.ts";
import { applicationOf, type Application } from "../application.ts";
import { formatProposed } from "../view.ts";

/** What a deployment of ours keeps, so that any process finds it again. */
export interface Payload {
  readonly run: string;
  /** Null for a run of a command line, and in a deployment that an older fairlead has made. */
  readonly route: string | null;
  /** The digest of the first image. */
  readonly digest: string | null;
  readonly images: readonly string[];
  /** Such as `github.com/acme/fleet#12`. */
  readonly pullRequests: readonly string[];
}

/** A deployment that one of our runs has made. */
export interface OwnDeployment extends Pick<Deployment, "id"> {
  readonly payload: Payload;
  /** True for one that somebody else has made, and that has started the run. */
  readonly isAsked?: true;
}

const mostImages = 20;

/** Returns what the deployment of a run keeps. */
export function payloadOf(run: string, { route, facts: { images, pullRequest } }: RunView): Payload {
  const [first] = images;
  const [, digest = null] = /@(sha256:[0-9a-f]{64})$/.exec(first?.image ?? "") ?? [];
  const pullRequests = pullRequest === undefined ? [] : [formatProposed(pullRequest)];
  return { run, route: route ?? null, digest, images: images.slice(0, mostImages).map(({ image }) => image), pullRequests };
}

/** Returns the application that a deployment brings. */
export function applicationIn({ payload: { images, route } }: OwnDeployment): Application {
  return applicationOf(images, route);
}

/**
 * Returns those of the deployments that are ours, in their order: that we have made ourselves, with a payload of ours. A payload alone is text, which
 * anybody may write. Others of the environment are not ours to end.
 */
export function ownDeployments(deployments: readonly Deployment[]): readonly OwnDeployment[] {
  return deployments.flatMap(({ id, payload, isOwn }) => {
    const own = isOwn ? readPayload(payload) : undefined;
    return own === undefined ? [] : [{ id, payload: own }];
  });
}

function readPayload(payload: Json): Payload | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  const { run, route = null, digest = null, images, pullRequests } = payload as Readonly<Record<string, Json>>;
  if (typeof run !== "string" || !isTextOrNull(route) || !isTextOrNull(digest)) return undefined;
  return isTexts(images) && isTexts(pullRequests) ? { run, route, digest, images, pullRequests } : undefined;
}

function isTextOrNull(value: Json): value is string | null {
  return value === null || typeof value === "string";
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
