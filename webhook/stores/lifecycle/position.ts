import type { Event, EventPattern } from "../../../src/core/event.ts";

/** Returns what of an event says where a branch, a tag or an image is: events with the same values ask for the same. */
export function positionOf(event: Event): EventPattern {
  const { kind } = event;
  if (kind === "push") return { kind, repository: event.repository, branch: event.branch, commit: event.commit };
  if (kind === "tag") return { kind, repository: event.repository, tag: event.tag, commit: event.commit };
  if (kind === "pull-request") return { kind, repository: event.repository, number: event.number, commit: event.commit };
  if (kind === "image") return { kind, image: event.image, tag: event.tag, digest: event.digest };
  const { source: _, delivery: __, ...body } = event;
  return body;
}
