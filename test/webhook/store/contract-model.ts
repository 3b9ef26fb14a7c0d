import fc from "fast-check";
import { expect, test } from "vitest";
import type { Claim, Ending, ReportClaim } from "../../../webhook/store.ts";
import type { ReportEnding } from "../../../webhook/store-reports.ts";
import { delivery, minute, push, queue, reported, rested, type Bed } from "./bed.ts";
import { accept, cancel, candidates, endAttempt, hold, lapse, rerun, tell, wake, type Model } from "./model.ts";

type Command = fc.AsyncCommand<Model, World>;

/** The real thing, and what workers have in their hands: also those from whom it was taken. */
interface World {
  readonly bed: Bed;
  readonly claims: Claim[];
  readonly reports: ReportClaim[];
}

const woken = { kind: "push", branch: "wake" } as const;
const error = { code: "unavailable", message: "503" } as const;

const endings: Readonly<Record<string, Ending>> = {
  succeeded: { state: "succeeded", result: 1 },
  skipped: { state: "skipped", reason: "old", outdated: true },
  canceled: { state: "canceled" },
  failed: { state: "failed", retry: false, error },
  retry: { state: "failed", retry: true, error },
  queued: { state: "queued", reason: "the listener stops" },
  waiting: { state: "waiting", for: "a push", wakeOn: woken, untilMilliseconds: 1e6 * minute },
};

/** Commands are named as they are shown when a sequence of them fails. */
function command(name: string, run: (model: Model, world: World) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, world) {
      await run(model, world);
      await compare(model, world);
    },
    toString: () => name,
  };
}

async function compare(model: Model, { bed }: World): Promise<void> {
  const stored = (await bed.store.runs({ limit: 1000 })).toReversed();
  expect(stored.map(({ id, state, attempt, fence }) => ({ id, state, attempt, fence }))).toEqual(
    model.runs.map(({ id, state, attempt, fence }) => ({ id, state, attempt, fence })),
  );
}

async function claimNext(model: Model, { bed, claims }: World): Promise<Claim | undefined> {
  bed.advance(rested);
  const claimed = await bed.store.claim("w", minute);
  const legal = candidates(model).map(({ id }) => id);
  expect(legal).toEqual(claimed === undefined ? [] : expect.arrayContaining([claimed.id]));
  if (claimed === undefined) return undefined;
  claims.push(claimed);
  hold(model, claimed.id, claimed.fence);
  return claimed;
}

const reportEndings: Readonly<Record<string, ReportEnding>> = {
  sent: { state: "sent" },
  "given back": { state: "wanted" },
  "failed for now": { state: "failed", retry: true, error },
  "failed for good": { state: "failed", retry: false, error: { ...error, code: "forbidden" } },
};

/** One of a list, by any number. */
function pick<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(1, list.length)];
}

