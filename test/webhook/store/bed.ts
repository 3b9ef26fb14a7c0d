import type { Event } from "../../../src/core/event.ts";
import type { PushEvent } from "../../../src/core/event/git.ts";
import type { Claim, NewDelivery, NewRun, Store } from "../../../webhook/store.ts";
import type { NewReports } from "../../../webhook/store-reports.ts";

/** A store to be tried, with a clock that stands still. */
export interface Bed extends AsyncDisposable {
  readonly store: Store;
  /** Opens the same data once more, as another process does. */
  again(): Promise<Store>;
  /** Lets time pass for all that are open. */
  advance(milliseconds: number): void;
}

/** The moment at which a bed's clock stands at first. */
export const start = new Date("2026-11-21T10:00:00.000Z");
export const minute = 60_000;
/** Longer than any back-off. */
export const rested = 5 * minute;

export const push: PushEvent = {
  kind: "push",
  source: "github",
  delivery: "d-1",
  repository: "github.com/acme/app",
  branch: "main",
  commit: "c".repeat(40),
  before: null,
};

/** A report by one reporter about the commit of `push`. */
export const reported: NewReports = { reporters: ["status"], subject: { repository: push.repository, commit: push.commit } };

export function delivery(providerId: string | null = null, events: readonly Event[] = [push]): NewDelivery {
  return {
    source: "github-app",
    providerId,
    headers: { "x-github-event": "push" },
    body: Buffer.from('{"ref":1}'),
    events,
    refused: null,
    content: null,
  };
}

export function run(lane: string, more: Partial<NewRun> = {}): NewRun {
  return {
    pipeline: "ship",
    route: "main",
    lane,
    policy: "every",
    cancelRunning: false,
    event: push,
    input: { repository: "github.com/acme/app" },
    configHash: "hash",
    maxAttempts: 2,
    timeoutMilliseconds: minute,
    ...more,
  };
}

/** Accepts a delivery with one run, and returns the run's id. */
export async function queue(store: Store, lane: string, more: Partial<NewRun> = {}): Promise<string> {
  const { runs } = await store.accept(delivery(), [run(lane, more)]);
  return runs[0]!;
}

/** Claims a run where there must be one. */
export async function claim(store: Store, worker = "w-1"): Promise<Claim> {
  const claimed = await store.claim(worker, minute);
  if (claimed === undefined) throw new Error("there is no run to claim");
  return claimed;
}

/** Returns the states of runs, in the order of the ids. */
export async function statesOf(store: Store, ...ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  return await Promise.all(ids.map(async (id) => (await store.run(id))?.state));
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
