import { isDeepStrictEqual } from "node:util";
import type { Event, EventPattern } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";

/** Tells whether the result of a run names the image for which another waits: it may have built it. */
export function isNamedIn(wakeOn: EventPattern, result: Json): boolean {
  if (wakeOn.kind !== "image" || wakeOn.image === undefined) return false;
  const text = JSON.stringify(result);
  return [":", "@", '"'].some((end) => text.includes(`"${wakeOn.image}${end}`));
}

/** Tells whether an event is one for which a run waits: each field that is named has the same value. */
export function isWaitedFor(wakeOn: EventPattern, event: Event): boolean {
  const fields: Readonly<Record<string, unknown>> = { ...event };
  return Object.entries(wakeOn).every(([name, value]) => isDeepStrictEqual(fields[name], value));
}
