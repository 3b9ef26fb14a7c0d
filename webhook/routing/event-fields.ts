import type { Event } from "../../src/core/event.ts";

type OfKind<K extends Event["kind"]> = Required<Extract<Event, { kind: K }>>;

const commit = "0123456789abcdef0123456789abcdef01234567";
const origin = { source: "github", delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958" };

/** One event of each kind with all its fields. What a route may name is read from here, and its values are tried with these. */
export const sampleEvents: { readonly [K in Event["kind"]]: OfKind<K> } = {
  push: { ...origin, kind: "push", repository: "github.com/acme/app", branch: "main", commit, before: commit },
  tag: { ...origin, kind: "tag", repository: "github.com/acme/app", tag: "v1.2.3", commit },
  image: { ...origin, kind: "image", image: "ghcr.io/acme/app", tag: "1.2.3", digest: `sha256:${"0".repeat(64)}` },
  "pull-request": {
    ...origin,
    ...{ kind: "pull-request", repository: "github.com/acme/app", number: 7, action: "merged" },
    ...{ branch: "topic", commit, base: "main", fork: false, mergeCommit: commit },
  },
  reconciliation: {
    ...origin,
    ...{ kind: "reconciliation", object: "Kustomization/flux-system/apps", revision: `main@sha1:${commit}` },
    ...{ ready: true, message: "applied" },
  },
  stage: { ...origin, kind: "stage", pipeline: "app", stage: "deploy", state: "succeeded", commit },
};

/** Returns the names of the fields that an event of a kind has, without its kind. */
export function eventFields(kind: Event["kind"]): readonly string[] {
  return Object.keys(sampleEvents[kind]).filter((name) => name !== "kind");
}
