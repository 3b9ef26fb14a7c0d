import type { Event } from "../../src/core/event.ts";
import { boundEvents } from "../config/check-with.ts";
import { boundNames, type When } from "../config/when.ts";

/** An event that a route is bound to. */
export interface BoundEvent {
  readonly event: Event;
  /** Returns the name by which people know a repository: of all repositories of an owner, which the event has one of, `github.com/acme/*`. */
  readonly told: (repository: string) => string;
}

/** Returns an event for each repository or image that a route is bound to. */
export function boundEventsOf(when: When): readonly BoundEvent[] {
  const { names } = boundNames(when);
  return boundEvents(when).map((event, at) => {
    const [name = "", own] = [names[at], "repository" in event ? String(event.repository) : undefined];
    return { event, told: (repository) => (name.endsWith("/*") && repository === own ? name : repository) };
  });
}

/** Tells whether a name means all repositories of an owner. */
export function isPattern(repository: string): boolean {
  return repository.endsWith("/*");
}
