import { approversAt } from "../../src/config/approvers.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import type { Decision } from "../../src/core/gate/decision.ts";
import { requirePullRequests } from "../../src/core/git/provider.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import type { Context } from "../../src/core/run/step.ts";
import { waitForStep } from "../../src/steps/wait-for.ts";
import { approveStepOf, type Gate } from "../config/gate.ts";
import { isOfFork } from "../routing/match.ts";
import type { Outdated } from "./merged.ts";

/** What a gate is asked about. */
export interface GateAsk {
  readonly event: Event;
  /** What an administrator of this machine has decided. */
  readonly decision: Decision | undefined;
  readonly repositoryAt: (name: string) => Repository;
}

/** Tells whether a gate stands before what comes of an event. */
export function isGated(gate: Gate | undefined, event: Event): gate is Gate {
  return gate !== undefined && (!gate.forksOnly || isOfFork(event));
}

/**
 * Waits until the gate is open. Returns that the event's pull request has another head by now, or is closed: then nobody has to approve it any more. Returns
 * `closed` in a dry run that would wait, after which nothing may be done: the code may be a stranger's. Undefined: go on.
 */
export async function passGate(ctx: Context, gate: Gate, ask: GateAsk): Promise<Outdated | "closed" | undefined> {
  const { event, decision } = ask;
  const { repository: name, commit } = placeOf(event);
  const repository = ask.repositoryAt(name);
  const outdated = await pullRequestMoved(ctx, repository, event);
  if (outdated !== undefined) return outdated;
  const until = new Date(ctx.began.getTime() + gate.timeoutMilliseconds);
  const { checks, approve } = gate;
  if (checks.length > 0 && !(await ctx.run(waitForStep, { repository, commit, checks, until })).result.passed) return "closed";
  if (approve === undefined) return undefined;
  const { result } = await ctx.run(approveStepOf(approve), {
    ...{ repository, commit, until, decision },
    approvers: approversAt(ctx.gitProvider(repository.host).name, approve),
    ...(event.kind === "pull-request" && { pullRequest: event.number }),
    ...(event.kind === "workflow" &&
      approve.environment !== undefined && { environment: { name: approve.environment, workflowRun: event.id } }),
  });
  if (result.by === null) return "closed";
  ctx.report({ type: "notice", message: `${commit.slice(0, 12)} is approved by ${result.by} (${result.url ?? result.how})` });
  return undefined;
}

/** Returns the repository and the commit that an event names. Throws `input` for one that names none. */
export function placeOf(event: Event): { readonly repository: string; readonly commit: string } {
  const { repository, commit } = event as { readonly repository?: string | null; readonly commit?: string | null };
  if (typeof repository === "string" && typeof commit === "string") return { repository, commit };
  throw new FairleadError("input", `wait at the gate: the event of kind ${event.kind} names no commit`, {
    hint: "name a source that says the commit, or take the gate out of the route",
  });
}

/** What a run is looked at for otherwise, its branch, is in another repository where it is a fork's. */
async function pullRequestMoved(ctx: Context, repository: Repository, event: Event): Promise<Outdated | undefined> {
  if (event.kind !== "pull-request" || event.action === "merged" || event.action === "closed") return undefined;
  const { commit, state } = await requirePullRequests(ctx.gitProvider(repository.host), repository).read(repository, event.number);
  if (state === "closed") return { reason: `pull request #${event.number} is closed`, now: undefined };
  if (state === "merged" || commit === event.commit) return undefined;
  return { reason: `pull request #${event.number} is at ${commit.slice(0, 12)} by now`, now: { ...event, commit } };
}
