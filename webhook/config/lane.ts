import type { Event } from "../../src/core/event.ts";
import { eventKinds } from "../routing/event-kinds.ts";
import type { LanePolicy } from "../store.ts";

/** Returns the text of which a route's lane is made at an event: its own, or the route's name and what the event is about. */
export function laneOf(route: string, kind: Event["kind"], lane: string | undefined): string {
  return lane ?? `${route} ${eventKinds[kind].lane}`.trimEnd();
}

/** Returns the policy of a route: its own, or that of the event's kind. */
export function policyOf(kind: Event["kind"], policy: LanePolicy | undefined): LanePolicy {
  return policy ?? eventKinds[kind].policy;
}
