import type { Deployment } from "../../core/git/deployments.ts";
import type { Json } from "../../core/json.ts";
import type { RunView } from "../../core/reporter.ts";
import { formatProposed } from "../view.ts";

/** What a deployment of ours keeps, so that any process finds it again. */
export interface Payload {
  readonly run: string;
  /** The digest of the first image. */
  readonly digest: string | null;
  readonly images: readonly string[];
  /** Such as `github.com/acme/fleet#12`. */
  readonly pullRequests: readonly string[];
}

/** A deployment that one of our runs has made. */
export interface OwnDeployment extends Pick<Deployment, "id"> {
  readonly payload: Payload;
}

const mostImages = 20;

/** Returns what the deployment of a run keeps. */
export function payloadOf(run: string, { facts: { images, pullRequest } }: RunView): Payload {
  const [first] = images;
  const [, digest = null] = /@(sha256:[0-9a-f]{64})$/.exec(first?.image ?? "") ?? [];
  const pullRequests = pullRequest === undefined ? [] : [formatProposed(pullRequest)];
  return { run, digest, images: images.slice(0, mostImages).map(({ image }) => image), pullRequests };
}

/** Returns those of the deployments that are ours, in their order. Others of the environment are not ours to end. */
export function ownDeployments(deployments: readonly Deployment[]): readonly OwnDeployment[] {
  return deployments.flatMap(({ id, payload }) => {
    const own = readPayload(payload);
    return own === undefined ? [] : [{ id, payload: own }];
  });
}

function readPayload(payload: Json): Payload | undefined {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return undefined;
  const { run, digest = null, images, pullRequests } = payload as Readonly<Record<string, Json>>;
  if (typeof run !== "string" || (digest !== null && typeof digest !== "string")) return undefined;
  return isTexts(images) && isTexts(pullRequests) ? { run, digest, images, pullRequests } : undefined;
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
