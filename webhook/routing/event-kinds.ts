import type { Event } from "../../src/core/event.ts";
import type { LanePolicy } from "../store.ts";
import { anyOf, boundImage, boundRepository, flag, optional, patterns, type Condition } from "./conditions.ts";

type OfKind<K extends Event["kind"]> = Required<Extract<Event, { kind: K }>>;

/** A kind of event: its fields, the conditions on them, and the lane of its runs. */
interface EventKind<K extends Event["kind"]> {
  /** An event with all its fields. Templates may name these fields, and a route's values are tried with them. */
  readonly sample: OfKind<K>;
  /** The conditions that `when` may have, by fields of the event. At most one binds the route. */
  readonly when: Readonly<Partial<Record<Exclude<keyof OfKind<K>, "kind" | "source" | "delivery">, Condition>>>;
  /** The default lane, after the route's own name: a run waits only for runs of its own route. */
  readonly lane: string;
  /** The default policy: of a branch only the newest head counts, of everything else each event. */
  readonly policy: LanePolicy;
}

const commit = "0123456789abcdef0123456789abcdef01234567";
const digest = `sha256:${"0".repeat(64)}` as const;
const origin = { source: "example", delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958" };
const app = "github.com/acme/app";

/** All kinds of events. Routing, templates, the JSON Schema and the docs are made of this table: a new kind is a type in core/event.ts and a row here. */
export const eventKinds: { readonly [K in Event["kind"]]: EventKind<K> } = {
  push: {
    sample: { ...origin, kind: "push", repository: app, branch: "main", commit, before: commit },
    when: { repository: boundRepository, branch: patterns("branches") },
    lane: "${{ event.repository }} ${{ event.branch }}",
    policy: "newest",
  },
  tag: {
    sample: { ...origin, kind: "tag", repository: app, tag: "v1.2.3", commit },
    when: { repository: boundRepository, tag: patterns("tags") },
    lane: "${{ event.repository }} ${{ event.tag }}",
    policy: "every",
  },
  image: {
    sample: { ...origin, kind: "image", image: "ghcr.io/acme/app", tag: "1.2.3", digest },
    when: { image: boundImage, tag: optional(patterns("tags")) },
    lane: "${{ event.image }}",
    policy: "every",
  },
  "pull-request": {
    sample: {
      ...origin,
      kind: "pull-request",
      repository: app,
      number: 7,
      action: "merged",
      branch: "topic",
      commit,
      base: "main",
      fork: false,
      mergeCommit: commit,
    },
    when: {
      repository: boundRepository,
      base: patterns("branches into which is to be merged"),
      branch: optional(patterns("branches that are to be merged")),
      action: anyOf(["opened", "updated", "merged", "closed"], "what has become of the pull request"),
    },
    lane: "${{ event.repository }} #${{ event.number }}",
    policy: "newest",
  },
  reconciliation: {
    sample: {
      ...origin,
      kind: "reconciliation",
      object: "Kustomization/flux-system/apps",
      revision: `main@sha1:${commit}`,
      ready: true,
      message: "applied",
    },
    when: { object: patterns("objects, as Kind/namespace/name"), ready: optional(flag("whether it is ready")) },
    lane: "${{ event.object }}",
    policy: "every",
  },
  stage: {
    sample: { ...origin, kind: "stage", pipeline: "app", stage: "deploy", state: "succeeded", commit },
    when: {
      pipeline: patterns("pipelines elsewhere"),
      stage: optional(patterns("stages of the pipeline")),
      state: anyOf(["starting", "succeeded", "failed", "canceled"], "what has become of it"),
    },
    lane: "${{ event.pipeline }}",
    policy: "every",
  },
  release: {
    sample: { ...origin, kind: "release", repository: app, tag: "v1.2.3", action: "published", prerelease: false },
    when: {
      repository: boundRepository,
      tag: optional(patterns("tags")),
      action: optional(anyOf(["published"], "what has become of the release")),
      prerelease: optional(flag("whether it is a prerelease")),
    },
    lane: "${{ event.repository }} ${{ event.tag }}",
    policy: "every",
  },
  "image-build": {
    sample: {
      ...origin,
      kind: "image-build",
      id: "8a1c0bd2",
      image: "quay.io/acme/app",
      tags: ["1.2.3", "latest"],
      digest,
      repository: app,
      ref: "refs/heads/main",
      commit,
      state: "succeeded",
    },
    when: { image: boundImage, state: optional(anyOf(["succeeded"], "what has become of the build")) },
    lane: "${{ event.image }}",
    policy: "every",
  },
  deployment: {
    sample: {
      ...origin,
      kind: "deployment",
      repository: app,
      id: "145988746",
      environment: "production",
      state: "success",
      commit,
      ref: "main",
      url: "https://app.example.com",
    },
    when: {
      repository: boundRepository,
      environment: optional(patterns("environments")),
      state: anyOf(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"], "its new status"),
    },
    lane: "${{ event.repository }} ${{ event.environment }}",
    policy: "every",
  },
  workflow: {
    sample: { ...origin, kind: "workflow", repository: app, id: "30433642", name: "CI", state: "completed", conclusion: "success", commit },
    when: {
      repository: boundRepository,
      name: optional(patterns("workflows")),
      state: anyOf(["requested", "in_progress", "completed"], "what has become of the run of the workflow"),
      conclusion: optional(
        anyOf(
          ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale", "startup_failure"],
          "how the run ended",
        ),
      ),
    },
    lane: "${{ event.repository }} ${{ event.name }}",
    policy: "every",
  },
  check: {
    sample: { ...origin, kind: "check", repository: app, commit, context: "ci/test", state: "success" },
    when: {
      repository: boundRepository,
      context: optional(patterns("names of statuses and checks")),
      state: anyOf(["error", "failure", "pending", "success"], "its new state"),
    },
    lane: "${{ event.repository }} ${{ event.commit }}",
    policy: "every",
  },
  comment: {
    sample: { ...origin, kind: "comment", repository: app, number: 7, author: "octocat", permission: "unknown", text: "/deploy" },
    when: { repository: boundRepository },
    lane: "${{ event.repository }} #${{ event.number }}",
    policy: "every",
  },
  approval: {
    sample: { ...origin, kind: "approval", run: "019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d", commit, by: "octocat", verdict: "approved" },
    when: { verdict: optional(anyOf(["approved", "rejected"], "what was decided")) },
    lane: "${{ event.run }}",
    policy: "every",
  },
  call: {
    sample: { ...origin, kind: "call", input: {} },
    when: {},
    lane: "",
    policy: "every",
  },
};

/** The names of all kinds of events, in the order of the table. */
export const eventKindNames = Object.keys(eventKinds) as readonly Event["kind"][];

/** Returns the conditions of a kind by field, in their order. */
export function conditionsOf(kind: Event["kind"]): Readonly<Record<string, Condition>> {
  return eventKinds[kind].when;
}

/** Returns the field of a kind to which its routes are bound, `repository` or `image`: what it holds at a run is written in the route. */
export function boundField(kind: Event["kind"]): string | undefined {
  return Object.entries(conditionsOf(kind)).find(([, { binds }]) => binds)?.[0];
}
