import type { Event } from "../../src/core/event.ts";
import type { AskedKinds, Parsed } from "./receiver.ts";

/** The reader of each type of delivery whose kind of event is made only where somebody asks for it. */
export type OnRequest = Readonly<Record<string, { readonly kind: Event["kind"]; readonly read: (body: object) => Parsed }>>;

/** Returns what a delivery of a type says, where its kind of event is asked for. */
export function readAsked(readers: OnRequest, type: string, asked: AskedKinds, body: object): Parsed {
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  return reader !== undefined && asked.has(reader.kind) ? reader.read(body) : { ignored: "event type not handled" };
}

/** Returns the kinds that readers make. */
export function kindsOf(readers: OnRequest): readonly Event["kind"][] {
  return [...new Set(Object.values(readers).map(({ kind }) => kind))];
}
