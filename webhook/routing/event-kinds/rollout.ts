import type { RolloutEvent } from "../../../src/core/event/rollout.ts";
import { anyOf, flag, optional, patterns } from "../conditions.ts";
import type { KindsOf } from "./event-kind.ts";
import { commit, origin } from "./samples.ts";

/** Kinds of events of Flux and of pipelines elsewhere. */
export const rolloutKinds: KindsOf<RolloutEvent> = {
  reconciliation: {
    sample: {
      ...origin,
      kind: "reconciliation",
      object: "Kustomization/flux-system/apps",
      revision: `main@sha1:${commit}`,
      ready: true,
      message: "applied",
    },
    when: {
      object: patterns("objects, as Kind/namespace/name"),
      ready: optional(flag("true for objects that are ready, false for those that are not")),
    },
    lane: "${{ event.object }}",
    policy: "every",
  },
  stage: {
    sample: { ...origin, kind: "stage", pipeline: "app", stage: "deploy", state: "succeeded", commit },
    when: {
      pipeline: patterns("pipelines elsewhere"),
      stage: optional(patterns("stages of the pipeline")),
      state: anyOf(["starting", "succeeded", "failed", "canceled"], "state of the pipeline or stage"),
    },
    lane: "${{ event.pipeline }}",
    policy: "every",
  },
};
