import type { Json } from "../json.ts";
import type { Origin } from "./origin.ts";

/** An event that fairlead makes itself. */
export type OwnEvent = ApprovalEvent | CallEvent;

/** Somebody has approved a waiting run, or rejected it. Our own gate alone makes this event. */
export interface ApprovalEvent extends Origin {
  readonly kind: "approval";
  readonly run: string;
  /** The commit for which it counts, and no other. */
  readonly commit: string;
  readonly by: string;
  readonly verdict: "approved" | "rejected";
}

/** A program has called a route. The API alone makes this event. */
export interface CallEvent extends Origin {
  readonly kind: "call";
  /** The values that the route asks for, by name. */
  readonly input: Readonly<Record<string, Json>>;
}
