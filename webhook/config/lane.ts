import type { Event } from "../../src/core/event.ts";
import type { LanePolicy } from "../store.ts";

/** What names the lane of a route that names none, after the route's own name: a run waits only for runs of its own route. */
const lanes: Readonly<Record<Event["kind"], string>> = {
  push: "${{ event.repository }} ${{ event.branch }}",
  tag: "${{ event.repository }} ${{ event.tag }}",
  image: "${{ event.image }}",
  "pull-request": "${{ event.repository }} #${{ event.number }}",
  reconciliation: "${{ event.object }}",
  stage: "${{ event.pipeline }}",
};

/** Returns the text of which a route's lane is made at an event: its own, or the route's name and what the event is about. */
export function laneOf(route: string, kind: Event["kind"], lane: string | undefined): string {
  return lane ?? `${route} ${lanes[kind]}`;
}

/** Returns the policy of a route that names none: of a branch only the newest head counts, of everything else each. */
export function policyOf(kind: Event["kind"], policy: LanePolicy | undefined): LanePolicy {
  return policy ?? (kind === "push" || kind === "pull-request" ? "newest" : "every");
}