const index = fc.nat({ max: 20 });
const commands = [
  fc.record({ lane: fc.nat({ max: 3 }), cancelRunning: fc.boolean() }).map(({ lane, cancelRunning }) =>
    command(`accept in lane ${lane}${cancelRunning ? ", cancel what runs" : ""}`, async (model, { bed }) => {
      const policy = lane % 2 === 0 ? "newest" : "every";
      accept(model, await queue(bed.store, `lane ${lane}`, { policy, cancelRunning, reports: reported }), { lane, policy, cancelRunning });
    }),
  ),
  fc.constant(command("claim", async (model, world) => void (await claimNext(model, world)))),
  fc.tuple(index, fc.constantFrom(...Object.keys(endings))).map(([at, name]) =>
    command(`end claim ${at} as ${name}`, async (model, { bed, claims }) => {
      const claim = pick(claims, at);
      if (claim === undefined) return;
      const finished = bed.store.finish(claim, endings[name]!);
      if (model.runs.some(({ id, fence, state }) => id === claim.id && fence === claim.fence && state === "running")) {
        await finished;
        endAttempt(model, claim.id, name);
      } else await expect(finished).rejects.toMatchObject({ code: "conflict" });
    }),
  ),
  fc.constant(
    command("claim report", async (_model, { bed, reports }) => {
      bed.advance(rested);
      const claimed = await bed.store.claimReport("w", minute);
      if (claimed !== undefined) reports.push(claimed);
    }),
  ),
  fc.tuple(index, fc.constantFrom(...Object.keys(reportEndings))).map(([at, name]) =>
    command(`end report ${at} as ${name}`, async (model, { bed, reports }) => {
      const claim = pick(reports, at);
      if (claim === undefined) return;
      // the sender of a report that was taken from it may write, too, but cannot say so
      const ended = await bed.store.endReport(claim, reportEndings[name]!).then(
        () => true,
        (failure: unknown) => expect(failure).toMatchObject({ code: "conflict" }),
      );
      if (ended === true) tell(model, claim.run.id, name, claim.run.state);
      reports.splice(reports.indexOf(claim), 1);
    }),
  ),
  fc.constant(
    command("all leases are over", async (model, { bed }) => {
      bed.advance(minute);
      expect(await bed.store.reap()).toBe(lapse(model));
    }),
  ),
  fc.constant(
    command("wake", async (model, { bed }) => {
      await bed.store.accept(delivery(null, [{ ...push, branch: "wake" }]), []);
      wake(model);
    }),
  ),
  index.map((at) =>
    command(`cancel run ${at}`, async (model, { bed }) => {
      const run = pick(model.runs, at);
      if (run === undefined) return;
      const canceled = bed.store.cancel(run.id);
      if (cancel(run)) await canceled;
      else await expect(canceled).rejects.toMatchObject({ code: "conflict" });
    }),
  ),
  index.map((at) =>
    command(`make run ${at} anew`, async (model, { bed }) => {
      const run = pick(model.runs, at);
      if (run !== undefined) rerun(model, await bed.store.rerun(run.id), run);
    }),
  ),
];

/** Lets all that is left run to its end. Each run has ended then, and only once: an ended one is never written again, or `compare` would show it. */
async function drain(model: Model, world: World): Promise<void> {
  const { bed } = world;
  bed.advance(minute);
  await bed.store.reap();
  lapse(model);
  await bed.store.accept(delivery(null, [{ ...push, branch: "wake" }]), []);
  wake(model);
  for (let claim = await claimNext(model, world); claim !== undefined; claim = await claimNext(model, world)) {
    await bed.store.finish(claim, endings.succeeded!);
    endAttempt(model, claim.id, "succeeded");
  }
  await compare(model, world);
  expect(model.runs.filter(({ state }) => ["queued", "running", "waiting"].includes(state))).toEqual([]);
  await drainReports(model, world);
}

/** Nothing stays pending: what was told last of each run is how it has ended, unless just that could not be told. */
async function drainReports(model: Model, { bed }: World): Promise<void> {
  bed.advance(rested);
  for (let claim; (claim = await bed.store.claimReport("w", minute)) !== undefined;) {
    await bed.store.endReport(claim, { state: "sent" });
    tell(model, claim.run.id, "sent", claim.run.state);
  }
  const told = model.runs.map(({ id, state, told, refused }) => ({ id, told: refused === state ? state : told }));
  expect(told).toEqual(model.runs.map(({ id, state }) => ({ id, told: state })));
  const stored = await Promise.all(model.runs.map(async ({ id }) => (await bed.store.toldOf(id)).reports.map(({ state }) => state)));
  expect(stored).toEqual(model.runs.map(({ state, refused }) => [refused === state ? "failed" : "sent"]));
}

export function modelContract(open: () => Promise<Bed>): void {
  test("the store matches the model: lanes never overlap, fences rise, each run ends exactly once and is told so", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: "max" }), async (sequence) => {
        await using bed = await open();
        const [model, world]: [Model, World] = [
          { runs: [], lastFence: 0, wakes: 0 },
          { bed, claims: [], reports: [] },
        ];
        await fc.asyncModelRun(() => ({ model, real: world }), sequence);
        await drain(model, world);
      }),
      { numRuns: 25 },
    );
  });
}
