import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PushEvent } from "../src/core/event/git.ts";
import type { NewDelivery, NewRun, Store } from "../webhook/store.ts";
import { openStore } from "../webhook/stores/index.ts";
import type { Bench, Contender } from "./bench.ts";

export const queue: Bench = {
  name: "queue",
  question: "Does a listener that has a long past, or much before it, take a delivery and start a run as fast as a new one?",
  notes: [
    "All is one store in one process, on a file of its own; the peer is the store with a thousand runs. Each time is of 50 operations, one after the other, each with its own sync to disk.",
    "Accepting is one transaction of a push of 7.7 kB with one run. Claiming is two: a worker gets a run, and says that it has succeeded.",
    "All runs are queued, in lanes with the policy `every` and a hundred runs each: all but the first of a lane are blocked.",
    "The hot lane has 100,000 runs before all others, of which the first runs all the time.",
    "50 runs are added before each round of claims, and after twenty rounds of accepting there are a thousand more.",
  ],
  async open() {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "fairlead-bench-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const contenders: Contender[] = [];
    const latencies: Latencies[] = [];
    for (const { name, runs, hot = 0 } of stores) {
      const store = stack.use(await openStore(`sqlite:${join(folder, `${name}.db`)}`));
      await fill(store, runs, hot);
      for (const { row, prepare, operation } of asked) {
        const times: number[] = [];
        latencies.push({ row, name, times });
        const run = (): Promise<void> => repeat(async () => void times.push(await timed(() => operation(store))));
        contenders.push({ name, row, prepare: () => prepare(store), run, ...(name !== stores[0]?.name && { goal: 1.5 }) });
      }
    }
    const ended = stack.move();
    return {
      contenders: contenders.toSorted((a, b) => (a.row ?? "").localeCompare(b.row ?? "")),
      details: () => Promise.resolve(formatLatencies(latencies)),
      [Symbol.asyncDispose]: () => ended.disposeAsync(),
    };
  },
};

const stores: readonly { readonly name: string; readonly runs: number; readonly hot?: number }[] = [
  { name: "1,000 runs", runs: 1_000 },
  { name: "100,000 runs", runs: 100_000 },
  { name: "1,000,000 runs", runs: 1_000_000 },
  { name: "1,000 runs behind a hot lane", runs: 1_000, hot: 100_000 },
];

interface Asked {
  readonly row: string;
  readonly prepare: (store: Store) => Promise<void>;
  readonly operation: (store: Store) => Promise<void>;
}

const asked: readonly Asked[] = [
  { row: "accept", prepare: () => Promise.resolve(), operation: acceptOne },
  { row: "claim and end", prepare: (store) => repeat(() => acceptOne(store)), operation: claimOne },
];

const operations = 50;
const runsOfLane = 100;
/** The number of runs of one delivery in a filled store, and of such deliveries at once. */
const runsOfDelivery = 100;
const deliveriesAtOnce = 16;
const day = 86_400_000;

const event: PushEvent = {
  kind: "push",
  source: "github",
  delivery: null,
  repository: "github.com/acme/app",
  branch: "main",
  commit: "c".repeat(40),
  before: "b".repeat(40),
};

function delivery(): NewDelivery {
  return {
    source: "github",
    providerId: randomUUID(),
    headers: { "x-github-event": "push" },
    body: Buffer.alloc(7_700, "x"),
    events: [event],
    refused: null,
    content: null,
  };
}

function run(lane: string): NewRun {
  return {
    pipeline: "ship",
    route: "main",
    lane,
    policy: "every",
    cancelRunning: false,
    event,
    configHash: "c".repeat(64),
    input: { repository: "https://github.com/acme/app", commit: "c".repeat(40), image: "registry.example/acme/app:main" },
    maxAttempts: 3,
    timeoutMilliseconds: day,
  };
}

async function fill(store: Store, runs: number, hot: number): Promise<void> {
  await acceptMany(store, hot, () => "hot");
  if (hot > 0) await store.claim("always busy", day);
  await acceptMany(store, runs, (index) => `lane ${index % (runs / runsOfLane)}`);
}

async function acceptMany(store: Store, runs: number, laneOf: (index: number) => string): Promise<void> {
  for (let at = 0; at < runs;) {
    const deliveries: Promise<unknown>[] = [];
    for (; at < runs && deliveries.length < deliveriesAtOnce; at += runsOfDelivery) {
      const first = at;
      const list = Array.from({ length: Math.min(runsOfDelivery, runs - first) }, (_, index) => run(laneOf(first + index)));
      deliveries.push(store.accept(delivery(), list));
    }
    await Promise.all(deliveries);
  }
}

async function acceptOne(store: Store): Promise<void> {
  await store.accept(delivery(), [run(`lane of ${randomUUID()}`)]);
}

async function claimOne(store: Store): Promise<void> {
  const claim = await store.claim("worker", day);
  if (claim === undefined) throw new Error("claim run: there is none");
  await store.finish(claim, { state: "succeeded", result: null });
}

async function repeat(once: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < operations; count++) await once();
}

async function timed(once: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await once();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

interface Latencies {
  readonly row: string;
  readonly name: string;
  /** Milliseconds of each operation. The first round is the warm-up. */
  readonly times: readonly number[];
}

function formatLatencies(latencies: readonly Latencies[]): string {
  const rows = latencies
    .toSorted((a, b) => a.row.localeCompare(b.row))
    .map(({ row, name, times }) => {
      const sorted = times.slice(operations).toSorted((a, b) => a - b);
      const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2);
      return [`${row}: ${name}`, at(0.5), at(0.99), at(1)];
    });
  const table = [["One operation", "p50 ms", "p99 ms", "most ms"], ["---", "---:", "---:", "---:"], ...rows];
  return table.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
