import { isDeepStrictEqual } from "node:util";
import type { Event, EventPattern, WakeOn } from "../../../src/core/event.ts";
import type { Json } from "../../../src/core/json.ts";

/** Returns the kinds of events for which a run waits. */
export function kindsOf(wakeOn: WakeOn): readonly Event["kind"][] {
  return [...new Set(patternsOf(wakeOn).map(({ kind }) => kind))];
}

/** Tells whether the result of a run names an image for which another waits: it may have built it. */
export function isNamedIn(wakeOn: WakeOn, result: Json): boolean {
  const text = JSON.stringify(result);
  return patternsOf(wakeOn).some(
    (pattern) =>
      pattern.kind === "image" && pattern.image !== undefined && [":", "@", '"'].some((end) => text.includes(`"${pattern.image}${end}`)),
  );
}

/** Tells whether an event is one for which a run waits: each field that is named has the same value. */
export function isWaitedFor(wakeOn: WakeOn, event: Event): boolean {
  const fields: Readonly<Record<string, unknown>> = { ...event };
  return patternsOf(wakeOn).some((pattern) => Object.entries(pattern).every(([name, value]) => isDeepStrictEqual(fields[name], value)));
}

function patternsOf(wakeOn: WakeOn): readonly EventPattern[] {
  return [wakeOn].flat();
}
