import type { OwnEvent } from "../../../src/core/event/own.ts";
import { anyOf, optional } from "../conditions.ts";
import type { KindsOf } from "./event-kind.ts";
import { app, commit, origin } from "./samples.ts";

/** Kinds of events that fairlead makes itself. */
export const ownKinds: KindsOf<OwnEvent> = {
  approval: {
    sample: { ...origin, kind: "approval", run: "019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d", commit, by: "octocat", verdict: "approved" },
    when: { verdict: optional(anyOf(["approved", "rejected"], "decision on the run")) },
    lane: "${{ event.run }}",
    policy: "every",
  },
  call: {
    sample: { ...origin, kind: "call", input: {} },
    when: {},
    lane: "",
    policy: "every",
  },
  rerun: {
    sample: {
      ...{ ...origin, kind: "rerun", run: "019a3c5e-6f00-7bad-9bdd-2b0d7b3dcb6d", repository: app, commit },
      ...{ app: ["123456"], by: "octocat" },
    },
    when: {},
    lane: "${{ event.run }}",
    policy: "every",
  },
};
