import type { Event } from "../../src/core/event.ts";
import type { Condition } from "./conditions.ts";
import { rolloutKinds } from "./event-kinds/rollout.ts";
import type { KindsOf } from "./event-kinds/event-kind.ts";
import { gitKinds } from "./event-kinds/git.ts";
import { ownKinds } from "./event-kinds/own.ts";
import { registryKinds } from "./event-kinds/registry.ts";

/**
 * All kinds of events. Routing, templates, the JSON Schema and the docs are made of this table: a new kind is a type in core/event/ and a row in the
 * file of its subject.
 */
export const eventKinds: KindsOf<Event> = { ...gitKinds, ...registryKinds, ...rolloutKinds, ...ownKinds };

/** The names of all kinds of events, in the order of the table. */
export const eventKindNames = Object.keys(eventKinds) as readonly Event["kind"][];

/** Returns the conditions of a kind by field, in their order. */
export function conditionsOf(kind: Event["kind"]): Readonly<Record<string, Condition>> {
  return eventKinds[kind].when;
}

/** Returns the name under which a run of a route is known again when its event is delivered once more; undefined: each delivery is meant. */
export function onceOf(route: string, event: Event): string | undefined {
  const { once } = eventKinds[event.kind] as { readonly once?: string };
  const { [once ?? ""]: value } = event as unknown as Readonly<Record<string, unknown>>;
  return typeof value === "string" ? `${route} ${value}` : undefined;
}

/** Returns the field of a kind to which its routes are bound, `repository` or `image`: what it holds at a run is written in the route. */
export function boundField(kind: Event["kind"]): string | undefined {
  return Object.entries(conditionsOf(kind)).find(([, { binds }]) => binds)?.[0];
}
