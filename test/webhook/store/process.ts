// A process of its own on a store: `node process.ts ACT ADDRESS`. It goes on until it is killed, and says on stdout what it has been promised.
import { randomUUID } from "node:crypto";
import { FairleadError } from "../../../src/core/errors.ts";
import type { Claim, Store } from "../../../webhook/store.ts";
import { openStore } from "../../../webhook/stores/index.ts";
import { delivery, run } from "./bed.ts";

const acts: Readonly<Record<string, (store: Store) => Promise<never>>> = {
  /** Accepts deliveries, several at a time, for a few lanes. */
  async accept(store) {
    const accept = async (id: string, index: number): Promise<void> => {
      const { runs } = await store.accept(delivery(id), [run(`lane ${index}`, { maxAttempts: 1000 })]);
      process.stdout.write(`${id} ${runs[0]}\n`);
    };
    for (;;) await Promise.all(Array.from({ length: 5 }, (_, index) => accept(randomUUID(), index)));
  },

  /** Runs what there is. The lease is so short that others take runs away from it. */
  async work(store) {
    for (;;) {
      const claim = await store.claim(`${process.pid}`, 1);
      if (claim === undefined) await store.reap();
      else await runSteps(store, claim).catch(isTaken);
    }
  },
};

/** Three steps with a record each, then the end. */
async function runSteps(store: Store, claim: Claim): Promise<void> {
  for (const step of ["push", "tag", "deploy"]) await store.record(claim, step, "k", { result: step, changed: true });
  await store.finish(claim, { state: "succeeded", result: claim.fence });
  process.stdout.write(`${claim.id} ${claim.fence}\n`);
}

function isTaken(error: unknown): void {
  if (!(error instanceof FairleadError && error.code === "conflict")) throw error;
}

const [act = "", address = ""] = process.argv.slice(2);
await acts[act]?.(await openStore(address));
