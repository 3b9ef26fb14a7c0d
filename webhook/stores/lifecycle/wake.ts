import { isDeepStrictEqual } from "node:util";
import type { Event, EventPattern } from "../../../src/core/event.ts";

/** Tells whether an event is one for which a run waits: each field that is named has the same value. */
export function isWaitedFor(wakeOn: EventPattern, event: Event): boolean {
  const fields: Readonly<Record<string, unknown>> = { ...event };
  return Object.entries(wakeOn).every(([name, value]) => isDeepStrictEqual(fields[name], value));
}
