import { reporters } from "../src/reporters/index.ts";
import { countRequests, life, requestsTable, shown } from "../test/reporters/requests.ts";
import { openWorld, report } from "../test/reporters/world.ts";
import type { Bench } from "./bench.ts";

/** A job summary is a file, and asks nobody. The last of the list, a status, is the peer. */
const asking = reporters.filter(({ name }) => name !== "summary");

export const reports: Bench = {
  name: "report",
  question:
    "What do the reports of one run cost, from its queue until Flux has it ready: how many requests, and how long beside those of a status?",
  notes: [
    "GitHub is our double on this machine, so that the time is ours; at GitHub each request takes some 100 ms more.",
    "A run of a command line reports its end alone. Nothing of a run waits for a report.",
  ],
  async open() {
    const world = await openWorld();
    let made = 0;
    return {
      contenders: asking.toReversed().map((reporter) => ({
        name: reporter.name,
        async run() {
          const run = `0193b2c4-0000-7000-8000-${String((made += 1)).padStart(12, "0")}`;
          const createdAt = new Date(Date.UTC(2026, 10, 30) + made * 1000);
          for (const view of life) await report(reporter, world, { ...view, createdAt }, { subject: { ...shown, run } });
        },
      })),
      details: async () => requestsTable(await Promise.all(asking.map((reporter) => countRequests(reporter)))),
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  },
};
