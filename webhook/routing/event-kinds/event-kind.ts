import type { Event } from "../../../src/core/event.ts";
import type { LanePolicy } from "../../store.ts";
import type { Condition } from "../conditions.ts";

/** What an event takes back is no value for a route: it counts for what is followed alone. */
type OfKind<K extends Event["kind"]> = Required<Omit<Extract<Event, { kind: K }>, "reverts">>;

/** A kind of event: its fields, the conditions on them, and the lane of its runs. */
export interface EventKind<K extends Event["kind"]> {
  /** An event with all its fields. Templates may name these fields, and a route's values are tried with them. */
  readonly sample: OfKind<K>;
  /** The conditions that `when` may have, by fields of the event. At most one binds the route. */
  readonly when: Readonly<Partial<Record<Exclude<keyof OfKind<K>, "kind" | "source" | "delivery">, Condition>>>;
  /** The field by which an event is known again, however often it is delivered; undefined: none is. */
  readonly once?: Exclude<keyof OfKind<K>, "kind" | "source" | "delivery">;
  /** The default lane, after the route's own name: a run waits only for runs of its own route. */
  readonly lane: string;
  /** The default policy: of a branch only the newest head counts, of everything else each event. */
  readonly policy: LanePolicy;
}

/** Some kinds of events, by their names. */
export type KindsOf<E extends Event> = { readonly [K in E["kind"]]: EventKind<K> };
