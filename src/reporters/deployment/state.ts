import type { DeploymentState } from "../../core/git/deployments.ts";
import type { RunView } from "../../core/reporter.ts";
import { formatProposed, isFollowed } from "../view.ts";
import { sinceText } from "./since.ts";

/** The status that a deployment is to have. */
export interface Wanted {
  readonly state: DeploymentState;
  readonly description: string;
  /** True where a deployment is made for it if there is none yet: what has come to nothing needs none. */
  readonly makes: boolean;
}

/** Tells whether anything of a run may be shown already: nothing is, before its pull request is open. */
export function mayBeShown({ rollout, facts }: RunView): boolean {
  return rollout !== undefined || facts.pullRequest !== undefined;
}

/** Returns the status that a deployment of a run is to have; undefined while there is nothing to show: no pull request is open, and nothing has failed. */
export function wantedState(view: RunView): Wanted | undefined {
  const { rollout, facts } = view;
  const change = facts.pullRequest === undefined ? "the change" : formatProposed(facts.pullRequest);
  switch (rollout?.state) {
    case "ready":
      return made("success", `Flux reports it ready, ${sinceText(rollout.at)}`);
    case "unready":
      return made("failure", `Flux: ${rollout.message ?? "it is not ready"}`);
    case "merged":
      return mergedState(view, change);
    case "proposed":
      return proposedState(view, change);
    case undefined:
      return facts.pullRequest === undefined ? stateWithoutChange(view) : proposedState(view, change);
    case "closed":
    case "reverted":
      return over(`${change} was ${rollout.state}`);
    case "unknown":
      return over(`nothing was heard of ${change} any more`);
  }
}

function made(state: DeploymentState, description: string): Wanted {
  return { state, description, makes: true };
}

function over(description: string): Wanted {
  return { state: "inactive", description, makes: false };
}

function failedState({ state, error }: RunView): Wanted | undefined {
  if (state !== "failed" && state !== "parked") return undefined;
  return made(state === "failed" ? "failure" : "error", error?.message ?? `the run ${state === "failed" ? "failed" : "was given up"}`);
}

function endedState(view: RunView): Wanted | undefined {
  const { state, reason } = view;
  const isOver = state === "canceled" || state === "superseded" || state === "skipped";
  return isOver ? over(`the run was ${state}${reason === undefined ? "" : `: ${reason}`}`) : failedState(view);
}

function proposedState(view: RunView, change: string): Wanted {
  const ended = endedState(view);
  if (ended !== undefined) return ended;
  return isFollowed(view)
    ? made("queued", `waits for the merge of ${change}`)
    : made("inactive", `${change} is open, and nobody follows it`);
}

function mergedState(view: RunView, change: string): Wanted {
  if (isFollowed(view)) return failedState(view) ?? made("in_progress", `${change} is merged, and Flux has yet to report`);
  return failedState(view) ?? made("success", `${change} is merged, and nobody waits for Flux, ${sinceText(readyAt(view))}`);
}

/** Returns when what a run has deployed began to run, as far as it is known. */
export function readyAt({ rollout, endedAt, createdAt }: RunView): Date {
  return rollout?.at ?? endedAt ?? createdAt;
}

function stateWithoutChange(view: RunView): Wanted | undefined {
  if (view.state === "succeeded" && view.facts.images.length > 0)
    return made("success", `the Flux repository has it already, ${sinceText(readyAt(view))}`);
  return endedState(view);
}
