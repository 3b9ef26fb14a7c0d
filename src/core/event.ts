import type { RolloutEvent } from "./event/rollout.ts";
import type { GitEvent } from "./event/git.ts";
import type { OwnEvent } from "./event/own.ts";
import type { RegistryEvent } from "./event/registry.ts";

/** An event at a source: the part of a delivery that routes see. Names and values are as the source gave them; nothing is looked up. */
export type Event = GitEvent | RegistryEvent | RolloutEvent | OwnEvent;

/** Events of one kind, whose fields are equal to all that are named. */
export type EventPattern = Event extends infer E ? (E extends Event ? Pick<E, "kind"> & Partial<Omit<E, "kind">> : never) : never;

/** The events that a waiting run is woken by: one pattern, or any of several. */
export type WakeOn = EventPattern | readonly EventPattern[];
