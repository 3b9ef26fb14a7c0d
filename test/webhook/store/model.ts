import { expect } from "vitest";
import type { LanePolicy, RunState } from "../../../webhook/store.ts";

/** A run as the model knows it. `woken`: it waits, and may go on. */
export interface ModelRun {
  readonly id: string;
  readonly lane: number;
  readonly policy: LanePolicy;
  readonly cancelRunning: boolean;
  state: RunState;
  attempt: number;
  fence: number;
  toBeCanceled: boolean;
  woken: boolean;
  /** How many wakes there had been when it was claimed. */
  wakesSeen: number;
  /** The state that was told last, and the one that could not be told. */
  told: RunState | undefined;
  refused: RunState | undefined;
}

/** What a store should hold, in the order in which it came. */
export interface Model {
  readonly runs: ModelRun[];
  lastFence: number;
  wakes: number;
}

const attempts = 2;

function ofLane({ runs }: Model, lane: number, ...states: readonly RunState[]): ModelRun[] {
  return runs.filter((run) => run.lane === lane && states.includes(run.state));
}

function find({ runs }: Model, id: string): ModelRun {
  return runs.find((run) => run.id === id)!;
}

export function accept(
  model: Model,
  id: string,
  { lane, policy, cancelRunning }: Pick<ModelRun, "lane" | "policy" | "cancelRunning">,
): void {
  if (policy === "newest") {
    for (const queued of ofLane(model, lane, "queued")) queued.state = "superseded";
    if (cancelRunning) for (const holder of ofLane(model, lane, "running", "waiting")) cancel(holder);
  }
  model.runs.push({
    ...{ id, lane, policy, cancelRunning, state: "queued", attempt: 0, fence: 0, toBeCanceled: false, woken: false, wakesSeen: 0 },
    ...{ told: undefined, refused: undefined },
  });
}

export function rerun(model: Model, id: string, run: ModelRun): void {
  accept(model, id, run);
}

/** Returns the runs that a worker may get. */
export function candidates(model: Model): ModelRun[] {
  return [...new Set(model.runs.map(({ lane }) => lane))].flatMap((lane) => {
    const holders = ofLane(model, lane, "running", "waiting");
    expect(holders.length).toBeLessThanOrEqual(1);
    return holders.length > 0
      ? holders.filter(({ state, woken }) => state === "waiting" && woken)
      : ofLane(model, lane, "queued").slice(0, 1);
  });
}

export function hold(model: Model, id: string, fence: number): void {
  const run = find(model, id);
  expect(fence).toBeGreaterThan(model.lastFence);
  if (run.state === "queued") run.attempt += 1;
  model.lastFence = fence;
  Object.assign(run, { state: "running", fence, woken: false, wakesSeen: model.wakes });
}

export function endAttempt(model: Model, id: string, ending: string): void {
  const run = find(model, id);
  const successor = run.policy === "newest" && ofLane(model, run.lane, "queued").length > 0;
  const goesOn = ["retry", "queued", "waiting"].includes(ending);
  if (goesOn && run.toBeCanceled) run.state = "canceled";
  else if (ending === "waiting") Object.assign(run, { state: "waiting", woken: model.wakes > run.wakesSeen });
  else if (goesOn && successor) run.state = "superseded";
  else if (ending === "queued") Object.assign(run, { state: "queued", attempt: run.attempt - 1 });
  else if (ending === "retry") run.state = run.attempt >= attempts ? "parked" : "queued";
  else run.state = ending as RunState;
}

/** Returns how many runs have lost their worker. */
export function lapse(model: Model): number {
  const running = model.runs.filter(({ state }) => state === "running");
  for (const { id } of running) endAttempt(model, id, "retry");
  return running.length;
}

export function wake(model: Model): void {
  model.wakes += 1;
  for (const run of model.runs) run.woken = run.state === "waiting";
}

/** A report of a state was sent, or could not be. */
export function tell(model: Model, id: string, ending: string, state: RunState): void {
  const run = find(model, id);
  if (ending === "sent") Object.assign(run, { told: state, refused: undefined });
  if (ending === "failed for good") run.refused = state;
}

/** Returns false for a run that has ended. */
export function cancel(run: ModelRun): boolean {
  if (run.state === "running") run.toBeCanceled = true;
  else if (run.state === "queued" || run.state === "waiting") run.state = "canceled";
  else return false;
  return true;
}
