import type { Flag } from "../../src/cmd/flag.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { ListenerConfig } from "../config.ts";
import { readStored } from "../receive.ts";
import type { Store, StoredDelivery, StoredRun } from "../store.ts";

/** The delivery that an action is about. */
export const deliveryIdFlag: Flag = {
  name: "id",
  kind: "string",
  sentence: "id of the delivery, at least 6 characters of its end, or its provider's id",
  required: true,
  positional: 1,
};

/** Characters of an id's end that are enough to name it. */
const leastEnd = 6;
/** Candidates that an ambiguous end is told with. */
const mostTold = 5;

/** Returns the part of an id that tables show. It names the run or the delivery wherever an id is taken. */
export function shortId(id: string): string {
  return id.slice(-8);
}

/** Returns the run with this id, or the only one whose id ends so. Throws `not_found` for none, and `input` for several, with their ids. */
export async function runNamed(store: Store, name: string): Promise<StoredRun> {
  const exact = await store.run(name);
  return exact ?? onlyOne("run", name, name.length < leastEnd ? [] : await store.runs({ ending: name, limit: mostTold + 1 }));
}

/**
 * Returns the delivery with this id, or that its provider calls so, or the only one whose id ends so. Throws `not_found` for none, and `input` for
 * several, with their ids.
 */
export async function deliveryNamed(store: Store, name: string): Promise<StoredDelivery> {
  const exact = await store.delivery(name);
  if (exact !== undefined) return exact;
  const theirs = await store.deliveries({ providerId: name, limit: mostTold + 1 });
  const isEnd = theirs.length === 0 && name.length >= leastEnd;
  const { id } = onlyOne("delivery", name, isEnd ? await store.deliveries({ ending: name, limit: mostTold + 1 }) : theirs);
  return (await store.delivery(id)) ?? onlyOne("delivery", name, []);
}

/** Returns the events of a delivery. Those of one that was beyond the limits are read again, for which its source has to be in the configuration. */
export function eventsOf({ id, ...delivery }: StoredDelivery, { sources }: ListenerConfig, doing: string): readonly Event[] {
  if (delivery.refused === null) return delivery.events;
  const source = sources.find(({ name }) => name === delivery.source);
  if (source !== undefined) return readStored(source.receiver, source, delivery);
  throw new FairleadError("not_found", `${doing} delivery ${id}: the configuration has no source ${delivery.source}`);
}

function onlyOne<T extends { readonly id: string }>(what: "run" | "delivery", name: string, found: readonly T[]): T {
  const [first, second] = found;
  const list = what === "run" ? "runs list" : "deliveries list";
  if (first === undefined) {
    throw new FairleadError("not_found", `find ${what} ${name}: there is none`, { hint: `run fairlead ${list}` });
  }
  if (second === undefined) return first;
  const ids = found.slice(0, mostTold).map(({ id }) => id);
  throw new FairleadError("input", `find ${what} ${name}: it names ${found.length > mostTold ? "many" : "several"}: ${ids.join(", ")}`, {
    hint: "give more of the id's end, or all of it",
  });
}
