import type { Json } from "../json.ts";
import type { Origin } from "./origin.ts";

/** An event that fairlead makes itself. */
export type OwnEvent = ApprovalEvent | CallEvent | RerunEvent;

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

/** Somebody asks for a run anew, by the button of its check. Only a provider makes this event, which tells it to the App of the check. */
export interface RerunEvent extends Origin {
  readonly kind: "rerun";
  /** The run that the check names. */
  readonly run: string;
  /** The repository and the commit of the check. */
  readonly repository: string;
  readonly commit: string;
  /** The App that has made the check: its id, and its client id where that is told. */
  readonly app: readonly string[];
  /** The account of who asks. */
  readonly by: string;
}
