import type { RegistryEvent } from "../../../src/core/event/registry.ts";
import { anyOf, boundImage, optional, patterns } from "../conditions.ts";
import type { KindsOf } from "./event-kind.ts";
import { app, commit, digest, origin } from "./samples.ts";

/** Kinds of events of a registry. */
export const registryKinds: KindsOf<RegistryEvent> = {
  image: {
    sample: { ...origin, kind: "image", image: "ghcr.io/acme/app", tag: "1.2.3", digest },
    when: { image: boundImage, tag: optional(patterns("tags")) },
    lane: "${{ event.image }}",
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
    once: "id",
    when: { image: boundImage, state: optional(anyOf(["succeeded"], "state of the build")) },
    lane: "${{ event.image }}",
    policy: "every",
  },
};
