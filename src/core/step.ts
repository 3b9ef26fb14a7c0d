import type { Context } from "./context.ts";
import type { Event } from "./event.ts";

/** What comes out of a step or a pipeline: it is journaled, printed and sent. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a token must allow for a step: the permissions of a pipeline are those of its steps. Git providers' are in GitHub's words, Slack's in Slack's. */
export type Permission =
  | "registry:pull"
  | "registry:push"
  | "registry:create"
  | "contents:read"
  | "contents:write"
  | "pull-requests:read"
  | "pull-requests:write"
  | "statuses:read"
  | "chat:write";

/** One effect that a stranger could see. It first says what it would change, and only then changes it. */
export interface Step<In, Out extends Json> {
  readonly name: string;
  readonly needs: readonly Permission[];
  /** What makes this effect this effect: no clock, no secret, no Dagger value. */
  key(input: In): string;
  /** Reads only. */
  plan(ctx: Context, input: In): Promise<Plan<Out>>;
}

/** What a step would change, and how to change it. */
export interface Plan<Out extends Json> {
  /** None: the world is already so, and `expected` is the result. */
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
  /** A unified diff, where the change is to text. */
  readonly diff?: string;
  /** What has to come about outside before there is a result. The plan is made again until it is gone; `apply` is not called while it is there. */
  readonly wait?: Wait;
  /** What a dry run hands on. */
  readonly expected: Out;
  /** Acts only on what the plan read, else throws `Stale`. The signal gives up an effect under way: it comes some seconds after a run was stopped. */
  apply(signal: AbortSignal): Promise<Out>;
}

/** What a step waits for, what of it is seen now, and when to give up. */
export interface Wait {
  readonly for: string;
  readonly seen: string;
  readonly until: Date;
  /** An event after which it is worth to look again at once. */
  readonly wakenBy?: WakenBy | undefined;
}

/** Events whose fields are equal to all of these. */
export type WakenBy = { readonly kind: Event["kind"] } & Readonly<Record<string, Json>>;

/** One thing that a step changes: `from` and `to` are absent where nothing was or will be there. */
export interface Change {
  readonly target: string;
  readonly action: "create" | "update" | "delete" | "run";
  readonly from?: string;
  readonly to?: string;
}

/** Returns a plan that changes nothing: the world already is as `result` says. */
export function unchanged<Out extends Json>(result: Out, warnings: readonly string[] = []): Plan<Out> {
  return { changes: [], warnings, expected: result, apply: () => Promise.resolve(result) };
}
