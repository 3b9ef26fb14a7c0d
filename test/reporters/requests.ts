/**
 * The requests that reports cost a run, counted at the double: for a test, and for `npm run bench -- report`.
 */
import type { Reporter, RunView, Subject } from "../../src/core/reporter.ts";
import { made, openWorld, report, type World } from "./world.ts";

const endedAt = new Date("2026-11-30T12:01:00Z");

/** What a run of the listener reports at most, in turn. A run of a command line reports its end alone. */
export const life: readonly Partial<RunView>[] = [
  { route: "main", state: "queued" },
  { route: "main", state: "running" },
  { route: "main", state: "succeeded", facts: made, endedAt },
  { route: "main", state: "succeeded", facts: made, endedAt, rollout: { state: "ready", commit: "f".repeat(40), at: endedAt } },
];

/** The number of requests of each report of a run's life, of one that tells nothing new, and of the end alone. */
export interface Requests {
  readonly reporter: Reporter["name"];
  readonly queued: number;
  readonly running: number;
  readonly succeeded: number;
  readonly ready: number;
  readonly again: number;
  readonly onlyEnd: number;
}

/** What the runs are about: an environment, for deployments, and a pull request, for comments. */
export const shown: Partial<Subject> = { environment: { name: "staging", url: "https://app.stg.acme.dev" }, pullRequest: 1 };

/** Returns the requests of a reporter. */
export async function countRequests(reporter: Reporter, subject: Partial<Subject> = shown): Promise<Requests> {
  await using world = await openWorld();
  await using other = await openWorld();
  const counts = [];
  for (const view of [...life, ...life.slice(-1)]) counts.push(await count(world, reporter, view, subject));
  const [queued = 0, running = 0, succeeded = 0, ready = 0, again = 0] = counts;
  return {
    reporter: reporter.name,
    queued,
    running,
    succeeded,
    ready,
    again,
    onlyEnd: await count(other, reporter, life[2] ?? {}, subject),
  };
}

async function count(world: World, reporter: Reporter, view: Partial<RunView>, subject: Partial<Subject>): Promise<number> {
  const before = world.github.requests.length;
  await report(reporter, world, view, { subject });
  return world.github.requests.length - before;
}

/** Returns the counts as a table in Markdown. */
export function requestsTable(counts: readonly Requests[]): string {
  const head = ["report", "queued", "running", "succeeded", "Flux is ready", "nothing new", "the end alone"];
  const rows = counts.map((each) => [
    `\`${each.reporter}\``,
    each.queued,
    each.running,
    each.succeeded,
    each.ready,
    each.again,
    each.onlyEnd,
  ]);
  return [head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
