import { approversAt } from "../../src/config/approvers.ts";
import { FairleadError } from "../../src/core/errors.ts";
import type { Event } from "../../src/core/event.ts";
import { Rejected, type Decision, type FoundDecision } from "../../src/core/gate/decision.ts";
import { requirePullRequests } from "../../src/core/git/provider.ts";
import type { Repository } from "../../src/core/git/repository.ts";
import type { Json } from "../../src/core/json.ts";
import type { Context, Step } from "../../src/core/run/step.ts";
import type { Approval, ApproveInput } from "../../src/steps/approve.ts";
import { waitForStep } from "../../src/steps/wait-for.ts";
import { approveStepOf, type Gate } from "../config/gate.ts";
import { isOfFork } from "../routing/match.ts";
import type { Outdated } from "./merged.ts";

/** What a gate is asked about. */
export interface GateAsk {
  readonly event: Event;
  /** What an administrator of this machine has decided. */
  readonly decision: Decision | undefined;
  /** Keeps what somebody has decided at the Git provider: called before the run goes on, or ends, by it. Often called with the same, it keeps that once. */
  readonly found: (decision: FoundDecision) => Promise<void>;
  readonly repositoryAt: (name: string) => Repository;
}

/** Tells whether a gate stands before what comes of an event. */
export function isGated(gate: Gate | undefined, event: Event): gate is Gate {
  return gate !== undefined && (!gate.forksOnly || isOfFork(event));
}

/**
 * Waits until all conditions of the gate hold together. Returns that the event's pull request has another head by now, or is closed: then nobody has to
 * approve it any more. Returns `closed` in a dry run that would wait, after which nothing may be done: the code may be a stranger's. Undefined: go on.
 */
export async function passGate(ctx: Context, gate: Gate, ask: GateAsk): Promise<Outdated | "closed" | undefined> {
  const { event } = ask;
  const { repository: name, commit } = placeOf(event);
  const repository = ask.repositoryAt(name);
  const outdated = await pullRequestMoved(ctx, repository, event);
  if (outdated !== undefined) return outdated;
  const seen: { approval?: Approval } = {};
  const looks = looksOf(ctx, gate, { ...ask, repository, commit, see: (approval) => (seen.approval = approval) });
  try {
    do {
      for (const { pass } of looks) if (!(await pass())) return "closed";
    } while (looks.length > 1 && !(await holdTogether(looks)));
  } catch (error) {
    // the run ends by it, also in the dry run that comes before its own
    if (error instanceof Rejected) await ask.found(error.decision);
    throw error;
  }
  if (seen.approval !== undefined) await tellApproval(ctx, seen.approval, ask);
  return undefined;
}

/** What the command line has decided was kept when that was done. The dry run that comes before a run goes on by nothing. */
async function tellApproval(ctx: Context, { commit, by, how, url }: Approval, { found }: GateAsk): Promise<void> {
  if (by === null || how === null) return;
  ctx.report({ type: "notice", message: `${commit.slice(0, 12)} is approved by ${by} (${url ?? how})` });
  if (how !== "command line" && !ctx.dryRun) await found({ verdict: "approved", commit, by, how, url });
}

/** One condition of a gate. */
interface Look {
  /** Waits until it holds; false: in a dry run it does not. */
  readonly pass: () => Promise<boolean>;
  /** Tells whether it holds now. It only reads, and throws what ends the run. */
  readonly holds: () => Promise<boolean>;
}

/** What one condition has waited for may have become otherwise while the next one was waited for. */
async function holdTogether(looks: readonly Look[]): Promise<boolean> {
  const held = await Promise.all(looks.map(({ holds }) => holds()));
  return held.every(Boolean);
}

function lookOf<In, Out extends Json>(ctx: Context, step: Step<In, Out>, input: In, isOpen: (result: Out) => boolean): Look {
  return {
    pass: async () => isOpen((await ctx.run(step, input)).result),
    async holds() {
      const { wait, expected } = await step.plan(ctx, input);
      return wait === undefined && isOpen(expected);
    },
  };
}

interface About extends Pick<GateAsk, "event" | "decision"> {
  readonly repository: Repository;
  readonly commit: string;
  /** Called with each approval that is found. */
  readonly see: (approval: Approval) => void;
}

function looksOf(ctx: Context, gate: Gate, { event, decision, repository, commit, see }: About): readonly Look[] {
  const until = new Date(ctx.began.getTime() + gate.timeoutMilliseconds);
  const { checks, approve } = gate;
  const ofChecks = checks.length === 0 ? [] : [lookOf(ctx, waitForStep, { repository, commit, checks, until }, ({ passed }) => passed)];
  if (approve === undefined) return ofChecks;
  const input: ApproveInput = {
    ...{ repository, commit, until, decision, isOfFork: isOfFork(event) },
    approvers: approversAt(ctx.gitProvider(repository.host).name, approve),
    ...(event.kind === "pull-request" && { pullRequest: event.number }),
    ...(event.kind === "workflow" &&
      approve.environment !== undefined && { environment: { name: approve.environment, workflowRun: event.id } }),
  };
  const isApproved = (approval: Approval): boolean => {
    see(approval);
    return approval.by !== null;
  };
  return [...ofChecks, lookOf(ctx, approveStepOf(approve), input, isApproved)];
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
