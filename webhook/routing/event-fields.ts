import type { Event } from "../../src/core/event.ts";
import { eventKinds } from "./event-kinds.ts";

/** Returns the names of the fields that an event of a kind has, without its kind. */
export function eventFields(kind: Event["kind"]): readonly string[] {
  return Object.keys(eventKinds[kind].sample).filter((name) => name !== "kind");
}

/** Returns the names of the parts that a field has beside its whole: `event.repository.name`. */
export function partsOf(field: string): readonly string[] {
  return field === "repository" ? ["name", "owner"] : [];
}

/** Tells whether a field is a mapping, whose values a template names one by one: `event.input.version`. */
export function isMapping(kind: Event["kind"], field: string): boolean {
  const value = (eventKinds[kind].sample as Event & Readonly<Record<string, unknown>>)[field];
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
